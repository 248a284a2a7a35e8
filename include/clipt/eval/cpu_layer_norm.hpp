// layer_norm on the CPU: the statistics of a row, sums over rows for gain and bias.
#pragma once
#include <cmath>  // sqrt

#include <clipt/eval/canonical.hpp>      // canonical_rows
#include <clipt/eval/cpu_row_rules.hpp>  // map_row, sum_row
#include <clipt/eval/cpu_rows.hpp>       // forward_rows, backward_rows
#include <clipt/eval/row_sums.hpp>       // row_sums
#include <clipt/ops/normalisation.hpp>   // ops::layer_norm

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// y = (x - mean) r weight + bias with r = 1 / sqrt(variance + epsilon), variance biased.
///
/// With h = (x - mean) r and d = g weight: dx = r (d - mean(d) - h mean(d h)); dweight = sum over rows of g h; dbias of
/// g.
template <class C, class P>
struct layer_norm_rule {
  static constexpr int saved = ops::layer_norm::saved_per_row;  // mean, r
  static constexpr bool wants_input = true;
  const P* weight;
  const P* bias;
  C epsilon;
  row_sums<C> weight_sums = {}, bias_sums = {};

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
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C* kept, dim_t row, dim_t part) const {
    using L = lanes<C>;
    using access = columns_of<L>;
    const L shift(kept[0]), scale(kept[1]);
    const auto to_weight = weight_sums.at(part, row), to_bias = bias_sums.at(part, row);
    const sums total = sum_lanes<C, sums>(0, n, [&](dim_t c, auto count) {
      const L h = (access::read(x + c, count) - shift) * scale, up = access::read(g + c, count);
      const L d = up * access::read(weight + c, count);
      to_weight.add(c, up * h, count);
      to_bias.add(c, up, count);
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
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::layer_norm, cpu> {
  template <class Context, class E, class Out, class W, class B, class C>
  static void forward(Context& ctx, const E& e, const Out& out, const W& weight, const B& bias, C epsilon, C* saved) {
    using P = typename W::value_type;
    const on_cpu::layer_norm_rule<C, P> rule{weight.data(), bias.data(), epsilon};
    const auto rows = on_cpu::canonical_rows(e, out.shape());
    on_cpu::forward_rows(rule, rows.expression, rows.space, out.data(), out.shape().columns(), saved, ctx.threads());
  }

  template <class Context, class E, class Out, class G, class W, class B, class C>
  static void backward(Context& ctx, const E& e, const Out& out, const G& g, const W& weight, const B& bias, C epsilon,
                       const C* saved) {
    using P = typename W::value_type;
    const dim_t n = out.shape().columns();
    const auto rows = on_cpu::canonical_rows(e, out.shape());
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    on_cpu::layer_norm_rule<C, P> rule{weight.data(), bias.data(), epsilon};
    const dim_t count = rows.space.rows();
    if constexpr (active<W>) rule.weight_sums = on_cpu::sums_of_rows<C>(ctx, count, n, pass.parts());
    if constexpr (active<B>) rule.bias_sums = on_cpu::sums_of_rows<C>(ctx, count, n, pass.parts());
    on_cpu::backward_rows(rule, rows.space, out.data(), g.data(), n, saved, ctx, pass);
    if constexpr (active<W>)
      on_cpu::write_sums(weight.gradient, weight.stores, n, [&](dim_t c) { return rule.weight_sums.total(c); });
    if constexpr (active<B>)
      on_cpu::write_sums(bias.gradient, bias.stores, n, [&](dim_t c) { return rule.bias_sums.total(c); });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
