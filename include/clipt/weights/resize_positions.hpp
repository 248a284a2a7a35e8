// Position tables for another picture size or context: interpolated as open_clip does it when it loads a model.
#pragma once
#include <algorithm>  // clamp, max, min
#include <cmath>      // abs, floor
#include <cstddef>    // size_t
#include <span>       // span
#include <vector>     // vector

#include <clipt/core/dims.hpp>  // dim_t

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Which numbers of a line make one number of another line, and with which weights.
struct line_weights {
  dim_t first;
  std::vector<double> weights;  // sum to 1
};

/// Keys' cubic with a = -0.5, as Pillow has it.
inline double cubic(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/// Bicubic with antialiasing: the filter grows with the line where it shrinks.
inline std::vector<line_weights> cubic_weights(dim_t from, dim_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), stretch = std::max(1.0, scale);
  std::vector<line_weights> all;
  for (dim_t i = 0; i < to; ++i) {
    const double centre = scale * (static_cast<double>(i) + 0.5), reach = 2 * stretch;
    const auto first = static_cast<dim_t>(std::max(0.0, std::floor(centre - reach + 0.5)));
    const auto end = std::min(from, static_cast<dim_t>(std::floor(centre + reach + 0.5)));
    line_weights w{first, {}};
    double total = 0;
    for (dim_t k = first; k < end; ++k) {
      w.weights.push_back(cubic((static_cast<double>(k) - centre + 0.5) / stretch));
      total += w.weights.back();
    }
    for (double& weight : w.weights) weight /= total;
    all.push_back(std::move(w));
  }
  return all;
}

/// Linear between the middles of the numbers, constant beyond the first and the last.
inline std::vector<line_weights> linear_weights(dim_t from, dim_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<line_weights> all;
  for (dim_t i = 0; i < to; ++i) {
    const double at = std::max(0.0, scale * (static_cast<double>(i) + 0.5) - 0.5);
    const dim_t first = std::min(static_cast<dim_t>(at), from - 1);
    const double share = first + 1 < from ? at - static_cast<double>(first) : 0;
    all.push_back({first, share > 0 ? std::vector<double>{1 - share, share} : std::vector<double>{1}});
  }
  return all;
}

/// Applies weights along the middle axis of [outer, line, inner].
inline std::vector<double> apply_weights(std::span<const double> x, const std::vector<line_weights>& weights,
                                         dim_t outer, dim_t line, dim_t inner) {
  std::vector<double> out(static_cast<std::size_t>(outer * inner) * weights.size());
  double* to = out.data();
  for (dim_t o = 0; o < outer; ++o)
    for (const line_weights& w : weights) {
      for (std::size_t k = 0; k < w.weights.size(); ++k) {
        const double* from = x.data() + (o * line + w.first + static_cast<dim_t>(k)) * inner;
        for (dim_t i = 0; i < inner; ++i) to[i] += w.weights[k] * from[i];
      }
      to += inner;
    }
  return out;
}

}  // namespace detail

/// A vision transformer's table [1 + from², width] for a grid of `to`²: the class token's row stays, the grid is
/// resized bicubically with antialiasing. PyTorch equivalent: open_clip's `resize_pos_embed`.
inline std::vector<double> resize_grid_positions(std::span<const double> table, dim_t from, dim_t to, dim_t width) {
  const auto weights = detail::cubic_weights(from, to);
  const auto rows = detail::apply_weights(table.subspan(static_cast<std::size_t>(width)), weights, from, from, width);
  const auto grid = detail::apply_weights(rows, weights, 1, from, to * width);
  std::vector<double> out(table.begin(), table.begin() + width);
  out.insert(out.end(), grid.begin(), grid.end());
  return out;
}

/// A text transformer's table [from, width] for another context, linearly. PyTorch equivalent: open_clip's
/// `resize_text_pos_embed`.
inline std::vector<double> resize_text_positions(std::span<const double> table, dim_t from, dim_t to, dim_t width) {
  return detail::apply_weights(table, detail::linear_weights(from, to), 1, from, width);
}

}  // namespace clipt::inline CLIPT_BUILD
