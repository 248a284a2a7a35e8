// The configuration files that open_clip and transformers expect beside a model's weights.
#pragma once
#include <array>        // array
#include <string>       // string
#include <string_view>  // string_view
#include <variant>      // get_if

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // ordered_json

#include <clipt/weights/any_config.hpp>       // any_clip_config
#include <clipt/pictures/image.hpp>           // preprocessing
#include <clipt/weights/tokenizer_files.hpp>  // tokenizer_files, file_texts

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Numbers as they are written: as doubles they would show 16 digits.
inline ordered_json shortest(const std::array<float, 3>& numbers) {
  return ordered_json::parse(fmt::format("[{}, {}, {}]", numbers[0], numbers[1], numbers[2]));
}

/// A perceptron's width as open_clip has it, which takes the integer below ratio times width.
inline double open_clip_ratio(int hidden, int width) { return (hidden + 0.5) / width; }

inline ordered_json open_clip_vision(const vit_config& c) {
  ordered_json json = {{"image_size", c.image},
                       {"layers", c.layers},
                       {"width", c.width},
                       {"patch_size", c.patch},
                       {"head_width", c.width / c.heads}};
  if (c.hidden != 0) json["mlp_ratio"] = open_clip_ratio(c.hidden, c.width);
  if (!c.ln_pre) json["no_ln_pre"] = true;
  if (c.pooling != vision_pooling::class_token) json["pool_type"] = "avg";
  if (c.pooling == vision_pooling::normalised_mean) json["final_ln_after_pool"] = true;
  if (c.pool_queries > 0) {
    json["attentional_pool"] = true;
    json["attn_pooler_queries"] = c.pool_queries;
    json["attn_pooler_heads"] = c.pool_heads;
  }
  return json;
}
inline ordered_json open_clip_vision(const resnet_config& c) {
  return {{"image_size", c.image},
          {"layers", {c.stages[0], c.stages[1], c.stages[2], c.stages[3]}},
          {"width", c.width},
          {"patch_size", nullptr},
          {"head_width", 32 * c.width / c.heads}};
}

inline ordered_json open_clip_text(const text_config& c) {
  ordered_json json = {{"context_length", c.context},
                       {"vocab_size", c.vocabulary},
                       {"width", c.width},
                       {"heads", c.heads},
                       {"layers", c.layers}};
  if (c.hidden != 0) json["mlp_ratio"] = open_clip_ratio(c.hidden, c.width);
  constexpr const char* names[] = {"argmax", "last", "first", "eos"};
  if (c.pooling != text_pooling::largest_id) json["pool_type"] = names[static_cast<int>(c.pooling)];
  if (c.pooling == text_pooling::end_id) json["eos_id"] = c.end_id;
  if (!c.causal) json["no_causal_mask"] = true;
  if (c.projection_bias) json["proj_bias"] = true;
  return json;
}

/// What transformers wants of either tower.
inline ordered_json transformer_config(const char* type, int width, int hidden, int layers, int heads, int embed,
                                       activation act) {
  return {{"model_type", type},
          {"hidden_size", width},
          {"intermediate_size", hidden},
          {"num_hidden_layers", layers},
          {"num_attention_heads", heads},
          {"projection_dim", embed},
          {"hidden_act", act == activation::gelu_tanh ? "gelu_pytorch_tanh" : name_of(act)},
          {"layer_norm_eps", 1e-5},
          {"attention_dropout", 0.0}};
}

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

/// transformers' CLIPImageProcessor. Errors: io_error for what it cannot do.
inline std::string preprocessor_config(int side, const preprocessing& how) {
  if (how.resize == resize_mode::longest)
    throw io_error(
        "clipt::hugging_face_files: the model's pictures are resized at their longer side, transformers' "
        "CLIPImageProcessor cannot do that; write the model in open_clip's format");
  const int resized = how.resized == 0 ? side : how.resized;
  const bool squash = how.resize == resize_mode::squash;
  const ordered_json size =
      squash ? ordered_json{{"height", resized}, {"width", resized}} : ordered_json{{"shortest_edge", resized}};
  const ordered_json json = {{"image_processor_type", "CLIPImageProcessor"},
                             {"do_resize", true},
                             {"size", size},
                             {"resample", how.filter == interpolation::bicubic ? 3 : 2},
                             {"do_center_crop", true},
                             {"crop_size", {{"height", side}, {"width", side}}},
                             {"do_rescale", true},
                             {"rescale_factor", 1.0 / 255},
                             {"do_normalize", true},
                             {"image_mean", shortest(how.statistics.mean)},
                             {"image_std", shortest(how.statistics.std)},
                             {"do_convert_rgb", true}};
  return json.dump(2);
}

