// Products and batches of products on the CPU.
#pragma once
#include <clipt/eval/cpu_gemm.hpp>  // gemm
#include <clipt/eval/parallel.hpp>  // parallel_for
#include <clipt/ops/products.hpp>   // ops::matmul, product_form, product_extents

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::matmul, cpu> {
  /// c = op(a) op(b) + bias, or c += op(a) op(b).
  template <class Context, class T>
  static void forward(Context& ctx, product_form form, const product_extents& p, const T* a, const T* b, T* c,
                      bool stores, const T* bias = nullptr) {
    using namespace on_cpu;
    const auto ta = form == product_form::tn ? transpose::yes : transpose::no;
    const auto tb = form == product_form::nt ? transpose::yes : transpose::no;
    const auto how = update_of(stores);
    const auto slice = [&](dim_t i) {
      const matrix<const T> am = ta == transpose::yes ? matrix<const T>{a + i * p.m * p.k, p.k, p.m, p.m}
                                                      : matrix<const T>{a + i * p.m * p.k, p.m, p.k, p.k};
      const matrix<const T> bm = tb == transpose::yes ? matrix<const T>{b + i * p.k * p.n, p.n, p.k, p.k}
                                                      : matrix<const T>{b + i * p.k * p.n, p.k, p.n, p.n};
      gemm<T>(ta, tb, T(1), am, bm, {c + i * p.m * p.n, p.m, p.n, p.n}, how, ctx.threads(), bias);
    };
    if (p.count == 1)
      slice(0);
    else
      parallel_for(ctx.threads(), p.count, slice);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
