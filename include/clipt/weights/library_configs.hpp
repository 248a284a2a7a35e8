// The configuration files that open_clip and transformers expect beside a model's weights.
#pragma once
#include <string_view>  // string_view
#include <variant>      // get_if, holds_alternative, visit

#include <fmt/format.h>  // format

#include <clipt/pictures/image.hpp>               // preprocessing
#include <clipt/weights/any_config.hpp>           // any_clip_config
#include <clipt/weights/hugging_face_config.hpp>  // hugging_face_model, hugging_face_pictures
#include <clipt/weights/open_clip_config.hpp>     // open_clip_model, open_clip_pictures
#include <clipt/weights/tokenizer_files.hpp>      // tokenizer_files, file_texts

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// What a model has that transformers' CLIPModel cannot have; empty if there is nothing.
inline std::string_view beyond_transformers(const clip_config<vit_config>& c) {
  if (!c.vision.ln_pre) return "no ln_pre";
  if (c.vision.pool_queries > 0) return "attention pooling";
  if (c.vision.pooling != vision_pooling::class_token) return "the mean of its patches as the picture";
  if (c.text.reads_padding()) return "texts that see their padding";
  if (c.text.pooling == text_pooling::first) return "the first token as the text";
  if (c.text.pooling == text_pooling::end_id && c.text.end_id == 2)
    return "an end token of id 2 (which stands for the largest id there)";
  if (c.text.projection_bias) return "a projection with bias";
  return {};
}

/// Of a tokenizer that uses fewer ids than the model has: transformers pools the first token that is eos_token_id, and
/// without one in a text its first token, whatever the text.
inline void name_end_token(const tokenizer& words, const text_config& c, ordered_json& text) {
  const int ids = words.vocabulary_size();
  if (c.pooling != text_pooling::largest_id || ids == c.vocabulary) return;
  text["bos_token_id"] = ids - 2;
  text["eos_token_id"] = ids - 1;
  text["clipt"]["end_is_largest_id"] = true;
}

/// Errors: io_error for a ResNet whose stem has no pooling, which no library's loader would leave out.
inline void check_stem(const any_clip_config& config) {
  const auto* const c = std::get_if<clip_config<resnet_config>>(&config);
  if (c != nullptr && !c->vision.stem_pool)
    throw io_error(
        "clipt::write_checkpoint: this ResNet has no pooling in its stem, other libraries' would pool there; it is a "
        "model of clipt alone");
}

/// Errors: io_error for preprocessing that transformers' CLIPImageProcessor cannot do.
inline void check_hugging_face_can(const preprocessing& how) {
  if (how.resize == resize_mode::longest)
    throw io_error(
        "clipt::hugging_face_files: the model's pictures are resized at their longer side, transformers' "
        "CLIPImageProcessor cannot do that; write the model in open_clip's format");
}

/// Errors: io_error for preprocessing that open_clip's PreprocessCfg cannot say.
inline void check_open_clip_can(int side, const preprocessing& how) {
  if (how.resized != 0)
    throw io_error(
        fmt::format("clipt::open_clip_files: the model's pictures are resized to {} and cropped to {}, open_clip does "
                    "both with one size; write the model in transformers' format",
                    how.resized, side));
}

/// The files for whoever reads them; clipt does what open_clip cannot.
inline file_texts open_clip_texts(const any_clip_config& any, const tokenizer* words, preprocessing how) {
  return std::visit(
      [&](auto c) -> file_texts {
        ordered_json json;
        const open_clip_objects file{field_writer(json)};
        open_clip_model(file, c.embed, c.vision, c.text, c.activation);
        if (words != nullptr) write_open_clip_tokenizer(file, *words);
        open_clip_pictures(file.pictures, c.vision.image, how);
        file_texts files;
        if (words != nullptr) files = tokenizer_files(*words, c.text.context);
        files[open_clip_config_file] = json.dump(2);
        return files;
      },
      any);
}

}  // namespace detail

/// open_clip_config.json, and the tokenizer's files if there is one: `open_clip.get_tokenizer("local-dir:folder")` is it.
///
/// Errors: io_error for preprocessing that open_clip cannot do.
inline file_texts open_clip_files(const any_clip_config& any, const tokenizer* words, preprocessing how = {}) {
  std::visit([&](const auto& c) { detail::check_open_clip_can(c.vision.image, how); }, any);
  return detail::open_clip_texts(any, words, how);
}

/// config.json and preprocessor_config.json, and the tokenizer's files if there is one.
///
/// Errors: io_error for what transformers' CLIPModel cannot be, such as a ResNet, and for a tokenizer or preprocessing
/// that transformers does not have.
inline file_texts hugging_face_files(const any_clip_config& any, const tokenizer* words, preprocessing how = {}) {
  if (!std::holds_alternative<clip_config<vit_config>>(any))
    throw io_error(
        "clipt::hugging_face_files: transformers' CLIPModel has a vision transformer, this is a ResNet; "
        "write the model in open_clip's format");
  auto c = std::get<clip_config<vit_config>>(any);
  if (const std::string_view other = detail::beyond_transformers(c); !other.empty())
    throw io_error(fmt::format(
        "clipt::hugging_face_files: this model has {}, which transformers' CLIPModel cannot have; write it in "
        "open_clip's format",
        other));
  file_texts files;
  if (words != nullptr) {
    detail::check_fits_transformers(*words);
    files = detail::tokenizer_files(*words, c.text.context);
  }
  detail::check_hugging_face_can(how);
  detail::ordered_json model, pictures;
  detail::hugging_face_model(detail::field_writer(model), c.embed, c.vision, c.text, c.activation);
  if (words != nullptr) detail::name_end_token(*words, c.text, model["text_config"]);
  detail::hugging_face_pictures(detail::field_writer(pictures), c.vision.image, how);
  files[detail::hugging_face_config_file] = model.dump(2);
  files[detail::hugging_face_pictures_file] = pictures.dump(2);
  return files;
}

}  // namespace clipt::inline CLIPT_BUILD
