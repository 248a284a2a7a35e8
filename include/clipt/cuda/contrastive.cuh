// The symmetric contrastive loss on the GPU: products, softmax rows of both directions, and statements; nothing is read by the host.
#pragma once
#include <clipt/cuda/gemm.cuh>       // ops::matmul
#include <clipt/cuda/map.cuh>        // ops::evaluate
#include <clipt/cuda/reduce.cuh>     // ops::total
#include <clipt/cuda/row_rules.cuh>  // ops::log_sum_exp
#include <clipt/cuda/shaping.cuh>    // ops::copy_block
#include <clipt/cuda/transfer.cuh>   // ops::accumulate
#include <clipt/expr/operators.hpp>  // off_diagonal_sign
#include <clipt/ops/losses.hpp>      // ops::contrastive_loss

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// The operands of the statements over n pairs.
template <class T>
struct contrastive_operands {
  template <class Shape>
  using operand = view<const T, Shape, gpu>;
  using square_shape = shape<batch, columns>;

  operand<square_shape> s;                                // scaled cosines
  operand<shape<batch, 1>> by_row;                        // logarithms of sums
  operand<shape<columns>> by_column, diagonal, all_rows;  // all_rows is by_row
  operand<shape<>> log_scale;

  contrastive_operands(dim_t n, const T* s_, const T* sums, const T* scale)
      : s{s_, square_shape(n, n)}, by_row{sums, shape<batch, 1>(n)}, by_column{sums + n, shape<columns>(n)},
        diagonal{sums + 2 * n, shape<columns>(n)}, all_rows{sums, shape<columns>(n)}, log_scale{scale, shape<>{}} {}
};

}  // namespace on_cuda

template <>
struct kernel<ops::contrastive_loss, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, dim_t n, dim_t width, const T* images, const T* texts, const T* log_scale, T* s,
                      T* sums, T* loss) {
    const on_cuda::contrastive_operands<T> x(n, s, sums, log_scale);
    T* const turned = ctx.template scratch<T>(n * n);
    cosines(ctx, n, width, texts, images, turned);
    cosines(ctx, n, width, images, texts, s);
    kernel<ops::evaluate, gpu>::forward(ctx, x.s * exp(x.log_scale),
                                        view<T, shape<batch, columns>, gpu>{s, x.s.shape()});
    const view<const T, shape<batch, columns>, gpu> by_text{turned, x.s.shape()};
    log_sums(ctx, x.s, sums);
    log_sums(ctx, by_text * exp(x.log_scale), sums + n);
    kernel<ops::copy_block, gpu>::forward(ctx, static_cast<const T*>(s), n + 1, sums + 2 * n, 1, n, 1);
    kernel<ops::total, gpu>::forward(ctx, x.all_rows + x.by_column - 2 * x.diagonal, x.by_column.shape(), loss,
                                     compute_t<T>(0.5) / static_cast<compute_t<T>>(n));
  }

  /// With P and Q the softmax of s by rows and by columns: s becomes exp(log_scale) g (P + Q - 2 I) / 2n.
  template <class Context, class T, class Scale>
  static void backward(Context& ctx, dim_t n, const T* g, const Scale& log_scale, T* s, T* sums) {
    const on_cuda::contrastive_operands<T> x(n, s, sums, log_scale.data());
    const view<const T, shape<>, gpu> gradient{g, shape<>{}};
    const auto factor = compute_t<T>(0.5) / static_cast<compute_t<T>>(n);
    const auto by_s = (exp(x.s - x.by_row) + exp(x.s - x.by_column) + (off_diagonal_sign - 1)) * gradient;
    if constexpr (active<Scale>) {
      T* const total = log_scale.stores ? log_scale.gradient : ctx.template scratch<T>(1);
      kernel<ops::total, gpu>::forward(ctx, by_s * x.s, x.s.shape(), total, factor);
      if (!log_scale.stores)
        kernel<ops::accumulate, gpu>::forward(ctx, static_cast<const T*>(total), log_scale.gradient, 1);
    }
    kernel<ops::evaluate, gpu>::forward(ctx, by_s * exp(x.log_scale) * factor,
                                        view<T, shape<batch, columns>, gpu>{s, x.s.shape()});
  }

 private:
  /// out [n, n] = a bᵀ.
  template <class Context, class T>
  static void cosines(Context& ctx, dim_t n, dim_t width, const T* a, const T* b, T* out) {
    kernel<ops::matmul, gpu>::forward(ctx, product_form::nt, product_extents{1, n, n, width}, a, b, out, true);
  }

  /// out[i] = log(sum over j of exp(e[i, j])).
  template <class Context, class E, class T>
  static void log_sums(Context& ctx, const E& e, T* out) {
    const auto space = shape_of(e);
    kernel<ops::log_sum_exp, gpu>::forward(ctx, e, space, view<T, shape<batch>, gpu>{out, shape<batch>(space.rows())},
                                           static_cast<compute_t<T>*>(nullptr));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
