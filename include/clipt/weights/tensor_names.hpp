// The names of all tensors that a model of a configuration has, and what of a file is not among them.
#pragma once
#include <algorithm>         // binary_search, sort
#include <initializer_list>  // initializer_list
#include <span>              // span
#include <string>            // string
#include <string_view>       // string_view
#include <utility>           // move
#include <variant>           // visit
#include <vector>            // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>          // io_error
#include <clipt/io/printable.hpp>        // printable
#include <clipt/io/tensor_entry.hpp>     // tensor_entry
#include <clipt/weights/any_config.hpp>  // any_clip_config

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Gathers names below prefixes, each prefix with its dot.
class tensor_names {
 public:
  void add(std::string_view prefix, std::initializer_list<std::string_view> ends) {
    for (const std::string_view end : ends) names_.push_back(std::string(prefix) += end);
  }
  void add_linear(const std::string& prefix) { add(prefix, {".weight", ".bias"}); }

  void add_text(const text_config& c) {
    add("", {"token_embedding.weight", "positional_embedding", "ln_final.weight", "ln_final.bias"});
    if (c.projection_bias)
      add_linear("text_projection");
    else
      add("", {"text_projection"});
    add_blocks("transformer.", c.layers);
  }

  void add_vision(const vit_config& c, int embed) {
    add("visual.", {"class_embedding", "positional_embedding", "proj", "conv1.weight"});
    add_linear("visual.ln_post");
    if (c.ln_pre) add_linear("visual.ln_pre");
    add_blocks("visual.transformer.", c.layers);
    if (c.pool_queries == 0) return;
    add("visual.attn_pool.", {"query", "attn.in_proj_bias"});
    for (const char* layer : {"attn.out_proj", "ln_q", "ln_k"}) add_linear(std::string("visual.attn_pool.") + layer);
    if (embed == c.width)
      add("visual.attn_pool.attn.", {"in_proj_weight"});
    else
      add("visual.attn_pool.attn.", {"q_proj_weight", "k_proj_weight", "v_proj_weight"});
  }

  void add_vision(const resnet_config& c, int) {
    add_convolutions("visual.");
    for (int stage = 0; stage < 4; ++stage)
      for (int block = 0; block < c.stages[stage]; ++block) {
        const std::string prefix = fmt::format("visual.layer{}.{}.", stage + 1, block);
        add_convolutions(prefix);
        if (block == 0) add(prefix, {"downsample.0.weight"}), add_statistics(prefix + "downsample.1.");
      }
    add("visual.attnpool.", {"positional_embedding"});
    for (const char* layer : {"k_proj", "q_proj", "v_proj", "c_proj"})
      add_linear(std::string("visual.attnpool.") + layer);
  }

  std::vector<std::string> sorted() && {
    std::sort(names_.begin(), names_.end());
    return std::move(names_);
  }

 private:
  void add_blocks(const std::string& transformer, int layers) {
    for (int i = 0; i < layers; ++i) {
      const std::string block = fmt::format("{}resblocks.{}.", transformer, i);
      add(block, {"attn.in_proj_weight", "attn.in_proj_bias"});
      for (const char* layer : {"attn.out_proj", "ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj"}) add_linear(block + layer);
    }
  }
  void add_statistics(const std::string& prefix) {
    add(prefix, {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
  }
  /// Three convolutions, each with its normalisation: a ResNet's stem and its blocks.
  void add_convolutions(const std::string& prefix) {
    for (int i = 1; i <= 3; ++i) {
      names_.push_back(fmt::format("{}conv{}.weight", prefix, i));
      add_statistics(fmt::format("{}bn{}.", prefix, i));
    }
  }

  std::vector<std::string> names_;
};

}  // namespace detail

/// The names of the tensors of `clip<Config>` in OpenAI's words, in alphabetical order.
inline std::vector<std::string> names_of_tensors(const any_clip_config& config) {
  detail::tensor_names names;
  names.add("", {"logit_scale"});
  std::visit([&](const auto& c) { names.add_vision(c.vision, c.embed), names.add_text(c.text); }, config);
  return std::move(names).sorted();
}

/// The names of those tensors that a model of this configuration does not have.
inline std::vector<std::string> unknown_tensors(std::span<const tensor_entry> tensors, const any_clip_config& config) {
  const std::vector<std::string> names = names_of_tensors(config);
  std::vector<std::string> unknown;
  for (const tensor_entry& tensor : tensors)
    if (!std::binary_search(names.begin(), names.end(), tensor.name)) unknown.push_back(tensor.name);
  return unknown;
}

/// Refuses to write tensors to `file` that are not a model's, all of it and nothing else. Errors: io_error with their
/// names.
inline void check_tensor_names(std::span<const tensor_entry> tensors, const any_clip_config& config,
                               const std::string& file) {
  std::vector<std::string> there, lines;
  for (const tensor_entry& tensor : tensors) there.push_back(tensor.name);
  std::sort(there.begin(), there.end());
  for (const std::string& name : names_of_tensors(config))
    if (!std::binary_search(there.begin(), there.end(), name)) lines.push_back("missing: " + name);
  const std::size_t missing = lines.size();
  for (const std::string& name : unknown_tensors(tensors, config))
    lines.push_back("unknown: " + detail::printable(name));
  if (lines.empty()) return;
  throw io_error(
      fmt::format("clipt::write_checkpoint: {} is not written, no library would load it: {} tensors of the "
                  "model are missing, and {} are none of its:\n  {}",
                  file, missing, lines.size() - missing, detail::joined(lines, "\n  ")));
}

}  // namespace clipt::inline CLIPT_BUILD
