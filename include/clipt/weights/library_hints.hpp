// What the configuration file beside a checkpoint says of its model; what no model of clipt can be is refused by name.
#pragma once
#include <filesystem>        // path
#include <initializer_list>  // initializer_list
#include <string>            // string

#include <clipt/weights/any_config.hpp>        // config_hints
#include <clipt/weights/checkpoint_names.hpp>  // naming
#include <clipt/weights/json_file.hpp>         // json_file

namespace clipt::inline CLIPT_BUILD::detail {

[[noreturn]] inline void refuse_option(const json_file& tower, const std::string& place) {
  tower.refuse(place, "no model of clipt has this");
}
inline void require_option(bool holds, const json_file& tower, const std::string& place) {
  if (!holds) refuse_option(tower, place);
}

/// Refuses options that are set; false, zero and null do not set one.
inline void refuse_options(const json_file& tower, std::initializer_list<const char*> places) {
  for (const char* place : places)
    if (tower.has(place) && tower.at(place) != false && tower.at(place) != 0) refuse_option(tower, place);
}

inline constexpr int most_of_a_size = 1 << 24;

// Source: the dataclasses CLIPVisionCfg and CLIPTextCfg of open_clip, whose defaults these are.

inline activation open_clip_activation(const json_file& tower) {
  if (tower.at("/act_kwargs/approximate") == "tanh") return activation::gelu_tanh;
  require_option(!tower.has("/act_kwargs") || tower.at("/act_kwargs") == nlohmann::json::object() ||
                     tower.at("/act_kwargs/approximate") == "none",
                 tower, "/act_kwargs");
  return activation::gelu;
}

inline void refuse_other_blocks(const json_file& tower) {
  refuse_options(tower, {"/ls_init_value", "/qk_norm", "/scaled_cosine_attn", "/scale_heads", "/scale_attn_inner",
                         "/scale_attn", "/scale_fc"});
  require_option(!tower.has("/block_type") || tower.at("/block_type") == "default", tower, "/block_type");
  if (tower.has("/norm_kwargs"))
    require_option(tower.at("/norm_kwargs").is_object() &&
                       (!tower.has("/norm_kwargs/eps") || tower.at("/norm_kwargs/eps") == 1e-5),
                   tower, "/norm_kwargs");
}

inline vision_pooling open_clip_pooling(const json_file& vision) {
  require_option(!vision.at("/attentional_pool").is_string(), vision, "/attentional_pool");
  const vision_pooling pooling = vision.one_of<const char*>(
      "/pool_type", vision_pooling::class_token, {{"tok", vision_pooling::class_token}, {"avg", vision_pooling::mean}});
  // behind attention pooling open_clip ignores final_ln_after_pool
  const bool normalised_then = vision.flag("/final_ln_after_pool", false) && !vision.flag("/attentional_pool", false);
  return pooling == vision_pooling::mean && normalised_then ? vision_pooling::normalised_mean : pooling;
}

inline text_pooling open_clip_pooling_of_texts(const json_file& text) {
  return text.one_of<const char*>("/pool_type", text_pooling::largest_id,
                                  {{"argmax", text_pooling::largest_id},
                                   {"last", text_pooling::last},
                                   {"first", text_pooling::first},
                                   {"eos", text_pooling::end_id}});
}

/// What open_clip_config.json says.
inline config_hints open_clip_hints(const json_file& file) {
  const json_file model = file.section("/model_cfg"), vision = model.section("/vision_cfg"),
                  text = model.section("/text_cfg");
  refuse_options(model, {"/multimodal_cfg"});
  refuse_options(vision, {"/timm_model_name"});
  refuse_options(text, {"/hf_model_name", "/embed_cls"});
  require_option(!text.has("/proj_type") || text.at("/proj_type") == "linear", text, "/proj_type");
  refuse_other_blocks(text);
  config_hints hints;
  const bool resnet = vision.at("/layers").is_array();
  hints.activation = open_clip_activation(text);
  if (!resnet) {
    refuse_other_blocks(vision);
    require_option(open_clip_activation(vision) == hints.activation, vision, "/act_kwargs");
    hints.pooling = open_clip_pooling(vision);
    hints.pool_heads = vision.integer("/attn_pooler_heads", 8, 1, most_of_a_size);
  }
  if (model.flag("/quick_gelu", false)) hints.activation = activation::quick_gelu;
  const int width = vision.integer("/width", 768, 1, most_of_a_size) * (resnet ? 32 : 1);
  hints.vision_heads = width / vision.integer("/head_width", 64, 1, most_of_a_size);
  hints.text_heads = text.integer("/heads", 8, 1, most_of_a_size);
  hints.text = open_clip_pooling_of_texts(text);
  hints.causal = !text.flag("/no_causal_mask", false);
  if (hints.text == text_pooling::end_id) hints.end_id = text.integer("/eos_id", 2, 0, most_of_a_size);
  return hints;
}

// Source: transformers' CLIPVisionConfig and CLIPTextConfig, whose defaults these are.

inline activation transformers_activation(const json_file& tower) {
  return tower.one_of<const char*>("/hidden_act", activation::quick_gelu,
                                   {{"quick_gelu", activation::quick_gelu},
                                    {"gelu", activation::gelu},
                                    {"gelu_pytorch_tanh", activation::gelu_tanh},
                                    {"gelu_new", activation::gelu_tanh}});
}

/// What transformers' config.json says.
inline config_hints transformers_hints(const json_file& file) {
  const json_file vision = file.section("/vision_config"), text = file.section("/text_config");
  for (const json_file* tower : {&vision, &text})
    require_option(!tower->has("/layer_norm_eps") || tower->at("/layer_norm_eps") == 1e-5, *tower, "/layer_norm_eps");
  config_hints hints;
  hints.activation = transformers_activation(text);
  require_option(transformers_activation(vision) == hints.activation, vision, "/hidden_act");
  hints.vision_heads = vision.integer("/num_attention_heads", 12, 1, most_of_a_size);
  hints.text_heads = text.integer("/num_attention_heads", 8, 1, most_of_a_size);
  // The last id is the largest; an eos_token_id of 2 means the largest id as well.
  const int last = text.integer("/vocab_size", 49408, 1, most_of_a_size) - 1,
            end = text.integer("/eos_token_id", last, 0, most_of_a_size);
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
  const json_file json(file.parent_path() / (transformers ? "config.json" : "open_clip_config.json"));
  if (!json.exists()) return {};
  return transformers ? transformers_hints(json) : open_clip_hints(json);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
