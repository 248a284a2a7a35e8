// Matrix products: matmul, matmul_nt, matmul_tn over the last two axes, and affine with its bias.
#pragma once
#include <clipt/autodiff/evaluate.hpp>  // eval, record_result
#include <clipt/eval/cpu_products.hpp>  // the kernel on the CPU
#include <clipt/nn/broadcast_to.hpp>    // broadcast_to
#include <clipt/nn/narrow.hpp>          // in_float
#include <clipt/nn/reductions.hpp>      // column_sum's kernel, for the gradient of a bias

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The gradients of c = op(a) op(b), of the numbers `left` and `right`, which may be casts of a and b, opened: two more
/// products, of the forms that need no transposed copy.
template <class Context, class T, class A, class B, class G>
void product_backward(Context& ctx, product_form form, const product_extents& p, const T* left, const T* right,
                      const A& a, const B& b, const G& g) {
  const auto [count, m, n, k] = p;
  if constexpr (active<A>) {
    if (form == product_form::nn)
      run_forward<ops::matmul>(ctx, product_form::nt, product_extents{count, m, k, n}, g.data(), right, a.gradient,
                               a.stores);
    if (form == product_form::nt)
      run_forward<ops::matmul>(ctx, product_form::nn, product_extents{count, m, k, n}, g.data(), right, a.gradient,
                               a.stores);
    if (form == product_form::tn)
      run_forward<ops::matmul>(ctx, product_form::nt, product_extents{count, k, m, n}, right, g.data(), a.gradient,
                               a.stores);
  }
  if constexpr (active<B>) {
    if (form == product_form::nn)
      run_forward<ops::matmul>(ctx, product_form::tn, product_extents{count, k, n, m}, left, g.data(), b.gradient,
                               b.stores);
    if (form == product_form::nt)
      run_forward<ops::matmul>(ctx, product_form::tn, product_extents{count, n, k, m}, g.data(), left, b.gradient,
                               b.stores);
    if (form == product_form::tn)
      run_forward<ops::matmul>(ctx, product_form::nn, product_extents{count, k, n, m}, left, g.data(), b.gradient,
                               b.stores);
  }
}

template <class A, class B>
void check_inner(const char* op, const A& a, const B& b, dim_t k_of_a, dim_t k_of_b) {
  if (k_of_a != k_of_b)
    throw shape_error(std::string("clipt::") + op + ": lhs " + to_string(a) + " x rhs " + to_string(b) +
                      ": the two K differ (" + std::to_string(k_of_a) + " and " + std::to_string(k_of_b) + ")");
}

template <product_form Form, class Context, class A, class B>
auto product(Context& ctx, const char* op, const A& a, const B& b) {
  using T = typename A::value_type;
  using SA = typename A::shape_type;
  using SB = typename B::shape_type;
  using Shape = product_shape<Form, SA, SB>;
  constexpr int ra = SA::rank, rb = SB::rank;
  const dim_t m = a.shape().extent(ra - (Form == product_form::tn ? 1 : 2)),
              ka = a.shape().extent(ra - (Form == product_form::tn ? 2 : 1));
  const dim_t kb = b.shape().extent(rb - (Form == product_form::nt ? 1 : 2)),
              n = b.shape().extent(rb - (Form == product_form::nt ? 2 : 1));
  check_inner(op, a.shape(), b.shape(), ka, kb);
  const dim_t leading = a.shape().leading(ra - 2);
  bool agree = true;
  for (int i = 0; !Shape::folds && i < ra - 2; ++i) agree = agree && a.shape().extent(i) == b.shape().extent(i);
  if (!agree)
    throw shape_error(std::string("clipt::") + op + ": lhs " + to_string(a.shape()) + " x rhs " + to_string(b.shape()) +
                      ": the leading extents differ");
  dim_t all[ra];
  for (int i = 0; i < ra - 2; ++i) all[i] = a.shape().extent(i);
  all[ra - 2] = m;
  all[ra - 1] = n;
  const product_extents p = Shape::folds ? product_extents{1, leading * m, n, ka} : product_extents{leading, m, n, ka};
  const auto out = ctx.template output<T>(Shape::type::from(all));
  run_forward<ops::matmul>(ctx, Form, p, a.data(), b.data(), out.data(), true);
  return record_result(
      ctx, out,
      [p, left = a.data(), right = b.data()](auto& c, const auto& g, const auto& lhs, const auto& rhs) {
        product_backward(c, Form, p, left, right, lhs, rhs, g);
      },
      source_of(a), source_of(b));
}

