// L-BFGS: the minimum of a smooth function of many numbers, from its values and gradients.
#pragma once
#include <algorithm>   // clamp, copy, max, min
#include <cmath>       // abs, isfinite, sqrt
#include <functional>  // function
#include <limits>      // numeric_limits
#include <span>        // span
#include <utility>     // move
#include <vector>      // vector

#include <clipt/eval/cpu_vectors.hpp>  // the kernels on the CPU
#include <clipt/eval/parallel.hpp>     // cpu_threads

namespace clipt::inline CLIPT_BUILD {

/// Where L-BFGS has stopped, and why.
struct lbfgs_result {
  double value = 0;             ///< of the function
  double largest_gradient = 0;  ///< the largest absolute element of the gradient
  int iterations = 0, evaluations = 0;
  bool converged = false;  ///< whether the tolerance was reached; otherwise iterations or digits were used up
};

/// How long L-BFGS looks, and how much it remembers.
struct lbfgs_options {
  int memory = 10;  // steps that stand for the curvature
  int max_iterations = 1000;
  double tolerance = 1e-5;                              // stops where no element of the gradient is larger
  std::function<void(const lbfgs_result&)> progress{};  // called where it stands before each iteration and at the end
};

namespace detail {

inline double dot(std::span<const double> x, std::span<const double> y) {
  cpu_threads ctx{1};
  return run_forward<ops::dot>(ctx, x.data(), y.data(), static_cast<dim_t>(x.size()));
}

/// out = x + factor y.
inline void add_scaled(std::span<const double> x, double factor, std::span<const double> y, std::span<double> out) {
  cpu_threads ctx{1};
  run_forward<ops::add_scaled>(ctx, x.data(), factor, y.data(), out.data(), static_cast<dim_t>(out.size()));
}

inline void scale(std::span<double> x, double factor) {
  cpu_threads ctx{1};
  run_forward<ops::scale>(ctx, x.data(), factor, static_cast<dim_t>(x.size()));
}

inline double largest_magnitude(std::span<const double> x) {
  cpu_threads ctx{1};
  return run_forward<ops::largest_magnitude>(ctx, x.data(), static_cast<dim_t>(x.size()));
}

/// The last steps and what they did to the gradient: together an approximate inverse of the second derivatives.
class curvature_memory {
 public:
  explicit curvature_memory(int most) : most_(static_cast<std::size_t>(std::max(1, most))) {}

  bool empty() const { return pairs_.empty(); }
  void clear() { pairs_.clear(); }

  /// Keeps the step from one point to the next and the change of the gradient, unless they show no curvature.
  void remember(std::span<const double> from, std::vector<double> to, const std::vector<double>& gradient_from,
                std::vector<double> gradient_to) {
    add_scaled(to, -1, from, to);
    add_scaled(gradient_to, -1, gradient_from, gradient_to);
    const double curvature = dot(to, gradient_to), length = dot(gradient_to, gradient_to);
    if (!(curvature > std::numeric_limits<double>::epsilon() * length)) return;
    if (pairs_.size() == most_) pairs_.erase(pairs_.begin());
    scale_ = curvature / length;
    pairs_.push_back({std::move(to), std::move(gradient_to), 1 / curvature});
  }

  /// Minus the inverse times the gradient. Source: Nocedal and Wright, 2006, algorithm 7.4 with the scale of (7.20).
  std::vector<double> direction(const std::vector<double>& gradient) const {
    std::vector<double> d(gradient.size());
    add_scaled(d, -1, gradient, d);
    std::vector<double> along(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      along[i] = pairs_[i].inverse * dot(pairs_[i].step, d);
      add_scaled(d, -along[i], pairs_[i].change, d);
    }
    if (!pairs_.empty()) scale(d, scale_);
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      add_scaled(d, along[i] - pairs_[i].inverse * dot(pairs_[i].change, d), pairs_[i].step, d);
    return d;
  }

