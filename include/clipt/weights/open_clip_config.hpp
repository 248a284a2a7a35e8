// open_clip_config.json as a table of fields: which key of open_clip is which member of clipt, in both directions.
#pragma once
#include <algorithm>    // all_of, min, transform
#include <cstdint>      // uint8_t
#include <filesystem>   // path, exists
#include <string>       // string
#include <type_traits>  // is_same_v

#include <clipt/clip/config.hpp>          // vit_config, resnet_config, text_config
#include <clipt/pictures/image.hpp>       // preprocessing
#include <clipt/text/text_cleaning.hpp>   // text_cleaning
#include <clipt/weights/json_fields.hpp>  // field_reader, field_writer
#include <clipt/weights/own_pictures.hpp>  // own_pictures

namespace clipt::inline CLIPT_BUILD::detail {

inline constexpr const char* open_clip_config_file = "open_clip_config.json";

/// The configuration of one file alone, which clipt writes beside OpenAI's format: m.pt.open_clip_config.json.
inline std::filesystem::path own_open_clip_config(const std::filesystem::path& weights) {
  return weights.string() + '.' + open_clip_config_file;
}

/// The configuration that holds for a file of weights, whether it is there or not: its own, else its folder's.
inline std::filesystem::path open_clip_config_beside(const std::filesystem::path& weights) {
  const std::filesystem::path own = own_open_clip_config(weights);
  return std::filesystem::exists(own) ? own : weights.parent_path() / open_clip_config_file;
}

/// The objects of the file.
template <class Fields>
struct open_clip_objects {
  Fields model, vision, text, tokenizer, pictures;

  explicit open_clip_objects(const Fields& file)
      : model(file.object("model_cfg")), vision(model.object("vision_cfg")), text(model.object("text_cfg")),
        tokenizer(text.object("tokenizer_kwargs")), pictures(file.object("preprocess_cfg")) {}
};

/// Whether the vision tower is a ResNet, which has a number of layers for each stage.
inline bool is_resnet(const open_clip_objects<field_reader>& file) { return file.vision.at("layers").is_array(); }

// Source: the dataclasses CLIPVisionCfg, CLIPTextCfg and PreprocessCfg of open_clip, whose defaults these are.

/// A transformer in vision_cfg or text_cfg has the usual blocks.
template <class Fields>
void open_clip_blocks(const Fields& tower) {
  tower.unset(
      {"ls_init_value", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"});
  tower.usual("block_type", "default");
  tower.usual_in("norm_kwargs", "eps", 1e-5);
}

/// The perceptrons' width: open_clip takes the integer below ratio times width.
template <class Fields>
void open_clip_perceptrons(const Fields& tower, int& hidden, int width) {
  const char* const key = "mlp_ratio";
  if constexpr (Fields::reads) {
    const nlohmann::json& ratio = tower.at(key);
    if (ratio.is_null()) return;
    tower.require(ratio.is_number() && ratio > 0 && ratio < most_of_a_size, key, "expected a positive number");
    hidden = static_cast<int>(std::min<double>(ratio.get<double>() * width, most_of_a_size));
  } else if (hidden != 0) {
    tower.write(key, (hidden + 0.5) / width);
  }
}

/// What both kinds of vision towers have; the heads share `widths` times the width.
template <class Fields, class Vision>
void open_clip_widths(const Fields& vision, Vision& c, int widths) {
  int of_head = Fields::reads ? 0 : widths * c.width / c.heads;
  picture_side(vision, "image_size", c.image, 224);
  vision.number("width", c.width, 768);
  vision.number("head_width", of_head, 64);
  if (Fields::reads) c.heads = widths * c.width / of_head;
}

/// The number of layers of each stage of a ResNet.
template <class Fields>
void open_clip_stages(const Fields& vision, int (&stages)[4]) {
  const char* const key = "layers";
  vision.write(key, stages);
  if constexpr (Fields::reads) {
    const nlohmann::json& list = vision.at(key);
    const auto counts = [](const nlohmann::json& n) { return n.is_number_unsigned() && n >= 1 && n <= 4096; };
    vision.require(list.size() == 4 && std::ranges::all_of(list, counts), key, "understood: four whole numbers");
    std::ranges::transform(list, stages, [](const nlohmann::json& n) { return n.get<int>(); });
  }
}

template <class Fields>
void open_clip_pooling(const Fields& vision, vit_config& c) {
  const char* const attentional = "attentional_pool";
  if constexpr (Fields::reads) vision.require(!vision.at(attentional).is_string(), attentional);
  bool averaged = c.pooling != vision_pooling::class_token, normalised = c.pooling == vision_pooling::normalised_mean,
       queries = c.pool_queries > 0;
  vision.option("pool_type", averaged, false, {{"tok", false}, {"avg", true}});
  vision.option("final_ln_after_pool", normalised);
  vision.option(attentional, queries);
  if (Fields::reads || queries) {  // the tensors say whether there are any
    vision.write("attn_pooler_queries", c.pool_queries);
    vision.number("attn_pooler_heads", c.pool_heads, 8);
  }
  // behind attention pooling open_clip ignores final_ln_after_pool
  if (Fields::reads)
    c.pooling = !averaged                ? vision_pooling::class_token
                : normalised && !queries ? vision_pooling::normalised_mean
                                         : vision_pooling::mean;
}

template <class Fields>
void open_clip_vision(const Fields& vision, vit_config& c) {
  if constexpr (Fields::reads) {
    if (!vision.exists()) return;  // a file about something else
  }
  open_clip_blocks(vision);
  open_clip_widths(vision, c, 1);
  vision.size("layers", c.layers, 12);
  vision.size("patch_size", c.patch, 16);
  open_clip_perceptrons(vision, c.hidden, c.width);
  if (!c.ln_pre) vision.write("no_ln_pre", true);
  open_clip_pooling(vision, c);
}
template <class Fields>
void open_clip_vision(const Fields& vision, resnet_config& c) {
  open_clip_widths(vision, c, 32);
  open_clip_stages(vision, c.stages);
  vision.write("patch_size", nullptr);
}

template <class Fields>
void open_clip_text(const Fields& text, text_config& c) {
  if constexpr (Fields::reads) {
    if (!text.exists()) return;
  }
  text.unset({"hf_model_name", "embed_cls"});
  text.usual("proj_type", "linear");
  open_clip_blocks(text);
  text.size("context_length", c.context, 77);
  text.size("vocab_size", c.vocabulary, 49408);
  text.size("width", c.width, 512);
  text.number("heads", c.heads, 8);
  text.size("layers", c.layers, 12);
  open_clip_perceptrons(text, c.hidden, c.width);
  text.option("pool_type", c.pooling, text_pooling::largest_id,
              {{"argmax", text_pooling::largest_id},
               {"last", text_pooling::last},
               {"first", text_pooling::first},
               {"eos", text_pooling::end_id}});
  if (c.pooling == text_pooling::end_id) text.number("eos_id", c.end_id, 2, 0);
  bool sees_all = !c.causal;
  text.option("no_causal_mask", sees_all);
  c.causal = !sees_all;
  if (c.projection_bias) text.write("proj_bias", true);
}

/// The activation of both towers. A ResNet's own is none of these: what is said of it is not read.
template <class Vision, class Fields>
void open_clip_activation(const open_clip_objects<Fields>& file, activation& act) {
  const char* const key = "act_kwargs";
  const auto exchange = [&](const Fields& tower, activation& gelu) {
    tower.option_in(key, "approximate", gelu, activation::gelu,
                    {{"none", activation::gelu}, {"tanh", activation::gelu_tanh}});
  };
  bool quick = act == activation::quick_gelu;
  activation of_texts = quick ? activation::gelu : act, of_pictures = of_texts;
  exchange(file.text, of_texts);
  if (!Fields::reads || std::is_same_v<Vision, vit_config>) {
    exchange(file.vision, of_pictures);
    file.vision.require(of_pictures == of_texts, key);
  }
  file.model.option("quick_gelu", quick);
  act = quick ? activation::quick_gelu : of_texts;
}

/// model_cfg without what it says of the tokenizer.
template <class Fields, class Vision>
void open_clip_model(const open_clip_objects<Fields>& file, int& embed, Vision& vision, text_config& text,
                     activation& act) {
  file.model.unset({"multimodal_cfg"});
  file.vision.unset({"timm_model_name"});
  file.model.size("embed_dim", embed, 512);
  open_clip_vision(file.vision, vision);
  open_clip_text(file.text, text);
  open_clip_activation<Vision>(file, act);
}

/// Which tokenizer: none is open_clip's SimpleTokenizer, another its HFTokenizer.
template <class Fields>
void open_clip_tokenizer_name(const open_clip_objects<Fields>& file, std::string& name) {
  file.text.option("hf_tokenizer_name", name);
}
inline text_cleaning open_clip_cleaning(const std::string& name) {
  return name.empty() ? text_cleaning::lower : text_cleaning::whitespace;
}
template <class Fields>
void open_clip_tokenizer(const open_clip_objects<Fields>& file, std::string& name, text_cleaning& cleaning) {
  open_clip_tokenizer_name(file, name);
  file.tokenizer.option("clean", cleaning, open_clip_cleaning(name),
                        {{"lower", text_cleaning::lower},
                         {"whitespace", text_cleaning::whitespace},
                         {"canonicalize", text_cleaning::canonicalize}});
}

/// preprocess_cfg. A reader passes over the size: as in open_clip it is the model's.
template <class Fields>
void open_clip_pictures(const Fields& pictures, int side, preprocessing& how) {
  int mode = 0, fill = how.fill;
  pictures.write("size", side);
  pictures.word("mode", mode, {{"RGB", 0}});
  pictures.three("mean", how.statistics.mean, false);
  pictures.three("std", how.statistics.std, true);
  pictures.word("interpolation", how.filter,
                {{"bicubic", interpolation::bicubic},
                 {"bilinear", interpolation::bilinear},
                 {"random", interpolation::bicubic}});  // random in training alone
  pictures.word(
      "resize_mode", how.resize,
      {{"shortest", resize_mode::shortest}, {"longest", resize_mode::longest}, {"squash", resize_mode::squash}});
  pictures.number("fill_color", fill, 0, 0, 255);
  how.fill = static_cast<std::uint8_t>(fill);
  own_pictures(pictures, how, {});
  if (Fields::reads || how.resized != 0) pictures.object("clipt").number("resized", how.resized, 0, 0);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