/// x, [..., M, K], with other leading axes.
template <class Context, class X, class Leading>
auto with_leading(Context& ctx, const X& x, const Leading& leading) {
  using S = typename X::shape_type;
  if constexpr (std::is_same_v<drop_last_t<S, 2>, Leading>) {
    return x;
  } else {
    using To = concatenated_t<Leading, shape<from_right<S>(2), from_right<S>(1)>>;
    dim_t all[To::rank];
    for (int i = 0; i < To::rank; ++i)
      all[i] = i < Leading::rank ? leading.extent(i) : x.shape().extent(S::rank - To::rank + i);
    return broadcast_to(ctx, as_array(ctx, x), To::from(all));
  }
}

/// The product of operands whose leading axes are broadcast.
template <product_form Form, class Context, class A, class B>
auto broadcast_product(Context& ctx, const char* op, const A& a, const B& b) {
  using SA = typename A::shape_type;
  using SB = typename B::shape_type;
  using Shape = product_shape<Form, SA, SB>;
  if constexpr (std::is_same_v<typename Shape::leading_of_a, typename Shape::leading_of_b>) {
    return product<Form>(ctx, op, a, b);
  } else {
    const auto leading =
        broadcast_shape(op, leading_axes<drop_last_t<SA, 2>>(a.shape()), leading_axes<drop_last_t<SB, 2>>(b.shape()));
    return product<Form>(ctx, op, with_leading(ctx, a, leading), with_leading(ctx, b, leading));
  }
}

/// A vector as a matrix of one row or one column; a matrix as it is.
template <class X>
auto as_row(const X& x) {
  if constexpr (X::shape_type::rank == 1)
    return with_shape(x, shape<1, X::shape_type::static_extent(0)>::from({1, x.size()}));
  else
    return x;
}
template <class X>
auto as_column(const X& x) {
  if constexpr (X::shape_type::rank == 1)
    return with_shape(x, shape<X::shape_type::static_extent(0), 1>::from({x.size(), 1}));
  else
    return x;
}

/// A product of matrices without the axes of one that stand for vectors.
template <bool Row, bool Column, class X>
auto without_ones(const X& x) {
  using S = typename X::shape_type;
  constexpr int last = S::rank - 1;
  if constexpr (Row && Column) {
    return with_shape(x, leading_axes<drop_last_t<S, 2>>(x.shape()));
  } else if constexpr (Column) {
    return with_shape(x, leading_axes<drop_last_t<S, 1>>(x.shape()));
  } else {
    using Out = concatenated_t<drop_last_t<S, 2>, shape<S::static_extent(last)>>;
    return with_shape(x, with_last_axis<Out>(x.shape(), x.shape().extent(last)));
  }
}

/// affine of rows whose extents are values: one instantiation for all shapes.
template <class Context, class X, class W, class B>
auto affine_of_rows(Context& ctx, const product_extents& p, const X& x, const W& w, const B& b) {
  const auto out = ctx.template output<typename X::value_type>(shape<rows, columns>(p.m, p.n));
  run_forward<ops::matmul>(ctx, product_form::nt, p, x.data(), w.data(), out.data(), true, b.data());
  return record_result(
      ctx, out,
      [p, left = x.data(), right = w.data()](auto& c, const auto& g, const auto& input, const auto& matrix,
                                             const auto& row) {
        product_backward(c, product_form::nt, p, left, right, input, matrix, g);
        if constexpr (active<decltype(row)>) run_forward<ops::column_sum>(c, g, g.shape(), row.gradient, row.stores);
      },
      source_of(x), source_of(w), source_of(b));
}

}  // namespace detail

