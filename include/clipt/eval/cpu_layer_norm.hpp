// layer_norm on the CPU: the statistics of a row, gradients of gain and bias in parts that are then added.
#pragma once
#include <cmath>    // sqrt
#include <cstring>  // memset

#include <clipt/eval/canonical.hpp>      // canonical_rows
#include <clipt/eval/cpu_row_rules.hpp>  // map_row, sum_row
#include <clipt/eval/cpu_rows.hpp>       // forward_rows, backward_rows
#include <clipt/ops/normalisation.hpp>   // ops::layer_norm

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// y = (x - mean) r weight + bias with r = 1 / sqrt(variance + epsilon), variance biased.
///
/// With h = (x - mean) r and d = g weight: dx = r (d - mean(d) - h mean(d h)); dweight = sum over rows of g h; dbias of
/// g. The sums over rows go to `weight_parts` and `bias_parts`, [parts, n].
template <class C, class P>
struct layer_norm_rule {
  static constexpr int saved = ops::layer_norm::saved_per_row;  // mean, r
  static constexpr bool wants_input = true;
  const P* weight;
  const P* bias;
  C epsilon;
  C* weight_parts = nullptr;
  C* bias_parts = nullptr;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C* kept, dim_t) const {
    const C mean = row_sum(x, n) / C(n);
    const lanes<C> shift(mean);
    const C variance = sum_row<C>(
                           n, [&](const lanes<C>& v) { return (v - shift) * (v - shift); }, x) /
                       C(n);
    kept[0] = mean;
    kept[1] = C(1) / std::sqrt(variance + epsilon);
    const lanes<C> scale(kept[1]);
    map_row<C>(
        n, y, [&](const lanes<C>& v, const lanes<C>& w, const lanes<C>& b) { return (v - shift) * scale * w + b; }, x,
        weight, bias);
  }
  template <class T>
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C* kept, dim_t, dim_t part) const {
    using L = lanes<C>;
    using access = columns_of<L>;
    const L shift(kept[0]), scale(kept[1]);
    const sums total = sum_lanes<C, sums>(0, n, [&](dim_t c, auto count) {
      const L h = (access::read(x + c, count) - shift) * scale, up = access::read(g + c, count);
      const L d = up * access::read(weight + c, count);
      add_part(weight_parts, part * n + c, up * h, count);
      add_part(bias_parts, part * n + c, up, count);
      return sums(d, d * h);  // beyond the row's end d is 0, and so is d h
    });
    const L mean_d(sum(total.d) / C(n)), mean_dh(sum(total.dh) / C(n));
    map_row<C>(
        n, gx,
        [&](const L& v, const L& up, const L& w) { return scale * (up * w - mean_d - (v - shift) * scale * mean_dh); },
        x, g, weight);
  }

 private:
  /// The two sums along a row that the gradient of x needs.
  struct sums {
    lanes<C> d, dh;
    sums() = default;
    explicit sums(C value) : d(value), dh(value) {}
    sums(const lanes<C>& d, const lanes<C>& dh) : d(d), dh(dh) {}
    friend sums operator+(const sums& a, const sums& b) { return {a.d + b.d, a.dh + b.dh}; }
  };

  template <class Count>
  static void add_part(C* parts, dim_t at, const lanes<C>& value, Count count) {
    using access = columns_of<lanes<C>>;
    if (parts != nullptr) access::write(parts + at, access::read(parts + at, count) + value, count);
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::layer_norm, cpu> {
  template <class Context, class E, class Out, class W, class B, class C>
  static void forward(Context& ctx, const E& e, const Out& out, const W& weight, const B& bias, C epsilon, C* saved) {
    using P = typename W::value_type;
    const on_cpu::layer_norm_rule<C, P> rule{weight.data, bias.data, epsilon};
    const auto rows = on_cpu::canonical_rows(e, out.shape);
    on_cpu::forward_rows(rule, rows.expression, rows.space, out.data, out.shape.columns(), saved, ctx.threads());
  }

  template <class Context, class E, class Out, class G, class W, class B, class C>
  static void backward(Context& ctx, const E& e, const Out& out, const G& g, const W& weight, const B& bias, C epsilon,
                       const C* saved) {
    using P = typename W::value_type;
    const dim_t n = out.shape.columns();
    const auto rows = on_cpu::canonical_rows(e, out.shape);
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    on_cpu::layer_norm_rule<C, P> rule{weight.data, bias.data, epsilon};
    rule.weight_parts = zeroed_parts<W, C>(ctx, pass.parts() * n);
    rule.bias_parts = zeroed_parts<B, C>(ctx, pass.parts() * n);
    on_cpu::backward_rows(rule, rows.space, out.data, g.data, n, saved, ctx, pass);
    add_parts(weight, rule.weight_parts, pass.parts(), n);
    add_parts(bias, rule.bias_parts, pass.parts(), n);
  }

 private:
  template <class Leaf, class C, class Context>
  static C* zeroed_parts(Context& ctx, dim_t count) {
    if constexpr (active<Leaf>) {
      C* parts = ctx.template scratch<C>(count);
      std::memset(parts, 0, static_cast<std::size_t>(count) * sizeof(C));
      return parts;
    } else {
      return nullptr;
    }
  }

  template <class Leaf, class C>
  static void add_parts(const Leaf& leaf, const C* parts, dim_t count, dim_t n) {
    if constexpr (active<Leaf>) {
      for (dim_t i = 0; i < n; ++i) {
        C total = parts[i];
        for (dim_t part = 1; part < count; ++part) total += parts[part * n + i];
        leaf.gradient[i] = leaf.stores ? total : leaf.gradient[i] + total;
      }
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD
