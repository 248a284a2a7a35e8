// layer_norm: normalisation along the last axis with a gain and a bias, in one pass.
#pragma once
#include <cstring>  // memset

#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/nn/rows.hpp>                   // saved rows, cpu_rule machinery

namespace clipt::inline CLIPT_BUILD {

namespace ops {
struct layer_norm {};
}  // namespace ops

template <>
struct kernel<ops::layer_norm, cpu> {
  template <class Context, class E, class Out, class W, class B, class C>
  static void forward(Context& ctx, const E& e, const Out& out, const W& weight, const B& bias, C epsilon, C* saved) {
    using P = typename W::value_type;
    const on_cpu::layer_norm_rule<C, P> rule{weight.data, bias.data, epsilon};
    const auto rows = on_cpu::canonical_rows(e, out.shape);
    on_cpu::forward_rows(rule, rows.expression, rows.space, out.data, out.shape.columns(), saved, ctx.threads());
  }

  template <class Context, class E, class Out, class G, class W, class B, class C>
  static void backward(Context& ctx, const E& e, const Out& out, const G& g, const W& weight, const B& bias, C epsilon,
                       const C* saved) {
    using P = typename W::value_type;
    const dim_t n = out.shape.columns();
    const auto rows = on_cpu::canonical_rows(e, out.shape);
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    on_cpu::layer_norm_rule<C, P> rule{weight.data, bias.data, epsilon};
    rule.weight_parts = zeroed_parts<W, C>(ctx, pass.parts() * n);
    rule.bias_parts = zeroed_parts<B, C>(ctx, pass.parts() * n);
    on_cpu::backward_rows(rule, rows.space, out.data, g.data, n, saved, ctx, pass);
    add_parts(weight, rule.weight_parts, pass.parts(), n);
    add_parts(bias, rule.bias_parts, pass.parts(), n);
  }

 private:
  template <class Leaf, class C, class Context>
  static C* zeroed_parts(Context& ctx, dim_t count) {
    if constexpr (active<Leaf>) {
      C* parts = ctx.template scratch<C>(count);
      std::memset(parts, 0, static_cast<std::size_t>(count) * sizeof(C));
      return parts;
    } else {
      return nullptr;
    }
  }

  template <class Leaf, class C>
  static void add_parts(const Leaf& leaf, const C* parts, dim_t count, dim_t n) {
    if constexpr (active<Leaf>) {
      for (dim_t i = 0; i < n; ++i) {
        C total = parts[i];
        for (dim_t part = 1; part < count; ++part) total += parts[part * n + i];
        leaf.gradient[i] = leaf.stores ? total : leaf.gradient[i] + total;
      }
    }
  }
};

/// (x - mean) / sqrt(variance + epsilon) * weight + bias along the last axis, with the biased variance.
///
/// x: [..., width], an elementwise expression such as `x + residual`; weight, bias: [width].
/// With h = (x - mean) r, r = 1 / sqrt(variance + epsilon), d = g weight: dx = r (d - mean(d) - h mean(d h)),
/// dweight = sum(g h), dbias = sum(g). Source: Ba, Kiros and Hinton, 2016.
/// PyTorch equivalent: `F.layer_norm(x, (width,), weight, bias, epsilon)`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias>
auto layer_norm(Context& ctx, X&& x, const Weight& weight, const Bias& bias, double epsilon = 1e-5) {
  const auto e = operand_in(ctx, "layer_norm", std::forward<X>(x));
  const auto w = operand_in(ctx, "layer_norm", weight);
  const auto b = operand_in(ctx, "layer_norm", bias);
  using E = std::remove_const_t<decltype(e)>;
  using W = std::remove_const_t<decltype(w)>;
  using B = std::remove_const_t<decltype(b)>;
  using O = typename E::shape_type;
  static_assert(rank_of<O>::template at_least<1>, "clipt::layer_norm: x [..., width]: x is a scalar");
  static_assert(rank_of<typename W::shape_type>::template is<1> && rank_of<typename B::shape_type>::template is<1>,
                "clipt::layer_norm: weight [width], bias [width]: one of them has another rank");
  static_assert(extents<O::static_extent(O::rank - 1), W::shape_type::static_extent(0)>::equal,
                "clipt::layer_norm: x [..., width], weight [width]: the two widths differ");
  static_assert(extents<O::static_extent(O::rank - 1), B::shape_type::static_extent(0)>::equal,
                "clipt::layer_norm: x [..., width], bias [width]: the two widths differ");
  using C = compute_t<typename E::value_type>;
  using Kernel = kernel<ops::layer_norm, typename Context::device>;
  const auto out = ctx.template output<typename E::value_type>(shape_of(e));
  C* saved = ctx.template scratch<C>(2 * out.shape.rows());
  Kernel::forward(ctx, e, out, w, b, static_cast<C>(epsilon), saved);
  return finish(
      ctx, out,
      [=](auto& c, const auto& g, const auto& x, const auto& gain, const auto& shift) {
        Kernel::backward(c, x, out, g, gain, shift, static_cast<C>(epsilon), saved);
      },
      e, w, b);
}

}  // namespace clipt::inline CLIPT_BUILD
