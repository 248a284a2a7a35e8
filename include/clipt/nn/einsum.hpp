// einsum: sums of products over lettered axes, as matrix products.
#pragma once
#include <clipt/nn/axis_reductions.hpp>  // sum over axes
#include <clipt/nn/permute.hpp>          // permuted
#include <clipt/nn/products.hpp>         // product
#include <clipt/ops/subscripts.hpp>      // einsum_text, subscripts

namespace clipt::inline CLIPT_BUILD {

/// A text says which axes are multiplied and summed: `einsum_of<"ij,jk->ik">::is_notation`.
template <einsum_text Text>
struct einsum_of {
  static constexpr bool is_notation = Text.is_notation();
  template <class... Shape>
  static constexpr bool names_the_axes_of = [] {
    if (sizeof...(Shape) != Text.operands()) return false;
    int k = 0;
    return ((Shape::rank == Text.operand(k++).count) && ...);
  }();
};

/// Axes of one letter have one extent, as far as types tell.
template <subscripts A, subscripts B, class SA, class SB>
struct letters_of {
  static constexpr bool agree = [] {
    for (int i = 0; i < A.count; ++i)
      if (const int k = B.place_of(A.letters[i]); k >= 0 && SA::static_extent(i) != SB::static_extent(k)) return false;
    return true;
  }();
};

namespace detail {

/// x, whose axes are `From`, with its axes in the order `To`; as it is where it has that order.
template <subscripts From, subscripts To, class Context, class X>
auto in_letters(Context& ctx, const X& x) {
  if constexpr (From == To) {
    return x;
  } else {
    constexpr int rank = From.count;
    std::array<int, rank> order{};
    for (int i = 0; i < rank; ++i) order[i] = From.place_of(To.letters[i]);
    return permuted<rank>(ctx, x, extents_of(x.shape()), order,
                          lettered<typename X::shape_type, From, To>::of(x.shape()));
  }
}

/// The sum of x, whose axes are `From`, over those that are not in `To`, in the order of From.
template <subscripts From, subscripts To, class Context, class X>
auto summed_to(Context& ctx, const X& x) {
  constexpr subscripts gone = letters_that(From, [](char c) { return !To.has(c); });
  if constexpr (gone.count == 0)
    return x;
  else
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return sum<From.place_of(gone.letters[I])...>(ctx, x); }
  (std::make_index_sequence<gone.count>{});
}

/// What becomes of the letters of a product of two.
template <subscripts A, subscripts B, subscripts Out>
struct letter_roles {
  static constexpr subscripts batch = letters_that(Out, [](char c) { return A.has(c) && B.has(c); });
  static constexpr subscripts left = letters_that(Out, [](char c) { return A.has(c) && !B.has(c); });
  static constexpr subscripts right = letters_that(Out, [](char c) { return B.has(c) && !A.has(c); });
  static constexpr subscripts inner = letters_that(A, [](char c) { return B.has(c) && !Out.has(c); });

