// shape<E...>: extents in the type, runtime extents as values; broadcasting and the algebra of result shapes.
#pragma once
#include <string>       // string, to_string
#include <type_traits>  // is_convertible_v, is_floating_point_v, is_same_v
#include <utility>      // index_sequence

#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/dims.hpp>    // dim_t, extent_name, word_of
#include <clipt/core/error.hpp>   // shape_error

namespace clipt::inline CLIPT_BUILD {

namespace detail {

template <int Count>
struct runtime_extents {
  dim_t value[Count];
};
template <>
struct runtime_extents<0> {};

/// Compiled once, not once per shape: what the types say of the axes, and the extents.
inline std::string shape_text(int rank, const dim_t* names, const dim_t* values) {
  std::string text = "[";
  for (int i = 0; i < rank; ++i) {
    if (i > 0) text += ", ";
    if (names[i] < 0) text += word_of(names[i]) + "=";
    text += std::to_string(values[i]);
  }
  return text + "]";
}

/// The number of elements; the product of the extents that are not 0 counts, as parts of a product are used, too.
constexpr dim_t checked_product(int rank, const dim_t* names, const dim_t* values) {
  dim_t size = 1, product = 1;
  for (int i = 0; i < rank; ++i) {
    if (values[i] > 1 && product > most_elements / values[i])
      throw shape_error("clipt::shape: " + shape_text(rank, names, values) +
                        " has more than 2^59 elements, more than memory holds: give smaller extents");
    if (values[i] > 0) product *= values[i];
    size *= values[i];
  }
  return size;
}

[[noreturn]] inline void refuse_extent(dim_t name, const std::string& value) {
  throw shape_error("clipt::shape: " + word_of(name) + "=" + value +
                    ": an extent is a whole number from 0 to 2^59: give the number of elements along that axis");
}

/// A runtime extent from whatever number is given for it.
template <class T>
constexpr dim_t extent_value(dim_t name, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    const bool fits = value >= 0 && value <= static_cast<T>(most_elements);
    if (!fits || static_cast<T>(static_cast<dim_t>(value)) != value) refuse_extent(name, std::to_string(value));
    return static_cast<dim_t>(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    if (value > std::uint64_t{most_elements}) refuse_extent(name, std::to_string(value));
    return static_cast<dim_t>(value);
  } else {
    const auto extent = static_cast<dim_t>(value);
    if (extent < 0 || extent > most_elements) refuse_extent(name, std::to_string(extent));
    return extent;
  }
}

}  // namespace detail

/// As many values are given as are needed: `given_values<2>::match<1>`.
template <int Given>
struct given_values {
  template <int Needed>
  static constexpr bool match = Given == Needed;
};

/// Extents of a row-major, contiguous array; a negative one is a runtime extent whose value is stored here.
///
/// `shape<batch, 512>{256}` is `[batch=256, 512]`; `shape<>` is a scalar.
template <dim_t... E>
struct shape {
  static constexpr int rank = sizeof...(E);
  static constexpr int runtime_rank = (0 + ... + (E < 0));
  static constexpr bool is_static = runtime_rank == 0;

  [[no_unique_address]] detail::runtime_extents<runtime_rank> runtime{};

  constexpr shape() = default;

  /// The values of the runtime extents, in order.
  template <class... Extent>
  requires(sizeof...(Extent) == runtime_rank && runtime_rank > 0) constexpr explicit(false) shape(Extent... extent) {
    static_assert((!std::is_same_v<Extent, extent_name> && ...),
                  "clipt::shape: the name of an extent is no number; give the number of elements along that axis");
    int k = 0;
    ((runtime.value[k] = detail::extent_value(runtime_name(k), extent), ++k), ...);
    checked_size(*this);
  }

  /// Values that are not one for each runtime extent: refused with a sentence.
  template <class... Extent>
  requires(sizeof...(Extent) > 0 && sizeof...(Extent) != runtime_rank &&
           (std::is_convertible_v<Extent, dim_t> && ...)) CLIPT_HD constexpr explicit(false) shape(Extent...) {
    static_assert(given_values<sizeof...(Extent)>::template match<runtime_rank>,
                  "clipt::shape: one value for each runtime extent of the type: more or fewer are given");
  }

  /// What the type says of an axis: an extent, or the negative name of a runtime extent.
  CLIPT_HD static constexpr dim_t static_extent(int axis) {
    const dim_t all[] = {E..., 1};
    return all[axis];
  }

  /// The name of the runtime extent of a number.
  CLIPT_HD static constexpr dim_t runtime_name(int index) {
    for (int i = 0; i < rank; ++i)
      if (static_extent(i) < 0 && index-- == 0) return static_extent(i);
    return 0;
  }

  /// The extent of an axis.
  CLIPT_HD constexpr dim_t extent(int axis) const {
    const dim_t all[] = {E..., 1};
    if constexpr (runtime_rank > 0) {
      if (all[axis] < 0) {
        int index = 0;
        for (int i = 0; i < axis; ++i) index += all[i] < 0;
        if (index >= runtime_rank) __builtin_unreachable();  // else GCC warns of a read beyond the last
        return runtime.value[index];
      }
    }
    return all[axis];
  }

  /// The number of elements.
  CLIPT_HD constexpr dim_t size() const { return leading(rank); }

