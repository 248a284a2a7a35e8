// Matrix products on the GPU: of float, double and bfloat16, whose sums are floats.
#pragma once
#include <clipt/cuda/context.cuh>   // device_state
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

/// c = op(a) op(b) + bias, or c += op(a) op(b), of a batch of matrices whose rows lie apart. `bias` may be null.
template <class T, class C>
void multiply(device_state<gpu>& state, product_form form, const product_extents& p, const T* a, product_layout a_lies,
              const T* b, product_layout b_lies, C* c, product_layout c_lies, bool stores, const C* bias) {
  const product_data data{a, b, c, bias};
  const auto in = detail::element_type_of<T>::value, out = detail::element_type_of<C>::value;
  dim_t odd = data.alignment();
  if (p.count > 1)  // the least power of two in any distance
    for (const dim_t bytes : {a_lies.distance * dim_t(sizeof(T)), b_lies.distance * dim_t(sizeof(T)),
                              c_lies.distance * dim_t(sizeof(C))})
      odd |= bytes;
  const int alignment = static_cast<int>(odd & -odd);
  state.products.run(state.stream,
                     {p.count, p.m, p.n, p.k, form == product_form::tn, form == product_form::nt, !stores,
                      bias != nullptr, a_lies, b_lies, c_lies, in, out, alignment},
                     data);
}

/// c [m, n] = op(a) op(b), or c += it, of rows that lie apart.
template <class Context, class T>
void row_major_product(Context& ctx, product_form form, dim_t m, dim_t n, dim_t k, strided_rows<const T> a,
                       strided_rows<const T> b, strided_rows<T> c, bool stores) {
  if (m * n * k > 0)
    multiply<T, T>(ctx.state(), form, {1, m, n, k}, a.data, {a.stride, 0}, b.data, {b.stride, 0}, c.data, {c.stride, 0},
                   stores, nullptr);
}

}  // namespace on_cuda

template <>
struct kernel<ops::matmul, gpu> {
  template <class T>
  static constexpr bool takes_narrow = std::is_same_v<T, bfloat16>;

  /// c = op(a) op(b) + bias, or c += op(a) op(b); row-major [count, m, n], `form` says which operand is read
  /// transposed.
  template <class Context, class T, class C>
  static void forward(Context& ctx, product_form form, const product_extents& p, const T* a, const T* b, C* c,
                      bool stores, const C* bias = nullptr) {
    using namespace on_cuda;
    const dim_t size = p.count * p.m * p.n;
    if (size == 0) return;
    const auto stream = ctx.state().stream;
    const bool repeats = stores && bias != nullptr && (std::is_same_v<T, double> || p.k == 0 || p.count > 1);
    if (repeats) launch(stream, std::min<dim_t>((size + 255) / 256, 2112), 256, 0, repeat_row_body<C>{bias, c, size, p.n});
    if (p.k == 0) {
      if (stores && !repeats) zero_bytes(stream, c, static_cast<std::size_t>(size) * sizeof(C));
      return;
    }
    const dim_t a_row = form == product_form::tn ? p.m : p.k, b_row = form == product_form::nt ? p.k : p.n;
    multiply(ctx.state(), form, p, a, {a_row, p.m * p.k}, b, {b_row, p.k * p.n}, c, {p.n, p.m * p.n},
             stores && !repeats, repeats ? nullptr : bias);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
