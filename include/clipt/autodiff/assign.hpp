// assign and constant: a statement computed into an array of one's own, an array of one's own copied into a context.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/context.hpp>          // context
#include <clipt/eval/cpu_elementwise.hpp>      // the kernel on the CPU

namespace clipt::inline CLIPT_BUILD {

/// An array can be written to: `elements_that_are<const float>::is_mutable`.
template <class T>
struct elements_that_are {
  static constexpr bool is_mutable = !std::is_const_v<T>;
};

/// Memory of one's own: a tensor, a parameter, a view; not a result of a recording, nor a statement.
template <class To>
struct target_of_assign {
  static constexpr bool is_an_array = detail::is_owner<To>;
};
template <class T, class Shape, class Device>
struct target_of_assign<view<T, Shape, Device>> {
  static constexpr bool is_an_array = true;
};

/// A statement spreads over the array that it is assigned to: `spread<shape<3>>::fills<shape<batch, 3>>`.
template <class From>
struct spread {
  template <class To>
  static constexpr bool fills = [] {
    if constexpr (broadcast<From, To>::compatible)
      return std::is_same_v<broadcast_t<From, To>, To>;
    else
      return false;
  }();
};

/// A statement that has a gradient, in a context that records: `gradient_through<var>::is_lost`.
template <class E>
struct gradient_through {
  static constexpr bool is_lost = !std::is_void_v<E>;
};

namespace detail {

template <class T, class Shape, class Device>
view<T, Shape, Device> written_by(const view<T, Shape, Device>& to) {
  return to;
}
template <class Owner>
requires is_owner<std::remove_const_t<Owner>>
auto written_by(Owner& to) { return to.view(); }

/// Whether an element may be written before another one is computed from it: a leaf lies there in another order.
template <class E, class T, class O>
bool overlaps(const E& e, const view<T, O>& to) {
  bool found = false;
  with_leaves(e, [&](const auto& leaf) {
    if constexpr (requires { leaf.data(); }) {
      const auto* const begin = reinterpret_cast<const char*>(leaf.data());
      const auto* const end = reinterpret_cast<const char*>(leaf.data() + leaf.size());
      const bool apart =
          end <= reinterpret_cast<const char*>(to.begin()) || begin >= reinterpret_cast<const char*>(to.end());
      const bool in_step = begin == reinterpret_cast<const char*>(to.begin()) && sizeof(*leaf.data()) == sizeof(T) &&
                           kind_of<typename std::remove_cvref_t<decltype(leaf)>::shape_type, O>() == leaf_kind::same;
      found = found || !(apart || in_step);
    }
    return leaf;
  });
  return found;
}

}  // namespace detail

/// Computes a statement, a number or a generator into an array of one's own, which it is spread over, and which it may
/// read: `assign(ctx, average, 0.9 * average + 0.1 * x)`.
///
/// to: a tensor, a parameter or a view that is not const. Nothing is recorded: what has a gradient is refused in a context
/// that records. Errors: `shape_error` when runtime extents differ. PyTorch equivalent: `to.copy_(x)`, `to.fill_(x)`.
template <class Context, class T, class O, class Device, operand X>
void assign(Context& ctx, const view<T, O, Device>& target, X&& x) {
  static_assert(elements_that_are<T>::is_mutable, "clipt::assign: the array can be written to: its elements are const");
  if constexpr (elements_that_are<T>::is_mutable) {
    const auto e = operand_of<T>(std::forward<X>(x));
    using E = std::remove_const_t<decltype(e)>;
    constexpr bool recorded = Context::records && active<E>;
    constexpr bool fits = spread<typename E::shape_type>::template fills<O>;
    static_assert(
        !gradient_through<std::conditional_t<recorded, E, void>>::is_lost,
        "clipt::assign: a gradient would stop here without a word: x depends on a parameter or a result; write "
        "detach(x)");
    static_assert(element_types<T, typename E::value_type>::equal,
                  "clipt::assign: element types are the same: they differ; use cast<T>(x)");
    static_assert(spread<typename E::shape_type>::template fills<O>,
                  "clipt::assign: x has the extents of the array, or fewer, or 1: it has others");
    if constexpr (fits && !recorded && element_types<T, typename E::value_type>::equal) {
      detail::check_stamps("assign", e);
      if constexpr (detail::draws<E>) detail::check_masks(e, target.size());
      target.stamp.check("assign");
      broadcast_shape("assign", target.shape(), shape_of(e));
      if (!detail::overlaps(e, target)) return run_forward<ops::evaluate>(ctx, e, target);
      const auto mark = ctx.memory().values.mark();
      const auto out = ctx.template output<T>(target.shape());
      run_forward<ops::evaluate>(ctx, e, out);
      run_forward<ops::copy>(ctx, static_cast<const T*>(out.data()), target.data(), target.size());
      ctx.memory().values.release(mark);
    }
  }
}

/// Of a tensor or a parameter; what cannot be written to is refused with a sentence.
template <class Context, class To, operand X>
void assign(Context& ctx, To&& to, X&& x) {
  constexpr bool is_an_array = target_of_assign<std::remove_cvref_t<To>>::is_an_array;
  static_assert(target_of_assign<std::remove_cvref_t<To>>::is_an_array,
                "clipt::assign: the target is a tensor, a parameter or a view: it is a statement or a result");
  if constexpr (is_an_array) {
    const auto target = detail::written_by(to);
    assign(ctx, target, std::forward<X>(x));
  }
}

/// A copy of an array in the context's memory, a temporary one's too: what a function fills and a backward still reads.
///
/// It lives until `ctx.reset()` and carries no gradient. PyTorch equivalent: `x.detach().clone()`.
template <class Context, tensor_like X>
auto constant(Context& ctx, const X& x) {
  const auto e = detach(as_expression(x));
  using T = value_in<decltype(e)>;
  using S = shape_in<decltype(e)>;
  detail::check_stamps("constant", e);
  if constexpr (detail::draws<std::remove_const_t<decltype(e)>>) detail::check_masks(e, shape_of(e).size());
  const auto out = ctx.template output<T>(shape_of(e));
  if constexpr (requires { e.data(); })
    run_forward<ops::copy>(ctx, static_cast<const T*>(e.data()), out.data(), out.size());
  else
    run_forward<ops::evaluate>(ctx, e, out);
  return view<const T, S, typename Context::device>(out);
}

}  // namespace clipt::inline CLIPT_BUILD
