// view and var: trivially copyable handles of arrays, the leaves of every expression.
#pragma once
#include <concepts>     // same_as
#include <cstdint>      // uint32_t
#include <type_traits>  // remove_const_t

#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/core/device.hpp>  // cpu
#include <clipt/core/error.hpp>   // error
#include <clipt/core/shape.hpp>   // shape

namespace clipt::inline CLIPT_BUILD {

/// The round of an arena in which a view was made; a debug build refuses a view of an earlier round.
class arena_stamp {
 public:
  constexpr arena_stamp() = default;
#ifdef NDEBUG
  constexpr explicit arena_stamp(const std::uint32_t&) {}
  constexpr void check(const char*) const {}
#else
  explicit arena_stamp(const std::uint32_t& epoch) : current_(&epoch), made_(epoch) {}
  void check(const char* op) const {
    if (current_ != nullptr && *current_ != made_)
      throw error(std::string("clipt::") + op +
                  ": a view is used after its context was reset: copy what must outlive a step");
  }

 private:
  const std::uint32_t* current_ = nullptr;
  std::uint32_t made_ = 0;
#endif
};

/// A handle of elements that somebody else owns: a passive leaf, no gradient flows into it.
///
/// The library hands out `view<const T, ...>` only, so that nobody overwrites what a backward still needs.
template <class T, class Shape, class Device = cpu>
struct view {
  using element_type = T;
  using value_type = std::remove_const_t<T>;
  using shape_type = Shape;
  using device = Device;

  T* data = nullptr;
  [[no_unique_address]] Shape shape{};
  [[no_unique_address]] arena_stamp stamp{};

  CLIPT_HD dim_t size() const { return shape.size(); }
  CLIPT_HD T& operator[](dim_t i) const { return data[i]; }
  T* begin() const { return data; }
  T* end() const { return data + size(); }

  template <std::same_as<T> U>  // a template, for without one nvcc warns of a conversion of a const view to itself
  requires(!std::is_const_v<T>) operator view<const U, Shape, Device>() const { return {data, shape, stamp}; }
};

/// Where the backward pass adds up the gradient of one array.
struct gradient {
  void* data = nullptr;                   // allocated by the first backward that reaches it
  bool empty = true;                      // nothing was added yet: the next writer stores instead of adding
  bool kept = false;                      // not given back when the backward has passed
  void (*allocate)(gradient&) = nullptr;  // set by what keeps its gradient between steps; null: the recording's pool

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

  const T* data = nullptr;
  clipt::gradient* slot = nullptr;
  [[no_unique_address]] Shape shape{};
  [[no_unique_address]] arena_stamp stamp{};

  CLIPT_HD dim_t size() const { return shape.size(); }
  CLIPT_HD const T& operator[](dim_t i) const { return data[i]; }
  const T* begin() const { return data; }
  const T* end() const { return data + size(); }

  /// The same values as a passive leaf: `stop_gradient`.
  operator view<const T, Shape, Device>() const { return {data, shape, stamp}; }
};

namespace detail {

/// The same leaf under another shape of as many elements.
template <class To, class T, class Shape, class Device>
view<T, To, Device> with_shape(const view<T, Shape, Device>& x, const To& shape) {
  return {x.data, shape, x.stamp};
}
template <class To, class T, class Shape, class Device>
var<T, To, Device> with_shape(const var<T, Shape, Device>& x, const To& shape) {
  return {x.data, x.slot, shape, x.stamp};
}

}  // namespace detail

/// The values of `x` with no gradient flowing back. PyTorch equivalent: `x.detach()`.
template <class T, class Shape, class Device>
view<const T, Shape, Device> detach(const var<T, Shape, Device>& x) {
  return x;
}

}  // namespace clipt::inline CLIPT_BUILD
