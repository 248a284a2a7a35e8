// gradcheck: compares the gradients of a function with finite differences.
#pragma once
#include <algorithm>  // max
#include <cmath>      // abs, sqrt
#include <utility>    // as_const
#include <vector>     // vector

#include <clipt/autodiff/context.hpp>   // recording, inference
#include <clipt/autodiff/evaluate.hpp>  // eval
#include <clipt/core/philox.hpp>        // random_stream
#include <clipt/memory/tensor.hpp>      // tensor

namespace clipt::inline CLIPT_BUILD {

namespace detail {

template <class F, class... Tensor>
double worst_gradient(F& f, Tensor&... x) {
  constexpr double step = 1e-5;
  const random_stream weights{20261124};
  const auto weighted_sum = [&] {
    inference<> ctx;
    const auto call = [&](const auto&... input) { return eval(ctx, f(ctx, input...)); };
    const auto y = call(std::as_const(x).view()...);
    double total = 0;
    for (dim_t i = 0; i < y.size(); ++i) total += y.data()[i] * (weights.uniform(i) - 0.5);
    return total;
  };

  recording<> ctx;
  double worst = 0;
  const auto check = [&](const auto&... variable) {
    const auto y = eval(ctx, f(ctx, variable...));
    std::vector<double> seed(static_cast<std::size_t>(y.size()));
    for (dim_t i = 0; i < y.size(); ++i) seed[i] = weights.uniform(i) - 0.5;
    ctx.backward(y, view<const double, typename std::remove_cvref_t<decltype(y)>::shape_type>{seed.data(), y.shape()});
    const auto compare = [&](auto& input, const auto& var) {
      for (dim_t i = 0; i < input.size(); ++i) {
        const double kept = input[i];
        input[i] = kept + step;
        const double above = weighted_sum();
        input[i] = kept - step;
        const double below = weighted_sum();
        input[i] = kept;
        const double measured = (above - below) / (2 * step), derived = var.slot->empty ? 0 : ctx.gradient_of(var)[i];
        const double difference = std::abs(derived - measured) / std::max(1.0, std::abs(measured));
        worst = difference >= 0 ? std::max(worst, difference) : HUGE_VAL;  // a NaN is the worst
      }
    };
    (compare(x, variable), ...);
  };
  check(ctx.variable(x)...);
  return worst;
}

}  // namespace detail

/// How far the derived gradients of a function are from central differences.
///
/// `f(ctx, x...)` computes a result of any shape from inputs of doubles; its elements are weighed with random numbers
/// and summed. Returned is the largest |derived - measured| / max(1, |measured|) over all elements of all inputs. With
/// smooth functions and values around 1 a right gradient gives about 1e-9, a wrong one about 1.
template <class F, class... Tensor>
double gradcheck(F&& f, Tensor&... x) {
  static_assert(
      (element_types<value_in<Tensor>, double>::equal && ...),
      "clipt::gradcheck: inputs are tensors of double: differences of floats are rounding; use tensor<double, "
      "...>");
  if constexpr ((element_types<value_in<Tensor>, double>::equal && ...))
    return detail::worst_gradient(f, x...);
  else
    return HUGE_VAL;  // refused above: no second error follows
}

}  // namespace clipt::inline CLIPT_BUILD
