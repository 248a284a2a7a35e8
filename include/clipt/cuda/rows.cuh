// Row operations on the GPU: one kernel forward and one back for any rule, a warp or a block per row.
//
// A rule says what happens to one row of n numbers; all threads of a group call its functions together:
//   static constexpr int saved                   how many numbers per row its backward wants from its forward
//   forward<Group, Slots>(x, n, y, saved, row)   x(k, column) is the k-th own column; writes the result's row
//   prepare<Group>(x, n, row)                    what the backward wants to know of the whole row; x(column)
//   pull(prepared, column, x, n, row, part)      the input's gradient at one column, called for own columns alone
#pragma once
#include <clipt/cuda/adjoint.cuh>  // adjoint, finish_shared_row

namespace clipt::inline CLIPT_BUILD::on_cuda {

template <class Group, int Slots, class Rule, class E, class O, class T, class C>
struct forward_rows_body {
  static constexpr int threads = Group::threads;
  Rule rule;
  E e;
  O o;
  T* y;
  dim_t width;
  C* saved;

  __device__ void operator()() const {
    const dim_t rows = o.rows(), n = o.columns();
    for (dim_t row = Group::index(); row < rows; row += Group::count()) {
      using L = computed_t<E, C>;
      const auto cursor = at_row<L>(e, o, row);
      if constexpr (Slots > 0) {
        C value[Slots] = {};
        for_own_columns<Group, Slots>(
            n, [&](int k, dim_t column) { value[k] = static_cast<C>(trace<L>(cursor, column, one_column{}).value); });
        rule.template forward<Group, Slots>([&](int k, dim_t) { return value[k]; }, n, y + row * width,
                                            saved + row * Rule::saved, row);
      } else {
        const auto x = [&](int, dim_t column) { return static_cast<C>(trace<L>(cursor, column, one_column{}).value); };
        rule.template forward<Group, Slots>(x, n, y + row * width, saved + row * Rule::saved, row);
      }
    }
  }
};

template <class Group, class Rule, class E, class O, class C>
struct backward_rows_body {
  static constexpr int threads = Group::threads;
  Rule rule;
  E e;
  O o;
  dim_t parts;

  __device__ void operator()() const {
    const dim_t part = Group::index(), rows = o.rows(), n = o.columns();
    if (part >= parts) return;
    const auto own = at_part(e, o, part);
    for (dim_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
      using L = computed_t<E, C>;
      auto cursor = at_row<L>(own, o, row);
      const auto state = rule.template prepare<Group>(
          [&](dim_t column) { return static_cast<C>(trace<L>(cursor, column, one_column{}).value); }, n, row);
      for_own_columns<Group, 0>(n, [&](int, dim_t column) {
        const auto traced = trace<L>(cursor, column, one_column{});
        const C down = rule.pull(state, column, static_cast<C>(traced.value), n, row, part);
        push(cursor, traced, column, one_column{}, static_cast<L>(down));
      });
      finish_shared_row<Group>(cursor);
    }
  }
};

/// y = rule(rows of e); `width` is the length of a result's row: that of e, or 1.
template <class Rule, class E, class O, class T, class C>
void forward_rows(stream_type stream, const Rule& rule, const E& e, const O& o, T* y, dim_t width, C* saved) {
  with_group(o, [&](auto group, auto slots) {
    using Group = decltype(group);
    using Body = forward_rows_body<Group, decltype(slots)::value, Rule, E, O, T, C>;
    launch(stream, blocks_for<Group>(o.rows()), Body::threads, Group::shared_bytes, Body{rule, e, o, y, width, saved});
  });
}

/// At most so many parts of a backward with repeated leaves: a few groups for each multiprocessor of a large GPU.
inline constexpr dim_t most_parts = 2048;

/// The backward pass of a row operation: as many parts as there are rows, unless something is repeated.
template <class E, class O, class Context>
adjoint<E, O, Context> rows_adjoint(const E& e, const O& o, Context& ctx, bool sums_over_rows = false) {
  return {e, o, ctx, sums_over_rows ? std::min(most_parts, std::max<dim_t>(1, o.rows())) : o.rows(), most_parts};
}

/// Adds the gradient of `y = rule(rows of e)` to the leaves of e.
template <class C, class Rule, class E, class O, class Context>
void backward_rows(Context& ctx, const Rule& rule, const O& o, const adjoint<E, O, Context>& pass) {
  with_group(o, [&](auto group, auto) {
    using Group = decltype(group);
    using Bound = std::remove_cvref_t<decltype(pass.bound())>;
    using Body = backward_rows_body<Group, Rule, Bound, O, C>;
    launch(ctx.state().stream, blocks_for<Group>(pass.parts()), Body::threads, Group::shared_bytes,
           Body{rule, pass.bound(), o, pass.parts()});
  });
  pass.finish();
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
