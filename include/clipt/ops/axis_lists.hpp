// Lists of axes that are reduced: what is kept, and the order in which the others come last.
#pragma once
#include <array>  // array

#include <clipt/ops/axes.hpp>  // axis_from_front, extents_of

namespace clipt::inline CLIPT_BUILD {

/// Axes of a shape, each named once; negative ones count from the end: `axes_of<shape<2, 3>>::has<0, -1>`.
template <class Shape>
struct axes_of {
  template <int... Axis>
  static constexpr bool has = [] {
    bool right = true;
    for (int i = 0; i < Shape::rank; ++i)
      right = right && (0 + ... + (detail::axis_from_front(Axis, Shape::rank) == i)) <= 1;
    return right && ((Axis >= -Shape::rank && Axis < Shape::rank) && ...);
  }();
};

namespace detail {

/// The axes of a shape in two parts, those that an operation goes along and the others; none named are all.
template <class Shape, int... Axis>
struct axis_list {
  static constexpr int rank = Shape::rank;
  static constexpr int count = sizeof...(Axis) == 0 ? rank : static_cast<int>(sizeof...(Axis));
  static constexpr int kept = rank - count;

  static constexpr bool named(int axis) {
    return sizeof...(Axis) == 0 || (... || (axis_from_front(Axis, rank) == axis));
  }

  /// The kept axes, then the named ones.
  static constexpr std::array<int, rank> order = [] {
    std::array<int, rank> all{};
    int next = 0;
    for (const bool second : {false, true})
      for (int i = 0; i < rank; ++i)
        if (named(i) == second) all[next++] = i;
    return all;
  }();
  static constexpr bool in_order = [] {
    for (int i = 0; i < rank; ++i)
      if (order[i] != i) return false;
    return true;
  }();

  /// The product of the named extents, where all are known; else the name `columns`.
  static constexpr dim_t columns = [] {
    dim_t product = 1;
    for (int i = kept; i < rank; ++i) {
      if (Shape::static_extent(order[i]) < 0) return static_cast<dim_t>(clipt::columns);
      product *= Shape::static_extent(order[i]);
    }
    return product;
  }();

  template <std::size_t... I>
  static auto kept_extents(std::index_sequence<I...>) -> shape<Shape::static_extent(order[I])...>;
  template <std::size_t... I>
  static auto with_ones(std::index_sequence<I...>) -> shape<(named(I) ? 1 : Shape::static_extent(I))...>;

  using kept_shape = decltype(kept_extents(std::make_index_sequence<kept>{}));
  using one_shape = decltype(with_ones(std::make_index_sequence<rank>{}));  // the named axes have extent 1
  using row_shape = concatenated_t<kept_shape, shape<columns>>;

  static row_shape rows_of(const Shape& s) {
    dim_t all[kept + 1];
    all[kept] = 1;
    for (int i = 0; i < rank; ++i)
      if (i < kept)
        all[i] = s.extent(order[i]);
      else
        all[kept] *= s.extent(order[i]);
    return row_shape::from(all);
  }
  static one_shape ones_of(const Shape& s) {
    dim_t all[rank == 0 ? 1 : rank];
    for (int i = 0; i < rank; ++i) all[i] = named(i) ? 1 : s.extent(i);
    return one_shape::from(all);
  }
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
