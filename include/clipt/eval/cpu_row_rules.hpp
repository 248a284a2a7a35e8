// What softmax, normalisation, reduction and cross-entropy do to one row; see cpu_rows.hpp for the contract.
#pragma once
#include <cmath>    // sqrt, exp, log
#include <cstdint>  // int32_t
#include <limits>   // quiet_NaN

#include <clipt/core/error.hpp>          // shape_error
#include <clipt/eval/columns.hpp>        // row_sum, row_dot, row_max, row_peak, for_columns
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/rows.hpp>            // saved_per_row

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// y[c] = f(x[c]) for a row, in lanes; f gets one lanes<C> per operand.
template <class C, class Out, class F, class... In>
[[gnu::always_inline]] inline void map_row(dim_t n, Out* y, F f, const In*... x) {
  for_columns<C>(0, n, [&](dim_t c, auto count) {
    columns_of<lanes<C>>::write(y + c, f(columns_of<lanes<C>>::read(x + c, count)...), count);
  });
}

/// The sum of f over a row, in lanes and in a fixed order.
template <class C, class F, class... In>
[[gnu::always_inline]] inline C sum_row(dim_t n, F f, const In*... x) {
  return sum_columns<C>(0, n, [&](dim_t c, auto count) {
    return columns_of<lanes<C>>::keep(f(columns_of<lanes<C>>::read(x + c, count)...), count);
  });
}

/// log(sum exp x), the largest element taken out first. All of a row minus infinity gives minus infinity.
template <class C>
C log_sum_exp(const C* x, dim_t n) {
  const C largest = row_peak(x, n);
  if (largest - largest != 0) return row_max(x, n);
  const lanes<C> shift(largest);
  return largest + std::log(sum_row<C>(
                       n, [&](const lanes<C>& v) { return exp(v - shift); }, x));
}

/// What x is lowered by so that its exponentials sum to 1; NaN where no number does that, as in PyTorch.
template <class C>
C log_softmax_shift(const C* x, dim_t n) {
  const C shift = log_sum_exp(x, n);
  return shift - shift == 0 ? shift : std::numeric_limits<C>::quiet_NaN();
}

/// y = exp(x - max) / sum; dx = y (g - <y, g>).
template <class C>
struct softmax_rule {
  static constexpr int saved = ops::softmax::saved_per_row;
  static constexpr bool wants_input = false;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    struct exponentials;
    const lanes<C> largest(row_peak(x, n));
    C* e = nullptr;
    if constexpr (std::is_same_v<T, C>)
      e = y;
    else
      e = thread_buffer<exponentials, C>(n);
    const C total = sum_columns<C>(0, n, [&](dim_t c, auto count) {
      const auto value = exp(columns_of<lanes<C>>::read(x + c, count) - largest);
      columns_of<lanes<C>>::write(e + c, value, count);
      return columns_of<lanes<C>>::keep(value, count);
    });
    const lanes<C> scale(C(1) / total);
    map_row<C>(
        n, y, [&](const lanes<C>& v) { return v * scale; }, e);
  }
  template <class T>
  void backward(const C*, const T* y, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    const lanes<C> dot(sum_row<C>(
        n, [](const lanes<C>& a, const lanes<C>& b) { return a * b; }, y, g));
    map_row<C>(
        n, gx, [&](const lanes<C>& p, const lanes<C>& d) { return p * (d - dot); }, y, g);
  }
};

/// y = x - log_sum_exp(x); dx = g - exp(y) sum(g).
template <class C>
struct log_softmax_rule {
  static constexpr int saved = ops::log_softmax::saved_per_row;
  static constexpr bool wants_input = false;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    const lanes<C> shift(log_softmax_shift(x, n));
    map_row<C>(
        n, y, [&](const lanes<C>& v) { return v - shift; }, x);
  }
  template <class T>
  void backward(const C*, const T* y, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    const lanes<C> total(sum_row<C>(
        n, [](const lanes<C>& d) { return d; }, g));
    map_row<C>(
        n, gx, [&](const lanes<C>& v, const lanes<C>& d) { return d - exp(v) * total; }, y, g);
  }
};

/// y = x / max(|x|, epsilon); dx = (g - y <y, g>) / |x|.
template <class C>
struct l2_normalize_rule {
  static constexpr int saved = ops::l2_normalize::saved_per_row;  // 1 / max(|x|, epsilon)
  static constexpr bool wants_input = false;
  C epsilon;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C* kept, dim_t) const {
    kept[0] = C(1) / std::max(std::sqrt(row_dot(x, x, n)), epsilon);
    const lanes<C> scale(kept[0]);
    map_row<C>(
        n, y, [&](const lanes<C>& v) { return v * scale; }, x);
  }
  template <class T>
  void backward(const C*, const T* y, const T* g, C* gx, dim_t n, const C* kept, dim_t, dim_t) const {
    const C at_epsilon = C(1) / epsilon;
    const lanes<C> scale(kept[0]);
    const lanes<C> dot(kept[0] < at_epsilon ? sum_row<C>(
                                                  n, [](const lanes<C>& a, const lanes<C>& b) { return a * b; }, y, g)
                                            : C(0));
    map_row<C>(
        n, gx, [&](const lanes<C>& v, const lanes<C>& d) { return (d - v * dot) * scale; }, y, g);
  }
};

