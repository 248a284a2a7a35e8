// Any model in a file: its parameters and buffers by name, checked as a whole before anything is changed.
#pragma once
#include <algorithm>   // equal, find, stable_sort
#include <filesystem>  // path
#include <map>         // map
#include <string>      // string
#include <utility>     // pair
#include <vector>      // vector

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/eval/parallel.hpp>     // parallel_for
#include <clipt/io/printable.hpp>      // printable
#include <clipt/io/safetensors.hpp>    // safetensors_file, write_safetensors
#include <clipt/io/torch_archive.hpp>  // torch_archive
#include <clipt/nn/reflect.hpp>        // for_each_state
#include <clipt/state/state_dict.hpp>  // state_dict
#include <clipt/state/state_fwd.hpp>   // save_state

namespace clipt::inline CLIPT_BUILD {

/// What stands between a model and tensors of a file, a line each: missing, unexpected, of another shape, or no integers.
template <class Model>
std::vector<std::string> state_mismatches(const Model& model, const state_dict& tensors) {
  std::vector<std::string> lines, expected;
  for_each_state(model, [&](const std::string& path, const state_member& member) {
    expected.push_back(path);
    const auto found = tensors.find(path);
    if (found == tensors.end())
      lines.push_back(fmt::format("missing: {} [{}]", path, fmt::join(member.extents, ", ")));
    else if (const auto shape = found->second.shape(); !std::ranges::equal(shape, member.extents))
      lines.push_back(fmt::format("wrong shape: {}: the model has [{}], the file has [{}]", path,
                                  fmt::join(member.extents, ", "), fmt::join(shape, ", ")));
    else if (const dtype_code type = found->second.parts.front()->dtype;
             member.type == element_type::i64 && holds_reals(type))
      lines.push_back(fmt::format("wrong type: {}: the model has integers, the file has {}", path, name_of(type)));
  });
  for (const auto& [name, source] : tensors)
    if (std::find(expected.begin(), expected.end(), name) == expected.end())
      lines.push_back(fmt::format("unexpected: {} [{}]", detail::printable(name), fmt::join(source.shape(), ", ")));
  return lines;
}

/// Fills a model from tensors by name; `source` is what messages call the file.
///
/// Errors: `io_error` that lists everything that is missing, unexpected, of another shape or no integers; the model is then
/// unchanged.
template <class Model>
void load_state(Model& model, const state_dict& tensors, const std::string& source) {
  const auto wrong = state_mismatches(model, tensors);
  if (!wrong.empty())
    throw io_error(fmt::format("{}: {} of the model's tensors do not match:\n  {}", source, wrong.size(),
                               fmt::join(wrong, "\n  ")));
  std::vector<std::pair<const state_source*, state_member>> places;
  for_each_state(model, [&](const std::string& path, const state_member& member) {
    places.emplace_back(&tensors.at(path), member);
  });
  // The largest first: all threads then end at about the same time.
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.second.size > b.second.size; });
  on_cpu::parallel_for(0, static_cast<dim_t>(places.size()), [&](dim_t i) {
    const auto& [source, member] = places[static_cast<std::size_t>(i)];
    member.with_elements([&, from = source](auto elements) { copy_to(*from, elements); });
  });
}

/// Fills a model of one's own from a file of safetensors or of torch.save, whose names are those of the model's members.
///
/// Errors: `io_error` that lists everything that is missing, unexpected or of another shape; the model is then
/// unchanged. PyTorch equivalent: `model.load_state_dict(torch.load(path))`.
template <class Model>
void load_state(Model& model, const std::filesystem::path& path) {
  const auto load = [&](const auto& file) {
    state_dict tensors;
    for (const tensor_entry& entry : file.entries()) tensors[entry.name].parts = {&entry};
    load_state(model, tensors, path.string());
  };
  if (detail::is_torch_archive(path))
    load(torch_archive(path));
  else
    load(safetensors_file(path));
}

/// A model's parameters and buffers as tensors for a file; `prefix` goes in front of the names. They refer to the
/// model.
template <class Model>
std::vector<tensor_entry> state_of(const Model& model, const std::string& prefix = {}) {
  std::vector<tensor_entry> entries;
  for_each_state(model, [&](const std::string& path, const state_member& member) {
    member.with_elements([&](auto elements) {
      using T = typename decltype(elements)::value_type;
      entries.push_back(
          make_entry<T>(prefix + path, {member.extents.begin(), member.extents.end()}, std::span<const T>(elements)));
    });
  });
  return entries;
}

/// See state_fwd.hpp.
template <class Model>
void save_state(const Model& model, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata) {
  write_safetensors(path, state_of(model), metadata);
}

}  // namespace clipt::inline CLIPT_BUILD