  static constexpr subscripts joined(const subscripts& a, const subscripts& b, const subscripts& c) {
    const auto each = [](char) { return true; };
    return letters_that(c, each, letters_that(b, each, a));
  }
};

/// x with its lettered axes as a batch of matrices [batch, rows, columns], the groups of letters folded.
template <subscripts From, subscripts Batch, subscripts Rows, subscripts Columns, class X>
auto as_matrices(const X& x) {
  using S = typename X::shape_type;
  using batch_letters = lettered<S, From, Batch>;
  using row_letters = lettered<S, From, Rows>;
  using column_letters = lettered<S, From, Columns>;
  using To = shape<batch_letters::product(clipt::batch), row_letters::product(clipt::rows),
                   column_letters::product(clipt::columns)>;
  return with_shape(x, To::from({batch_letters::of(x.shape()).size(), row_letters::of(x.shape()).size(),
                                 column_letters::of(x.shape()).size()}));
}

/// A product in which letters are summed that both have, and some stand in one operand alone.
template <subscripts A, subscripts B, subscripts Out, class Context, class X, class Y>
auto lettered_product(Context& ctx, const X& x, const Y& y) {
  using roles = letter_roles<A, B, Out>;
  constexpr subscripts batch = roles::batch, left = roles::left, right = roles::right, inner = roles::inner;
  constexpr subscripts inner_last = roles::joined(batch, left, inner), inner_first = roles::joined(batch, inner, left);
  constexpr subscripts right_last = roles::joined(batch, inner, right);
  [[maybe_unused]] constexpr subscripts right_first = roles::joined(batch, right, inner);
  constexpr bool second_first = B == right_last, first_turned = A == inner_first && A != inner_last && second_first;
  constexpr product_form form = first_turned ? product_form::tn : second_first ? product_form::nn : product_form::nt;
  const auto a = [&] {
    if constexpr (first_turned)
      return as_matrices<A, batch, inner, left>(x);
    else
      return as_matrices<inner_last, batch, left, inner>(in_letters<A, inner_last>(ctx, x));
  }();
  const auto b = [&] {
    if constexpr (second_first)
      return as_matrices<B, batch, inner, right>(y);
    else
      return as_matrices<right_first, batch, right, inner>(in_letters<B, right_first>(ctx, y));
  }();
  const auto c = product<form>(ctx, "einsum", a, b);
  constexpr subscripts made = roles::joined(batch, left, right);
  using of_x = lettered<typename X::shape_type, A, roles::joined(batch, left, {})>;
  using of_y = lettered<typename Y::shape_type, B, right>;
  using Made = concatenated_t<typename of_x::type, typename of_y::type>;
  const auto front = of_x::of(x.shape());
  const auto back = of_y::of(y.shape());
  dim_t all[Made::rank == 0 ? 1 : Made::rank] = {};
  for (int i = 0; i < Made::rank; ++i) all[i] = i < front.rank ? front.extent(i) : back.extent(i - front.rank);
  return in_letters<made, Out>(ctx, with_shape(c, Made::from(all)));
}

/// x, whose axes are `From`, under the letters `To`, of which it may lack some: those have extent 1.
template <subscripts From, subscripts To, class Context, class X>
auto spread_over(Context& ctx, const X& x) {
  constexpr subscripts order = letters_that(To, [](char c) { return From.has(c); });
  return with_shape(in_letters<From, order>(ctx, x), lettered<typename X::shape_type, From, To>::of(x.shape()));
}

template <subscripts A, subscripts B, class SA, class SB>
void check_letters(const SA& a, const SB& b) {
  for (int i = 0; i < A.count; ++i)
    if (const int k = B.place_of(A.letters[i]); k >= 0 && a.extent(i) != b.extent(k))
      throw shape_error("clipt::einsum: " + to_string(a) + " and " + to_string(b) + ": axes of one letter, " +
                        A.letters[i] + ", have one extent: they differ (" + std::to_string(a.extent(i)) + " and " +
                        std::to_string(b.extent(k)) + ")");
}

template <subscripts A, subscripts Out, class Context, class X>
auto einsum(Context& ctx, const X& x) {
  constexpr subscripts kept = letters_that(A, [](char c) { return Out.has(c); });
  return in_letters<kept, Out>(ctx, eval(ctx, summed_to<A, Out>(ctx, x)));
}

template <subscripts A, subscripts B, subscripts Out, class Context, class X, class Y>
auto einsum(Context& ctx, const X& whole_x, const Y& whole_y) {
  static_assert(letters_of<A, B, typename X::shape_type, typename Y::shape_type>::agree,
                "clipt::einsum: axes of one letter have one extent: two differ");
  constexpr auto used_by_y = [](char c) { return Out.has(c) || B.has(c); };
  constexpr auto used_by_x = [](char c) { return Out.has(c) || A.has(c); };
  constexpr subscripts a = letters_that(A, used_by_y), b = letters_that(B, used_by_x);
  const auto x = summed_to<A, a>(ctx, whole_x);
  const auto y = summed_to<B, b>(ctx, whole_y);
  using roles = letter_roles<a, b, Out>;
  if constexpr (!letters_of<A, B, typename X::shape_type, typename Y::shape_type>::agree) {
    return x;  // refused above: no second error follows
  } else {
    check_letters<a, b>(x.shape(), y.shape());
    if constexpr (roles::inner.count == 0) {
      return eval(ctx, spread_over<a, Out>(ctx, x) * spread_over<b, Out>(ctx, y));
    } else if constexpr (roles::left.count + roles::right.count == 0) {
      constexpr subscripts order = roles::joined(Out, roles::inner, {});
      constexpr subscripts none{};
      const auto p = in_letters<a, order>(ctx, x);
      const auto total = row_sum(ctx, as_matrices<order, Out, none, roles::inner>(p) *
                                          as_matrices<order, Out, none, roles::inner>(in_letters<b, order>(ctx, y)));
      return with_shape(total, lettered<typename decltype(p)::shape_type, order, Out>::of(p.shape()));
    } else {
      return lettered_product<a, b, Out>(ctx, x, y);
    }
  }
}

/// The first two operands are one for those that follow.
template <einsum_text Text, int Number, subscripts A, class Context, class X, class Y, class... More>
auto einsum_from(Context& ctx, const X& x, const Y& y, const More&... more) {
  constexpr subscripts b = Text.operand(Number);
  if constexpr (sizeof...(More) == 0) {
    return einsum<A, b, Text.result()>(ctx, x, y);
  } else {
    constexpr auto later = [](char c) {
      bool found = false;
      for (int k = Number + 1; k <= Text.operands(); ++k) found = found || Text.operand(k).has(c);
      return found;
    };
    constexpr subscripts joined = letters_that(
        b, [later](char c) { return later(c) && !A.has(c); }, letters_that(A, later));
    return einsum_from<Text, Number + 1, joined>(ctx, einsum<A, b, joined>(ctx, x, y), more...);
  }
}

}  // namespace detail

