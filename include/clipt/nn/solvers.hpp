// Systems of linear equations over leading axes, differentiable: triangular_solve, solve, inverse, log_det, least_squares.
#pragma once
#include <clipt/eval/cpu_solvers.hpp>    // kernels
#include <clipt/nn/matrix_operands.hpp>  // are_systems, check_square

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// [..., n] or [..., n, k], as b is [..., m] or [..., m, k].
template <class A, class B>
using solution_shape =
    std::conditional_t<right_hand_side<B>::template of<A>::is_vector, after_leading_t<A, from_right<A>(1)>,
                       after_leading_t<A, from_right<A>(1), from_right<B>(1)>>;

template <class Solution, class A>
Solution solution_of(const A& a, const systems& p) {
  if constexpr (Solution::rank == A::rank)
    return after_leading<Solution>(a, p.n, p.k);
  else
    return after_leading<Solution>(a, p.n);
}

inline void check_ridge(const systems& p, double ridge) {
  if (!(ridge >= 0) || ridge > std::numeric_limits<double>::max())
    throw shape_error("clipt::least_squares: ridge " + std::to_string(ridge) + " is not in [0, infinity)");
  if (p.m < p.n && ridge == 0)
    throw shape_error("clipt::least_squares: " + std::to_string(p.m) + " rows for " + std::to_string(p.n) +
                      " unknowns: many x fit equally well; give a ridge above 0");
}

}  // namespace detail

/// x with t x = b, or tᵀ x = b, where t is a triangle of a. a: [..., n, n], b: [..., n] or [..., n, k] -> as b.
///
/// The other triangle is not read, and with `unit` neither is the diagonal. db = t⁻ᵀ g, da = the triangle of -db xᵀ;
/// with `transpose` db = t⁻¹ g, da = the triangle of -x dbᵀ. Source: Giles, "An extended collection of matrix
/// derivative results", 2008. Errors: `numeric_error` when the triangle has a 0 on its diagonal or holds
/// a NaN or an infinity.
/// PyTorch equivalent: `torch.linalg.solve_triangular(a, b, upper=...)`, with `a.mT` for `transpose`.
template <class Context, tensor_like A, tensor_like B>
auto triangular_solve(Context& ctx, A&& left, B&& right, const triangular_options& options = {}) {
  const auto a = eval(ctx, std::forward<A>(left));
  const auto b = eval(ctx, std::forward<B>(right));
  if constexpr (!are_square<decltype(a)>() || !are_systems<decltype(a), decltype(b)>()) {
    return b;  // refused: no second error follows
  } else {
    detail::check_square("triangular_solve", a.shape());
    const systems p = detail::systems_of("triangular_solve", a.shape(), b.shape());
    const auto x = ctx.template output<value_in<decltype(b)>>(b.shape());
    run_forward<ops::triangular_solve>(ctx, p, options, a.data(), b.data(), x.data());
    return record_result(
        ctx, x,
        [=](auto& c, const auto& g, const auto& to_a, const auto& to_b) {
          run_backward<ops::triangular_solve>(c, p, options, to_a.data(), x.data(), g.data(), detail::written_to(to_a),
                                              detail::written_to(to_b));
        },
        a, b);
  }
}

/// x with a x = b, by LU with row pivots. a: [..., n, n], b: [..., n] or [..., n, k] -> as b.
///
/// db = a⁻ᵀ g, da = -db xᵀ. Source: Giles, 2008. Errors: `numeric_error` when a is singular (a pivot is
/// not above the rounding of its terms) or holds a NaN or an infinity.
/// PyTorch equivalent: `torch.linalg.solve(a, b)`.
template <class Context, tensor_like A, tensor_like B>
auto solve(Context& ctx, A&& left, B&& right) {
  const auto a = eval(ctx, std::forward<A>(left));
  const auto b = eval(ctx, std::forward<B>(right));
  if constexpr (!are_square<decltype(a)>() || !are_systems<decltype(a), decltype(b)>()) {
    return b;  // refused: no second error follows
  } else {
    detail::check_square("solve", a.shape());
    const systems p = detail::systems_of("solve", a.shape(), b.shape());
    const auto x = ctx.template output<value_in<decltype(b)>>(b.shape());
    run_forward<ops::solve>(ctx, p, a.data(), b.data(), x.data());
    return record_result(
        ctx, x,
        [=](auto& c, const auto& g, const auto& to_a, const auto& to_b) {
          run_backward<ops::solve>(c, p, to_a.data(), x.data(), g.data(), detail::written_to(to_a),
                                   detail::written_to(to_b));
        },
        a, b);
  }
}

