// layer_norm: normalisation along the last axis with a gain and a bias, in one pass.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // eval, record_result
#include <clipt/eval/cpu_layer_norm.hpp>       // the kernel on the CPU
#include <clipt/ops/axes.hpp>                  // check_agreement

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// A leaf under a shape whose extents are values, so that all its shapes share one instantiation; a statement as it is.
template <class E>
auto as_rows(const E& e) {
  if constexpr (requires { e.data(); })
    return with_shape(e, shape<rows, columns>(e.shape().rows(), e.shape().columns()));
  else
    return e;
}

/// layer_norm of operands that fit.
template <class Context, class E, class W, class B, class C>
auto layer_norm_of_rows(Context& ctx, const E& e, const W& w, const B& b, C epsilon) {
  const auto out = ctx.template output<typename E::value_type>(shape_of(e));
  C* const saved = ctx.template scratch<C>(ops::layer_norm::saved_per_row * out.shape().rows());
  run_forward<ops::layer_norm>(ctx, e, out, w, b, epsilon, saved);
  return record_result(
      ctx, out,
      [=](auto& c, const auto& g, const auto& x, const auto& gain, const auto& shift) {
        run_backward<ops::layer_norm>(c, x, out, g, gain, shift, epsilon, saved);
      },
      e, w, b);
}

}  // namespace detail

/// (x - mean) / sqrt(variance + epsilon) * weight + bias along the last axis, with the biased variance.
///
/// x: [..., width], an elementwise expression such as `x + residual`; weight, bias: [width].
/// With h = (x - mean) r, r = 1 / sqrt(variance + epsilon), d = g weight: dx = r (d - mean(d) - h mean(d h)),
/// dweight = sum(g h), dbias = sum(g). Errors: `shape_error` when runtime widths differ.
/// Source: Ba, Kiros and Hinton, 2016.
/// PyTorch equivalent: `F.layer_norm(x, (width,), weight, bias, epsilon)`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias>
auto layer_norm(Context& ctx, X&& x, Weight&& weight, Bias&& bias, double epsilon = 1e-5) {
  const auto e = operand_in(ctx, "layer_norm", std::forward<X>(x));
  const auto w = eval(ctx, std::forward<Weight>(weight));
  const auto b = eval(ctx, std::forward<Bias>(bias));
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
  const auto o = shape_of(e);
  detail::check_agreement(w.size() == o.columns(), "layer_norm", "x", o, "weight", w.shape(), "widths");
  detail::check_agreement(b.size() == o.columns(), "layer_norm", "x", o, "bias", b.shape(), "widths");
  const shape<columns> width(o.columns());
  return detail::with_shape(
      detail::layer_norm_of_rows(ctx, detail::as_rows(e), detail::with_shape(w, width), detail::with_shape(b, width),
                                 static_cast<compute_t<typename E::value_type>>(epsilon)),
      o);
}

}  // namespace clipt::inline CLIPT_BUILD