/// y = x / sqrt(mean(x²) + epsilon), without a gain; dx = r (g - y mean(y g)).
template <class C>
struct rms_normalize_rule {
  static constexpr int saved = ops::rms_normalize::saved_per_row;
  static constexpr bool wants_input = false;
  C epsilon;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C* kept, dim_t) const {
    kept[0] = C(1) / std::sqrt(row_dot(x, x, n) / C(n) + epsilon);
    const lanes<C> scale(kept[0]);
    map_row<C>(
        n, y, [&](const lanes<C>& v) { return v * scale; }, x);
  }
  template <class T>
  void backward(const C*, const T* y, const T* g, C* gx, dim_t n, const C* kept, dim_t, dim_t) const {
    const lanes<C> scale(kept[0]), mean(sum_row<C>(
                                            n, [](const lanes<C>&a, const lanes<C>&b) { return a * b; }, y, g) /
                                        C(n));
    map_row<C>(
        n, gx, [&](const lanes<C>& v, const lanes<C>& d) { return (d - v * mean) * scale; }, y, g);
  }
};

/// The sum of a row times `scale` (1, or 1 / n for the mean).
template <class C>
struct sum_rule {
  static constexpr int saved = ops::row_sum::saved_per_row;
  static constexpr bool wants_input = false;
  C scale;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    *y = static_cast<T>(scale * row_sum(x, n));
  }
  template <class T>
  void backward(const C*, const T*, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    const lanes<C> value(scale * static_cast<C>(*g));
    map_row<C>(
        n, gx, [&](const lanes<C>&) { return value; }, gx);
  }
};

/// log(sum exp x); dx = g softmax(x).
template <class C>
struct log_sum_exp_rule {
  static constexpr int saved = ops::log_sum_exp::saved_per_row;
  static constexpr bool wants_input = true;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    *y = static_cast<T>(log_sum_exp(x, n));
  }
  template <class T>
  void backward(const C* x, const T* y, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    const lanes<C> shift(static_cast<C>(*y)), scale(static_cast<C>(*g));
    map_row<C>(
        n, gx, [&](const lanes<C>& v) { return exp(v - shift) * scale; }, x);
  }
};

/// The position of the largest element, the first of equals; NaN counts as the largest.
template <class C>
dim_t first_largest(const C* x, dim_t n) {
  dim_t best = 0;
  for (dim_t i = 1; i < n; ++i)
    if (x[i] > x[best] || (x[i] != x[i] && x[best] == x[best])) best = i;
  return best;
}

/// The largest element, NaN where one is NaN; the gradient goes to the first of equals.
template <class C>
struct max_rule {
  static constexpr int saved = ops::row_max::saved_per_row;
  static constexpr bool wants_input = true;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    *y = static_cast<T>(row_max(x, n));
  }
  template <class T>
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    std::fill(gx, gx + n, C(0));
    gx[first_largest(x, n)] = static_cast<C>(*g);
  }
};

/// The position of the largest element; no gradient.
template <class C>
struct argmax_rule {
  static constexpr int saved = ops::row_argmax::saved_per_row;

  void forward(const C* x, dim_t n, std::int32_t* y, C*, dim_t) const {
    *y = static_cast<std::int32_t>(first_largest(x, n));
  }
};

/// -log softmax(x)[label]; dx = g (softmax(x) - one_hot(label)).
template <class C>
struct cross_entropy_rule {
  static constexpr int saved = ops::cross_entropy::saved_per_row;  // log_sum_exp(x)
  static constexpr bool wants_input = true;
  const std::int32_t* labels;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C* kept, dim_t row) const {
    const std::int32_t label = labels[row];
    if (label < 0 || label >= n)
      throw shape_error("clipt::cross_entropy: label " + std::to_string(label) + " of row " + std::to_string(row) +
                        " is outside [0, " + std::to_string(n) + ")");
    kept[0] = log_softmax_shift(x, n);
    *y = static_cast<T>(kept[0] - x[label]);
  }
  template <class T>
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C* kept, dim_t row, dim_t) const {
    const lanes<C> shift(kept[0]), scale(static_cast<C>(*g));
    map_row<C>(
        n, gx, [&](const lanes<C>& v) { return exp(v - shift) * scale; }, x);
    gx[labels[row]] -= static_cast<C>(*g);
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
