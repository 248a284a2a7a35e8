// Which rows of a matrix belong to which sequence: by offsets, or all sequences equally long.
#pragma once
#include <cstdint>  // int32_t
#include <string>   // string, to_string

#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/error.hpp>   // shape_error
#include <clipt/ops/kernel.hpp>   // kernel, for which there are tags

namespace clipt::inline CLIPT_BUILD {

namespace ops {

/// Refuses sequences that are not the rows of an operand, where the host can read offsets; see clipt::check_sequences.
///
/// `forward(ctx, op, operand, sequences, rows)`.
struct check_sequences {};

/// A row of each sequence: out[k] = begin + choose(begin, size), `choose` callable on the device.
///
/// `forward(ctx, sequences, choose, out)`, out: std::int32_t [sequences].
struct choose_rows {};

/// Where in its sequence each row stands, from 0.
///
/// `forward(ctx, sequences, rows, out)`, out: std::int32_t [rows].
struct row_positions {};

}  // namespace ops

/// The rows of each sequence of a batch.
struct sequence_rows {
  const std::int32_t* offsets;  // [count + 1], or null: all sequences have `length` rows
  dim_t count;
  dim_t length = 0;

  struct rows_type {
    dim_t begin, end;
    CLIPT_HD constexpr dim_t size() const { return end - begin; }
  };

  CLIPT_HD constexpr rows_type range(dim_t sequence) const {
    if (offsets != nullptr) return {offsets[sequence], offsets[sequence + 1]};
    return {sequence * length, (sequence + 1) * length};
  }

  /// The sequence that a row belongs to.
  CLIPT_HD constexpr dim_t of_row(dim_t row) const {
    if (offsets == nullptr) return row / length;
    dim_t first = 0, behind = count;  // offsets[first] <= row < offsets[behind]
    while (behind - first > 1) {
      const dim_t middle = (first + behind) / 2;
      (offsets[middle] <= row ? first : behind) = middle;
    }
    return first;
  }
};

/// Chooses the first row of each sequence.
struct first_row {
  CLIPT_HD constexpr dim_t operator()(dim_t, dim_t) const { return 0; }
};

namespace detail {

[[noreturn]] inline void refuse_sequences(const char* op, const std::string& what, dim_t rows) {
  throw shape_error(std::string("clipt::") + op + ": " + what + ": give sequences that hold each of its " +
                    std::to_string(rows) + " rows once");
}

}  // namespace detail

/// `shape_error` unless the sequences are the `rows` rows of an operand, each once: a row in none would be read or left
/// unwritten in silence, and one behind the last is somebody else's memory.
inline void check_sequences(const char* op, const char* operand, const sequence_rows& sequences, dim_t rows) {
  const auto [offsets, count, length] = sequences;
  if (count < 0) detail::refuse_sequences(op, std::string("a negative number of sequences of ") + operand, rows);
  if (offsets == nullptr) {
    if (length < 0 || (length > 0 && count > rows / length) || count * length != rows)
      detail::refuse_sequences(
          op, std::to_string(count) + " sequences of " + std::to_string(length) + " rows are not " + operand, rows);
    return;
  }
  for (dim_t i = 0; i <= count; ++i) {
    const std::int32_t least = i == 0 ? 0 : offsets[i - 1];
    const bool ends_wrong = i == count && offsets[i] != rows;
    if (offsets[i] < least || (i == 0 && offsets[i] != 0) || ends_wrong)
      detail::refuse_sequences(op,
                               "offset " + std::to_string(i) + " of " + operand + " is " + std::to_string(offsets[i]) +
                                   ", offsets rise from 0 to the number of rows",
                               rows);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
