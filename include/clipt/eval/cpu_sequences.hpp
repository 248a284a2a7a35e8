// Rows of sequences by number, on the CPU.
#pragma once
#include <clipt/core/device.hpp>    // cpu
#include <clipt/ops/sequences.hpp>  // sequence_rows, ops::choose_rows

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::check_sequences, cpu> {
  template <class Context>
  static void forward(Context&, const char* op, const char* operand, const sequence_rows& sequences, dim_t rows) {
    check_sequences(op, operand, sequences, rows);
  }
};

template <>
struct kernel<ops::choose_rows, cpu> {
  template <class Context, class Choose>
  static void forward(Context&, const sequence_rows& sequences, const Choose& choose, std::int32_t* out) {
    for (dim_t i = 0; i < sequences.count; ++i) {
      const auto rows = sequences.range(i);
      out[i] = static_cast<std::int32_t>(rows.begin + choose(rows.begin, rows.size()));
    }
  }
};

template <>
struct kernel<ops::row_positions, cpu> {
  template <class Context>
  static void forward(Context&, const sequence_rows& sequences, dim_t, std::int32_t* out) {
    for (dim_t i = 0; i < sequences.count; ++i) {
      const auto [begin, end] = sequences.range(i);
      for (dim_t row = begin; row < end; ++row) out[row] = static_cast<std::int32_t>(row - begin);
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD
