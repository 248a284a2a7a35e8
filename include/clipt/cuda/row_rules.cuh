// What softmax, normalisation, reductions and cross-entropy do to one row on the GPU; see rows.cuh for the contract.
#pragma once
#include <cstdint>  // int32_t
#include <limits>   // infinity

#include <clipt/core/scalar_math.hpp>  // exp, log, sqrt
#include <clipt/cuda/group.cuh>        // for_own_columns, group_sum
#include <clipt/cuda/rows.cuh>         // forward_rows, backward_rows
#include <clipt/ops/rows.hpp>          // ops::softmax, ...

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// Nothing that a whole row must tell.
struct nothing {};

/// What a backward reads: the result, its gradient, and the numbers that the forward saved.
template <class C, class T>
struct row_results {
  const T* y;
  const T* g;
  const C* saved;
};

template <class Group, int Slots, class C, class X, class F>
__device__ C sum_of(dim_t n, const X& x, F f) {
  C total = 0;
  for_own_columns<Group, Slots>(n, [&](int k, dim_t column) { total += f(x(k, column)); });
  return group_sum<Group>(total);
}

/// The sum of products of two rows in memory.
template <class Group, class C, class T>
__device__ C dot(const T* a, const T* b, dim_t n) {
  C total = 0;
  for_own_columns<Group, 0>(n, [&](int, dim_t c) { total += static_cast<C>(a[c]) * static_cast<C>(b[c]); });
  return group_sum<Group>(total);
}

template <class Group, int Slots, class C, class X>
__device__ C largest_of(dim_t n, const X& x) {
  C value = -std::numeric_limits<C>::infinity();
  for_own_columns<Group, Slots>(n, [&](int k, dim_t column) { value = larger{}(value, x(k, column)); });
  return Group::combine(value, larger{});
}

/// log(sum exp x), the largest element taken out first. All of a row minus infinity gives minus infinity.
template <class Group, int Slots, class C, class X>
__device__ C log_sum_exp_of(dim_t n, const X& x) {
  const C largest = largest_of<Group, Slots, C>(n, x);
  if (largest - largest != 0) return largest;
  return largest + log(sum_of<Group, Slots, C>(n, x, [=](C v) { return exp(v - largest); }));
}

/// What x is lowered by so that its exponentials sum to 1; NaN where no number does that, as in PyTorch.
template <class Group, int Slots, class C, class X>
__device__ C log_softmax_shift_of(dim_t n, const X& x) {
  const C shift = log_sum_exp_of<Group, Slots, C>(n, x);
  return shift - shift == 0 ? shift : std::numeric_limits<C>::quiet_NaN();
}

/// The first column that holds the largest value, or NaN.
template <class Group, int Slots, class C, class X>
__device__ dim_t first_largest_of(dim_t n, const X& x) {
  const C largest = largest_of<Group, Slots, C>(n, x);
  dim_t first = n;
  for_own_columns<Group, Slots>(n, [&](int k, dim_t column) {
    const C value = x(k, column);
    if (column < first && (value == largest || value != value)) first = column;
  });
  return Group::combine(first, smaller{});
}

/// The columns of a row that a rule reads by column alone, as `x(k, column)`.
template <class X>
struct by_column {
  const X& x;
  __device__ auto operator()(int, dim_t column) const { return x(column); }
};
template <class X>
by_column(const X&) -> by_column<X>;

template <class Op, class C, class T>
struct row_rule;

/// y = exp(x - max) / sum; dx = y (g - <y, g>).
template <class C, class T>
struct row_rule<ops::softmax, C, T> {
  static constexpr int saved = ops::softmax::saved_per_row;
  row_results<C, T> result;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C*, dim_t) const {
    const C largest = largest_of<Group, Slots, C>(n, x);
    const C scale = C(1) / sum_of<Group, Slots, C>(n, x, [=](C v) { return exp(v - largest); });
    for_own_columns<Group, Slots>(n, [&](int k, dim_t c) { y[c] = static_cast<T>(exp(x(k, c) - largest) * scale); });
  }
  template <class Group, class X>
  __device__ C prepare(const X&, dim_t n, dim_t row) const {
    return dot<Group, C>(result.y + row * n, result.g + row * n, n);
  }
  __device__ C pull(C product, dim_t c, C, dim_t n, dim_t row, dim_t) const {
    return static_cast<C>(result.y[row * n + c]) * (static_cast<C>(result.g[row * n + c]) - product);
  }
};

