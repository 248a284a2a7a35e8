// Copies between devices: arrays, single numbers, and whole models.
#pragma once
#include <string>  // to_string
#include <vector>  // vector

#include <clipt/autodiff/evaluate.hpp>  // context, eval
#include <clipt/nn/reflect.hpp>         // for_each_state, state_table

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The device that a copy between two must be given to: the one that is not the CPU.
template <class Context, class From, class To>
constexpr void check_devices() {
  using D = typename Context::device;
  static_assert(
      (devices<From, D>::equal || devices<From, cpu>::equal) && (devices<To, D>::equal || devices<To, cpu>::equal),
      "clipt::copy: between the context's device and the CPU: an array lies on a third device");
}

/// An array as it lies, on whichever device; a statement is evaluated.
template <class Context, class E>
auto in_memory(Context& ctx, const E& e) {
  if constexpr (requires { e.data(); })
    return e;
  else
    return eval(ctx, e);
}

}  // namespace detail

/// Copies the elements of `from` to `to`, of the same shape, from or to the CPU or within the context's device.
///
/// It has happened when the call returns. Errors: `shape_error` when runtime extents differ.
/// PyTorch equivalent: `to.copy_(x)`.
template <class Context, class T, class U, class Shape, class From, class To>
void copy(Context& ctx, const view<T, Shape, From>& from, const view<U, Shape, To>& to) {
  static_assert(element_types<std::remove_const_t<T>, U>::equal,
                "clipt::copy: the two element types are the same: they differ; use cast<T>(x)");
  detail::check_devices<Context, From, To>();
  from.stamp.check("copy");
  to.stamp.check("copy");
  if (!(from.shape() == to.shape()))
    throw shape_error("clipt::copy: from " + to_string(from.shape()) + " to " + to_string(to.shape()) +
                      ": the extents differ");
  run_forward<ops::transfer>(ctx, static_cast<const U*>(from.data()), to.data(), from.size());
}

/// The same for tensors, results and statements: `copy(ctx, cast<float>(pixels), images)`.
template <class Context, tensor_like From, class T, class Shape, class To>
void copy(Context& ctx, const From& from, tensor<T, Shape, To>& to) {
  static_assert(element_types<value_in<From>, T>::equal,
                "clipt::copy: the two element types are the same: they differ; use cast<T>(x)");
  static_assert(shapes<shape_in<From>, Shape>::equal, "clipt::copy: from and to have one shape: their shapes differ");
  if constexpr (element_types<value_in<From>, T>::equal && shapes<shape_in<From>, Shape>::equal) {
    const auto x = detail::in_memory(ctx, as_expression(from));
    using Read = view<const T, Shape, typename std::remove_const_t<decltype(x)>::device>;
    copy(ctx, Read{x.data(), x.shape(), x.stamp}, to.view());
  }
}

/// The one element of a scalar, once it is computed. PyTorch equivalent: `x.item()`.
template <class Context, class X>
auto item(Context& ctx, const X& x) {
  static_assert(elements<typename X::shape_type, shape<>>::equal,
                "clipt::item: x is a scalar: it has axes; reduce it with sum or mean");
  typename X::value_type value{};
  if constexpr (elements<typename X::shape_type, shape<>>::equal) {
    detail::check_stamps("item", x);
    run_forward<ops::transfer>(ctx, x.data(), &value, 1);
  }
  return value;
}

namespace detail {

/// Copies numbers of type S as numbers of type T; between two transfers they are cast on the context's device.
template <class T, class Context>
void transfer_as(Context& ctx, const T* from, T* to, dim_t count) {
  run_forward<ops::transfer>(ctx, from, to, count);
}
template <class S, class T, class Context>
void transfer_as(Context& ctx, const S* from, T* to, dim_t count) {
  const auto mark = ctx.memory().values.mark();
  const auto read = ctx.template output<S>(shape<columns>(count));
  const auto cast_to = ctx.template output<T>(shape<columns>(count));
  run_forward<ops::transfer>(ctx, from, read.data(), count);
  run_forward<ops::evaluate>(ctx, cast<T>(view<const S, shape<columns>, typename Context::device>(read)), cast_to);
  run_forward<ops::transfer>(ctx, static_cast<const T*>(cast_to.data()), to, count);
  ctx.memory().values.release(mark);
}

}  // namespace detail

/// Copies all parameters and buffers of a model to one of the same structure that may live on another device, and whose
/// parameters may be of another type.
///
/// Initialise and load on the CPU, then copy. Errors: `shape_error` when the structures differ.
/// PyTorch equivalent: `to.load_state_dict(from.state_dict())`.
template <class Context, class From, class To>
void copy_model(Context& ctx, const From& from, To& to) {
  using S = parameter_element_t<From>;
  using T = parameter_element_t<To>;
  constexpr auto read_as = detail::element_type_of<S>::value, written_as = detail::element_type_of<T>::value;
  const std::vector<state_member> sources = state_table(from);
  std::vector<state_member> targets;
  for_each_state(to, [&](const std::string& path, const state_member& member) {
    const std::size_t index = targets.size();
    const bool fits = index < sources.size() && sources[index].size == member.size &&
                      (sources[index].type == member.type ||
                       (sources[index].type == read_as && member.type == written_as));
    if (!fits)
      throw shape_error("clipt::copy_model: " + path + " has " + std::to_string(member.size) +
                        " elements, the other model another number or type; both are of one structure");
    targets.push_back(member);
  });
  if (targets.size() != sources.size())
    throw shape_error("clipt::copy_model: from " + std::to_string(sources.size()) + " parameters and buffers to " +
                      std::to_string(targets.size()) + ": both models are of one structure");
  for (std::size_t index = 0; index < targets.size(); ++index) {
    const state_member& source = sources[index];
    if (source.type == read_as)
      detail::transfer_as(ctx, static_cast<const S*>(source.data), targets[index].elements<T>().data(), source.size);
    else
      targets[index].with_elements([&](auto elements) {
        using E = typename decltype(elements)::value_type;
        run_forward<ops::transfer>(ctx, static_cast<const E*>(source.data), elements.data(), source.size);
      });
  }
}

}  // namespace clipt::inline CLIPT_BUILD
