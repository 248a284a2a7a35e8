// Steps of optimisers and averages on the CPU.
#pragma once
#include <clipt/core/device.hpp>         // cpu
#include <clipt/eval/cpu_map.hpp>        // for_pieces, grain
#include <clipt/eval/cpu_row_rules.hpp>  // map_row
#include <clipt/ops/optimisers.hpp>      // ops::adamw, adamw_step, ...

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::adamw, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const adamw_step<T>& s, T* p, const T* g, T* m, T* v, dim_t count) {
    using L = lanes<T>;
    using access = columns_of<L>;
    if (s.gradient.leaves_out()) return;
    on_cpu::for_pieces(ctx.threads(), count, on_cpu::grain, [=](dim_t begin, dim_t end) {
      const L beta1(s.beta1), beta2(s.beta2), rest1(s.rest1), rest2(s.rest2), scale(s.gradient.value());
      const L rate(s.rate), root(s.root), epsilon(s.epsilon), kept(s.kept);
      on_cpu::for_columns<T>(begin, end, [=](dim_t i, auto columns) {
        const L gradient = access::read(g + i, columns) * scale;
        const L first = beta1 * access::read(m + i, columns) + rest1 * gradient;
        const L second = beta2 * access::read(v + i, columns) + rest2 * gradient * gradient;
        access::write(m + i, first, columns);
        access::write(v + i, second, columns);
        access::write(p + i, access::read(p + i, columns) * kept - rate * first / (sqrt(second) * root + epsilon),
                      columns);
      });
    });
  }
};

template <>
struct kernel<ops::sgd, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const sgd_step<T>& s, T* p, const T* g, T* v, dim_t count) {
    if (s.gradient.leaves_out()) return;
    const lanes<T> momentum(s.momentum), scale(s.gradient.value()), by(s.rate), decay(s.decay);
    on_cpu::for_pieces(ctx.threads(), count, on_cpu::grain, [&](dim_t begin, dim_t end) {
      const dim_t n = end - begin;
      on_cpu::map_row<T>(
          n, v + begin,
          [&](const lanes<T>& old, const lanes<T>& d, const lanes<T>& x) {
            return momentum * old + d * scale + decay * x;
          },
          v + begin, g + begin, p + begin);
      on_cpu::map_row<T>(
          n, p + begin, [&](const lanes<T>& x, const lanes<T>& u) { return x - by * u; }, p + begin, v + begin);
    });
  }
};

template <>
struct kernel<ops::approach, cpu> {
  template <class Context, class T>
  static void forward(Context&, T share, const T* from, T* to, dim_t count) {
    for (dim_t i = 0; i < count; ++i) to[i] += share * (from[i] - to[i]);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
