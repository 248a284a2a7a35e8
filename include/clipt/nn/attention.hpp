// Multi-head attention over batches of equally long sequences and over sequences packed back to back.
#pragma once
#include <tuple>  // tuple_element

#include <clipt/autodiff/evaluate.hpp>   // eval, record_result
#include <clipt/eval/cpu_attention.hpp>  // the kernel on the CPU
#include <clipt/eval/cpu_sequences.hpp>  // the check on the CPU
#include <clipt/nn/narrow.hpp>           // in_float

namespace clipt::inline CLIPT_BUILD {

/// Whether a query sees all keys of its sequence or only those up to its own position.
enum class attention_mask { none, causal };

/// Whether attention computes with the elements of its operands; others are refused with a sentence.
template <class... X>
constexpr bool are_attended() {
  using T = value_in<std::tuple_element_t<0, std::tuple<X...>>>;
  static_assert((element_types<T, value_in<X>>::equal && ...),
                "clipt::attention: q, k and v have one element type: they differ; use cast<T>(x)");
  static_assert(elements_of<compute_t<T>>::are_float_or_double,
                "clipt::attention: elements are float or double: they are not; use cast<float>(x)");
  return (std::is_same_v<T, value_in<X>> && ...) && elements_of<compute_t<T>>::are_float_or_double;
}

namespace detail {

/// The rows of x by sequence: its second axis, or what offsets say of a packed [tokens, width].
template <class X>
sequence_rows rows_of(const X& x) {
  static_assert(rank_of<typename X::shape_type>::template is<3>,
                "clipt::attention: operands without offsets are [batch, tokens, width]");
  const auto s = shape_of(x);
  return {nullptr, s.extent(0), s.extent(1)};
}
template <class X, class Offsets>
sequence_rows rows_of(const X& x, const Offsets& offsets) {
  static_assert(rank_of<typename X::shape_type>::template is<2>,
                "clipt::attention: packed operands are [tokens, width] with offsets [sequences + 1]");
  const dim_t count = offsets.size() - 1;
  const dim_t tokens = shape_of(x).extent(0);
  if (count < 0 || offsets[0] != 0 || offsets[count] != tokens)
    throw shape_error("clipt::attention: offsets run from 0 to the number of tokens, " + std::to_string(tokens) +
                      ": they do not");
  return {offsets.data(), count, 0};
}

/// The rows of sequences as they are now, for a backward that must not depend on what becomes of the offsets.
template <class Context>
sequence_rows kept(Context& ctx, sequence_rows rows) {
  if (rows.offsets != nullptr) rows.offsets = ctx.kept(rows.offsets, rows.count + 1);
  return rows;
}

template <class T, class Shape>
written_rows<T> written_columns(const sink<T, Shape>& x, dim_t column) {
  return {{x.gradient + column, x.shape().columns()}, x.stores};
}

template <class X, class T = typename X::value_type>
strided_rows<const T> columns_from(const X& x, dim_t column) {
  return {x.data() + column, x.shape().columns()};
}

template <int Heads, class Context, class Q, class K, class V>
auto cross_attention(Context& ctx, const Q& q, const K& k, const V& v, const sequence_rows& queries,
                     const sequence_rows& keys) {
  using T = typename Q::value_type;
  constexpr dim_t width = Q::shape_type::static_extent(Q::shape_type::rank - 1);
  run_forward<ops::check_sequences>(ctx, "cross_attention", "q", queries, q.shape().rows());
  run_forward<ops::check_sequences>(ctx, "cross_attention", "k", keys, k.shape().rows());
  run_forward<ops::check_sequences>(ctx, "cross_attention", "v", keys, v.shape().rows());
  if (queries.count != keys.count)
    throw shape_error("clipt::cross_attention: " + std::to_string(queries.count) + " sequences of q, " +
                      std::to_string(keys.count) + " of k and v: give as many of both");
  const attention_setting setting{detail::kept(ctx, queries),
                                  detail::kept(ctx, keys),
                                  q.shape().rows(),
                                  k.shape().rows(),
                                  Heads,
                                  width / Heads,
                                  false};
  const auto out = ctx.template output<T>(q.shape());
  using C = compute_t<T>;
  C* log_sums = ctx.template scratch<C>(q.shape().rows() * Heads);
  const auto read = [](const auto& x) { return detail::columns_from(x, 0); };
  run_forward<ops::attention>(ctx, setting, read(q), read(k), read(v), strided_rows<T>{out.data(), width}, log_sums);
  return record_result(
      ctx, out,
      [=](auto& c, const auto& g, const auto& oq, const auto& ok, const auto& ov) {
        run_backward<ops::attention>(c, setting, read(oq), read(ok), read(ov), read(out), log_sums, read(g),
                                     detail::written_columns(oq, 0), detail::written_columns(ok, 0),
                                     detail::written_columns(ov, 0));
      },
      q, k, v);
}

template <int Heads, class Context, class QKV>
auto self_attention(Context& ctx, const QKV& qkv, const sequence_rows& rows, attention_mask mask) {
  using T = typename QKV::value_type;
  using S = typename QKV::shape_type;
  constexpr dim_t width = S::static_extent(S::rank - 1) / 3;
  run_forward<ops::check_sequences>(ctx, "self_attention", "qkv", rows, qkv.shape().rows());
  const sequence_rows kept = detail::kept(ctx, rows);
  const dim_t all = qkv.shape().rows();
  const attention_setting setting{kept, kept, all, all, Heads, width / Heads, mask == attention_mask::causal};
  const auto out = ctx.template output<T>(with_last_axis<with_last_t<S, width>>(qkv.shape(), width));
  using C = compute_t<T>;
  C* log_sums = ctx.template scratch<C>(qkv.shape().rows() * Heads);
  run_forward<ops::attention>(ctx, setting, detail::columns_from(qkv, 0), detail::columns_from(qkv, width),
                              detail::columns_from(qkv, 2 * width), strided_rows<T>{out.data(), width}, log_sums);
  return record_result(
      ctx, out,
      [=](auto& c, const auto& g, const auto& opened) {
        const auto read = [&](dim_t column) { return detail::columns_from(opened, column); };
        const auto write = [&](dim_t column) { return detail::written_columns(opened, column); };
        run_backward<ops::attention>(c, setting, read(0), read(width), read(2 * width), detail::columns_from(out, 0),
                                     log_sums, detail::columns_from(g, 0), write(0), write(width), write(2 * width));
      },
      qkv);
}

}  // namespace detail

/// Each query attends to the keys of its own sequence: cross-attention, and pooling by a query.
///
/// out = softmax(q kᵀ / sqrt(head width)) v, head by head, heads side by side in the width. q: [query rows, width] by
/// `queries`; k, v: [key rows, width] by `keys` -> [query rows, width]. All of them carry gradients, or none.
/// PyTorch equivalent: `F.scaled_dot_product_attention(q, k, v)` between reshapes.
template <int Heads, class Context, tensor_like Q, tensor_like K, tensor_like V>
auto cross_attention(Context& ctx, Q&& query, K&& key, V&& value, const sequence_rows& queries,
                     const sequence_rows& keys) {
  const auto q = eval(ctx, std::forward<Q>(query));
  const auto k = eval(ctx, std::forward<K>(key));
  const auto v = eval(ctx, std::forward<V>(value));
  using A = std::remove_const_t<decltype(q)>;
  using B = std::remove_const_t<decltype(k)>;
  using C = std::remove_const_t<decltype(v)>;
  constexpr dim_t width = A::shape_type::static_extent(A::shape_type::rank - 1);
  static_assert(static_extent<width>::known,
                "clipt::cross_attention: the width of q [..., width] is known at compile time: it is not");
  static_assert(divides<Heads, width>::evenly,
                "clipt::cross_attention: the number of heads divides the width: it does not");
  static_assert(extents<width, B::shape_type::static_extent(B::shape_type::rank - 1)>::equal,
                "clipt::cross_attention: q [..., width], k [..., width]: the widths differ");
  static_assert(extents<width, C::shape_type::static_extent(C::shape_type::rank - 1)>::equal,
                "clipt::cross_attention: q [..., width], v [..., width]: the widths differ");
  static_assert(active<A> == active<B> && active<A> == active<C>,
                "clipt::cross_attention: q, k and v all carry gradients, or none does");
  if constexpr (are_attended<A, B, C>())
    return detail::cross_attention<Heads>(ctx, q, k, v, queries, keys);
  else
    return q;  // refused above: no second error follows
}
/// The same of 16-bit elements by a kernel that takes none: in floats, rounded.
template <int Heads, class Context, narrow Q, narrow_as<Q> K, narrow_as<Q> V>
requires(!takes_narrow<ops::attention, Context, value_in<Q>>) auto cross_attention(Context& ctx, Q&& query, K&& key,
                                                                                   V&& value,
                                                                                   const sequence_rows& queries,
                                                                                   const sequence_rows& keys) {
  const auto attend = [&](auto& c, const auto&... x) { return cross_attention<Heads>(c, x..., queries, keys); };
  return detail::in_float(ctx, attend, std::forward<Q>(query), std::forward<K>(key), std::forward<V>(value));
}

/// Self-attention of the sequences in `rows`, whose queries, keys and values stand side by side: [..., 3 width] ->
/// [..., width].
///
/// out = softmax(q kᵀ / sqrt(head width) + mask) v, head by head. Source: Vaswani et al., 2017.
/// PyTorch equivalent: `F.scaled_dot_product_attention(*qkv.chunk(3, -1), is_causal=...)` between reshapes.
template <int Heads, class Context, tensor_like QKV>
auto self_attention(Context& ctx, QKV&& query_key_value, const sequence_rows& rows, attention_mask mask) {
  const auto qkv = eval(ctx, std::forward<QKV>(query_key_value));
  using E = std::remove_const_t<decltype(qkv)>;
  using S = typename E::shape_type;
  constexpr dim_t width = S::static_extent(S::rank - 1) / 3;
  static_assert(static_extent<S::static_extent(S::rank - 1)>::known,
                "clipt::self_attention: the last extent of qkv [..., 3 width] is known at compile time: it is not");
  static_assert(divides<3, S::static_extent(S::rank - 1)>::evenly,
                "clipt::self_attention: qkv [..., 3 width]: the last extent is not a multiple of 3");
  static_assert(divides<Heads, width>::evenly,
                "clipt::self_attention: the number of heads divides the width: it does not");
  if constexpr (are_attended<E>())
    return detail::self_attention<Heads>(ctx, qkv, rows, mask);
  else
    return qkv;  // refused above: no second error follows
}
/// The same of 16-bit elements by a kernel that takes none: in floats, rounded.
template <int Heads, class Context, narrow QKV>
requires(!takes_narrow<ops::attention, Context, value_in<QKV>>) auto self_attention(Context& ctx, QKV&& query_key_value,
                                                                                    const sequence_rows& rows,
                                                                                    attention_mask mask) {
  return detail::in_float(
      ctx, [&](auto& c, const auto& x) { return self_attention<Heads>(c, x, rows, mask); },
      std::forward<QKV>(query_key_value));
}

/// Self-attention of a batch of equally long sequences: [batch, tokens, 3 width] -> [batch, tokens, width].
template <int Heads, class Context, tensor_like QKV>
auto self_attention(Context& ctx, QKV&& query_key_value, attention_mask mask = attention_mask::none) {
  const auto qkv = as_expression(std::forward<QKV>(query_key_value));
  return self_attention<Heads>(ctx, qkv, detail::rows_of(qkv), mask);
}

}  // namespace clipt::inline CLIPT_BUILD
