// Matrix products: matmul, matmul_nt, matmul_tn over the last two axes, and affine with its bias.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // eval, finish
#include <clipt/eval/cpu_gemm.hpp>             // gemm
#include <clipt/nn/reductions.hpp>             // column_sum's kernel, for the gradient of a bias

namespace clipt::inline CLIPT_BUILD {

namespace ops {
struct matmul {};
}  // namespace ops

/// The extents of a product or of a batch of products: c [count, m, n] = op(a) op(b) with inner extent k.
struct product_extents {
  dim_t count, m, n, k;
};

/// Which operands are read transposed.
enum class product_form { nn, nt, tn };

template <>
struct kernel<ops::matmul, cpu> {
  /// c = op(a) op(b) + bias, or c += op(a) op(b).
  template <class Context, class T>
  static void run(Context& ctx, product_form form, const product_extents& p, const T* a, const T* b, T* c, bool stores,
                  const T* bias = nullptr) {
    using namespace on_cpu;
    const auto ta = form == product_form::tn ? transpose::yes : transpose::no;
    const auto tb = form == product_form::nt ? transpose::yes : transpose::no;
    const auto how = stores ? update::store : update::add;
    const auto slice = [&](dim_t i) {
      const matrix<const T> am = ta == transpose::yes ? matrix<const T>{a + i * p.m * p.k, p.k, p.m, p.m}
                                                      : matrix<const T>{a + i * p.m * p.k, p.m, p.k, p.k};
      const matrix<const T> bm = tb == transpose::yes ? matrix<const T>{b + i * p.k * p.n, p.n, p.k, p.k}
                                                      : matrix<const T>{b + i * p.k * p.n, p.k, p.n, p.n};
      gemm<T>(ta, tb, T(1), am, bm, {c + i * p.m * p.n, p.m, p.n, p.n}, how, ctx.threads(), bias);
    };
    if (p.count == 1)
      slice(0);
    else
      parallel_for(ctx.threads(), p.count, slice);
  }
};

namespace detail {

/// The gradients of c = op(a) op(b), a and b opened: two more products, of the forms that need no transposed copy.
template <class Context, class A, class B, class G>
void product_backward(Context& ctx, product_form form, const product_extents& p, const A& a, const B& b, const G& g) {
  using Kernel = kernel<ops::matmul, typename Context::device>;
  const auto [count, m, n, k] = p;
  if constexpr (active<A>) {
    if (form == product_form::nn)
      Kernel::run(ctx, product_form::nt, product_extents{count, m, k, n}, g.data, b.data, a.gradient, a.stores);
    if (form == product_form::nt)
      Kernel::run(ctx, product_form::nn, product_extents{count, m, k, n}, g.data, b.data, a.gradient, a.stores);
    if (form == product_form::tn)
      Kernel::run(ctx, product_form::nt, product_extents{count, k, m, n}, b.data, g.data, a.gradient, a.stores);
  }
  if constexpr (active<B>) {
    if (form == product_form::nn)
      Kernel::run(ctx, product_form::tn, product_extents{count, k, n, m}, a.data, g.data, b.gradient, b.stores);
    if (form == product_form::nt)
      Kernel::run(ctx, product_form::tn, product_extents{count, n, k, m}, g.data, a.data, b.gradient, b.stores);
    if (form == product_form::tn)
      Kernel::run(ctx, product_form::nn, product_extents{count, k, n, m}, a.data, g.data, b.gradient, b.stores);
  }
}

/// The i-th extent from the right in a type; 1 is the last.
template <class Shape>
constexpr dim_t from_right(int i) {
  return Shape::rank >= i ? Shape::static_extent(Shape::rank - i) : 0;
}

template <product_form Form, class A, class B>
struct product_shape {
  static constexpr bool folds = B::rank == 2 && Form != product_form::tn;  // the leading axes of a become rows
  static constexpr dim_t m = from_right<A>(Form == product_form::tn ? 1 : 2);
  static constexpr dim_t k_of_a = from_right<A>(Form == product_form::tn ? 2 : 1);
  static constexpr dim_t k_of_b = from_right<B>(Form == product_form::nt ? 1 : 2);
  static constexpr dim_t n = from_right<B>(Form == product_form::nt ? 2 : 1);
  using leading_of_a = drop_last_t<A, 2>;
  using leading_of_b = std::conditional_t<folds, leading_of_a, drop_last_t<B, 2>>;
  using type = concatenated_t<drop_last_t<A, 2>, shape<m, n>>;
};

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
  const dim_t m = a.shape.extent(ra - (Form == product_form::tn ? 1 : 2)),
              ka = a.shape.extent(ra - (Form == product_form::tn ? 2 : 1));
  const dim_t kb = b.shape.extent(rb - (Form == product_form::nt ? 1 : 2)),
              n = b.shape.extent(rb - (Form == product_form::nt ? 2 : 1));
  check_inner(op, a.shape, b.shape, ka, kb);
  const dim_t leading = a.shape.leading(ra - 2);
  if (!Shape::folds && leading != b.shape.leading(rb - 2))
    throw shape_error(std::string("clipt::") + op + ": lhs " + to_string(a.shape) + " x rhs " + to_string(b.shape) +
                      ": the leading extents differ");
  dim_t all[ra];
  for (int i = 0; i < ra - 2; ++i) all[i] = a.shape.extent(i);
  all[ra - 2] = m;
  all[ra - 1] = n;
  const product_extents p = Shape::folds ? product_extents{1, leading * m, n, ka} : product_extents{leading, m, n, ka};
  const auto out = ctx.template output<T>(Shape::type::from(all));
  kernel<ops::matmul, typename Context::device>::run(ctx, Form, p, a.data, b.data, out.data, true);
  return finish(
      ctx, out,
      [p](auto& c, const auto& g, const auto& lhs, const auto& rhs) { product_backward(c, Form, p, lhs, rhs, g); }, a,
      b);
}

}  // namespace detail