/// y = x - log_sum_exp(x); dx = g - exp(y) sum(g).
template <class C, class T>
struct row_rule<ops::log_softmax, C, T> {
  static constexpr int saved = ops::log_softmax::saved_per_row;
  row_results<C, T> result;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C*, dim_t) const {
    const C shift = log_softmax_shift_of<Group, Slots, C>(n, x);
    for_own_columns<Group, Slots>(n, [&](int k, dim_t c) { y[c] = static_cast<T>(x(k, c) - shift); });
  }
  template <class Group, class X>
  __device__ C prepare(const X&, dim_t n, dim_t row) const {
    const T* g = result.g + row * n;
    return sum_of<Group, 0, C>(
        n, [=](int, dim_t c) { return static_cast<C>(g[c]); }, [](C v) { return v; });
  }
  __device__ C pull(C total, dim_t c, C, dim_t n, dim_t row, dim_t) const {
    return static_cast<C>(result.g[row * n + c]) - exp(static_cast<C>(result.y[row * n + c])) * total;
  }
};

/// log(sum exp x); dx = g softmax(x).
template <class C, class T>
struct row_rule<ops::log_sum_exp, C, T> {
  static constexpr int saved = ops::log_sum_exp::saved_per_row;
  row_results<C, T> result;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C*, dim_t) const {
    const C value = log_sum_exp_of<Group, Slots, C>(n, x);
    if (Group::lane() == 0) *y = static_cast<T>(value);
  }
  template <class Group, class X>
  __device__ nothing prepare(const X&, dim_t, dim_t) const {
    return {};
  }
  __device__ C pull(nothing, dim_t, C x, dim_t, dim_t row, dim_t) const {
    return exp(x - static_cast<C>(result.y[row])) * static_cast<C>(result.g[row]);
  }
};

/// y = x / max(|x|, epsilon); dx = (g - y <y, g>) / |x|.
template <class C, class T>
struct row_rule<ops::l2_normalize, C, T> {
  static constexpr int saved = ops::l2_normalize::saved_per_row;  // 1 / max(|x|, epsilon)
  row_results<C, T> result;
  C epsilon;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C* kept, dim_t) const {
    const C norm = sqrt(sum_of<Group, Slots, C>(n, x, [](C v) { return v * v; }));
    const C scale = C(1) / (norm < epsilon ? epsilon : norm);
    if (Group::lane() == 0) *kept = scale;
    for_own_columns<Group, Slots>(n, [&](int k, dim_t c) { y[c] = static_cast<T>(x(k, c) * scale); });
  }
  template <class Group, class X>
  __device__ C prepare(const X&, dim_t n, dim_t row) const {
    const C product = dot<Group, C>(result.y + row * n, result.g + row * n, n);
    return result.saved[row] < C(1) / epsilon ? product : C(0);
  }
  __device__ C pull(C product, dim_t c, C, dim_t n, dim_t row, dim_t) const {
    return (static_cast<C>(result.g[row * n + c]) - static_cast<C>(result.y[row * n + c]) * product) *
           result.saved[row];
  }
};

/// y = x / sqrt(mean(x²) + epsilon), without a gain; dx = r (g - y mean(y g)).
template <class C, class T>
struct row_rule<ops::rms_normalize, C, T> {
  static constexpr int saved = ops::rms_normalize::saved_per_row;
  row_results<C, T> result;
  C epsilon;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C* kept, dim_t) const {
    const C scale = C(1) / sqrt(sum_of<Group, Slots, C>(n, x, [](C v) { return v * v; }) / C(n) + epsilon);
    if (Group::lane() == 0) *kept = scale;
    for_own_columns<Group, Slots>(n, [&](int k, dim_t c) { y[c] = static_cast<T>(x(k, c) * scale); });
  }
  template <class Group, class X>
  __device__ C prepare(const X&, dim_t n, dim_t row) const {
    return dot<Group, C>(result.y + row * n, result.g + row * n, n) / C(n);
  }
  __device__ C pull(C mean, dim_t c, C, dim_t n, dim_t row, dim_t) const {
    return (static_cast<C>(result.g[row * n + c]) - static_cast<C>(result.y[row * n + c]) * mean) * result.saved[row];
  }
};

