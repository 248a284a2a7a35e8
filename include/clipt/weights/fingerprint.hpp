// Which weights these are, without reading all of them.
#pragma once
#include <algorithm>  // min
#include <cstddef>    // byte
#include <span>       // span
#include <string>     // string

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/state/state_dict.hpp>  // state_dict
#include <clipt/io/sha256.hpp>           // sha256

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

}  // namespace clipt::inline CLIPT_BUILD
