// Arrays and shapes for fmt: `fmt::print("{}\n", x)`.
#pragma once
#include <fmt/format.h>  // formatter
#include <fmt/ranges.h>  // is_range

#include <clipt/memory/print.hpp>  // to_string, printable_array

template <clipt::printable_array X>
struct fmt::formatter<X> : fmt::formatter<std::string> {
  auto format(const X& x, auto& ctx) const { return fmt::formatter<std::string>::format(clipt::to_string(x), ctx); }
};

// An array is a range as well, which fmt/ranges.h would print without type and shape.
template <clipt::printable_array X>
struct fmt::is_range<X, char> {
  static constexpr bool value = false;
};

template <clipt::dim_t... E>
struct fmt::formatter<clipt::shape<E...>> : fmt::formatter<std::string> {
  auto format(const clipt::shape<E...>& x, auto& ctx) const {
    return fmt::formatter<std::string>::format(to_string(x), ctx);
  }
};
