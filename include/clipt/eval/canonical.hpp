// Expressions without the numbers in their shapes, so that statements that differ only in extents share one kernel.
//
// A CPU kernel needs to know how each leaf lies in the iteration space (as it is, one row repeated, one number
// repeated, something else), not that it is [256, 65, 192]. Compile time and code size then do not grow with the number
// of shapes.
#pragma once
#include <utility>  // index_sequence

#include <clipt/expr/leaves.hpp>  // kind_of, with_leaves, flat

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// An expression and its iteration space.
template <class E, class O>
struct canonical_form {
  E expression;
  O space;
};

namespace detail {

using clipt::detail::kind_of;
using clipt::detail::leaf_kind;

/// A name for each axis of an iteration space that must keep its rank.
constexpr dim_t axis_name(int axis) { return -1001 - axis; }

template <class O>
struct named_axes {
  template <std::size_t... I>
  static auto make(std::index_sequence<I...>) -> shape<axis_name(I)...>;
  using type = decltype(make(std::make_index_sequence<O::rank>{}));
};

/// A general leaf: its ones stay, its other extents take the names of the axes that they lie along.
template <class S, class O>
struct named_leaf {
  static constexpr dim_t at(int i) { return S::static_extent(i) == 1 ? 1 : axis_name(O::rank - S::rank + i); }
  template <std::size_t... I>
  static auto make(std::index_sequence<I...>) -> shape<at(I)...>;
  using type = decltype(make(std::make_index_sequence<S::rank>{}));
};

template <class To, class From>
To renamed(const From& from) {
  dim_t all[To::rank == 0 ? 1 : To::rank] = {};
  for (int i = 0; i < To::rank; ++i) all[i] = from.extent(i);
  return To::from(all);
}

/// Whether a leaf is neither the whole space, nor a row, nor a number.
template <class E, class O>
inline constexpr bool has_general = kind_of<typename E::shape_type, O>() == leaf_kind::general;
template <class Op, class... Args, class O>
inline constexpr bool has_general<node<Op, Args...>, O> = (has_general<Args, O> || ...);

/// The leaf in the iteration space `space`, which stands for `o`.
template <class Leaf, class O, class Space>
auto canonical_leaf(const Leaf& leaf, const O& o, const Space& space) {
  if constexpr (requires { leaf.rule; }) {
    return Leaf{clipt::detail::placed(leaf.rule, o)};
  } else if constexpr (!requires { leaf.data(); }) {
    return leaf;
  } else {
    using S = typename Leaf::shape_type;
    constexpr leaf_kind kind = kind_of<S, O>();
    if constexpr (kind == leaf_kind::same)
      return clipt::detail::with_shape(leaf, space);
    else if constexpr (kind == leaf_kind::scalar)
      return clipt::detail::with_shape(leaf, shape<>{});
    else if constexpr (kind == leaf_kind::row_vector)
      return clipt::detail::with_shape(leaf, shape<Space::static_extent(Space::rank - 1)>(leaf.shape().columns()));
    else
      return clipt::detail::with_shape(leaf, renamed<typename named_leaf<S, O>::type>(leaf.shape()));
  }
}

template <class E, class O, class Space>
auto canonical_in(const E& e, const O& o, const Space& space) {
  auto expression = with_leaves(e, [&](const auto& leaf) { return canonical_leaf(leaf, o, space); });
  return canonical_form<decltype(expression), Space>{expression, space};
}

}  // namespace detail

/// The expression over rows and columns, for kernels that work row by row.
template <class E, class O>
auto canonical_rows(const E& e, const O& o) {
  if constexpr (detail::has_general<E, O>)
    return detail::canonical_in(e, o, detail::renamed<typename detail::named_axes<O>::type>(o));
  else
    return detail::canonical_in(e, o, shape<rows, columns>(o.rows(), o.columns()));
}

/// The expression over all elements in one row where that is possible, else over rows and columns.
template <class E, class O>
auto canonical(const E& e, const O& o) {
  if constexpr (lies_flat<E, O>)
    return detail::canonical_in(e, o, shape<columns>(o.size()));
  else
    return canonical_rows(e, o);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
