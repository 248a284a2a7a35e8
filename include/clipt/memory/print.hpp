// Arrays and shapes as text: type, shape and abbreviated values, for streams and as a string.
#pragma once
#include <algorithm>    // max
#include <charconv>     // to_chars
#include <concepts>     // same_as
#include <cstdint>      // int32_t, int64_t
#include <string>       // string, to_string
#include <type_traits>  // is_integral_v
#include <vector>       // vector

#include <clipt/core/dtype.hpp>     // bfloat16, float16
#include <clipt/memory/tensor.hpp>  // tensor, parameter, view, var

namespace clipt::inline CLIPT_BUILD {

namespace detail {

template <class T>
constexpr const char* element_word() {
  if constexpr (std::is_same_v<T, double>) return "double";
  if constexpr (std::is_same_v<T, float>) return "float";
  if constexpr (std::is_same_v<T, bfloat16>) return "bfloat16";
  if constexpr (std::is_same_v<T, float16>) return "float16";
  if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
  if constexpr (std::is_same_v<T, std::int64_t>) return "int64";
  return std::is_integral_v<T> ? "integer" : "number";
}

/// A number with at most six digits.
template <class T>
std::string element_text(const void* elements, dim_t i) {
  const T element = static_cast<const T*>(elements)[i];
  char text[32];
  if constexpr (std::is_integral_v<T>) {
    return {text, std::to_chars(text, text + sizeof(text), static_cast<std::int64_t>(element)).ptr};
  } else {
    const auto value = static_cast<compute_t<T>>(element);
    if (value != value) return "nan";  // of either sign
    return {text, std::to_chars(text, text + sizeof(text), value, std::chars_format::general, 6).ptr};
  }
}

/// Brackets around rows, columns in line; of more than 1000 elements the first and last three along each axis.
class array_text {
 public:
  using text_of = std::string (*)(const void*, dim_t);

  array_text(const void* elements, text_of text, std::vector<dim_t> extents)
      : elements_(elements), text_(text), extents_(std::move(extents)) {
    dim_t size = 1;
    for (const dim_t extent : extents_) size *= extent;
    dim_t lines = 1;
    for (const dim_t extent : extents_) lines = std::max(lines, extent);
    abbreviates_ = size > 1000 || lines > 1000;
    each(0, 0, [&](dim_t i) { width_ = std::max(width_, text_(elements_, i).size()); });
    if (size > 0 || !extents_.empty()) write(0, 0);
  }

  const std::string& result() const { return result_; }

 private:
  /// Calls f(k) for what is shown of an axis, and `skip()` for what is left out.
  template <class F, class Skip>
  void shown(std::size_t axis, F f, Skip skip) const {
    const dim_t n = extents_[axis];
    for (dim_t k = 0; k < n; ++k) {
      if (abbreviates_ && n > 6 && k == 3) {
        skip();
        k = n - 3;
      }
      f(k);
    }
  }

  template <class F>
  void each(std::size_t axis, dim_t position, const F& f) const {
    if (axis == extents_.size()) return f(position);
    shown(
        axis, [&](dim_t k) { each(axis + 1, position * extents_[axis] + k, f); }, [] {});
  }

  void write(std::size_t axis, dim_t position) {
    if (axis == extents_.size()) {
      const std::string text = text_(elements_, position);
      result_ += std::string(width_ - text.size(), ' ') + text;
      return;
    }
    const bool innermost = axis + 1 == extents_.size();
    const std::string between = innermost ? ", " : ",\n" + std::string(axis + 1, ' ');
    bool first = true;
    result_ += "[";
    shown(
        axis,
        [&](dim_t k) {
          if (!first) result_ += between;
          first = false;
          write(axis + 1, position * extents_[axis] + k);
        },
        [&] { result_ += between + "..."; });
    result_ += "]";
  }

  const void* elements_;
  text_of text_;
  std::vector<dim_t> extents_;
  bool abbreviates_ = false;
  std::size_t width_ = 0;
  std::string result_;
};

template <class X>
inline constexpr bool is_printable = false;
template <class T, class Shape>
inline constexpr bool is_printable<tensor<T, Shape, cpu>> = true;
template <class Policy, dim_t... E>
inline constexpr bool is_printable<parameter<Policy, E...>> = std::is_same_v<typename Policy::device, cpu>;
template <class T, class Shape>
inline constexpr bool is_printable<view<T, Shape, cpu>> = true;
template <class T, class Shape>
inline constexpr bool is_printable<var<T, Shape, cpu>> = true;

}  // namespace detail

/// An array on the CPU that can be printed; of a statement print `eval(ctx, x)`.
template <class X>
concept printable_array = detail::is_printable<X> ||
    (std::is_base_of_v<tensor<typename X::value_type, typename X::shape_type, cpu>, X>);

/// `float [batch=2, 3]` and, below it, the values: `[[1, 2, 3],` and so on. Of more than 1000 elements the first and the
/// last three along each axis are shown. PyTorch equivalent: `repr(x)`.
template <printable_array X>
std::string to_string(const X& x) {
  using T = typename X::value_type;
  std::vector<dim_t> extents;
  for (int axis = 0; axis < X::shape_type::rank; ++axis) extents.push_back(x.shape().extent(axis));
  const detail::array_text text(x.data(), &detail::element_text<T>, std::move(extents));
  return std::string(detail::element_word<T>()) + " " + to_string(x.shape()) + "\n" + text.result();
}

/// The text of an array or a shape, to any stream that takes strings.
template <class Stream, printable_array X>
auto operator<<(Stream& stream, const X& x) -> decltype(stream << std::string()) {
  return stream << to_string(x);
}
template <class Stream, dim_t... E>
auto operator<<(Stream& stream, const shape<E...>& x) -> decltype(stream << std::string()) {
  return stream << to_string(x);
}

}  // namespace clipt::inline CLIPT_BUILD