/// The product of a and b in a form: what matmul, matmul_nt and matmul_tn, named by `op`, do.
template <product_form Form, class Context, tensor_like A, tensor_like B>
auto product(Context& ctx, const char* op, A&& a, B&& b) {
  const auto x = detail::operand_in_memory(ctx, as_expression(std::forward<A>(a)));
  const auto y = detail::operand_in_memory(ctx, as_expression(std::forward<B>(b)));
  using X = std::remove_const_t<decltype(x)>;
  using Y = std::remove_const_t<decltype(y)>;
  static_assert(
      rank_of<shape_in<X>>::template at_least<2> && rank_of<shape_in<Y>>::template at_least<2>,
      "clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: an operand has fewer axes; only matmul takes vectors, "
      "[K], and a number is multiplied by *");
  using Shape = detail::product_shape<Form, shape_in<X>, shape_in<Y>>;
  static_assert(extents<Shape::k_of_a, Shape::k_of_b>::equal,
                "clipt::matmul: lhs [M, K] x rhs [K, N]: the two K differ; matmul_nt takes rhs [N, K], matmul_tn lhs "
                "[K, M]");
  static_assert(
      broadcast<typename Shape::leading_of_a, typename Shape::leading_of_b>::compatible,
      "clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: leading extents are equal, 1 or missing: two differ");
  static_assert(element_types<value_in<X>, value_in<Y>>::equal,
                "clipt::matmul: element types are the same: they differ; use cast<T>(x)");
  static_assert(elements_of<compute_t<value_in<X>>>::are_float_or_double,
                "clipt::matmul: elements are float or double: they are not; use cast<float>(x)");
  if constexpr (!elements_of<compute_t<value_in<X>>>::are_float_or_double ||
                !element_types<value_in<X>, value_in<Y>>::equal || shape_in<X>::rank < 2 || shape_in<Y>::rank < 2 ||
                !broadcast<typename Shape::leading_of_a, typename Shape::leading_of_b>::compatible)
    return x;  // refused above: no second error follows
  else
    return detail::broadcast_product<Form>(ctx, op, x, y);
}

/// The same of 16-bit elements by a kernel that takes none: sums of floats, rounded.
template <product_form Form, class Context, narrow A, narrow_as<A> B>
requires(!takes_narrow<ops::matmul, Context, value_in<A>>) auto product(Context& ctx, const char* op, A&& a, B&& b) {
  return detail::in_float(
      ctx, [op](auto& c, const auto&... x) { return product<Form>(c, op, x...); }, std::forward<A>(a),
      std::forward<B>(b));
}

/// a b over the last two axes. a: [..., M, K], b: [K, N] or [..., K, N] -> [..., M, N]; leading axes are broadcast. Of a
/// vector, [K], the axis goes: [..., M, K] x [K] -> [..., M], [K] x [K] -> a scalar.
///
/// da = g bᵀ, db = aᵀ g. PyTorch equivalent: `a @ b`.
template <class Context, tensor_like A, tensor_like B>
auto matmul(Context& ctx, A&& a, B&& b) {
  constexpr bool row = shape_in<A>::rank == 1, column = shape_in<B>::rank == 1;
  if constexpr (!row && !column) {
    return product<product_form::nn>(ctx, "matmul", std::forward<A>(a), std::forward<B>(b));
  } else {
    const auto x = eval(ctx, std::forward<A>(a));
    const auto y = eval(ctx, std::forward<B>(b));
    const auto z = product<product_form::nn>(ctx, "matmul", detail::as_row(x), detail::as_column(y));
    if constexpr (std::remove_const_t<decltype(z)>::shape_type::rank >= 1 + (row && column))
      return detail::without_ones<row, column>(z);
    else
      return z;  // refused above: no second error follows
  }
}

/// a bᵀ over the last two axes. a: [..., M, K], b: [N, K] or [..., N, K] -> [..., M, N]; leading axes are broadcast.
///
/// da = g b, db = gᵀ a. PyTorch equivalent: `a @ b.mT`.
template <class Context, tensor_like A, tensor_like B>
auto matmul_nt(Context& ctx, A&& a, B&& b) {
  return product<product_form::nt>(ctx, "matmul_nt", std::forward<A>(a), std::forward<B>(b));
}