/// a b over the last two axes. a: [..., M, K], b: [K, N] or [..., K, N] -> [..., M, N].
///
/// da = g bᵀ, db = aᵀ g. PyTorch equivalent: `a @ b`.
template <class Context, tensor_like A, tensor_like B>
auto matmul(Context& ctx, A&& a, B&& b) {
  const auto x = eval(ctx, std::forward<A>(a));
  const auto y = eval(ctx, std::forward<B>(b));
  using X = std::remove_const_t<decltype(x)>;
  using Y = std::remove_const_t<decltype(y)>;
  static_assert(rank_of<shape_in<X>>::template at_least<2> && rank_of<shape_in<Y>>::template at_least<2>,
                "clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: an operand has fewer than two axes; reshape it to a "
                "row or a column");
  using Shape = detail::product_shape<product_form::nn, shape_in<X>, shape_in<Y>>;
  static_assert(extents<Shape::k_of_a, Shape::k_of_b>::equal,
                "clipt::matmul: lhs [M, K] x rhs [K, N]: the two K differ");
  static_assert(
      shapes<typename Shape::leading_of_a, typename Shape::leading_of_b>::equal,
      "clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: the leading extents differ; a rhs [K, N] serves all");
  static_assert(element_types<value_in<X>, value_in<Y>>::equal,
                "clipt::matmul: element types are the same: they differ; use cast<T>(x)");
  if constexpr (!element_types<value_in<X>, value_in<Y>>::equal || shape_in<X>::rank < 2 || shape_in<Y>::rank < 2)
    return x;  // refused above: no second error follows
  else
    return detail::product<product_form::nn>(ctx, "matmul", x, y);
}