/// The sum of a row times `scale` (1, or 1 / n for the mean).
template <class C, class T>
struct row_rule<ops::row_sum, C, T> {
  static constexpr int saved = ops::row_sum::saved_per_row;
  row_results<C, T> result;
  C scale;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C*, dim_t) const {
    const C total = sum_of<Group, Slots, C>(n, x, [](C v) { return v; });
    if (Group::lane() == 0) *y = static_cast<T>(scale * total);
  }
  template <class Group, class X>
  __device__ nothing prepare(const X&, dim_t, dim_t) const {
    return {};
  }
  __device__ C pull(nothing, dim_t, C, dim_t, dim_t row, dim_t) const { return scale * static_cast<C>(result.g[row]); }
};

/// The largest element; the gradient goes to the first of equals.
template <class C, class T>
struct row_rule<ops::row_max, C, T> {
  static constexpr int saved = ops::row_max::saved_per_row;
  row_results<C, T> result;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C*, dim_t) const {
    const C value = largest_of<Group, Slots, C>(n, x);
    if (Group::lane() == 0) *y = static_cast<T>(value);
  }
  template <class Group, class X>
  __device__ dim_t prepare(const X& x, dim_t n, dim_t) const {
    return first_largest_of<Group, 0, C>(n, by_column{x});
  }
  __device__ C pull(dim_t first, dim_t c, C, dim_t, dim_t row, dim_t) const {
    return c == first ? static_cast<C>(result.g[row]) : C(0);
  }
};

/// The position of the largest element; no gradient.
template <class C>
struct row_rule<ops::row_argmax, C, std::int32_t> {
  static constexpr int saved = ops::row_argmax::saved_per_row;
  row_results<C, std::int32_t> result;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, std::int32_t* y, C*, dim_t) const {
    const dim_t first = first_largest_of<Group, Slots, C>(n, x);
    if (Group::lane() == 0) *y = static_cast<std::int32_t>(first);
  }
};

/// -log softmax(x)[label], NaN where a label lies outside the row; dx = g (softmax(x) - one_hot(label)).
template <class C, class T>
struct row_rule<ops::cross_entropy, C, T> {
  static constexpr int saved = ops::cross_entropy::saved_per_row;  // log_sum_exp(x)
  row_results<C, T> result;
  const std::int32_t* labels;

  template <class Group, int Slots, class X>
  __device__ void forward(const X& x, dim_t n, T* y, C* kept, dim_t row) const {
    const C total = log_softmax_shift_of<Group, Slots, C>(n, x);
    const std::int32_t label = labels[row];
    if (Group::lane() == 0) {
      *kept = total;
      if (label < 0 || label >= n) *y = std::numeric_limits<T>::quiet_NaN();
    }
    for_own_columns<Group, Slots>(n, [&](int k, dim_t c) {
      if (c == label) *y = static_cast<T>(total - x(k, c));
    });
  }
  template <class Group, class X>
  __device__ std::int32_t prepare(const X&, dim_t, dim_t row) const {
    return labels[row];
  }
  __device__ C pull(std::int32_t label, dim_t c, C x, dim_t, dim_t row, dim_t) const {
    return (exp(x - result.saved[row]) - (c == label ? C(1) : C(0))) * static_cast<C>(result.g[row]);
  }
};

template <class Op>
concept has_row_rule = requires {
  row_rule<Op, float, float>::saved;
}
|| requires { row_rule<Op, float, std::int32_t>::saved; };

}  // namespace clipt::inline CLIPT_BUILD::on_cuda

namespace clipt::inline CLIPT_BUILD {

/// Every op with a rule runs on a GPU by the same two kernels. `params` are the rule's own members.
template <class Op>
requires on_cuda::has_row_rule<Op>
struct kernel<Op, gpu> {
  template <class Context, class E, class O, class Out, class C, class... Params>
  static void forward(Context& ctx, const E& e, const O& o, const Out& out, C* saved, Params... params) {
    const on_cuda::row_rule<Op, C, typename Out::value_type> rule{{}, params...};
    on_cuda::forward_rows(ctx.state().stream, rule, e, o, out.data(), out.size() / std::max<dim_t>(1, o.rows()), saved);
  }
  template <class Context, class E, class O, class Out, class G, class C, class... Params>
  static void backward(Context& ctx, const E& e, const O& o, const Out& out, const G& g, const C* saved,
                       Params... params) {
    using T = typename Out::value_type;
    const on_cuda::row_rule<Op, C, T> rule{{out.data(), g.data(), saved}, params...};
    on_cuda::backward_rows<C>(ctx, rule, o, on_cuda::rows_adjoint(e, o, ctx));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
