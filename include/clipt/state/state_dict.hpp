// The tensors of a model in a file, by the names that the model gives them.
#pragma once
#include <cstdint>  // int64_t
#include <map>      // map
#include <span>     // span
#include <string>   // string
#include <vector>   // vector

#include <clipt/io/tensor_entry.hpp>  // tensor_entry, copy_to, to_vector

namespace clipt::inline CLIPT_BUILD {

/// Where a parameter lies in a file: in one tensor or in several, one below the other, as they are or transposed.
struct state_source {
  std::vector<const tensor_entry*> parts;
  bool transposed = false;  // the file holds [columns, rows]

  /// The parameter's extents. All parts agree in all axes but the first.
  std::vector<std::int64_t> shape() const {
    std::vector<std::int64_t> extents = parts.front()->shape;
    for (std::size_t i = 1; i < parts.size(); ++i) extents.front() += parts[i]->shape.front();
    if (transposed) std::swap(extents.front(), extents.back());
    return extents;
  }
};

/// A model's parameters and buffers in a file. Python equivalent: a state_dict.
using state_dict = std::map<std::string, state_source>;

/// Writes a parameter's elements to `out` as numbers of type T; conversions and errors as for one tensor.
template <class T>
void copy_to(const state_source& source, std::span<T> out) {
  if (source.transposed) {
    const std::vector<T> stored = to_vector<T>(*source.parts.front());
    const auto columns = static_cast<std::size_t>(source.parts.front()->shape.front());
    const std::size_t rows = columns == 0 ? 0 : stored.size() / columns;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) out[r * columns + c] = stored[c * rows + r];
    return;
  }
  std::size_t begin = 0;
  for (const tensor_entry* part : source.parts) {
    const std::size_t count = element_count(*part);
    copy_to(*part, out.subspan(begin, count));
    begin += count;
  }
}

}  // namespace clipt::inline CLIPT_BUILD