 private:
  struct pair {
    std::vector<double> step, change;
    double inverse;  // 1 / <step, change>
  };
  std::vector<pair> pairs_;
  std::size_t most_;
  double scale_ = 1;
};

/// A point on a line: how far along, the function there, and its slope along the line.
struct line_point {
  double step, value, slope;
};

/// Where the cubic through two points and their slopes is lowest, kept off the ends; the middle where there is none.
inline double lowest_of_cubic(const line_point& a, const line_point& b) {
  const double width = b.step - a.step, secant = a.slope + b.slope - 3 * (b.value - a.value) / width;
  const double root = std::sqrt(secant * secant - a.slope * b.slope) * (width < 0 ? -1 : 1);
  const double share = 1 - (b.slope + root - secant) / (b.slope - a.slope + 2 * root);
  return a.step + width * (std::isfinite(share) ? std::clamp(share, 0.1, 0.9) : 0.5);
}

/// A point that lies enough lower than the start and is flat enough: the strong Wolfe conditions. If digits run out it
/// is the lowest found, which may be the start itself.
///
/// What is not a number counts as too high. Source: Nocedal and Wright, 2006, algorithms 3.5 and 3.6.
template <class Along>
line_point wolfe_point(Along&& along, const line_point& start, double first) {
  constexpr double decrease = 1e-4, flatness = 0.9;
  line_point low = start, high{std::numeric_limits<double>::infinity(), 0, 0};
  double step = first;
  for (int tries = 0; tries < 40; ++tries) {
    const line_point now = along(step);
    const bool lower = now.value <= start.value + decrease * step * start.slope && now.value < low.value;
    if (!lower) {
      high = now;
    } else {
      if (std::abs(now.slope) <= -flatness * start.slope) return now;
      if (now.slope * (high.step - low.step) >= 0) high = low;
      low = now;
    }
    step = std::isfinite(high.step) ? lowest_of_cubic(low, high) : 4 * step;
  }
  return low;
}

}  // namespace detail

/// Moves x to a minimum of `f(x, gradient)`, which returns the value at x and writes the gradient, both of x's size.
///
/// Deterministic if f is. What is not a number is stepped back from; at the start it ends the search at once.
/// Source: Liu and Nocedal, 1989; the first step and the scale of the others are those of L-BFGS-B.
/// SciPy equivalent: `minimize(f, x, jac=True, method="L-BFGS-B", options={"gtol": tolerance})`.
template <class Function>
lbfgs_result lbfgs(std::span<double> x, Function&& f, const lbfgs_options& options = {}) {
  lbfgs_result result;
  std::vector<double> gradient(x.size()), trial(x.begin(), x.end()), trial_gradient(x.size());
  const auto evaluate = [&](std::vector<double>& g) {
    ++result.evaluations;
    return f(std::span<const double>(trial), std::span<double>(g));
  };
  result.value = evaluate(gradient);
  detail::curvature_memory memory(options.memory);
  while (true) {
    result.largest_gradient = detail::largest_magnitude(gradient);
    result.converged = std::isfinite(result.value) && result.largest_gradient <= options.tolerance;
    if (options.progress) options.progress(result);
    if (result.converged || result.iterations >= options.max_iterations || !std::isfinite(result.value)) return result;
    const std::vector<double> d = memory.direction(gradient);
    const detail::line_point start{0, result.value, detail::dot(gradient, d)};
    detail::line_point last = start;
    const auto along = [&](double step) {
      detail::add_scaled(x, step, d, trial);
      const double value = evaluate(trial_gradient);
      return last = {step, value, detail::dot(trial_gradient, d)};
    };
    // Without curvature the length of a step is a guess: at most one, as in L-BFGS-B.
    const double first = memory.empty() ? std::min(1.0, 1 / std::sqrt(detail::dot(d, d))) : 1;
    const detail::line_point chosen = detail::wolfe_point(along, start, first);
    if (chosen.step == 0) {  // no digit left along this direction: once more downhill, then it is over
      if (memory.empty()) return result;
      memory.clear();
      continue;
    }
    if (last.step != chosen.step) static_cast<void>(along(chosen.step));
    memory.remember(x, trial, gradient, trial_gradient);
    std::copy(trial.begin(), trial.end(), x.begin());
    gradient.swap(trial_gradient);
    result.value = chosen.value;
    ++result.iterations;
  }
}

}  // namespace clipt::inline CLIPT_BUILD
