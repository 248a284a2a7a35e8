// Numbers that must lie in a range: constants of optimisers, options of runs.
#pragma once
#include <cmath>   // isinf
#include <cstdio>  // snprintf
#include <limits>  // numeric_limits
#include <string>  // string

#include <clipt/core/error.hpp>  // error

namespace clipt::inline CLIPT_BUILD {

/// From `least` to `most`, which an open range does not reach; without a bound above it ends before infinity.
struct number_range {
  double least = 0, most = std::numeric_limits<double>::infinity();
  bool open = false;

  bool has(double x) const { return x >= least && (open || std::isinf(most) ? x < most : x <= most); }
};

namespace detail {

inline std::string short_text(double x) {
  char text[32];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof(text), "%g", x))};
}

}  // namespace detail

/// `[0, 1)`, `[0, infinity)`.
inline std::string to_string(const number_range& r) {
  const bool open = r.open || std::isinf(r.most);
  return "[" + detail::short_text(r.least) + ", " + (std::isinf(r.most) ? "infinity" : detail::short_text(r.most)) +
         (open ? ")" : "]");
}

/// Refuses a number outside of its range, NaN too: `clipt::error` that names it.
inline void check_range(const char* of, const char* name, double value, const number_range& range = {}) {
  if (!range.has(value))
    throw error(std::string("clipt::") + of + ": " + name + " " + detail::short_text(value) + " is not in " +
                to_string(range));
}

}  // namespace clipt::inline CLIPT_BUILD
