// The names of a CLIP's tensors in the files of OpenAI, open_clip and Hugging Face, and the way from one to another.
#pragma once
#include <algorithm>    // all_of, any_of, equal
#include <array>        // array
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <clipt/state/state_dict.hpp>  // state_dict

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// One tensor under both names; `part` says which third of OpenAI's stacked rows it is.
struct name_pair {
  std::string_view openai, hugging_face;
  bool transposed = false;
  int part = 0, parts = 1;
};

// Source: transformers' conversion script for CLIP; "pre_layrnorm" is spelt so there.
inline constexpr std::array<name_pair, 14> names_outside_blocks{{
    {"logit_scale", "logit_scale"},
    {"token_embedding.weight", "text_model.embeddings.token_embedding.weight"},
    {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
    {"ln_final.weight", "text_model.final_layer_norm.weight"},
    {"ln_final.bias", "text_model.final_layer_norm.bias"},
    {"text_projection", "text_projection.weight", true},
    {"visual.class_embedding", "vision_model.embeddings.class_embedding"},
    {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
    {"visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"},
    {"visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"},
    {"visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"},
    {"visual.ln_post.weight", "vision_model.post_layernorm.weight"},
    {"visual.ln_post.bias", "vision_model.post_layernorm.bias"},
    {"visual.proj", "visual_projection.weight", true},
}};

inline constexpr std::array<name_pair, 2> block_lists{{
    {"transformer.resblocks.", "text_model.encoder.layers."},
    {"visual.transformer.resblocks.", "vision_model.encoder.layers."},
}};

inline constexpr std::array<name_pair, 16> names_inside_a_block{{
    {"ln_1.weight", "layer_norm1.weight"},
    {"ln_1.bias", "layer_norm1.bias"},
    {"attn.in_proj_weight", "self_attn.q_proj.weight", false, 0, 3},
    {"attn.in_proj_weight", "self_attn.k_proj.weight", false, 1, 3},
    {"attn.in_proj_weight", "self_attn.v_proj.weight", false, 2, 3},
    {"attn.in_proj_bias", "self_attn.q_proj.bias", false, 0, 3},
    {"attn.in_proj_bias", "self_attn.k_proj.bias", false, 1, 3},
    {"attn.in_proj_bias", "self_attn.v_proj.bias", false, 2, 3},
    {"attn.out_proj.weight", "self_attn.out_proj.weight"},
    {"attn.out_proj.bias", "self_attn.out_proj.bias"},
    {"ln_2.weight", "layer_norm2.weight"},
    {"ln_2.bias", "layer_norm2.bias"},
    {"mlp.c_fc.weight", "mlp.fc1.weight"},
    {"mlp.c_fc.bias", "mlp.fc1.bias"},
    {"mlp.c_proj.weight", "mlp.fc2.weight"},
    {"mlp.c_proj.bias", "mlp.fc2.bias"},
}};

/// A tensor's name in another library, and how it lies there.
struct translated_name {
  std::string name;
  bool transposed;
  int part, parts;
};

/// All names that `name` has on the other side: none if it is unknown, three for stacked queries, keys and values.
inline std::vector<translated_name> translations(std::string_view name, std::string_view name_pair::*from,
                                                 std::string_view name_pair::*to) {
  std::vector<translated_name> found;
  const auto look_up = [&](std::span<const name_pair> pairs, std::string_view wanted, const std::string& before) {
    for (const name_pair& p : pairs)
      if (p.*from == wanted) found.push_back({before + std::string(p.*to), p.transposed, p.part, p.parts});
  };
  for (const name_pair& list : block_lists) {
    if (!name.starts_with(list.*from)) continue;
    const std::string_view rest = name.substr((list.*from).size());
    const std::size_t dot = rest.find('.');
    if (dot == rest.npos) return found;
    look_up(names_inside_a_block, rest.substr(dot + 1), std::string(list.*to) + std::string(rest.substr(0, dot + 1)));
    return found;
  }
  look_up(names_outside_blocks, name, "");
  return found;
}

/// Whether all parts are there, and one fits below the other.
inline bool stacks(const state_source& source) {
  const auto fits = [&](const tensor_entry* part) {
    if (part->bytes.empty() || part->shape.empty() || part->shape.size() != source.parts.front()->shape.size())
      return false;
    return std::equal(part->shape.begin() + 1, part->shape.end(), source.parts.front()->shape.begin() + 1);
  };
  return std::all_of(source.parts.begin(), source.parts.end(), [](const auto* part) { return part != nullptr; }) &&
         std::all_of(source.parts.begin(), source.parts.end(), fits);
}

}  // namespace detail

/// Whose names a file has; open_clip's are OpenAI's for the models that both have.
enum class naming { openai, hugging_face };

namespace detail {

/// What train_clip's checkpoints hold beside the model: its average, and the optimiser's arrays.
inline constexpr const char* average_prefix = "average.";
inline constexpr const char* optimiser_prefix = "optimizer.";

inline naming naming_of(std::span<const tensor_entry> entries) {
  const bool found = std::any_of(entries.begin(), entries.end(), [](const tensor_entry& entry) {
    return entry.name.starts_with("text_model.") || entry.name.starts_with("vision_model.");
  });
  return found ? naming::hugging_face : naming::openai;
}

/// What the files hold beside parameters and statistics: sizes that the shapes say as well, masks, and how many models
/// torch.optim.swa_utils.AveragedModel has averaged.
inline bool says_a_size(std::string_view name) {
  return name == "input_resolution" || name == "context_length" || name == "vocab_size" || name == "n_averaged" ||
         name.ends_with("position_ids") || name.ends_with("attn_mask");
}

}  // namespace detail

/// OpenAI's or open_clip's tensors by OpenAI's names; a text tower below the prefix text is moved up, and a linear layer as its
/// projection is a matrix unless it has a bias.
inline state_dict from_openai(std::span<const tensor_entry> entries) {
  state_dict state;
  for (const tensor_entry& entry : entries) {
    std::string_view name = entry.name;
    if (detail::says_a_size(name)) continue;
    if (name.starts_with("text.")) name.remove_prefix(5);
    state[std::string(name)] = {{&entry}};
  }
  const auto projection = state.find("text_projection.weight");
  if (projection != state.end() && projection->second.shape().size() == 2 && !state.contains("text_projection.bias")) {
    state["text_projection"] = {projection->second.parts, true};
    state.erase(projection);
  }
  return state;
}

/// Hugging Face's tensors by OpenAI's names; what has no such name keeps its own.
inline state_dict from_hugging_face(std::span<const tensor_entry> entries) {
  state_dict state, stacked;
  for (const tensor_entry& entry : entries) {
    const auto found = detail::translations(entry.name, &detail::name_pair::hugging_face, &detail::name_pair::openai);
    if (found.empty() || (found.front().transposed && entry.shape.size() != 2)) {
      if (!detail::says_a_size(entry.name)) state[entry.name] = {{&entry}};
      continue;
    }
    const detail::translated_name& to = found.front();
    state_source& source = to.parts > 1 ? stacked[to.name] : state[to.name];
    source.parts.resize(static_cast<std::size_t>(to.parts));
    source.parts[static_cast<std::size_t>(to.part)] = &entry;
    source.transposed = to.transposed;
  }
  for (auto& [name, source] : stacked) {
    if (detail::stacks(source))
      state[name] = source;
    else
      for (const tensor_entry* part : source.parts)
        if (part != nullptr) state[part->name] = {{part}};
  }
  return state;
}

}  // namespace clipt::inline CLIPT_BUILD
