// The tensors of which a vision transformer's configuration is read, as small as they can be, in OpenAI's names.
#pragma once
#include <clipt/io/tensor_entry.hpp>

#include <vector>

namespace clipt_test {

inline std::vector<clipt::tensor_entry> tiny_checkpoint() {
  static const std::vector<float> numbers(64, 0.5f);
  std::vector<clipt::tensor_entry> entries;
  const auto add = [&](const char* name, std::vector<std::int64_t> shape) {
    const auto count = static_cast<std::size_t>(*clipt::detail::element_count(shape));
    entries.push_back(clipt::make_entry<float>(name, std::move(shape), std::span(numbers).first(count)));
  };
  add("visual.proj", {4, 2});
  add("visual.conv1.weight", {4, 3, 2, 2});
  add("visual.positional_embedding", {5, 4});
  add("visual.transformer.resblocks.0.mlp.c_fc.weight", {16, 4});
  add("ln_final.weight", {4});
  add("positional_embedding", {8, 4});
  add("token_embedding.weight", {16, 4});
  add("text_projection", {4, 2});
  add("transformer.resblocks.0.mlp.c_fc.weight", {16, 4});
  return entries;
}

}  // namespace clipt_test