/// a⁻¹, by LU with row pivots; `solve` is faster and more accurate where it is multiplied at once. a: [..., n, n] -> as
/// a.
///
/// With x = a⁻¹: da = -xᵀ g xᵀ. Source: Giles, 2008. Errors: `numeric_error` as in `solve`.
/// PyTorch equivalent: `torch.linalg.inv(a)`.
template <class Context, tensor_like A>
auto inverse(Context& ctx, A&& left) {
  const auto a = eval(ctx, std::forward<A>(left));
  if constexpr (!are_square<decltype(a)>()) {
    return a;  // refused: no second error follows
  } else {
    detail::check_square("inverse", a.shape());
    const matrices p = detail::matrices_of(a.shape());
    const auto x = ctx.template output<value_in<decltype(a)>>(a.shape());
    run_forward<ops::inverse>(ctx, p, a.data(), x.data());
    return record_result(
        ctx, x,
        [=](auto& c, const auto& g, const auto& to) {
          run_backward<ops::inverse>(c, p, x.data(), g.data(), detail::written_to(to));
        },
        a);
  }
}

/// The logarithm of the determinant, by LU with row pivots; 0 of an empty matrix. a: [..., n, n] -> [...].
///
/// da = g a⁻ᵀ. Source: Giles, 2008. Errors: `numeric_error` when the determinant is negative (with
/// `{.absolute = true}` the logarithm of its absolute value is meant), and as in `solve`.
/// PyTorch equivalent: `torch.logdet(a)`; with `absolute` `torch.linalg.slogdet(a).logabsdet`.
template <class Context, tensor_like A>
auto log_det(Context& ctx, A&& left, const log_det_options& options = {}) {
  const auto a = eval(ctx, std::forward<A>(left));
  if constexpr (!are_square<decltype(a)>()) {
    return a;  // refused: no second error follows
  } else {
    detail::check_square("log_det", a.shape());
    const matrices p = detail::matrices_of(a.shape());
    const auto y =
        ctx.template output<value_in<decltype(a)>>(leading_axes<drop_last_t<shape_in<decltype(a)>, 2>>(a.shape()));
    run_forward<ops::log_det>(ctx, p, options.absolute, a.data(), y.data());
    return record_result(
        ctx, y,
        [=](auto& c, const auto& g, const auto& to) {
          run_backward<ops::log_det>(c, p, to.data(), g.data(), detail::written_to(to));
        },
        a);
  }
}

/// x that minimises |a x - b|² + ridge |x|². a: [..., m, n], b: [..., m] or [..., m, k] -> [..., n] or [..., n, k].
///
/// By QR of [a; sqrt(ridge) I], whose error grows with the condition of a; Cholesky of aᵀ a + ridge I would square it.
/// With z = (aᵀ a + ridge I)⁻¹ g, by the same factor: db = a z, da = (b - a x) zᵀ - a z xᵀ (from the normal equations;
/// compare Golub and Pereyra, 1973). Errors: `numeric_error` when columns of a are dependent and there is no ridge, or
/// a holds a NaN or an infinity; `shape_error` for m < n without a ridge, or a ridge below 0.
/// PyTorch equivalent: `torch.linalg.lstsq(a, b).solution`; with a ridge `torch.linalg.solve(a.mT @ a + ridge * I, a.mT
/// @ b)`.
template <class Context, tensor_like A, tensor_like B>
auto least_squares(Context& ctx, A&& left, B&& right, const least_squares_options& options = {}) {
  const auto a = eval(ctx, std::forward<A>(left));
  const auto b = eval(ctx, std::forward<B>(right));
  if constexpr (!are_matrices<decltype(a)>() || !are_systems<decltype(a), decltype(b)>()) {
    return b;  // refused: no second error follows
  } else {
    const systems p = detail::systems_of("least_squares", a.shape(), b.shape());
    detail::check_ridge(p, options.ridge);
    using S = detail::solution_shape<shape_in<decltype(a)>, shape_in<decltype(b)>>;
    const auto x = ctx.template output<value_in<decltype(b)>>(detail::solution_of<S>(a.shape(), p));
    double* r = ctx.template scratch<double>(p.count * p.n * p.n);
    run_forward<ops::least_squares>(ctx, p, options.ridge, a.data(), b.data(), x.data(), r);
    return record_result(
        ctx, x,
        [=](auto& c, const auto& g, const auto& to_a, const auto& to_b) {
          run_backward<ops::least_squares>(c, p, r, to_a.data(), to_b.data(), x.data(), g.data(),
                                           detail::written_to(to_a), detail::written_to(to_b));
        },
        a, b);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
