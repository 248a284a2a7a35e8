// Tensors on their way into a file, some of them rearranged and so copied.
#pragma once
#include <cstddef>  // byte
#include <cstring>  // memcpy
#include <deque>    // deque
#include <string>   // string
#include <utility>  // move
#include <vector>   // vector

#include <clipt/weights/checkpoint_names.hpp>  // translations
#include <clipt/state/state_dict.hpp>        // state_source
#include <clipt/io/printable.hpp>            // printable
#include <clipt/io/tensor_entry.hpp>           // tensor_entry

namespace clipt::inline CLIPT_BUILD {

/// Tensors by name; bits are never changed. What it only refers to must outlive it.
class tensor_list {
 public:
  const std::vector<tensor_entry>& entries() const { return entries_; }

  /// Refers to a tensor as it is.
  void add(tensor_entry entry) { entries_.push_back(std::move(entry)); }

  /// Copies a matrix [rows, columns] to [columns, rows].
  void add_transposed(const tensor_entry& from, std::string name) {
    const auto rows = static_cast<std::size_t>(from.shape.at(0)), columns = static_cast<std::size_t>(from.shape.at(1));
    const std::size_t size = item_size(from.dtype);
    std::vector<std::byte>& copy = copies_.emplace_back(from.bytes.size());
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c)
        std::memcpy(copy.data() + (c * rows + r) * size, from.bytes.data() + (r * columns + c) * size, size);
    add({std::move(name), from.dtype, {from.shape[1], from.shape[0]}, copy});
  }

  /// A parameter as the model has it: stacked and turned round where the file has it otherwise.
  void add(const state_source& source, std::string name) {
    const tensor_entry& first = *source.parts.front();
    if (source.transposed) return add_transposed(first, std::move(name));
    if (source.parts.size() == 1) return add({std::move(name), first.dtype, first.shape, first.bytes});
    std::vector<std::byte>& copy = copies_.emplace_back();
    for (const tensor_entry* part : source.parts) {
      if (part->dtype != first.dtype)
        throw io_error(fmt::format("clipt::tensor_list: {} is {} and {} {}: parts of one parameter have one type",
                                   detail::printable(first.name), name_of(first.dtype), detail::printable(part->name),
                                   name_of(part->dtype)));
      copy.insert(copy.end(), part->bytes.begin(), part->bytes.end());
    }
    add({std::move(name), first.dtype, source.shape(), copy});
  }

 private:
  std::vector<tensor_entry> entries_;
  std::deque<std::vector<std::byte>> copies_;  // never moved: entries refer to them
};

/// A state dictionary as tensors with the model's own names.
inline tensor_list tensors_of(const state_dict& state) {
  tensor_list list;
  for (const auto& [name, source] : state) list.add(source, name);
  return list;
}

/// A model's tensors in Hugging Face's names: queries, keys and values apart, projections turned round.
///
/// Errors: io_error for a tensor that their CLIP does not have, such as those of a ResNet.
inline tensor_list to_hugging_face(std::span<const tensor_entry> entries) {
  tensor_list list;
  for (const tensor_entry& entry : entries) {
    const auto names = detail::translations(entry.name, &detail::name_pair::openai, &detail::name_pair::hugging_face);
    if (names.empty())
      throw io_error(
          fmt::format("clipt::to_hugging_face: {} has no counterpart in transformers' CLIPModel; write the "
                      "model in open_clip's format",
                      detail::printable(entry.name)));
    for (const detail::translated_name& to : names) {
      const bool fits = to.transposed ? entry.shape.size() == 2
                                      : to.parts == 1 || (!entry.shape.empty() && entry.shape.front() % to.parts == 0);
      if (!fits)
        throw io_error(fmt::format("clipt::to_hugging_face: {} [{}]: expected {}", detail::printable(entry.name),
                                   detail::joined(entry.shape), to.transposed ? "a matrix" : "three parts"));
      if (to.transposed) {
        list.add_transposed(entry, to.name);
        continue;
      }
      std::vector<std::int64_t> shape = entry.shape;
      if (to.parts > 1) shape.front() /= to.parts;
      const std::size_t size = entry.bytes.size() / static_cast<std::size_t>(to.parts);
      list.add({to.name, entry.dtype, shape, entry.bytes.subspan(static_cast<std::size_t>(to.part) * size, size)});
    }
  }
  return list;
}

}  // namespace clipt::inline CLIPT_BUILD
