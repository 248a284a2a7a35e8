// node_gradients: the gradients of all operands of one node, opened at once and aware of operands that share one.
#pragma once
#include <clipt/eval/cpu_memory.hpp>  // the kernel of ops::accumulate on the CPU
#include <clipt/expr/leaves.hpp>      // sink, with_active_leaves
#include <clipt/memory/view.hpp>      // var, gradient

namespace clipt::inline CLIPT_BUILD::detail {

/// How many leaves of an expression carry a gradient.
template <class E>
inline constexpr int active_leaves = active<E> ? 1 : 0;
template <class Op, class... Args>
inline constexpr int active_leaves<node<Op, Args...>> = (0 + ... + active_leaves<Args>);

/// Its address tells shapes apart.
template <class Shape>
inline constexpr char layout_of = 0;

/// Calls f(ctx, x...) with x computed from left to right: braces promise that, a call does not.
struct in_order {
  template <class F, class Context, class... X>
  in_order(const F& f, Context& ctx, const X&... x) {
    f(ctx, x...);
  }
};

/// Turns the vars of a node's operands into sinks.
///
/// Kernels write gradients in an order of their own, and more than once, so two operands must not write to one array: of
/// operands with one gradient each later one gets scratch, which `finish` adds. Leaves of one shape in one statement are
/// written element by element in their order and share the array, so that `x * x` costs nothing.
template <class Context, int Leaves>
class node_gradients {
 public:
  explicit node_gradients(Context& ctx) : ctx_(ctx) {}

  /// An operand with sinks in the place of its vars; views stay views, so that `active` tells kernels what to write.
  template <class E>
  auto open(const E& operand) {
    ++operand_;
    return with_active_leaves(operand, [&](const auto& leaf) { return sink_of(leaf); });
  }

  /// Adds what repeated operands got to the gradient that they share, in the order of the operands.
  void finish() {
    if constexpr (Leaves > 1)
      for (int i = 0; i < count_; ++i)
        if (leaves_[i].add != nullptr) leaves_[i].add(ctx_, leaves_[i]);
  }

 private:
  struct opened_leaf {
    gradient* slot;
    int operand;
    const char* layout;
    void* data;
    dim_t size;
    void (*add)(Context&, const opened_leaf&);  // of scratch
  };

  template <class T, class Shape, class Device>
  sink<T, Shape> sink_of(const var<T, Shape, Device>& x) {
    if constexpr (Leaves > 1) {
      bool repeated = false;
      for (int i = 0; i < count_; ++i) {
        const opened_leaf& other = leaves_[i];
        if (other.slot != x.slot) continue;
        if (other.operand == operand_ && other.layout == &layout_of<Shape>)
          return {x.data(), static_cast<T*>(other.data), nullptr, false, x.shape()};
        repeated = true;
      }
      if (repeated) {
        T* const own = ctx_.template scratch<T>(x.size());
        leaves_[count_++] = {x.slot, operand_, &layout_of<Shape>, own, x.size(), &add_scratch<T>};
        return {x.data(), own, nullptr, true, x.shape()};
      }
    }
    const bool stores = ctx_.open(*x.slot, static_cast<std::size_t>(x.size()) * sizeof(T));
    T* const data = static_cast<T*>(x.slot->data);
    if constexpr (Leaves > 1) leaves_[count_++] = {x.slot, operand_, &layout_of<Shape>, data, x.size(), nullptr};
    return {x.data(), data, nullptr, stores, x.shape()};
  }

  template <class T>
  static void add_scratch(Context& ctx, const opened_leaf& leaf) {
    run_forward<ops::accumulate>(ctx, static_cast<const T*>(leaf.data), static_cast<T*>(leaf.slot->data), leaf.size);
  }

  Context& ctx_;
  int operand_ = 0, count_ = 0;
  opened_leaf leaves_[Leaves > 1 ? Leaves : 1];
};

}  // namespace clipt::inline CLIPT_BUILD::detail
