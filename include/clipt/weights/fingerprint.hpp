// Which weights, and which model of them, these are, without reading all of them.
#pragma once
#include <algorithm>  // min
#include <cstddef>    // byte
#include <span>       // span
#include <string>     // string

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/state/state_dict.hpp>    // state_dict
#include <clipt/io/sha256.hpp>           // sha256
#include <clipt/weights/any_config.hpp>  // any_clip_config, is_said_by_tensors, to_cpp

namespace clipt::inline CLIPT_BUILD {

/// A digest of a model's names, types, shapes and the first 4 KiB of each tensor, in 64 hexadecimal digits: a copy of
/// the weights has the same, another training has another, for training moves all of a tensor.
inline std::string fingerprint(const state_dict& state) {
  constexpr std::size_t looked_at = 4096;
  std::string facts;
  for (const auto& [name, source] : state)
    for (const tensor_entry* part : source.parts)
      facts += fmt::format("{} {} [{}] {}\n", name, name_of(part->dtype), fmt::join(part->shape, ", "),
                           sha256(part->bytes.first(std::min(looked_at, part->bytes.size()))));
  return sha256(std::as_bytes(std::span(facts)));
}

/// The same with what the file beside the weights says that they do not: an activation, heads, another picture size.
inline std::string fingerprint(const state_dict& state, const any_clip_config& config) {
  const std::string weights = fingerprint(state);
  if (is_said_by_tensors(config, state)) return weights;
  const std::string facts = weights + to_cpp(config, "model");
  return sha256(std::as_bytes(std::span(facts)));
}

}  // namespace clipt::inline CLIPT_BUILD