/// open_clip's PreprocessCfg. Errors: io_error for what it cannot say.
inline ordered_json preprocess_cfg(int side, const preprocessing& how) {
  if (how.resized != 0)
    throw io_error(
        fmt::format("clipt::open_clip_files: the model's pictures are resized to {} and cropped to {}, open_clip does "
                    "both with one size; write the model in transformers' format",
                    how.resized, side));
  constexpr std::string_view modes[] = {"shortest", "longest", "squash"};
  return {{"size", side},
          {"mode", "RGB"},
          {"mean", shortest(how.statistics.mean)},
          {"std", shortest(how.statistics.std)},
          {"interpolation", how.filter == interpolation::bicubic ? "bicubic" : "bilinear"},
          {"resize_mode", modes[static_cast<int>(how.resize)]},
          {"fill_color", how.fill}};
}

}  // namespace detail

/// open_clip_config.json, and the tokenizer's files if there is one: `open_clip.get_tokenizer("local-dir:folder")` is it.
///
/// Errors: io_error for preprocessing that open_clip cannot do.
inline file_texts open_clip_files(const any_clip_config& any, const tokenizer* words, const preprocessing& how = {}) {
  return std::visit(
      [&](const auto& c) -> file_texts {
        detail::ordered_json model = {{"embed_dim", c.embed},
                                      {"vision_cfg", detail::open_clip_vision(c.vision)},
                                      {"text_cfg", detail::open_clip_text(c.text)}};
        if (c.activation == activation::quick_gelu) model["quick_gelu"] = true;
        if (c.activation == activation::gelu_tanh)
          for (const char* tower : {"vision_cfg", "text_cfg"}) model[tower]["act_kwargs"] = {{"approximate", "tanh"}};
        file_texts files;
        if (words != nullptr) {
          model["text_cfg"].update(detail::open_clip_tokenizer(*words));
          files = detail::tokenizer_files(*words, c.text.context);
        }
        const detail::ordered_json all = {{"model_cfg", model},
                                          {"preprocess_cfg", detail::preprocess_cfg(c.vision.image, how)}};
        files["open_clip_config.json"] = all.dump(2);
        return files;
      },
      any);
}

/// config.json and preprocessor_config.json, and the tokenizer's files if there is one.
///
/// Errors: io_error for what transformers' CLIPModel cannot be, such as a ResNet, and for a tokenizer or preprocessing
/// that transformers does not have.
inline file_texts hugging_face_files(const any_clip_config& any, const tokenizer* words,
                                     const preprocessing& how = {}) {
  const auto* c = std::get_if<clip_config<vit_config>>(&any);
  if (c == nullptr)
    throw io_error(
        "clipt::hugging_face_files: transformers' CLIPModel has a vision transformer, this is a ResNet; "
        "write the model in open_clip's format");
  if (const std::string_view other = detail::beyond_transformers(*c); !other.empty())
    throw io_error(fmt::format(
        "clipt::hugging_face_files: this model has {}, which transformers' CLIPModel cannot have; write it in "
        "open_clip's format",
        other));
  detail::ordered_json vision =
      detail::transformer_config("clip_vision_model", c->vision.width, c->vision.hidden_width(), c->vision.layers,
                                 c->vision.heads, c->embed, c->activation);
  vision["image_size"] = c->vision.image;
  vision["patch_size"] = c->vision.patch;
  vision["num_channels"] = 3;
  detail::ordered_json text = detail::transformer_config("clip_text_model", c->text.width, c->text.hidden_width(),
                                                         c->text.layers, c->text.heads, c->embed, c->activation);
  text["vocab_size"] = c->text.vocabulary;
  text["max_position_embeddings"] = c->text.context;
  text["bos_token_id"] = c->text.vocabulary - 2;
  text["eos_token_id"] = c->text.pooling == text_pooling::end_id ? c->text.end_id : c->text.vocabulary - 1;
  const detail::ordered_json all = {
      {"architectures", {"CLIPModel"}},   {"model_type", "clip"}, {"projection_dim", c->embed},
      {"logit_scale_init_value", 2.6592}, {"text_config", text},  {"vision_config", vision}};
  file_texts files;
  if (words != nullptr) {
    detail::check_fits_transformers(*words);
    files = detail::tokenizer_files(*words, c->text.context);
  }
  files["config.json"] = all.dump(2);
  files["preprocessor_config.json"] = detail::preprocessor_config(c->vision.image, how);
  return files;
}

}  // namespace clipt::inline CLIPT_BUILD
