// Decompositions of matrices over leading axes, differentiable: cholesky, qr, svd, eigh.
#pragma once
#include <tuple>    // get, tie
#include <utility>  // integer_sequence

#include <clipt/eval/cpu_decompositions.hpp>  // kernels
#include <clipt/nn/matrix_operands.hpp>       // are_square, check_square

namespace clipt::inline CLIPT_BUILD {

/// q: [..., m, k], r: [..., k, n], with k the smaller of m and n.
template <class Q, class R>
struct qr_result {
  Q q;
  R r;
};
template <class Q, class R>  // clang++ 14 deduces none for an aggregate
qr_result(Q, R)->qr_result<Q, R>;

/// u: [..., m, k], s: [..., k], vh: [..., k, n], with k the smaller of m and n.
template <class U, class S, class Vh>
struct svd_result {
  U u;
  S s;
  Vh vh;
};
template <class U, class S, class Vh>
svd_result(U, S, Vh) -> svd_result<U, S, Vh>;

/// values: [..., n], vectors: [..., n, n], a column for each value.
template <class Values, class Vectors>
struct eigh_result {
  Values values;
  Vectors vectors;
};
template <class Values, class Vectors>
eigh_result(Values, Vectors) -> eigh_result<Values, Vectors>;

/// The smaller of the last two extents of a shape can be told: from the types, or because it is given.
template <class Shape, dim_t Given>
struct smaller_extent {
  static constexpr dim_t value = Given == detail::from_the_shape ? detail::smaller_extent<Shape>() : Given;
  static constexpr bool is_known = value != detail::from_the_shape;
};

namespace detail {

/// The value of the smaller extent, compared with what the type says of it.
template <dim_t K, class Shape>
dim_t check_smaller(const char* op, const Shape& a) {
  const matrices p = matrices_of(a);
  const dim_t k = p.smaller();
  const bool is_m = K == from_right<Shape>(2), is_n = K == from_right<Shape>(1);
  if ((K >= 0 && k != K) || (is_m && k != p.m) || (is_n && k != p.n))
    throw shape_error(std::string("clipt::") + op + ": a " + to_string(a) +
                      ": the extent that is given as the smaller one is not; give the other, or a name of its own");
  return k;
}

/// One of an op's results: a node for each, since gradients are linear, and what nobody uses costs nothing. The kernel
/// gets the gradient of this one and null for the others.
template <class Op, int I, class Context, class X, class... Out>
auto finish_result(Context& ctx, const matrices& p, const X& x, const Out&... out) {
  const auto backward = [=](auto& c, const auto& g, const auto& to) {
    const auto with_nulls = [&]<int... K>(std::integer_sequence<int, K...>) {
      run_backward<Op>(c, p, out.data()..., (K == I ? g.data() : nullptr)..., written_to(to));
    };
    with_nulls(std::make_integer_sequence<int, sizeof...(Out)>());
  };
  return record_result(ctx, std::get<I>(std::tie(out...)), backward, x);
}

}  // namespace detail

/// The factor l of a = l lᵀ, lower triangular with a positive diagonal. a: [..., n, n] -> [..., n, n].
///
/// Factored is the symmetric part (a + aᵀ) / 2: each element counts, and so does a NaN in it. With p = Φ(lᵀ g), its
/// lower triangle with half the diagonal: da = the symmetric part of l⁻ᵀ p l⁻¹. Source: Murray, "Differentiation of the
/// Cholesky decomposition", 2016. Errors: `numeric_error` when a is not positive definite or holds a NaN or an
/// infinity.
/// PyTorch equivalent: `torch.linalg.cholesky(a)`.
template <class Context, tensor_like A>
auto cholesky(Context& ctx, A&& a) {
  const auto x = eval(ctx, std::forward<A>(a));
  if constexpr (!are_square<decltype(x)>()) {
    return x;  // refused: no second error follows
  } else {
    detail::check_square("cholesky", x.shape());
    const matrices p = detail::matrices_of(x.shape());
    const auto l = ctx.template output<value_in<decltype(x)>>(x.shape());
    run_forward<ops::cholesky>(ctx, p, x.data(), l.data());
    return record_result(
        ctx, l,
        [=](auto& c, const auto& g, const auto& to) {
          run_backward<ops::cholesky>(c, p, l.data(), g.data(), detail::written_to(to));
        },
        x);
  }
}

/// a = q r: orthonormal columns, and an upper triangle whose diagonal is not negative. a: [..., m, n] -> {q, r}.
///
/// With k the smaller of m and n: q [..., m, k], r [..., k, n] (reduced). Where the types do not tell which is smaller,
/// its extent is given: `qr<columns>(ctx, a)`. For m >= n and c = r drᵀ - dqᵀ q with its lower triangle mirrored: da =
/// (dq + q c) r⁻ᵀ; for m < n this holds of the first m columns, see the source. Sources: Walter and Lehmann,
/// "Algorithmic differentiation of linear algebra functions", 2010; Roberts and Roberts, "QR and LQ decomposition
/// matrix backpropagation algorithms", 2020. Errors: `numeric_error` when a holds a NaN or an infinity, and in the
/// backward when its first k columns are dependent.
/// PyTorch equivalent: `torch.linalg.qr(a)`, up to signs.
template <dim_t Smaller = detail::from_the_shape, class Context, tensor_like A>
auto qr(Context& ctx, A&& a) {
  const auto x = eval(ctx, std::forward<A>(a));
  using S = shape_in<decltype(x)>;
  using K = smaller_extent<S, Smaller>;
  static_assert(K::is_known,
                "clipt::qr: a [..., m, n]: the types do not tell which of m and n is smaller; give its extent, "
                "qr<columns>(ctx, a)");
  if constexpr (!are_matrices<decltype(x)>() || !K::is_known) {
    return qr_result{x, x};  // refused: no second error follows
  } else {
    using T = value_in<decltype(x)>;
    const matrices p = detail::matrices_of(x.shape());
    const dim_t k = detail::check_smaller<K::value>("qr", x.shape());
    using Q = detail::after_leading_t<S, detail::from_right<S>(2), K::value>;
    using R = detail::after_leading_t<S, K::value, detail::from_right<S>(1)>;
    const auto q = ctx.template output<T>(detail::after_leading<Q>(x.shape(), p.m, k));
    const auto r = ctx.template output<T>(detail::after_leading<R>(x.shape(), k, p.n));
    run_forward<ops::qr>(ctx, p, x.data(), q.data(), r.data());
    return qr_result{detail::finish_result<ops::qr, 0>(ctx, p, x, q, r),
                     detail::finish_result<ops::qr, 1>(ctx, p, x, q, r)};
  }
}

/// a = u diag(s) vh: orthonormal columns of u and rows of vh, s in descending order. a: [..., m, n] -> {u, s, vh}.
///
/// With k the smaller of m and n: u [..., m, k], s [..., k], vh [..., k, n] (thin). Where the types do not tell which
/// is smaller, its extent is given: `svd<columns>(ctx, a)`. In each column of u the first element of at least half the
/// largest one is positive. With v = vhᵀ, f_ij = 1 / (s_j² - s_i²), 0 for i = j: da = u (diag(ds) + (f ∘ (uᵀ du - duᵀ
/// u)) diag(s) + diag(s) (f ∘ (vᵀ dv - dvᵀ v))) vᵀ + (I - u uᵀ) du diag(1/s) vᵀ + u diag(1/s) dvᵀ (I - v vᵀ). Source:
/// Townsend, "Differentiating the singular value decomposition", 2016. Errors: `numeric_error` when a holds a NaN or an
/// infinity, and in the backward of u and vh when two singular values are equal, or one that is divided by is 0; that
/// of s always exists.
/// PyTorch equivalent: `torch.linalg.svd(a, full_matrices=False)`, up to signs.
template <dim_t Smaller = detail::from_the_shape, class Context, tensor_like A>
auto svd(Context& ctx, A&& a) {
  const auto x = eval(ctx, std::forward<A>(a));
  using S = shape_in<decltype(x)>;
  using K = smaller_extent<S, Smaller>;
  static_assert(K::is_known,
                "clipt::svd: a [..., m, n]: the types do not tell which of m and n is smaller; give its extent, "
                "svd<columns>(ctx, a)");
  if constexpr (!are_matrices<decltype(x)>() || !K::is_known) {
    return svd_result{x, x, x};  // refused: no second error follows
  } else {
    using T = value_in<decltype(x)>;
    const matrices p = detail::matrices_of(x.shape());
    const dim_t k = detail::check_smaller<K::value>("svd", x.shape());
    using U = detail::after_leading_t<S, detail::from_right<S>(2), K::value>;
    using Vh = detail::after_leading_t<S, K::value, detail::from_right<S>(1)>;
    const auto u = ctx.template output<T>(detail::after_leading<U>(x.shape(), p.m, k));
    const auto s = ctx.template output<T>(detail::after_leading<detail::after_leading_t<S, K::value>>(x.shape(), k));
    const auto vh = ctx.template output<T>(detail::after_leading<Vh>(x.shape(), k, p.n));
    run_forward<ops::svd>(ctx, p, x.data(), u.data(), s.data(), vh.data());
    return svd_result{detail::finish_result<ops::svd, 0>(ctx, p, x, u, s, vh),
                      detail::finish_result<ops::svd, 1>(ctx, p, x, u, s, vh),
                      detail::finish_result<ops::svd, 2>(ctx, p, x, u, s, vh)};
  }
}

/// Eigenvalues in ascending order, and orthonormal eigenvectors, of a symmetric a = v diag(w) vᵀ. a: [..., n, n] ->
/// {values w [..., n], vectors v [..., n, n]}, a column for each value.
///
/// Decomposed is the symmetric part (a + aᵀ) / 2: each element counts, and so does a NaN in it. In each vector the
/// first element of at least half the largest one is positive. With f_ij = 1 / (w_j - w_i), 0 for i = j: da = the
/// symmetric part of v (diag(dw) + f ∘ (vᵀ dv)) vᵀ. Source: Giles, "An extended collection of matrix derivative results
/// for forward and reverse mode algorithmic differentiation", 2008. Errors: `numeric_error` when a holds a
/// NaN or an infinity, and in the backward of vectors when two eigenvalues are equal; that of values always exists.
/// PyTorch equivalent: `torch.linalg.eigh(a)`, up to signs.
template <class Context, tensor_like A>
auto eigh(Context& ctx, A&& a) {
  const auto x = eval(ctx, std::forward<A>(a));
  if constexpr (!are_square<decltype(x)>()) {
    return eigh_result{x, x};  // refused: no second error follows
  } else {
    using T = value_in<decltype(x)>;
    detail::check_square("eigh", x.shape());
    const matrices p = detail::matrices_of(x.shape());
    const auto values = ctx.template output<T>(leading_axes<drop_last_t<shape_in<decltype(x)>>>(x.shape()));
    const auto vectors = ctx.template output<T>(x.shape());
    run_forward<ops::eigh>(ctx, p, x.data(), values.data(), vectors.data());
    return eigh_result{detail::finish_result<ops::eigh, 0>(ctx, p, x, values, vectors),
                       detail::finish_result<ops::eigh, 1>(ctx, p, x, values, vectors)};
  }
}

}  // namespace clipt::inline CLIPT_BUILD
