// transformers' configuration files of a CLIPModel as tables of fields: which key is which member, in both directions.
#pragma once
#include <cmath>  // abs

#include <fmt/format.h>  // format

#include <clipt/clip/config.hpp>          // vit_config, text_config
#include <clipt/pictures/image.hpp>       // preprocessing
#include <clipt/weights/json_fields.hpp>  // field_reader, field_writer
#include <clipt/weights/own_pictures.hpp>  // own_pictures

namespace clipt::inline CLIPT_BUILD::detail {

inline constexpr const char* hugging_face_config_file = "config.json";
inline constexpr const char* hugging_face_pictures_file = "preprocessor_config.json";
inline constexpr const char* hugging_face_processor_file = "processor_config.json";  // of transformers 5, for both
inline constexpr const char* hugging_face_tokenizer_file = "tokenizer_config.json";
inline constexpr const char* hugging_face_vocabulary_file = "vocab.json";
inline constexpr const char* merges_file = "merges.txt";

// Source: transformers' CLIPConfig, CLIPVisionConfig and CLIPTextConfig, whose defaults these are.

inline constexpr const char* hugging_face_activation = "hidden_act";

/// What both towers have; `usual_heads` of 64 without a number of heads.
template <class Fields, class Tower>
void hugging_face_tower(const Fields& tower, const char* type, Tower& c, int usual_heads, int embed, activation& act) {
  int hidden = c.hidden_width();
  tower.write("model_type", type);
  tower.size("hidden_size", c.width, 64 * usual_heads);
  tower.size("intermediate_size", hidden, 256 * usual_heads);
  tower.size("num_hidden_layers", c.layers, 12);
  if (Fields::reads) c.hidden = hidden;
  tower.number("num_attention_heads", c.heads, usual_heads);
  tower.write("projection_dim", embed);
  tower.word(hugging_face_activation, act,
             {{"quick_gelu", activation::quick_gelu},
              {"gelu", activation::gelu},
              {"gelu_pytorch_tanh", activation::gelu_tanh},
              {"gelu_new", activation::gelu_tanh}});
  tower.constant("layer_norm_eps", 1e-5);
  tower.write("attention_dropout", 0.0);
}

template <class Fields>
void hugging_face_vision(const Fields& vision, vit_config& c, int embed, activation& act) {
  hugging_face_tower(vision, "clip_vision_model", c, 12, embed, act);
  picture_side(vision, "image_size", c.image, 224);
  vision.size("patch_size", c.patch, 32);
  vision.write("num_channels", 3);
}

template <class Fields>
void hugging_face_text(const Fields& text, text_config& c, int embed, activation& act) {
  hugging_face_tower(text, "clip_text_model", c, 8, embed, act);
  text.number("vocab_size", c.vocabulary, 49408);
  text.size("max_position_embeddings", c.context, 77);
  text.write("bos_token_id", c.vocabulary - 2);
  const int last = c.vocabulary - 1;
  int end = c.pooling == text_pooling::end_id ? c.end_id : last;
  bool is_largest = false;  // of the tokenizer's ids
  text.number("eos_token_id", end, last, 0);
  text.object("clipt").option("end_is_largest_id", is_largest);
  if (end != 2 && end != last && !is_largest) {  // the last id is the largest, and 2 stands for the largest
    c.pooling = text_pooling::end_id;
    c.end_id = end;
  }
}

/// A tower's section; an older one, if it is there, replaces it whole, with its own defaults.
template <class Fields>
Fields hugging_face_section(const Fields& file, const std::string& key) {
  const std::string older = key + "_dict";
  if constexpr (Fields::reads) {
    if (file.has(older)) return file.object(older).with_defaults();
  }
  return file.object(key);
}

/// config.json.
template <class Fields>
void hugging_face_model(const Fields& file, int& embed, vit_config& vision, text_config& text, activation& act) {
  const Fields of_text = hugging_face_section(file, "text_config"),
               of_vision = hugging_face_section(file, "vision_config");
  activation of_pictures = act;
  file.write("architectures", ordered_json::array({"CLIPModel"}));
  file.write("model_type", "clip");
  file.size("projection_dim", embed, 512);
  file.write("logit_scale_init_value", 2.6592);
  hugging_face_text(of_text, text, embed, act);
  hugging_face_vision(of_vision, vision, embed, of_pictures);
  of_vision.require(of_pictures == act, hugging_face_activation);
}

/// tokenizer_config.json, without its special tokens. Errors, of a reader: io_error for a tokenizer that is not CLIP's.
template <class Fields>
void hugging_face_tokenizer(const Fields& file, int context) {
  int kind = 0;
  file.write("model_max_length", context);
  file.word("tokenizer_class", kind, {{"CLIPTokenizer", 0}, {"CLIPTokenizerFast", 0}});
  file.write("do_lower_case", true);
}

// Source: transformers' CLIPImageProcessor.

inline constexpr int most_of_a_side = 1 << 16;

/// A square's side at a key: a number, or {"height": n, "width": n}.
template <class Fields>
void hugging_face_square(const Fields& file, const char* key, int& side) {
  if constexpr (Fields::reads) {
    if (!file.at(key).is_object()) return file.number(key, side, 224, 1, most_of_a_side);
  }
  const Fields object = file.object(key);
  int height = side, width = side;
  object.number("height", height, 0, 1, most_of_a_side);
  object.number("width", width, 0, 1, most_of_a_side);
  file.require(height != 0 && height == width, key,
               R"(understood: a number, or an object with the same "height" and "width")");
  side = height;
}

/// What pictures are resized to: a number or "shortest_edge" is the shorter side, "height" and "width" are both.
template <class Fields>
void hugging_face_resize(const Fields& file, const char* key, resize_mode& mode, int& size) {
  const char* const edge = "shortest_edge";
  bool number = false;
  if constexpr (Fields::reads) {
    number = !file.at(key).is_object();
    const Fields given = number ? file : file.object(key);
    file.require(number || (!given.has("longest_edge") && !given.has("max_height")), key,
                 R"(understood: a number, "shortest_edge" alone, or the same "height" and "width")");
    mode = number || given.has(edge) ? resize_mode::shortest : resize_mode::squash;
  }
  if (number || mode == resize_mode::squash)
    hugging_face_square(file, key, size);
  else
    file.object(key).number(edge, size, 0, 1, most_of_a_side);
}

/// Bytes become numbers from 0 to 1.
template <class Fields>
void hugging_face_scale(const Fields& file) {
  const char* const key = "rescale_factor";
  file.always("do_rescale");
  file.write(key, 1.0 / 255);
  if constexpr (Fields::reads) {
    const nlohmann::json& factor = file.at(key);
    file.require(factor.is_null() || (factor.is_number() && std::abs(factor.template get<double>() * 255 - 1) <= 1e-5),
                 key, "understood: 1/255");
  }
}

template <class Fields>
void hugging_face_statistics(const Fields& file, channel_statistics& statistics) {
  bool normalises = true;
  file.flag("do_normalize", normalises);
  if (!normalises) {
    statistics = {{0, 0, 0}, {1, 1, 1}};
    return;
  }
  file.three("image_mean", statistics.mean, false);
  file.three("image_std", statistics.std, true);
}

/// preprocessor_config.json, for a model whose pictures have `side` pixels. Its steps must be those of
/// preprocess_pixels.
template <class Fields>
void hugging_face_pictures(const Fields& file, int side, preprocessing& how) {
  const char *const size_key = "size", *const crops_key = "do_center_crop", *const crop_key = "crop_size";
  const meanings<int> processors = {{"CLIPImageProcessor", 0},
                                    {"CLIPImageProcessorFast", 0},
                                    {"CLIPImageProcessorPil", 0},
                                    {"CLIPFeatureExtractor", 0}};
  int processor = 0, size = how.resized == 0 ? side : how.resized, crop = side;
  bool crops = true;
  file.word("image_processor_type", processor, processors);
  file.option("feature_extractor_type", processor, 0, processors);
  file.always("do_resize");
  hugging_face_resize(file, size_key, how.resize, size);
  file.word("resample", how.filter, {{2, interpolation::bilinear}, {3, interpolation::bicubic}});
  file.flag(crops_key, crops);
  file.require(crops || how.resize == resize_mode::squash, crops_key,
               R"(understood with a "size" of "height" and "width" alone: others leave no squares)");
  if (crops) hugging_face_square(file, crop_key, crop);
  file.require((crops ? crop : size) == side, crops ? crop_key : size_key,
               fmt::format("the model's pictures have {} pixels a side", side));
  file.require(size >= side, size_key, fmt::format("understood: at least \"{}\", {}", crop_key, side));
  file.never("do_pad");
  hugging_face_scale(file);
  hugging_face_statistics(file, how.statistics);
  file.write("do_convert_rgb", true);
  if (Fields::reads) how.resized = size == side ? 0 : size;
  own_pictures(file, how, hugging_face_preprocessing);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
