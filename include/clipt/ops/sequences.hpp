// Which rows of a matrix belong to which sequence: by offsets, or all sequences equally long.
#pragma once
#include <cstdint>  // int32_t
#include <string>   // string, to_string

#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/error.hpp>   // shape_error

namespace clipt::inline CLIPT_BUILD {

/// The rows of each sequence of a batch.
struct sequence_rows {
  const std::int32_t* offsets;  // [count + 1], or null: all sequences have `length` rows
  dim_t count;
  dim_t length;

  struct rows_type {
    dim_t begin, end;
    CLIPT_HD constexpr dim_t size() const { return end - begin; }
  };

  CLIPT_HD constexpr rows_type range(dim_t sequence) const {
    if (offsets != nullptr) return {offsets[sequence], offsets[sequence + 1]};
    return {sequence * length, (sequence + 1) * length};
  }
};

/// `shape_error` unless the sequences are the `rows` rows of an operand, each once: a row in none would be read or left
/// unwritten in silence, and one behind the last is somebody else's memory.
inline void check_sequences(const std::string& op, const char* operand, const sequence_rows& sequences, dim_t rows) {
  const std::string remedy = ": give sequences that hold each of its " + std::to_string(rows) + " rows once";
  if (sequences.count < 0)
    throw shape_error("clipt::" + op + ": a negative number of sequences of " + operand + remedy);
  if (sequences.offsets == nullptr) {
    if (sequences.length < 0 || (sequences.length > 0 && sequences.count > rows / sequences.length) ||
        sequences.count * sequences.length != rows)
      throw shape_error("clipt::" + op + ": " + std::to_string(sequences.count) + " sequences of " +
                        std::to_string(sequences.length) + " rows are not " + operand + remedy);
    return;
  }
  for (dim_t i = 0; i <= sequences.count; ++i) {
    const std::int32_t least = i == 0 ? 0 : sequences.offsets[i - 1];
    const bool ends_wrong = i == sequences.count && sequences.offsets[i] != rows;
    if (sequences.offsets[i] < least || (i == 0 && sequences.offsets[i] != 0) || ends_wrong)
      throw shape_error("clipt::" + op + ": offset " + std::to_string(i) + " of " + operand + " is " +
                        std::to_string(sequences.offsets[i]) + ", offsets rise from 0 to the number of rows" + remedy);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
