// Matrix products on the GPU by cuBLAS, which counts columns first: c = a b is computed as cᵀ = bᵀ aᵀ.
#pragma once
#include <clipt/cuda/context.cuh>   // column_major_products
#include <clipt/cuda/simt.cuh>      // launch
#include <clipt/ops/attention.hpp>  // strided_rows
#include <clipt/ops/products.hpp>   // ops::matmul, product_form, product_extents

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// c[row, column] = bias[column]: what a product with a bias is then added to.
template <class T>
struct repeat_row_body {
  static constexpr int threads = 256;
  const T* bias;
  T* c;
  dim_t size, columns;

  __device__ void operator()() const {
    for (dim_t i = block_index() * threads + thread_index(); i < size; i += grid_size() * threads)
      c[i] = bias[i % columns];
  }
};

/// c [m, n] = op(a) op(b), or c += it, of rows that lie apart.
template <class Context, class T>
void row_major_product(Context& ctx, product_form form, dim_t m, dim_t n, dim_t k, strided_rows<const T> a,
                       strided_rows<const T> b, strided_rows<T> c, bool stores) {
  const bool a_turned = form == product_form::tn, b_turned = form == product_form::nt;
  if (m * n * k > 0)
    column_major_products<T>(ctx.state(), 1, n, m, k, {b.data, b_turned, b.stride, 0}, {a.data, a_turned, a.stride, 0},
                             stores ? T(0) : T(1), {c.data, false, c.stride, 0});
}

}  // namespace on_cuda

template <>
struct kernel<ops::matmul, gpu> {
  /// c = op(a) op(b) + bias, or c += op(a) op(b); row-major [count, m, n], `form` says which operand is read
  /// transposed.
  template <class Context, class T>
  static void forward(Context& ctx, product_form form, const product_extents& p, const T* a, const T* b, T* c,
                      bool stores, const T* bias = nullptr) {
    using namespace on_cuda;
    if (p.count * p.m * p.n == 0) return;
    const auto stream = ctx.state().stream;
    if (stores && bias != nullptr) {
      const dim_t size = p.count * p.m * p.n;
      launch(stream, std::min<dim_t>((size + 255) / 256, 2112), 256, 0, repeat_row_body<T>{bias, c, size, p.n});
      stores = false;
    }
    if (p.k == 0) {
      if (stores) zero_bytes(stream, c, static_cast<std::size_t>(p.count * p.m * p.n) * sizeof(T));
      return;
    }
    const bool a_turned = form == product_form::tn, b_turned = form == product_form::nt;
    column_major_products<T>(ctx.state(), p.count, p.n, p.m, p.k, {b, b_turned, b_turned ? p.k : p.n, p.k * p.n},
                             {a, a_turned, a_turned ? p.m : p.k, p.m * p.k}, stores ? T(0) : T(1),
                             {c, false, p.n, p.m * p.n});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