  /// The product of the first `count` extents.
  CLIPT_HD constexpr dim_t leading(int count) const {
    dim_t product = 1;
    for (int i = 0; i < count; ++i) product *= extent(i);
    return product;
  }

  /// The last extent (1 of a scalar): the length of a contiguous row.
  CLIPT_HD constexpr dim_t columns() const { return rank == 0 ? 1 : extent(rank - 1); }

  /// The number of rows: the product of all extents but the last.
  CLIPT_HD constexpr dim_t rows() const { return rank == 0 ? 1 : leading(rank - 1); }

  /// The shape of this type with all its extents given, static ones included.
  CLIPT_HD static constexpr shape from(const dim_t (&all)[rank == 0 ? 1 : rank]) {
    shape result;
    if constexpr (runtime_rank > 0) {
      for (int i = 0, k = 0; i < rank; ++i)
        if (static_extent(i) < 0) result.runtime.value[k++] = all[i];
    }
    return result;
  }

  friend constexpr bool operator==(const shape& a, const shape& b) {
    for (int i = 0; i < rank; ++i)
      if (a.extent(i) != b.extent(i)) return false;
    return true;
  }
};

namespace detail {

template <class Shape>
struct is_shape : std::false_type {};
template <dim_t... E>
struct is_shape<shape<E...>> : std::true_type {};

template <class A, class B>
struct broadcast_of {
  static constexpr int rank = A::rank > B::rank ? A::rank : B::rank;

  static constexpr dim_t from_the_right(const auto& s, int k) {
    using Shape = std::remove_cvref_t<decltype(s)>;
    return k <= Shape::rank ? Shape::static_extent(Shape::rank - k) : 1;
  }
  static constexpr dim_t at(int axis) {
    const dim_t p = from_the_right(A{}, rank - axis), q = from_the_right(B{}, rank - axis);
    return p == 1 ? q : p;
  }
  static constexpr bool compatible = [] {
    for (int k = 1; k <= rank; ++k) {
      const dim_t p = from_the_right(A{}, k), q = from_the_right(B{}, k);
      if (p != q && p != 1 && q != 1) return false;
    }
    return true;
  }();
  template <std::size_t... I>
  static auto make(std::index_sequence<I...>) -> shape<at(I)...>;
  using type = decltype(make(std::make_index_sequence<rank>{}));
};

template <class A, class B>
struct concatenated;
template <dim_t... X, dim_t... Y>
struct concatenated<shape<X...>, shape<Y...>> {
  using type = shape<X..., Y...>;
};

template <class Shape, int Begin, int Count>
struct sub_shape {
  template <std::size_t... I>
  static auto make(std::index_sequence<I...>) -> shape<Shape::static_extent(Begin + I)...>;
  using type = decltype(make(std::make_index_sequence<Count>{}));
};

}  // namespace detail

/// The shape of an elementwise statement: right-aligned; per axis equal, 1, or missing.
template <class A, class B>
using broadcast_t = typename detail::broadcast_of<A, B>::type;

/// The extents of A followed by those of B.
template <class A, class B>
using concatenated_t = typename detail::concatenated<A, B>::type;

/// `Count` extents from axis `Begin` on.
template <class Shape, int Begin, int Count>
using sub_shape_t = typename detail::sub_shape<Shape, Begin, Count>::type;

/// All extents but the last `Count`.
template <class Shape, int Count = 1>
using drop_last_t = sub_shape_t<Shape, 0, (Shape::rank > Count ? Shape::rank - Count : 0)>;

/// All extents but the last, then `Last`.
template <class Shape, dim_t Last>
using with_last_t = concatenated_t<drop_last_t<Shape>, shape<Last>>;

/// A value of shape `To` with the first axes of `from`.
template <class To, class From>
CLIPT_HD constexpr To leading_axes(const From& from) {
  dim_t all[To::rank == 0 ? 1 : To::rank] = {};
  for (int i = 0; i < To::rank; ++i) all[i] = from.extent(i);
  return To::from(all);
}

/// A value of shape `To` with the first axes of `from` and a last one of `last`.
template <class To, class From>
CLIPT_HD constexpr To with_last_axis(const From& from, dim_t last) {
  dim_t all[To::rank] = {};
  for (int i = 0; i < To::rank - 1; ++i) all[i] = from.extent(i);
  all[To::rank - 1] = last;
  return To::from(all);
}

/// The number of elements; `shape_error` if there are more than 2^59: asked before memory is taken.
template <dim_t... E>
constexpr dim_t checked_size(const shape<E...>& s) {
  const dim_t names[] = {E..., 1};
  dim_t values[sizeof...(E) + 1] = {};
  for (int i = 0; i < s.rank; ++i) values[i] = s.extent(i);
  return detail::checked_product(s.rank, names, values);
}

/// `[batch=256, 512]`: a shape as messages print it.
template <dim_t... E>
std::string to_string(const shape<E...>& s) {
  const dim_t names[] = {E..., 1};
  dim_t values[sizeof...(E) + 1] = {};
  for (int i = 0; i < s.rank; ++i) values[i] = s.extent(i);
  return detail::shape_text(s.rank, names, values);
}

}  // namespace clipt::inline CLIPT_BUILD
