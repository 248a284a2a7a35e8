// Shapes whose axes are put in another order, cut, joined, named anew or compared.
#pragma once
#include <array>   // array
#include <string>  // string

#include <clipt/core/error.hpp>  // shape_error
#include <clipt/core/shape.hpp>  // shape, sub_shape_t, concatenated_t

namespace clipt::inline CLIPT_BUILD {

/// Every axis of `Rank` stands once in a list: `axes<0, 2, 1>::are_each_named_once<3>`.
template <int... Axis>
struct axes {
  template <int Rank>
  static constexpr bool are_each_named_once = [] {
    if (sizeof...(Axis) != Rank) return false;
    for (int i = 0; i < Rank; ++i)
      if ((0 + ... + (Axis == i)) != 1) return false;
    return true;
  }();
};

/// A part of an axis lies within it: `axis_part<2, 3>::of<5>::fits`.
template <dim_t Begin, dim_t Count>
struct axis_part {
  template <dim_t Extent>
  struct of {
    static constexpr bool fits = Begin >= 0 && Count >= 0 && (Extent < 0 || Begin + Count <= Extent);
  };
};

/// Two shapes differ in one axis at most: `along<0>::join<shape<8, 512>, shape<4, 512>>::fit`.
template <int Axis>
struct along {
  template <class A, class B>
  struct join {
    static constexpr bool fit = [] {
      if (A::rank != B::rank) return false;
      for (int i = 0; i < A::rank; ++i)
        if (i != Axis && A::static_extent(i) != B::static_extent(i)) return false;
      return true;
    }();
  };
};

/// Every name of a shape stands in another one: `names_of<shape<2, batch>>::stand_in<shape<6>>`.
template <class Shape>
struct names_of {
  template <class Other>
  static constexpr bool stand_in = [] {
    bool all = true;
    for (int i = 0; i < Shape::rank; ++i) {
      bool found = Shape::static_extent(i) >= 0;
      for (int k = 0; k < Other::rank; ++k) found = found || Other::static_extent(k) == Shape::static_extent(i);
      all = all && found;
    }
    return all;
  }();
};

namespace detail {

/// The extents of a shape in an array.
template <class Shape>
constexpr std::array<dim_t, Shape::rank> extents_of(const Shape& s) {
  std::array<dim_t, Shape::rank> all;
  for (int i = 0; i < Shape::rank; ++i) all[i] = s.extent(i);
  return all;
}

/// A value of shape To whose runtime extents are those of `from` with the same names, in order.
template <class To, class From>
To extents_by_name(const From& from) {
  dim_t all[To::rank == 0 ? 1 : To::rank] = {};
  for (int i = 0; i < To::rank; ++i) {
    int before = 0;
    for (int k = 0; k < i; ++k) before += To::static_extent(k) == To::static_extent(i);
    for (int k = 0; k < From::rank; ++k)
      if (From::static_extent(k) == To::static_extent(i) && before-- == 0) all[i] = from.extent(k);
  }
  return To::from(all);
}

/// The i-th extent from the right in a type; 1 is the last.
template <class Shape>
constexpr dim_t from_right(int i) {
  return Shape::rank >= i ? Shape::static_extent(Shape::rank - i) : 0;
}

/// An axis counted from the front; -1 is the last.
constexpr int axis_from_front(int axis, int rank) { return axis < 0 ? axis + rank : axis; }

template <class Shape, int Axis, dim_t Extent>
using with_axis_t = concatenated_t<sub_shape_t<Shape, 0, Axis>,
                                   concatenated_t<shape<Extent>, sub_shape_t<Shape, Axis + 1, Shape::rank - Axis - 1>>>;

/// `s` with another extent along an axis.
template <class To, class From>
To with_axis(const From& s, int axis, dim_t extent) {
  dim_t all[To::rank] = {};
  for (int i = 0; i < To::rank; ++i) all[i] = i == axis ? extent : s.extent(i);
  return To::from(all);
}

/// The number of elements that one place of an axis stands for: the product of the extents behind it.
template <class Shape>
constexpr dim_t inner_size(const Shape& s, int axis) {
  dim_t product = 1;
  for (int i = axis + 1; i < Shape::rank; ++i) product *= s.extent(i);
  return product;
}

/// `shape_error` unless two shapes of one rank have the same extents along all axes but one.
template <class A, class B>
void check_other_extents(const char* op, const A& a, const B& b, int axis) {
  for (int i = 0; i < A::rank; ++i)
    if (i != axis && a.extent(i) != b.extent(i))
      throw shape_error(std::string("clipt::") + op + ": " + to_string(a) + " and " + to_string(b) +
                        ": all extents but that of the axis are equal: two differ");
}

/// What check_agreement says, compiled once.
[[noreturn]] inline void refuse_disagreement(const char* op, const char* a, const std::string& shape_of_a,
                                             const char* b, const std::string& shape_of_b, const char* extent) {
  throw shape_error(std::string("clipt::") + op + ": " + a + " " + shape_of_a + ", " + b + " " + shape_of_b +
                    ": the two " + extent + " differ");
}

/// `shape_error` unless operands a and b agree: "clipt::conv2d: x [...], weight [...]: the two in differ".
template <class A, class B>
void check_agreement(bool equal, const char* op, const char* a, const A& shape_of_a, const char* b, const B& shape_of_b,
                     const char* extent) {
  if (!equal) refuse_disagreement(op, a, to_string(shape_of_a), b, to_string(shape_of_b), extent);
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
