// How the leaves of an expression lie in its iteration space, and how they are exchanged.
#pragma once
#include <clipt/core/dtype.hpp>  // compute_t
#include <clipt/expr/node.hpp>   // node, active

namespace clipt::inline CLIPT_BUILD {

/// A var whose gradient is ready to be written: the active leaf of a backward pass.
template <class T, class Shape>
struct sink {
  using value_type = T;
  using shape_type = Shape;
  const T* elements;
  T* gradient;
  double* partial;  // of a leaf that is repeated: this part's sums, [Shape], zeroed
  bool stores;      // the gradient is empty: the first write stores
  [[no_unique_address]] Shape extents;

  CLIPT_HD const T* data() const { return elements; }
  CLIPT_HD constexpr const Shape& shape() const { return extents; }
};

namespace detail {

template <class T, class Shape>
inline constexpr bool is_expression<sink<T, Shape>> = true;
template <class T, class Shape>
struct leaf_facts<sink<T, Shape>> {
  static constexpr bool active = true;
  using device = void;
};

template <class To, class T, class Shape>
sink<T, To> with_shape(const sink<T, Shape>& x, const To& shape) {
  return {x.data(), x.gradient, x.partial, x.stores, shape};
}

/// How a leaf of shape S lies in an iteration space of shape O.
enum class leaf_kind { same, scalar, row_vector, general };

template <class S, class O>
constexpr leaf_kind kind_of() {
  if (std::is_same_v<S, O>) return leaf_kind::same;
  bool all_ones = true, leading_ones = true;
  for (int i = 0; i < S::rank; ++i) {
    all_ones = all_ones && S::static_extent(i) == 1;
    if (i + 1 < S::rank) leading_ones = leading_ones && S::static_extent(i) == 1;
  }
  if (all_ones) return leaf_kind::scalar;
  return leading_ones ? leaf_kind::row_vector : leaf_kind::general;
}

/// Whether consecutive columns of O are consecutive elements of the leaf, or all one element.
template <class S, class O>
inline constexpr bool moves_along_columns = kind_of<S, O>() == leaf_kind::same ||
                                            (S::rank > 0 && S::static_extent(S::rank > 0 ? S::rank - 1 : 0) != 1);

/// The first element of a leaf that row `row` of O reads.
template <class S, class O>
CLIPT_HD constexpr dim_t row_offset(const S& s, const O& o, dim_t row) {
  constexpr leaf_kind kind = kind_of<S, O>();
  if constexpr (kind == leaf_kind::same) {
    return row * o.columns();
  } else if constexpr (kind == leaf_kind::general) {
    dim_t offset = 0, stride = S::rank > 0 ? s.extent(S::rank - 1) : 1;
    for (int k = 2; k <= O::rank; ++k) {
      const dim_t extent = o.extent(O::rank - k), coordinate = row % extent;
      row /= extent;
      if (k <= S::rank) {
        if (S::static_extent(S::rank - k) != 1) offset += coordinate * stride;
        stride *= s.extent(S::rank - k);
      }
    }
    return offset;
  } else {
    return 0;
  }
}

/// A generator's rule over the space o: told how many queries there are, if it asks and was not told before.
template <class Rule, class O>
CLIPT_HD constexpr Rule placed(Rule rule, const O& o) {
  if constexpr (requires { rule.queries; })
    if (rule.queries == 0) rule.queries = O::rank < 2 ? 1 : o.extent(O::rank < 2 ? 0 : O::rank - 2);
  return rule;
}

}  // namespace detail

/// Whether every leaf has the statement's own shape or is a single number: rows may then be cut anywhere.
template <class E, class O>
inline constexpr bool lies_flat = detail::kind_of<typename E::shape_type, O>() == detail::leaf_kind::same
                                  || detail::kind_of<typename E::shape_type, O>() == detail::leaf_kind::scalar;
template <class T, class Rule, class O>
inline constexpr bool lies_flat<generated<T, Rule>, O> = Rule::flat;
template <class Op, class... Args, class O>
inline constexpr bool lies_flat<node<Op, Args...>, O> = (lies_flat<Args, O> && ...);

/// The expression with `f(leaf)` in the place of each leaf, left to right.
template <class E, class F>
CLIPT_HD constexpr auto with_leaves(const E& e, F&& f) {
  return f(e);
}
template <class Op, class... Args, class F>
CLIPT_HD constexpr auto with_leaves(const node<Op, Args...>& e, F&& f) {
  return node_of(e.op, map_bundle(e.args, [&](const auto& arg) { return with_leaves(arg, f); }));
}

/// The same for the leaves that carry a gradient (vars or sinks); the others stay.
template <class E, class F>
CLIPT_HD constexpr auto with_active_leaves(const E& e, F&& f) {
  return with_leaves(e, [&](const auto& leaf) {
    if constexpr (active<decltype(leaf)>)
      return f(leaf);
    else
      return leaf;
  });
}

/// Whether an active leaf is repeated over O, so that its gradient is a sum over rows or columns.
template <class E, class O>
inline constexpr bool repeats = active<E>&& detail::kind_of<typename E::shape_type, O>() != detail::leaf_kind::same;
template <class Op, class... Args, class O>
inline constexpr bool repeats<node<Op, Args...>, O> = (repeats<Args, O> || ...);

}  // namespace clipt::inline CLIPT_BUILD
