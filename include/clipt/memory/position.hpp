// Where an element lies: row-major positions, which debug builds check.
#pragma once
#include <string>  // string, to_string

#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/shape.hpp>   // shape

namespace clipt::inline CLIPT_BUILD {

/// `x(i, j)` has one index for each axis: `indices<2>::match<2>`.
template <int Count>
struct indices {
  template <int Rank>
  static constexpr bool match = Count == Rank;
};

namespace detail {

[[noreturn]] inline void refuse_position(const std::string& index, const std::string& shape) {
  throw shape_error("clipt: element (" + index + ") of " + shape +
                    ": each index is from 0 to below its extent: it is not");
}

/// A position among all elements.
template <class Shape>
CLIPT_HD constexpr dim_t checked_position([[maybe_unused]] const Shape& shape, dim_t i) {
#if !defined(NDEBUG) && !defined(__CUDA_ARCH__)
  if (i < 0 || i >= shape.size()) refuse_position(std::to_string(i), to_string(shape));
#endif
  return i;
}

}  // namespace detail

/// The position of an element by one index for each axis.
template <class Shape, class... Index>
CLIPT_HD constexpr dim_t position_of(const Shape& shape, Index... index) {
  static_assert(indices<sizeof...(Index)>::template match<Shape::rank>,
                "clipt: x(i, j) takes one index for each axis of x: more or fewer are given; x[i] counts through all "
                "elements");
  const dim_t all[] = {static_cast<dim_t>(index)..., 0};
  dim_t position = 0;
  for (int axis = 0; axis < Shape::rank && axis < static_cast<int>(sizeof...(Index)); ++axis) {
#if !defined(NDEBUG) && !defined(__CUDA_ARCH__)
    if (all[axis] < 0 || all[axis] >= shape.extent(axis)) {
      std::string text;
      ((text += (text.empty() ? "" : ", ") + std::to_string(index)), ...);
      detail::refuse_position(text, to_string(shape));
    }
#endif
    position = position * shape.extent(axis) + all[axis];
  }
  return position;
}

}  // namespace clipt::inline CLIPT_BUILD
