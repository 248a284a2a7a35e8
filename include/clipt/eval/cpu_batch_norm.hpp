// Normalisation of channels over all rows on the CPU: statistics in one pass, and the sums of the backward in another.
#pragma once
#include <algorithm>  // clamp, fill, min, transform
#include <cmath>      // sqrt

#include <clipt/eval/cpu_map.hpp>        // for_pieces, rows_per_piece
#include <clipt/eval/cpu_row_rules.hpp>  // map_row
#include <clipt/eval/row_sums.hpp>       // row_sums
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/normalisation.hpp>   // ops::batch_norm, batch_norm_state, running_statistics

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// In how many parts sums over rows are taken: fixed by the shape alone, never by the threads.
inline dim_t channel_parts(dim_t rows, dim_t channels) {
  return std::clamp<dim_t>(rows * channels / (4 * grain), 1, 32);
}

/// What every row of a normalised array is computed with, per channel: y = (x - mean) gain + bias.
template <class C>
struct channel_map {
  const C* mean;
  const C* gain;
  const C* bias;
};

namespace detail {

/// Rows whose mean and squares are taken together: they stay in a core's cache between the two.
inline dim_t rows_per_chunk(dim_t channels) { return std::clamp<dim_t>(8192 / std::max<dim_t>(1, channels), 16, 32); }

template <int Count, class L>
[[gnu::always_inline]] inline L pairwise(const L* value) {
  if constexpr (Count == 1)
    return *value;
  else
    return pairwise<Count / 2>(value) + pairwise<Count / 2>(value + Count / 2);
}

/// to += the sums over Rows rows of f(element, column), pairwise.
template <int Rows, class C, class T, class F>
[[gnu::always_inline]] inline void add_rows(const T* x, dim_t n, C* to, F f) {
  using access = columns_of<lanes<C>>;
  for_columns<C>(0, n, [&](dim_t c, auto count) {
    lanes<C> value[Rows];
    for (int k = 0; k < Rows; ++k) value[k] = f(access::read(x + k * n + c, count), c, count);
    access::write(to + c, access::read(to + c, count) + pairwise<Rows>(value), count);
  });
}

/// to += the sums over all rows of f(element, column), of Rows rows at a time, then of half as many.
template <int Rows, class C, class T, class F>
void add_all_rows(const T* x, dim_t rows, dim_t n, C* to, F f) {
  for (; rows >= Rows; rows -= Rows, x += Rows * n) add_rows<Rows>(x, n, to, f);
  if constexpr (Rows > 1) add_all_rows<Rows / 2>(x, rows, n, to, f);
}

/// The sums over up to 32 rows of f(element, column), of which none passes more than log2(rows) + 1 additions.
template <class C, class T, class F>
void sum_rows(const T* x, dim_t rows, dim_t n, C* to, F f) {
  std::fill_n(to, n, C(0));
  add_all_rows<16>(x, rows, n, to, f);
}

/// Adds the rows [begin, end) to a running mean and sum of squared deviations, `before` rows of which are in already.
///
/// The deviations are those from the chunk's own mean, so that a large mean costs no digits. Source: Chan, Golub and
/// LeVeque, 1983, equation 2.1.
template <class C, class T>
void add_chunk(const T* x, dim_t begin, dim_t end, dim_t before, dim_t n, double* mean, double* squares) {
  using L = lanes<C>;
  using D = lanes<double>;
  struct chunk_statistics;
  C* const own = thread_buffer<chunk_statistics, C>(2 * n);
  C* const own_squares = own + n;
  const dim_t rows = end - begin;
  sum_rows(x + begin * n, rows, n, own, [](const L& a, dim_t, auto) { return a; });
  const L share(C(1) / static_cast<C>(rows));
  map_row<C>(
      n, own, [&](const L& a) { return a * share; }, own);
  sum_rows(x + begin * n, rows, n, own_squares, [&](const L& a, dim_t c, auto count) {
    const L deviation = a - columns_of<L>::read(own + c, count);
    return deviation * deviation;
  });
  const double weight = static_cast<double>(rows) / static_cast<double>(before + rows);
  const D share_of_mean(weight), between(static_cast<double>(before) * weight);
  map_row<double>(
      n, squares,
      [&](const D& s, const D& more, const D& a, const D& b) { return s + more + (b - a) * (b - a) * between; },
      squares, own_squares, mean, own);
  map_row<double>(
      n, mean, [&](const D& a, const D& b) { return a + (b - a) * share_of_mean; }, mean, own);
}

}  // namespace detail

