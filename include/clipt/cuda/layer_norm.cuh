// layer_norm on the GPU: a row's statistics from registers, gradients of gain and bias in two fixed phases.
#pragma once
#include <clipt/cuda/row_rules.cuh>     // sum_of
#include <clipt/ops/normalisation.hpp>  // ops::layer_norm

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// y = (x - mean) r weight + bias with r = 1 / sqrt(variance + epsilon), variance biased and of the differences.
///
/// With h = (x - mean) r and d = g weight: dx = r (d - mean(d) - h mean(d h)); dweight = sum over rows of g h; dbias of
/// g. The sums over rows go to `weight_parts` and `bias_parts`, [parts, n], each element of which belongs to one
/// thread.
template <class C, class T, class P>
struct layer_norm_rule {
  static constexpr int saved = ops::layer_norm::saved_per_row;  // mean, r
  const P* weight;
  const P* bias;
  C epsilon;
  const T* g = nullptr;
  const C* kept = nullptr;
  C* weight_parts = nullptr;
  C* bias_parts = nullptr;

  struct row_state {
    C mean, scale, mean_d, mean_dh;
  };

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C* keep, dim_t) const {
    const C mean = sum_of<Group, Slots, C>(n, x, [](C v) { return v; }) / C(n);
    const C variance = sum_of<Group, Slots, C>(n, x, [=](C v) { return (v - mean) * (v - mean); }) / C(n);
    const C scale = C(1) / sqrt(variance + epsilon);
    if (Group::lane() == 0) {
      keep[0] = mean;
      keep[1] = scale;
    }
    for_own_columns<Group, Slots>(n, [&](int k, dim_t c) {
      y[c] = static_cast<T>((x(k, c) - mean) * scale * static_cast<C>(weight[c]) + static_cast<C>(bias[c]));
    });
  }

  template <class Group, class X>
  __device__ row_state prepare(const X& x, dim_t n, dim_t row) const {
    const C mean = kept[2 * row], scale = kept[2 * row + 1];
    C sum_d = 0, sum_dh = 0;
    for_own_columns<Group, 0>(n, [&](int, dim_t c) {
      const C d = static_cast<C>(g[row * n + c]) * static_cast<C>(weight[c]);
      sum_d += d;
      sum_dh += d * (x(c) - mean) * scale;
    });
    return {mean, scale, group_sum<Group>(sum_d) / C(n), group_sum<Group>(sum_dh) / C(n)};
  }

  __device__ C pull(const row_state& s, dim_t c, C x, dim_t n, dim_t row, dim_t part) const {
    const C up = static_cast<C>(g[row * n + c]), h = (x - s.mean) * s.scale;
    if (weight_parts != nullptr) weight_parts[part * n + c] += up * h;
    if (bias_parts != nullptr) bias_parts[part * n + c] += up;
    return s.scale * (up * static_cast<C>(weight[c]) - s.mean_d - h * s.mean_dh);
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::layer_norm, gpu> {
  template <class Context, class E, class Out, class W, class B, class C>
  static void forward(Context& ctx, const E& e, const Out& out, const W& weight, const B& bias, C epsilon, C* saved) {
    const on_cuda::layer_norm_rule<C, typename Out::value_type, typename W::value_type> rule{weight.data(), bias.data(),
                                                                                             epsilon};
    on_cuda::forward_rows(ctx.state().stream, rule, e, out.shape(), out.data(), out.shape().columns(), saved);
  }

  template <class Context, class E, class Out, class G, class W, class B, class C>
  static void backward(Context& ctx, const E& e, const Out& out, const G& g, const W& weight, const B& bias, C epsilon,
                       const C* saved) {
    const dim_t n = out.shape().columns();
    const auto pass = on_cuda::rows_adjoint(e, out.shape(), ctx, active<W> || active<B>);
    on_cuda::layer_norm_rule<C, typename Out::value_type, typename W::value_type> rule{weight.data(), bias.data(), epsilon,
                                                                                       g.data(), saved};
    rule.weight_parts = zeroed_parts<W, C>(ctx, pass.parts() * n);
    rule.bias_parts = zeroed_parts<B, C>(ctx, pass.parts() * n);
    on_cuda::backward_rows<C>(ctx, rule, out.shape(), pass);
    add_parts(ctx, weight, rule.weight_parts, pass.parts(), n);
    add_parts(ctx, bias, rule.bias_parts, pass.parts(), n);
  }

 private:
  template <class Leaf, class C, class Context>
  static C* zeroed_parts(Context& ctx, dim_t count) {
    if constexpr (active<Leaf>) {
      C* parts = ctx.template scratch<C>(count);
      on_cuda::zero_bytes(ctx.state().stream, parts, static_cast<std::size_t>(count) * sizeof(C));
      return parts;
    } else {
      return nullptr;
    }
  }

  template <class Context, class Leaf, class C>
  static void add_parts(Context& ctx, const Leaf& leaf, const C* parts, dim_t count, dim_t n) {
    if constexpr (active<Leaf>) {
      on_cuda::add_parts(ctx.state().stream, parts, leaf.gradient, count, n, leaf.stores);
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD
