// kernel<Op, Device>: the one customisation point between an operation and a device, and the calls that check it.
#pragma once
#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// An operation has a kernel on a device; a specialisation of `kernel` needs none of this.
template <class Op, class Device>
struct operation {
  static constexpr bool has_a_kernel = false;
};

/// How `Op` runs on `Device`: a specialisation has a static function `forward(ctx, arguments...)` and, where a gradient
/// exists, `backward(ctx, arguments...)`; which arguments these are stands beside the op's tag.
///
/// A device or an op of one's own is a specialisation of one's own; the primary template says what is missing.
template <class Op, class Device>
struct kernel {
  static_assert(operation<Op, Device>::has_a_kernel,
                "clipt: there is no kernel for this operation on this device; specialise clipt::kernel<Op, Device>");

  // What is refused already is not missed once more.
  static void forward(auto&&...) {}
  static void backward(auto&&...) {}
};

/// The kernel of an operation on a device has the function that is called: `kernel_of<fourier, cpu, false>::has_backward`.
template <class Op, class Device, bool Found>
struct kernel_of {
  static constexpr bool has_forward = Found, has_backward = Found;
};

/// `kernel<Op, Device>::forward(ctx, args...)` on the context's device, if the kernel has it for these arguments.
template <class Op, class Context, class... Args>
auto run_forward(Context& ctx, const Args&... args) {
  using Kernel = kernel<Op, typename Context::device>;
  static_assert(sizeof(Kernel) > 0);  // complete before it is asked, so that a missing one is one error
  constexpr bool found = requires { Kernel::forward(ctx, args...); };
  static_assert(kernel_of<Op, typename Context::device, found>::has_forward,
                "clipt: a kernel has a static `forward(ctx, arguments...)`: that of this operation on this device has "
                "none that takes these arguments");
  if constexpr (found) return Kernel::forward(ctx, args...);
}

/// `kernel<Op, Device>::backward(ctx, args...)` on the context's device, if the kernel has it for these arguments.
template <class Op, class Context, class... Args>
auto run_backward(Context& ctx, const Args&... args) {
  using Kernel = kernel<Op, typename Context::device>;
  static_assert(sizeof(Kernel) > 0);  // complete before it is asked, so that a missing one is one error
  constexpr bool found = requires { Kernel::backward(ctx, args...); };
  static_assert(kernel_of<Op, typename Context::device, found>::has_backward,
                "clipt: a kernel of an operation with a gradient has a static `backward(ctx, arguments...)`: that of "
                "this operation on this device has none that takes these arguments");
  if constexpr (found) return Kernel::backward(ctx, args...);
}

/// What a device needs beside memory, one per round of operations: nothing on the CPU, a stream and handles on a GPU.
template <class Device>
struct device_state {};

}  // namespace clipt::inline CLIPT_BUILD