/// a bᵀ over the last two axes. a: [..., M, K], b: [N, K] or [..., N, K] -> [..., M, N].
///
/// da = g b, db = gᵀ a. PyTorch equivalent: `a @ b.mT`.
template <class Context, tensor_like A, tensor_like B>
auto matmul_nt(Context& ctx, A&& a, B&& b) {
  const auto x = eval(ctx, std::forward<A>(a));
  const auto y = eval(ctx, std::forward<B>(b));
  using X = std::remove_const_t<decltype(x)>;
  using Y = std::remove_const_t<decltype(y)>;
  static_assert(rank_of<shape_in<X>>::template at_least<2> && rank_of<shape_in<Y>>::template at_least<2>,
                "clipt::matmul_nt: lhs [..., M, K] x rhs [..., N, K] transposed: an operand has fewer than two axes; "
                "reshape it to a row or a column");
  using Shape = detail::product_shape<product_form::nt, shape_in<X>, shape_in<Y>>;
  static_assert(extents<Shape::k_of_a, Shape::k_of_b>::equal,
                "clipt::matmul_nt: lhs [M, K] x rhs [N, K] transposed: the two K differ");
  static_assert(shapes<typename Shape::leading_of_a, typename Shape::leading_of_b>::equal,
                "clipt::matmul_nt: lhs [..., M, K] x rhs [..., N, K] transposed: the leading extents differ; a rhs [N, "
                "K] serves all");
  static_assert(element_types<value_in<X>, value_in<Y>>::equal,
                "clipt::matmul_nt: element types are the same: they differ; use cast<T>(x)");
  if constexpr (!element_types<value_in<X>, value_in<Y>>::equal || shape_in<X>::rank < 2 || shape_in<Y>::rank < 2)
    return x;  // refused above: no second error follows
  else
    return detail::product<product_form::nt>(ctx, "matmul_nt", x, y);
}

/// aᵀ b over the last two axes. a: [..., K, M], b: [..., K, N] -> [..., M, N].
///
/// da = b gᵀ, db = a g. PyTorch equivalent: `a.mT @ b`.
template <class Context, tensor_like A, tensor_like B>
auto matmul_tn(Context& ctx, A&& a, B&& b) {
  const auto x = eval(ctx, std::forward<A>(a));
  const auto y = eval(ctx, std::forward<B>(b));
  using X = std::remove_const_t<decltype(x)>;
  using Y = std::remove_const_t<decltype(y)>;
  static_assert(rank_of<shape_in<X>>::template at_least<2> && rank_of<shape_in<Y>>::template at_least<2>,
                "clipt::matmul_tn: lhs [..., K, M] transposed x rhs [..., K, N]: an operand has fewer than two axes; "
                "reshape it to a row or a column");
  using Shape = detail::product_shape<product_form::tn, shape_in<X>, shape_in<Y>>;
  static_assert(extents<Shape::k_of_a, Shape::k_of_b>::equal,
                "clipt::matmul_tn: lhs [K, M] transposed x rhs [K, N]: the two K differ");
  static_assert(shapes<typename Shape::leading_of_a, typename Shape::leading_of_b>::equal,
                "clipt::matmul_tn: lhs [..., K, M] transposed x rhs [..., K, N]: the leading extents differ");
  static_assert(element_types<value_in<X>, value_in<Y>>::equal,
                "clipt::matmul_tn: element types are the same: they differ; use cast<T>(x)");
  if constexpr (!element_types<value_in<X>, value_in<Y>>::equal || shape_in<X>::rank < 2 || shape_in<Y>::rank < 2)
    return x;  // refused above: no second error follows
  else
    return detail::product<product_form::tn>(ctx, "matmul_tn", x, y);
}

/// x weightᵀ + bias. x: [..., in], weight: [out, in], bias: [out] -> [..., out].
///
/// dx = g weight, dweight = gᵀ x, dbias = sum over rows of g. PyTorch equivalent: `F.linear(x, weight, bias)`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias>
auto affine(Context& ctx, X&& input, const Weight& weight, const Bias& bias) {
  const auto x = eval(ctx, std::forward<X>(input));
  const auto w = operand_in(ctx, "affine", weight);
  const auto b = operand_in(ctx, "affine", bias);
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
  using Device = typename Context::device;
  using Kernel = kernel<ops::matmul, Device>;
  const product_extents p{1, x.shape.rows(), w.shape.extent(0), w.shape.extent(1)};
  const auto out =
      ctx.template output<T>(with_last_axis<with_last_t<SX, W::shape_type::static_extent(0)>>(x.shape, p.n));
  Kernel::run(ctx, product_form::nt, p, x.data, w.data, out.data, true, b.data);
  return finish(
      ctx, out,
      [p](auto& c, const auto& g, const auto& rows, const auto& matrix, const auto& row) {
        detail::product_backward(c, product_form::nt, p, rows, matrix, g);
        if constexpr (active<decltype(row)>)
          kernel<ops::column_sum, Device>::forward(c, g, g.shape, row.gradient, row.stores);
      },
      x, w, b);
}

}  // namespace clipt::inline CLIPT_BUILD
