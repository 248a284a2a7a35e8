// The named conditions of compile-time messages; their names and arguments are what a user reads after the sentence.
#pragma once
#include <type_traits>  // is_same_v

#include <clipt/core/shape.hpp>  // shape

namespace clipt::inline CLIPT_BUILD {

/// Two extents are the same: `extents<512, 768>::equal`.
template <dim_t A, dim_t B>
struct extents {
  static constexpr bool equal = A == B;
};

/// A shape has so many axes: `rank_of<shape<2, 3>>::is<2>`.
template <class Shape>
struct rank_of {
  template <int Rank>
  static constexpr bool is = Shape::rank == Rank;
  template <int Axis>
  static constexpr bool has_axis = Axis >= 0 && Axis < Shape::rank;
  template <int Rank>
  static constexpr bool at_least = Shape::rank >= Rank;
};

/// A number divides another without remainder.
template <dim_t Divisor, dim_t Number>
struct divides {
  static constexpr bool evenly = Divisor > 0 && Number % (Divisor > 0 ? Divisor : 1) == 0;
};

/// Shapes fit by the rule of broadcasting, each into what those before it are broadcast to.
template <class... Shapes>
struct broadcast {
  static constexpr bool compatible = true;
};
template <class A, class B, class... More>
struct broadcast<A, B, More...> {
  static constexpr bool compatible =
      detail::broadcast_of<A, B>::compatible && broadcast<broadcast_t<A, B>, More...>::compatible;
};

/// Two shapes are the same, as far as their types tell.
template <class A, class B>
struct shapes {
  static constexpr bool equal = std::is_same_v<A, B>;
};

/// Two device tags are the same.
template <class A, class B>
struct devices {
  static constexpr bool equal = std::is_same_v<A, B>;
};

/// Two element types are the same.
template <class A, class B>
struct element_types {
  static constexpr bool equal = std::is_same_v<A, B>;
};

/// Elements are computed with: `numbers<int>::are_floating`.
template <class T>
struct numbers {
  static constexpr bool are_floating = !std::is_integral_v<T>;
};

/// An element type is one that linear algebra is done in: `elements_of<int>::are_float_or_double`.
template <class T>
struct elements_of {
  static constexpr bool are_float_or_double = std::is_same_v<T, float> || std::is_same_v<T, double>;
};

/// An extent is known to the compiler.
template <dim_t Extent>
struct static_extent {
  static constexpr bool known = Extent >= 0;
};

namespace detail {

/// How many extents of a shape carry a name.
template <class Shape>
constexpr int count_of_name(dim_t name) {
  int found = 0;
  for (int i = 0; i < Shape::rank; ++i) found += Shape::static_extent(i) == name;
  return found;
}

/// The product of the extents that are known.
template <class Shape>
constexpr dim_t known_elements() {
  dim_t product = 1;
  for (int i = 0; i < Shape::rank; ++i) product *= Shape::static_extent(i) < 0 ? 1 : Shape::static_extent(i);
  return product;
}

}  // namespace detail

/// Two shapes hold the same number of elements: equal products of known extents, and the same names of the others.
template <class A, class B>
struct elements {
  static constexpr bool equal = [] {
    bool same_names = A::runtime_rank == B::runtime_rank;
    for (int i = 0; i < A::rank; ++i)
      if (const dim_t e = A::static_extent(i); e < 0)
        same_names = same_names && detail::count_of_name<A>(e) == detail::count_of_name<B>(e);
    return same_names && detail::known_elements<A>() == detail::known_elements<B>();
  }();
};

}  // namespace clipt::inline CLIPT_BUILD
