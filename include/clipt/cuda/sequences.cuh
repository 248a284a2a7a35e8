// Rows of sequences by number, on the GPU; offsets are read there, and not checked.
#pragma once
#include <clipt/cuda/algorithms.cuh>  // for_each
#include <clipt/ops/sequences.hpp>    // sequence_rows, ops::choose_rows

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

template <class Choose>
struct choose_rows_body {
  sequence_rows sequences;
  Choose choose;
  std::int32_t* out;

  CLIPT_HD void operator()(int i) const {
    const auto rows = sequences.range(i);
    out[i] = static_cast<std::int32_t>(rows.begin + choose(rows.begin, rows.size()));
  }
};

struct row_positions_body {
  sequence_rows sequences;
  std::int32_t* out;

  CLIPT_HD void operator()(int row) const {
    out[row] = static_cast<std::int32_t>(row - sequences.range(sequences.of_row(row)).begin);
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::check_sequences, gpu> {
  /// Equally long sequences are numbers of the host; offsets lie on the GPU.
  template <class Context>
  static void forward(Context&, const char* op, const char* operand, const sequence_rows& sequences, dim_t rows) {
    if (sequences.offsets == nullptr) check_sequences(op, operand, sequences, rows);
  }
};

template <>
struct kernel<ops::choose_rows, gpu> {
  template <class Context, class Choose>
  static void forward(Context& ctx, const sequence_rows& sequences, const Choose& choose, std::int32_t* out) {
    on_cuda::for_each(ctx.state().stream, sequences.count, on_cuda::choose_rows_body<Choose>{sequences, choose, out});
  }
};

template <>
struct kernel<ops::row_positions, gpu> {
  template <class Context>
  static void forward(Context& ctx, const sequence_rows& sequences, dim_t rows, std::int32_t* out) {
    on_cuda::for_each(ctx.state().stream, rows, on_cuda::row_positions_body{sequences, out});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
