// What the configuration file beside a checkpoint says of its model; what no model of clipt can be is refused by name.
#pragma once
#include <cstdint>      // int64_t
#include <filesystem>   // path
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/clip/any_config.hpp>        // config_hints
#include <clipt/clip/checkpoint_names.hpp>  // naming
#include <clipt/clip/json_file.hpp>         // json_beside
#include <clipt/core/error.hpp>             // io_error

namespace clipt::detail {

/// One object of a configuration file, such as "vision_cfg" of open_clip_config.json; an absent one is empty.
class config_section {
 public:
  config_section(const nlohmann::json& parent, std::string name, std::string file)
      : name_(std::move(name)), file_(std::move(file)) {
    if (const auto found = parent.find(name_); found != parent.end() && found->is_object()) json_ = *found;
  }

  const nlohmann::json& json() const { return json_; }
  nlohmann::json value(const char* key) const { return json_.value(key, nlohmann::json()); }
  bool flag(const char* key) const { return value(key) == true; }

  /// An integer from `least` that a configuration can hold; another value, or none, is `otherwise`.
  int integer(const char* key, int otherwise, int least = 1) const {
    const nlohmann::json number = value(key);
    if (!number.is_number_integer()) return otherwise;
    const auto n = number.get<std::int64_t>();
    return n >= least && n < (1 << 24) ? static_cast<int>(n) : otherwise;
  }

  [[noreturn]] void refuse(const char* key) const {
    throw io_error(fmt::format("clipt::read_config: {}: {} {}: {}: no model of clipt has this", file_, name_, key,
                               value(key).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)));
  }
  /// Refuses options that are set; false, zero and null do not set one.
  void refuse_all(std::initializer_list<const char*> keys) const {
    for (const char* key : keys)
      if (const auto v = value(key); !v.is_null() && v != false && v != 0) refuse(key);
  }
  void require(bool holds, const char* key) const {
    if (!holds) refuse(key);
  }

 private:
  nlohmann::json json_ = nlohmann::json::object();
  std::string name_, file_;
};

// Source: the dataclasses CLIPVisionCfg and CLIPTextCfg of open_clip, whose defaults these are.

inline activation open_clip_activation(const config_section& tower) {
  const nlohmann::json given = tower.value("act_kwargs");
  const nlohmann::json how = given.is_object() ? given.value("approximate", nlohmann::json("none")) : nlohmann::json();
  if (how == "tanh") return activation::gelu_tanh;
  tower.require(given.is_null() || how == "none", "act_kwargs");
  return activation::gelu;
}

inline void refuse_other_blocks(const config_section& tower) {
  tower.refuse_all(
      {"ls_init_value", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"});
  const auto block = tower.value("block_type");
  tower.require(block.is_null() || block == "default", "block_type");
  if (const auto norm = tower.value("norm_kwargs"); !norm.is_null())
    tower.require(norm.is_object() && norm.value("eps", nlohmann::json(1e-5)) == 1e-5, "norm_kwargs");
}

inline vision_pooling open_clip_pooling(const config_section& vision) {
  const auto pooling = vision.value("pool_type"), queries = vision.value("attentional_pool");
  vision.require(!queries.is_string(), "attentional_pool");
  vision.require(pooling.is_null() || pooling == "tok" || pooling == "avg", "pool_type");
  if (pooling != "avg") return vision_pooling::class_token;
  // behind attention pooling open_clip ignores final_ln_after_pool
  return vision.flag("final_ln_after_pool") && queries != true ? vision_pooling::normalised_mean : vision_pooling::mean;
}

inline text_pooling open_clip_pooling_of_texts(const config_section& text) {
  const auto pooling = text.value("pool_type");
  if (pooling == "last") return text_pooling::last;
  if (pooling == "first") return text_pooling::first;
  if (pooling == "eos") return text_pooling::end_id;
  text.require(pooling.is_null() || pooling == "argmax", "pool_type");
  return text_pooling::largest_id;
}

/// What open_clip_config.json says.
inline config_hints open_clip_hints(const nlohmann::json& json, const std::string& file) {
  const config_section model(json, "model_cfg", file), vision(model.json(), "vision_cfg", file),
      text(model.json(), "text_cfg", file);
  model.refuse_all({"multimodal_cfg"});
  vision.refuse_all({"timm_model_name"});
  text.refuse_all({"hf_model_name", "embed_cls"});
  const auto projection = text.value("proj_type");
  text.require(projection.is_null() || projection == "linear", "proj_type");
  refuse_other_blocks(text);
  config_hints hints;
  const bool resnet = vision.value("layers").is_array();
  hints.activation = open_clip_activation(text);
  if (!resnet) {
    refuse_other_blocks(vision);
    vision.require(open_clip_activation(vision) == hints.activation, "act_kwargs");
    hints.pooling = open_clip_pooling(vision);
    hints.pool_heads = vision.integer("attn_pooler_heads", 8);
  }
  if (model.flag("quick_gelu")) hints.activation = activation::quick_gelu;
  const int width = vision.integer("width", 768) * (resnet ? 32 : 1);
  hints.vision_heads = width / vision.integer("head_width", 64);
  hints.text_heads = text.integer("heads", 8);
  hints.text = open_clip_pooling_of_texts(text);
  hints.causal = !text.flag("no_causal_mask");
  if (hints.text == text_pooling::end_id) hints.end_id = text.integer("eos_id", 2, 0);
  return hints;
}

// Source: transformers' CLIPVisionConfig and CLIPTextConfig, whose defaults these are.

inline activation transformers_activation(const config_section& tower) {
  const nlohmann::json act = tower.value("hidden_act");
  if (act == "gelu") return activation::gelu;
  if (act == "gelu_pytorch_tanh" || act == "gelu_new") return activation::gelu_tanh;
  tower.require(act.is_null() || act == "quick_gelu", "hidden_act");
  return activation::quick_gelu;
}

/// What transformers' config.json says.
inline config_hints transformers_hints(const nlohmann::json& json, const std::string& file) {
  const config_section vision(json, "vision_config", file), text(json, "text_config", file);
  for (const config_section* tower : {&vision, &text}) {
    const auto epsilon = tower->value("layer_norm_eps");
    tower->require(epsilon.is_null() || epsilon == 1e-5, "layer_norm_eps");
  }
  config_hints hints;
  hints.activation = transformers_activation(text);
  vision.require(transformers_activation(vision) == hints.activation, "hidden_act");
  hints.vision_heads = vision.integer("num_attention_heads", 12);
  hints.text_heads = text.integer("num_attention_heads", 8);
  // The last id is the largest; an eos_token_id of 2 means the largest id as well.
  const int last = text.integer("vocab_size", 49408) - 1, end = text.integer("eos_token_id", last, 0);
  if (end != 2 && end != last) {
    hints.text = text_pooling::end_id;
    hints.end_id = end;
  }
  return hints;
}

/// What the configuration file beside a checkpoint of open_clip (open_clip_config.json) or transformers (config.json)
/// says; without one OpenAI's.
inline config_hints hints_beside(const std::filesystem::path& file, naming names) {
  const bool transformers = names == naming::hugging_face;
  const char* const name = transformers ? "config.json" : "open_clip_config.json";
  const nlohmann::json json = json_beside(file, name);
  if (json.is_null()) return {};
  const std::string path = (file.parent_path() / name).string();
  return transformers ? transformers_hints(json, path) : open_clip_hints(json, path);
}

}  // namespace clipt::detail
