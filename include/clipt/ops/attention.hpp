// Attention: its tag, and the plain operands of its kernels.
#pragma once
#include <cmath>  // sqrt

#include <clipt/ops/kernel.hpp>     // kernel, for which this is a tag
#include <clipt/ops/sequences.hpp>  // sequence_rows

namespace clipt::inline CLIPT_BUILD {

namespace ops {
/// out = softmax(scale q kᵀ + mask) v for each sequence and head.
///
/// `forward(ctx, attention_setting, q, k, v, out, log_sums)`: strided_rows, and [query rows, heads] that it fills;
/// `backward(ctx, attention_setting, q, k, v, out, log_sums, g, dq, dk, dv)`: the last three are written_rows.
struct attention {};
}  // namespace ops

/// Rows of vectors inside a wider matrix: `data` is the first column of the first row.
template <class T>
struct strided_rows {
  T* data;
  dim_t stride;
};

/// Rows that a gradient is stored in or added to.
template <class T>
struct written_rows {
  strided_rows<T> rows;
  bool stores;
};

/// What one attention needs to know besides its operands.
struct attention_setting {
  sequence_rows queries, keys;
  dim_t query_rows, key_rows;  // of all sequences
  dim_t heads, head_width;
  bool causal;  // query i sees keys up to i; queries and keys are then the same rows

  double scale() const { return 1 / std::sqrt(static_cast<double>(head_width)); }
};

}  // namespace clipt::inline CLIPT_BUILD
