// view and var: trivially copyable handles of arrays, the leaves of every expression.
#pragma once
#include <concepts>     // convertible_to, integral, same_as
#include <cstdint>      // uint64_t
#include <span>         // span
#include <string>       // string, to_string
#include <type_traits>  // remove_const_t

#include <clipt/core/config.hpp>      // CLIPT_HD
#include <clipt/core/device.hpp>      // cpu
#include <clipt/core/shape.hpp>       // shape
#include <clipt/memory/lifetime.hpp>  // lifetime_stamp
#include <clipt/memory/position.hpp>  // checked_position, position_of

namespace clipt::inline CLIPT_BUILD {

/// A handle of elements that somebody else owns: a passive leaf, no gradient flows into it.
///
/// The library hands out `view<const T, ...>` only, so that nobody overwrites what a backward still needs.
template <class T, class Shape, class Device = cpu>
struct view {
  using element_type = T;
  using value_type = std::remove_const_t<T>;
  using shape_type = Shape;
  using device = Device;

  T* elements = nullptr;
  [[no_unique_address]] Shape extents{};
  [[no_unique_address]] lifetime_stamp stamp{};

  CLIPT_HD T* data() const {
    stamp.check_access();
    return elements;
  }
  CLIPT_HD constexpr const Shape& shape() const { return extents; }
  CLIPT_HD dim_t size() const { return extents.size(); }
  CLIPT_HD T& operator[](dim_t i) const { return data()[detail::checked_position(extents, i)]; }
  template <std::integral... Index>
  CLIPT_HD T& operator()(Index... index) const {
    return data()[position_of(extents, index...)];
  }
  T* begin() const { return data(); }
  T* end() const { return data() + size(); }

  template <std::same_as<T> U>  // a template, for without one nvcc warns of a conversion of a const view to itself
  requires(!std::is_const_v<T>) operator view<const U, Shape, Device>() const { return {elements, extents, stamp}; }
};

/// Where the backward pass adds up the gradient of one array.
struct gradient {
  void* data = nullptr;                   // allocated by the first backward that reaches it
  bool empty = true;                      // nothing was added yet: the next writer stores instead of adding
  bool kept = false;                      // not given back when the backward has passed
  bool spent = false;                     // of a result whose tape has run backwards: nothing can flow through it
  void (*allocate)(gradient&) = nullptr;  // set by what keeps its gradient between steps; null: the recording's pool
  void* passed = nullptr;                 // of a kept result: what all backwards of its tape have brought
  void* claimed_by = nullptr;             // of a parameter: the memory of the backward that is writing to it
  gradient* next_claimed = nullptr;
  std::uint64_t recorded_in = 0;  // of a result or a variable: the number of its tape

  /// Forgets the sum; the memory stays.
  void clear() { empty = true; }
};

/// A result inside a recording: an active leaf, values and a place for their gradient.
template <class T, class Shape, class Device = cpu>
struct var {
  using element_type = const T;
  using value_type = T;
  using shape_type = Shape;
  using device = Device;

  const T* elements = nullptr;
  clipt::gradient* slot = nullptr;
  [[no_unique_address]] Shape extents{};
  [[no_unique_address]] lifetime_stamp stamp{};

  CLIPT_HD const T* data() const {
    stamp.check_access();
    return elements;
  }
  CLIPT_HD constexpr const Shape& shape() const { return extents; }
  CLIPT_HD dim_t size() const { return extents.size(); }
  CLIPT_HD const T& operator[](dim_t i) const { return data()[detail::checked_position(extents, i)]; }
  template <std::integral... Index>
  CLIPT_HD const T& operator()(Index... index) const {
    return data()[position_of(extents, index...)];
  }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }

  /// Refused with a sentence: a gradient would stop here without a word.
  template <class U, class S, class D>
  operator view<U, S, D>() const {
    static_assert(
        std::is_void_v<U>,
        "clipt::view: a view carries no gradient: this is the result of a recording, whose gradient would stop "
        "here; write detach(x) if it should, else take it as const auto&");
    return {};
  }
};

namespace detail {

inline void check_count(const char* what, const std::string& shape, dim_t expected, std::size_t given) {
  if (static_cast<dim_t>(given) != expected)
    throw shape_error(std::string("clipt::") + what + ": " + shape + " has " + std::to_string(expected) +
                      " elements, " + std::to_string(given) + " are given");
}

}  // namespace detail

/// Memory that no array of clipt holds: `memory_of<std::vector<float>>::is_ones_own`.
template <class Buffer>
struct memory_of {
  static constexpr bool is_ones_own = !requires { typename Buffer::shape_type; };
};

/// Elements of one's own as they lie, a vector's for instance: a passive leaf that copies nothing.
///
/// Errors: `shape_error` unless there are exactly as many as the shape has. PyTorch equivalent: `torch.from_numpy`.
template <class Buffer, dim_t... E>
auto view_of(Buffer&& elements, const shape<E...>& extents) {
  static_assert(std::is_lvalue_reference_v<Buffer> || std::ranges::borrowed_range<Buffer>,
                "clipt::view_of: a temporary: its elements would be gone; give it a name");
  static_assert(memory_of<std::remove_cvref_t<Buffer>>::is_ones_own,
                "clipt::view_of: memory of one's own: this is an array of clipt, whose gradient would stop here; write "
                "reshape(x, shape)");
  const std::span all(elements);
  detail::check_count("view_of", to_string(extents), extents.size(), all.size());
  return view<typename decltype(all)::element_type, shape<E...>>{all.data(), extents};
}

namespace detail {

/// The same leaf under another shape of as many elements.
template <class To, class T, class Shape, class Device>
view<T, To, Device> with_shape(const view<T, Shape, Device>& x, const To& shape) {
  return {x.data(), shape, x.stamp};
}
template <class To, class T, class Shape, class Device>
var<T, To, Device> with_shape(const var<T, Shape, Device>& x, const To& shape) {
  return {x.data(), x.slot, shape, x.stamp};
}

}  // namespace detail

/// The values of `x` with no gradient flowing back; a view is that already. PyTorch equivalent: `x.detach()`.
template <class T, class Shape, class Device>
view<const T, Shape, Device> detach(const var<T, Shape, Device>& x) {
  return {x.data(), x.shape(), x.stamp};
}
template <class T, class Shape, class Device>
view<const T, Shape, Device> detach(const view<T, Shape, Device>& x) {
  return {x.data(), x.shape(), x.stamp};
}

}  // namespace clipt::inline CLIPT_BUILD
