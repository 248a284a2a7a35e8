// cross_entropy: the negative log-likelihood of a label under the softmax of a row.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/nn/reductions.hpp>             // mean
#include <clipt/nn/rows.hpp>                   // row_reduction

namespace clipt::inline CLIPT_BUILD {

/// -log softmax(logits)[label] of each row: [..., classes] with labels [...] -> [...].
///
/// y = log(sum(exp(x))) - x[label]; dx = g (softmax(x) - one_hot(label)). Errors: `shape_error` when a label lies
/// outside [0, classes); on a GPU, where nobody waits for the answer, its loss is NaN. PyTorch equivalent:
/// `F.cross_entropy(logits, labels, reduction="none")`.
template <class Context, tensor_like X, tensor_like Labels>
auto cross_entropy(Context& ctx, X&& logits, Labels&& labels) {
  const auto e = operand_in(ctx, "cross_entropy", std::forward<X>(logits));
  const auto l = eval(ctx, std::forward<Labels>(labels));
  using E = std::remove_const_t<decltype(e)>;
  using LabelShape = typename std::remove_const_t<decltype(l)>::shape_type;
  static_assert(
      element_types<typename std::remove_const_t<decltype(l)>::value_type, std::int32_t>::equal,
      "clipt::cross_entropy: labels are std::int32_t: another element type is given; use cast<std::int32_t>(labels)");
  static_assert(shapes<drop_last_t<typename E::shape_type>, LabelShape>::equal,
                "clipt::cross_entropy: logits [..., classes], labels [...]: the leading extents differ");
  const auto o = shape_of(e);
  if (!(l.shape() == leading_axes<LabelShape>(o)))
    throw shape_error("clipt::cross_entropy: logits " + to_string(o) + ", labels " + to_string(l.shape()) +
                      ": the leading extents differ");
  if constexpr (element_types<typename std::remove_const_t<decltype(l)>::value_type, std::int32_t>::equal)
    return detail::row_reduction<ops::cross_entropy>(ctx, e, ctx.kept(l.data(), l.size()));
  else
    return e;  // refused above: no second error follows
}

}  // namespace clipt::inline CLIPT_BUILD