/// Sums of products over lettered axes: `einsum<"bhqd,bhkd->bhqk">(ctx, q, k)` multiplies where letters meet and sums over
/// those that the result lacks. One letter for each axis; the letters of an operand differ; operands from the left.
///
/// Matrix products do the work, and copies where axes stand in another order than they need. Errors: `shape_error` when
/// runtime extents of one letter differ. PyTorch equivalent: `torch.einsum(text, x...)`.
template <einsum_text Text, operation_context Context, tensor_like X, tensor_like... More>
auto einsum(Context& ctx, X&& x, More&&... more) {
  static_assert(einsum_of<Text>::is_notation,
                "clipt::einsum: letters for the axes of each operand and of the result, \"ij,jk->ik\"; those of one "
                "operand differ, and the result has no others");
  constexpr bool fits = einsum_of<Text>::template names_the_axes_of<shape_in<X>, shape_in<More>...>;
  static_assert(einsum_of<Text>::template names_the_axes_of<shape_in<X>, shape_in<More>...>,
                "clipt::einsum: one letter for each axis of each operand: an operand has more or fewer");
  constexpr bool typed = sizeof...(More) == 0 || (elements_of<value_in<X>>::are_float_or_double &&
                                                  (element_types<value_in<X>, value_in<More>>::equal && ...));
  static_assert(sizeof...(More) == 0 || elements_of<value_in<X>>::are_float_or_double,
                "clipt::einsum: elements are float or double: they are not; use cast<float>(x)");
  static_assert((element_types<value_in<X>, value_in<More>>::equal && ...),
                "clipt::einsum: element types are the same: they differ; use cast<T>(x)");
  if constexpr (!einsum_of<Text>::is_notation || !fits || !typed)
    return as_expression(x);  // refused above: no second error follows
  else if constexpr (sizeof...(More) == 0)
    return detail::einsum<Text.operand(0), Text.result()>(ctx, operand_in(ctx, "einsum", std::forward<X>(x)));
  else
    return detail::einsum_from<Text, 1, Text.operand(0)>(ctx, eval(ctx, std::forward<X>(x)),
                                                         eval(ctx, std::forward<More>(more))...);
}
/// The same of two and more operands of 16-bit elements: sums of floats, rounded.
template <einsum_text Text, operation_context Context, narrow X, narrow_as<X> Y, tensor_like... More>
requires(narrow_as<More, X>&&...) auto einsum(Context& ctx, X&& x, Y&& y, More&&... more) {
  return detail::in_float(
      ctx, [](auto& c, const auto&... operand) { return einsum<Text>(c, operand...); }, std::forward<X>(x),
      std::forward<Y>(y), std::forward<More>(more)...);
}

}  // namespace clipt::inline CLIPT_BUILD
