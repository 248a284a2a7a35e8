// gather: rows of a table by number, the lookup of an embedding and the pooling of chosen tokens.
#pragma once
#include <cstdint>  // int32_t

#include <clipt/autodiff/evaluate.hpp>         // eval, record_result
#include <clipt/eval/cpu_gather.hpp>           // the kernel on the CPU

namespace clipt::inline CLIPT_BUILD {

/// The rows of a table that `ids` name, in their order. table: [rows, width], ids: std::int32_t [...] -> [..., width].
///
/// y[i] = table[ids[i]]; dtable[r] = sum of g[i] over all i with ids[i] = r, in the order of i. Rows that no id names
/// get 0. Also pools tokens by index: x [tokens, width] with ids [sequences]. Errors: `shape_error` when an id lies
/// outside [0, rows). PyTorch equivalent: `F.embedding(ids, table)`, `x[ids]`.
template <class Context, tensor_like Table, tensor_like Ids>
auto gather(Context& ctx, Table&& table, Ids&& ids) {
  const auto t = eval(ctx, std::forward<Table>(table));
  const auto at = eval(ctx, std::forward<Ids>(ids));
  using X = std::remove_const_t<decltype(t)>;
  using I = std::remove_const_t<decltype(at)>;
  using S = typename X::shape_type;
  static_assert(element_types<typename I::value_type, std::int32_t>::equal,
                "clipt::gather: ids are std::int32_t: another element type is given; use cast<std::int32_t>(ids)");
  static_assert(rank_of<S>::template is<2>,
                "clipt::gather: table [rows, width]: the table has another rank; reshape it");
  if constexpr (!element_types<typename I::value_type, std::int32_t>::equal || !rank_of<S>::template is<2>) {
    return t;  // refused above: no second error follows
  } else {
    using Out = concatenated_t<typename I::shape_type, shape<S::static_extent(1)>>;
    const dim_t rows = t.shape().extent(0), n = t.shape().extent(1), count = at.size();
    const auto out = ctx.template output<typename X::value_type>(with_last_axis<Out>(at.shape(), n));
    const std::int32_t* const named = ctx.kept(at.data(), count);
    run_forward<ops::gather>(ctx, t.data(), named, count, n, out.data(), rows);
    return record_result(
        ctx, out,
        [=](auto& c, const auto& g, const auto& from) {
          run_backward<ops::gather>(c, g.data(), named, count, n, from.gradient, rows, from.stores);
        },
        t);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