/// aᵀ b over the last two axes. a: [..., K, M], b: [..., K, N] -> [..., M, N]; leading axes are broadcast.
///
/// da = b gᵀ, db = a g. PyTorch equivalent: `a.mT @ b`.
template <class Context, tensor_like A, tensor_like B>
auto matmul_tn(Context& ctx, A&& a, B&& b) {
  return product<product_form::tn>(ctx, "matmul_tn", std::forward<A>(a), std::forward<B>(b));
}

/// x weightᵀ + bias. x: [..., in], weight: [out, in], bias: [out] -> [..., out].
///
/// dx = g weight, dweight = gᵀ x, dbias = sum over rows of g. Errors: `shape_error` when runtime extents differ.
/// PyTorch equivalent: `F.linear(x, weight, bias)`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias>
auto affine(Context& ctx, X&& input, Weight&& weight, Bias&& bias) {
  const auto x = detail::operand_in_memory(ctx, as_expression(std::forward<X>(input)));
  const auto w = detail::operand_in_memory(ctx, as_expression(std::forward<Weight>(weight)));
  const auto b = detail::operand_in_memory(ctx, as_expression(std::forward<Bias>(bias)));
  using A = std::remove_const_t<decltype(x)>;
  using W = std::remove_const_t<decltype(w)>;
  using B = std::remove_const_t<decltype(b)>;
  using T = typename A::value_type;
  using SX = typename A::shape_type;
  static_assert(rank_of<SX>::template at_least<1>, "clipt::affine: x [..., in]: x is a scalar");
  static_assert(rank_of<shape_in<W>>::template is<2> && rank_of<shape_in<B>>::template is<1>,
                "clipt::affine: weight [out, in], bias [out]: one of them has another rank");
  static_assert(extents<detail::from_right<SX>(1), W::shape_type::static_extent(1)>::equal,
                "clipt::affine: x [..., in] x weight [out, in]: the two in differ");
  static_assert(extents<B::shape_type::static_extent(0), W::shape_type::static_extent(0)>::equal,
                "clipt::affine: bias [out], weight [out, in]: the two out differ");
  static_assert(element_types<T, typename W::value_type>::equal,
                "clipt::affine: element types are the same: x and weight differ; use cast<T>(x)");
  static_assert(elements_of<compute_t<T>>::are_float_or_double,
                "clipt::affine: elements are float or double: they are not; use cast<float>(x)");
  if constexpr (!elements_of<compute_t<T>>::are_float_or_double || !element_types<T, typename W::value_type>::equal) {
    return x;  // refused above: no second error follows
  } else {
    const product_extents p{1, x.shape().rows(), w.shape().extent(0), w.shape().extent(1)};
    detail::check_agreement(x.shape().columns() == p.k, "affine", "x", x.shape(), "weight", w.shape(), "in");
    detail::check_agreement(b.size() == p.n, "affine", "bias", b.shape(), "weight", w.shape(), "out");
    return detail::with_shape(detail::affine_of_rows(ctx, p, detail::with_shape(x, shape<rows, columns>(p.m, p.k)),
                                                     detail::with_shape(w, shape<rows, columns>(p.n, p.k)),
                                                     detail::with_shape(b, shape<columns>(p.n))),
                              with_last_axis<with_last_t<SX, W::shape_type::static_extent(0)>>(x.shape(), p.n));
  }
}
/// The same of 16-bit elements by a kernel that takes none: sums of floats, rounded.
template <class Context, narrow X, narrow_as<X> Weight, narrow_as<X> Bias>
requires(!takes_narrow<ops::matmul, Context, value_in<X>>) auto affine(Context& ctx, X&& input, Weight&& weight,
                                                                       Bias&& bias) {
  return detail::in_float(
      ctx, [](auto& c, const auto&... x) { return affine(c, x...); }, std::forward<X>(input),
      std::forward<Weight>(weight), std::forward<Bias>(bias));
}

}  // namespace clipt::inline CLIPT_BUILD