/// The mean and the biased variance of each channel. `scratch`: 2 * channels * channel_parts(rows, channels) numbers.
template <class T, class C>
void mean_and_variance(const T* x, dim_t rows, dim_t n, C* mean, C* variance, double* scratch, int threads) {
  const dim_t parts = channel_parts(rows, n), chunk = detail::rows_per_chunk(n);
  std::fill_n(scratch, 2 * n * parts, 0.0);
  parallel_for(threads, parts, [&](dim_t part) {
    const dim_t first = rows * part / parts, last = rows * (part + 1) / parts;
    for (dim_t row = first; row < last; row += chunk)
      detail::add_chunk<C>(x, row, std::min(last, row + chunk), row - first, n, scratch + 2 * part * n,
                           scratch + (2 * part + 1) * n);
  });
  for (dim_t c = 0; c < n; ++c) {
    double total = 0, squares = 0;
    for (dim_t part = 0; part < parts; ++part)
      total += static_cast<double>(rows * (part + 1) / parts - rows * part / parts) * scratch[2 * part * n + c];
    const double middle = total / static_cast<double>(std::max<dim_t>(1, rows));
    for (dim_t part = 0; part < parts; ++part) {
      const double shift = scratch[2 * part * n + c] - middle;
      squares += scratch[(2 * part + 1) * n + c] +
                 static_cast<double>(rows * (part + 1) / parts - rows * part / parts) * shift * shift;
    }
    mean[c] = static_cast<C>(middle);
    variance[c] = static_cast<C>(squares / static_cast<double>(std::max<dim_t>(1, rows)));
  }
}

/// y = (x - mean) gain + bias, or max(0, it).
template <bool Relu, class T, class C>
void map_channels(const T* x, dim_t rows, dim_t n, const channel_map<C>& map, T* y, int threads) {
  using L = lanes<C>;
  for_pieces(threads, rows, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t row = begin; row < end; ++row)
      map_row<C>(
          n, y + row * n,
          [](const L& v, const L& mean, const L& gain, const L& bias) {
            const L value = (v - mean) * gain + bias;
            if constexpr (Relu) return where(value <= C(0), L(0), value);
            return value;
          },
          x + row * n, map.mean, map.gain, map.bias);
  });
}

namespace detail {

/// The gradient that passes a relu behind (x - mean) gain + bias.
template <bool Relu, class C>
[[gnu::always_inline]] inline lanes<C> passed(const lanes<C>& g, const lanes<C>& centred, const lanes<C>& gain,
                                              const lanes<C>& bias) {
  if constexpr (Relu) return where(centred * gain + bias <= C(0), lanes<C>(0), g);
  return g;
}

}  // namespace detail

/// sum_g = the sum over rows of g, sum_gx = that of g (x - mean). `scratch`: 2 row_sums<C>::scratch(rows, channels,
/// channel_parts(rows, channels)) numbers.
template <bool Relu, class T, class C>
void channel_sums(const T* x, const T* g, dim_t rows, dim_t n, const channel_map<C>& map, C* sum_g, C* sum_gx,
                  C* scratch, int threads) {
  using L = lanes<C>;
  using access = columns_of<L>;
  const dim_t parts = channel_parts(rows, n);
  const row_sums<C> of_g(scratch, rows, n, parts),
      of_gx(scratch + row_sums<C>::scratch(rows, n, parts), rows, n, parts);
  parallel_for(threads, parts, [&](dim_t part) {
    for (dim_t row = of_g.first(part); row < of_g.first(part + 1); ++row) {
      const auto to_g = of_g.at(part, row), to_gx = of_gx.at(part, row);
      for_columns<C>(0, n, [&](dim_t c, auto count) {
        const L centred = access::read(x + row * n + c, count) - access::read(map.mean + c, count);
        const L up = detail::passed<Relu>(access::read(g + row * n + c, count), centred,
                                          access::read(map.gain + c, count), access::read(map.bias + c, count));
        to_g.add(c, up, count);
        to_gx.add(c, up * centred, count);
      });
    }
  });
  for (dim_t c = 0; c < n; ++c) {
    sum_g[c] = static_cast<C>(of_g.total(c));
    sum_gx[c] = static_cast<C>(of_gx.total(c));
  }
}

/// dx = gain g - shift - (x - mean) slope, or dx += it.
template <bool Relu, class T, class C>
void map_channels_backward(const T* x, const T* g, dim_t rows, dim_t n, const channel_map<C>& map, const C* shift,
                           const C* slope, T* dx, bool stores, int threads) {
  using L = lanes<C>;
  using access = columns_of<L>;
  for_pieces(threads, rows, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t row = begin; row < end; ++row)
      for_columns<C>(0, n, [&](dim_t c, auto count) {
        const L gain = access::read(map.gain + c, count),
                centred = access::read(x + row * n + c, count) - access::read(map.mean + c, count);
        const L up = detail::passed<Relu>(access::read(g + row * n + c, count), centred, gain,
                                          access::read(map.bias + c, count));
        const L value = gain * up - access::read(shift + c, count) - centred * access::read(slope + c, count);
        T* const to = dx + row * n + c;
        access::write(to, stores ? value : access::read(to, count) + value, count);
      });
  });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

