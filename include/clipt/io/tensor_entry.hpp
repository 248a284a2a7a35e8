// A tensor as files hold it: a name, an element type, a shape and bytes; and its conversion to numbers.
#pragma once
#include <array>        // array
#include <bit>          // endian
#include <concepts>     // integral, floating_point, same_as
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t and shorter ones
#include <cstring>      // memcpy
#include <functional>   // function
#include <limits>       // numeric_limits
#include <optional>     // optional
#include <span>         // span
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <type_traits>  // remove_cv_t
#include <utility>      // move, in_range
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/bfloat16.hpp>  // bfloat16, float16
#include <clipt/core/error.hpp>     // io_error, shape_error
#include <clipt/io/printable.hpp>   // printable

namespace clipt::inline CLIPT_BUILD {

static_assert(std::endian::native == std::endian::little,
              "clipt: files hold little-endian numbers, and so must memory");

/// The element types of tensors in files.
enum class dtype_code { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// A tensor in a file or on its way there; `bytes` are row-major, little-endian, and need not be aligned.
struct tensor_entry {
  std::string name;
  dtype_code dtype;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Is told of each tensor once it is written; writers take one to show how far they are.
using written_tensor = std::function<void(const tensor_entry&)>;

/// Bytes per element.
constexpr std::size_t item_size(dtype_code dtype) {
  constexpr std::array<std::size_t, 10> sizes = {8, 4, 2, 2, 8, 4, 2, 1, 1, 1};
  return sizes[static_cast<std::size_t>(dtype)];
}

/// What safetensors calls the type: F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL.
constexpr std::string_view name_of(dtype_code dtype) {
  constexpr std::array<std::string_view, 10> names = {"F64", "F32", "F16", "BF16", "I64",
                                                      "I32", "I16", "I8",  "U8",   "BOOL"};
  return names[static_cast<std::size_t>(dtype)];
}

/// Whether elements are floating, which integers are not read from.
constexpr bool holds_reals(dtype_code dtype) { return dtype <= dtype_code::bf16; }

namespace detail {

template <class T>
struct dtype_code_of {
  static constexpr bool known = false;
};
template <dtype_code Code>
struct known_dtype {
  static constexpr bool known = true;
  static constexpr dtype_code code = Code;
};
template <>
struct dtype_code_of<double> : known_dtype<dtype_code::f64> {};
template <>
struct dtype_code_of<float> : known_dtype<dtype_code::f32> {};
template <>
struct dtype_code_of<float16> : known_dtype<dtype_code::f16> {};
template <>
struct dtype_code_of<bfloat16> : known_dtype<dtype_code::bf16> {};
template <>
struct dtype_code_of<std::int64_t> : known_dtype<dtype_code::i64> {};
template <>
struct dtype_code_of<std::int32_t> : known_dtype<dtype_code::i32> {};
template <>
struct dtype_code_of<std::int16_t> : known_dtype<dtype_code::i16> {};
template <>
struct dtype_code_of<std::int8_t> : known_dtype<dtype_code::i8> {};
template <>
struct dtype_code_of<std::uint8_t> : known_dtype<dtype_code::u8> {};

/// Numbers or texts in one line. (fmt::join makes g++ 12 warn of an overflow at -O3, wrongly.)
template <class T>
std::string joined(const std::vector<T>& items, std::string_view separator = ", ") {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += separator;
    if constexpr (std::integral<T>)
      out += std::to_string(items[i]);
    else
      out += items[i];
  }
  return out;
}

/// The product of the extents, or nothing if it does not fit 63 bits or an extent is negative.
inline std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t count = 1;
  for (const std::int64_t extent : shape)
    if (extent < 0) return {};
  for (const std::int64_t extent : shape) {
    if (extent != 0 && count > most / static_cast<std::uint64_t>(extent)) return {};
    count *= static_cast<std::uint64_t>(extent);
  }
  return count;
}

template <class T>
inline constexpr bool is_real = std::floating_point<T> || std::same_as<T, float16> || std::same_as<T, bfloat16>;

template <class To, class From>
To convert_element(const tensor_entry& entry, std::size_t i, From value) {
  if constexpr (std::same_as<To, From>) {
    return value;
  } else if constexpr (std::integral<To>) {
    if (!std::in_range<To>(value))
      throw io_error(
          fmt::format("clipt::copy_to: tensor '{}': element {} is {}, which does not fit the wanted type [{}, {}]",
                      printable(entry.name), i, value, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
    return static_cast<To>(value);
  } else if constexpr (std::floating_point<To>) {
    return static_cast<To>(value);
  } else {
    return To(static_cast<float>(value));
  }
}

template <class From, class To>
void copy_elements(const tensor_entry& entry, std::span<To> out) {
  if constexpr (std::integral<To> && is_real<From>) {
    throw io_error(fmt::format("clipt::copy_to: tensor '{}': expected integers, found {}; read it as floating point",
                               printable(entry.name), name_of(entry.dtype)));
  } else if constexpr (std::same_as<From, To>) {
    if (!out.empty()) std::memcpy(out.data(), entry.bytes.data(), out.size_bytes());
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) {
      From value;
      std::memcpy(&value, entry.bytes.data() + i * sizeof(From), sizeof(From));  // may lie anywhere
      out[i] = convert_element<To>(entry, i, value);
    }
  }
}

}  // namespace detail

/// The number of elements by its shape; one for a scalar. Errors: shape_error unless `bytes` holds exactly these.
inline std::size_t element_count(const tensor_entry& entry) {
  const auto count = detail::element_count(entry.shape);
  if (!count || *count > entry.bytes.size() || *count * item_size(entry.dtype) != entry.bytes.size())
    throw shape_error(fmt::format("clipt::element_count: tensor '{}': {} [{}] does not fit {} bytes",
                                  detail::printable(entry.name), name_of(entry.dtype), detail::joined(entry.shape),
                                  entry.bytes.size()));
  return static_cast<std::size_t>(*count);
}

/// Writes a tensor's elements to `out` as numbers of type T: double, float, float16, bfloat16 or an integer.
///
/// Rounds to nearest where T is shorter. Errors: shape_error if `out` has another size; io_error for floating point
/// read as integers and for an integer outside T's range, which PyTorch would wrap around.
/// PyTorch equivalent: out.copy_(tensor).
template <class T>
void copy_to(const tensor_entry& entry, std::span<T> out) {
  static_assert(detail::dtype_code_of<T>::known,
                "clipt::copy_to: T is a floating-point or integer type of the file formats");
  if (const std::size_t count = element_count(entry); out.size() != count)
    throw shape_error(fmt::format("clipt::copy_to: tensor '{}' [{}] has {} elements, the place for it {}",
                                  detail::printable(entry.name), detail::joined(entry.shape), count, out.size()));
  switch (entry.dtype) {
    case dtype_code::f64: return detail::copy_elements<double>(entry, out);
    case dtype_code::f32: return detail::copy_elements<float>(entry, out);
    case dtype_code::f16: return detail::copy_elements<float16>(entry, out);
    case dtype_code::bf16: return detail::copy_elements<bfloat16>(entry, out);
    case dtype_code::i64: return detail::copy_elements<std::int64_t>(entry, out);
    case dtype_code::i32: return detail::copy_elements<std::int32_t>(entry, out);
    case dtype_code::i16: return detail::copy_elements<std::int16_t>(entry, out);
    case dtype_code::i8: return detail::copy_elements<std::int8_t>(entry, out);
    case dtype_code::u8:
    case dtype_code::boolean: return detail::copy_elements<std::uint8_t>(entry, out);
  }
}

/// A tensor's elements as numbers of type T, in row-major order; conversions and errors as copy_to.
template <class T>
std::vector<T> to_vector(const tensor_entry& entry) {
  std::vector<T> out(element_count(entry));
  copy_to(entry, std::span<T>(out));
  return out;
}

/// An entry that refers to `values`, which must outlive it. Errors: shape_error unless they are what `shape` says.
template <class T>
tensor_entry make_entry(std::string name, std::vector<std::int64_t> shape, std::span<const T> values) {
  static_assert(detail::dtype_code_of<T>::known,
                "clipt::make_entry: T is a floating-point or integer type of the file formats");
  tensor_entry out{std::move(name), detail::dtype_code_of<T>::code, std::move(shape), std::as_bytes(values)};
  static_cast<void>(element_count(out));
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
