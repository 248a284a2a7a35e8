// A backward pass over an expression of sinks on the GPU: the sums of repeated leaves in two fixed phases.
//
// First each part (some rows) adds what a repeated leaf gets to a copy of its own, then a second kernel adds the
// copies, part after part. How many parts there are follows from the shapes alone, and nothing is added atomically.
#pragma once
#include <algorithm>  // clamp, min

#include <clipt/core/dtype.hpp>    // compute_t
#include <clipt/cuda/context.cuh>  // device_state
#include <clipt/cuda/group.cuh>    // warp_group
#include <clipt/expr/push.hpp>     // push, sink, with_active_leaves

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// The one column that a thread holds.
struct one_column {};

/// A thread on its own: what is left of a group where nothing is shared.
struct thread_group {
  static constexpr int width = 1;
  static constexpr int per_block = 256;
  static constexpr int threads = 256;
  __device__ static int lane() { return 0; }
  __device__ static dim_t index() { return block_index() * per_block + thread_index(); }
  template <class T, class Combine>
  __device__ static T combine(T value, Combine) {
    return value;
  }
};

/// out[i] = the sum over parts of partial[part, i], or out[i] += it.
template <class Group, class C, class T>
struct add_parts_body {
  static constexpr int threads = Group::threads;
  const C* partial;
  T* out;
  dim_t parts, count;
  bool stores;

  __device__ void operator()() const {
    const dim_t i = Group::index();
    if (i >= count) return;
    C total = 0;
    for (dim_t part = Group::lane(); part < parts; part += Group::width) total += partial[part * count + i];
    total = group_sum<Group>(total);
    if (Group::lane() == 0) out[i] = static_cast<T>(stores ? total : static_cast<C>(out[i]) + total);
  }
};

/// A thread per element, or a warp where there are few elements and many parts.
template <class C, class T>
void add_parts(stream_type stream, const C* partial, T* out, dim_t parts, dim_t count, bool stores) {
  const auto run = [&](auto group) {
    using Group = decltype(group);
    using Body = add_parts_body<Group, C, T>;
    launch(stream, blocks_for<Group>(count), Body::threads, 0, Body{partial, out, parts, count, stores});
  };
  if (count < warp_size && parts > warp_size)
    run(warp_group{});
  else
    run(thread_group{});
}

/// In how many parts the sums over a repeated leaf are taken: at most `most`, and so that the copies stay cheap.
template <class O, class S>
dim_t parts_of(const O& o, const S& leaf, dim_t most) {
  const dim_t by_cost = o.size() / std::max<dim_t>(1, 4 * leaf.size());
  return std::clamp<dim_t>(std::min(by_cost, most), 1, std::max<dim_t>(1, o.rows()));
}

/// Moves the copies of repeated leaves to those of a part.
template <class O>
struct move_to_part {
  dim_t part;
  template <class Leaf>
  CLIPT_HD Leaf operator()(Leaf leaf) const {
    if constexpr (repeats<Leaf, O>) leaf.partial += part * leaf.shape().size();
    return leaf;
  }
};

/// The expression as part `part` writes to it.
template <class E, class O>
CLIPT_HD auto at_part(const E& e, const O&, dim_t part) {
  return with_active_leaves(e, move_to_part<O>{part});
}

/// Ends a row that a group shares: adds what leaves that stood still got from all its threads, once.
template <class Group, class Cursor>
__device__ void finish_shared_row(Cursor&) {}
template <class Group, class T, bool Same, class L>
__device__ void finish_shared_row(write_cursor<T, Same, false, L>& e) {
  if constexpr (!Same) {
    const L total = group_sum<Group>(e.sum);
    if (Group::lane() == 0) *e.partial += static_cast<double>(total);
  }
}
template <class Group, class Op, int... I, class... C>
__device__ void finish_shared_row(node_cursor<Op, clipt::detail::bundle_of<positions<I...>, C...>>& e) {
  (finish_shared_row<Group>(at<I>(e.args)), ...);
}

/// An expression of sinks with room for what repeated leaves get; `finish` adds up the parts.
template <class E, class O, class Context>
class adjoint {
 public:
  /// `parts` where nothing is repeated, at most `most` parts otherwise.
  adjoint(const E& e, const O& o, Context& ctx, dim_t parts, dim_t most)
      : stream_(ctx.state().stream), parts_(count_parts(e, o, parts, most)), bound_(bind(e, ctx, parts_)) {}

  const auto& bound() const { return bound_; }
  dim_t parts() const { return parts_; }

  void finish() const {
    with_active_leaves(bound_, [&](auto leaf) {
      if constexpr (repeats<decltype(leaf), O>)
        add_parts(stream_, leaf.partial, leaf.gradient, parts_, leaf.shape().size(), leaf.stores);
      return leaf;
    });
  }

 private:
  static dim_t count_parts(const E& e, const O& o, dim_t parts, dim_t most) {
    if constexpr (repeats<E, O>) {
      parts = most;
      with_active_leaves(e, [&](auto leaf) {
        if constexpr (repeats<decltype(leaf), O>) parts = std::min(parts, parts_of(o, leaf.shape(), most));
        return leaf;
      });
    }
    return parts;
  }

  static E bind(const E& e, Context& ctx, dim_t parts) {
    return with_active_leaves(e, [&](auto leaf) {
      if constexpr (repeats<decltype(leaf), O>) {
        const dim_t count = parts * leaf.shape().size();
        leaf.partial = ctx.template scratch<std::remove_pointer_t<decltype(leaf.partial)>>(count);
        zero_bytes(ctx.state().stream, leaf.partial, static_cast<std::size_t>(count) * sizeof(*leaf.partial));
      }
      return leaf;
    });
  }

  stream_type stream_;
  dim_t parts_;
  E bound_;
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