namespace clipt::inline CLIPT_BUILD {

template <bool Relu>
struct kernel<ops::batch_norm<Relu>, cpu> {
  template <class Context, class X, class W, class B, class R, class C, class Out>
  static void forward(Context& ctx, const X& x, const W& weight, const B& bias, const running_statistics<R>& running,
                      const batch_norm_state<C>& s, const Out& out) {
    const dim_t rows = x.shape().rows(), n = x.shape().columns();
    if (s.by_batch) {
      const auto mark = ctx.memory().values.mark();
      on_cpu::mean_and_variance(x.data(), rows, n, s.mean, s.deviation, statistics(ctx, rows, n), ctx.threads());
      ctx.memory().values.release(mark);
      if (running.moves && rows > 0) move(running, rows, n, s);
    } else {
      const auto widened = [](R value) { return static_cast<C>(value); };
      std::transform(running.mean, running.mean + n, s.mean, widened);
      std::transform(running.variance, running.variance + n, s.deviation, widened);
    }
    for (dim_t c = 0; c < n; ++c) {
      s.deviation[c] = static_cast<C>(1 / std::sqrt(static_cast<double>(s.deviation[c]) + running.epsilon));
      s.gain[c] = s.deviation[c] * static_cast<C>(weight[c]);
      s.bias[c] = static_cast<C>(bias[c]);
    }
    on_cpu::map_channels<Relu>(x.data(), rows, n, on_cpu::channel_map<C>{s.mean, s.gain, s.bias}, out.data(),
                               ctx.threads());
  }

  /// dbias = sum_g and dweight = sum_gh are the sums of g and of g h over the rows, h = (x - mean) deviation.
  template <class Context, class X, class W, class B, class G, class C>
  static void backward(Context& ctx, const X& x, const W& weight, const B& bias, const G& g,
                       const batch_norm_state<C>& s) {
    const dim_t rows = x.shape().rows(), n = x.shape().columns();
    const on_cpu::channel_map<C> map{s.mean, s.gain, s.bias};
    C* const sum_g = ctx.template scratch<C>(2 * n);
    C* const sum_gh = sum_g + n;
    C* const sums = ctx.template scratch<C>(2 * on_cpu::row_sums<C>::scratch(rows, n, on_cpu::channel_parts(rows, n)));
    on_cpu::channel_sums<Relu>(x.data(), g.data(), rows, n, map, sum_g, sum_gh, sums, ctx.threads());
    for (dim_t c = 0; c < n; ++c) sum_gh[c] *= s.deviation[c];
    if constexpr (active<W>)
      on_cpu::write_sums(weight.gradient, weight.stores, n, [&](dim_t c) { return static_cast<double>(sum_gh[c]); });
    if constexpr (active<B>)
      on_cpu::write_sums(bias.gradient, bias.stores, n, [&](dim_t c) { return static_cast<double>(sum_g[c]); });
    if constexpr (active<X>) {
      C* const shift = ctx.template scratch<C>(2 * n);
      C* const slope = shift + n;
      const C share = s.by_batch && rows > 0 ? C(1) / static_cast<C>(rows) : C(0);
      for (dim_t c = 0; c < n; ++c) {
        shift[c] = s.gain[c] * sum_g[c] * share;
        slope[c] = s.gain[c] * s.deviation[c] * sum_gh[c] * share;
      }
      on_cpu::map_channels_backward<Relu>(x.data(), g.data(), rows, n, map, shift, slope, x.gradient, x.stores,
                                          ctx.threads());
    }
  }

 private:
  template <class Context>
  static double* statistics(Context& ctx, dim_t rows, dim_t n) {
    return ctx.template scratch<double>(2 * n * on_cpu::channel_parts(rows, n));
  }

  /// running += momentum (value - running); the variance with its estimate from `rows` samples.
  template <class R, class C>
  static void move(const running_statistics<R>& running, dim_t rows, dim_t n, const batch_norm_state<C>& s) {
    const double unbiased = static_cast<double>(rows) / static_cast<double>(std::max<dim_t>(1, rows - 1));
    const double momentum = running.momentum;
    for (dim_t c = 0; c < n; ++c) {
      const auto moved = [&](R from, double to) {
        return static_cast<R>((1 - momentum) * static_cast<double>(from) + momentum * to);
      };
      running.mean[c] = moved(running.mean[c], static_cast<double>(s.mean[c]));
      running.variance[c] = moved(running.variance[c], unbiased * static_cast<double>(s.deviation[c]));
    }
  }
};

template <>
struct kernel<ops::channel_scaling, cpu> {
  template <class Context, class P, class R, class T>
  static void forward(Context&, dim_t n, const P* weight, const P* bias, const R* mean, const R* variance,
                      double epsilon, T* scale, T* shift) {
    for (dim_t c = 0; c < n; ++c) {
      const double factor = static_cast<double>(weight[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
      scale[c] = static_cast<T>(factor);
      shift[c] = static_cast<T>(static_cast<double>(bias[c]) - static_cast<double>(mean[c]) * factor);
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD
