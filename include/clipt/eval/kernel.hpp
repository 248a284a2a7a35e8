// kernel<Op, Device>: the one customisation point between an operation and a device.
#pragma once
#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// An operation has a kernel on a device; a specialisation of `kernel` needs none of this.
template <class Op, class Device>
struct operation {
  static constexpr bool has_a_kernel = false;
};

/// How `Op` runs on `Device`: a specialisation has static functions `forward` and, where a gradient exists, `backward`.
///
/// A device or an op of one's own is a specialisation of one's own; the primary template says what is missing.
template <class Op, class Device>
struct kernel {
  static_assert(operation<Op, Device>::has_a_kernel,
                "clipt: there is no kernel for this operation on this device; specialise clipt::kernel<Op, Device>");
};

/// What a device needs beside memory, one per round of operations: nothing on the CPU, a stream and handles on a GPU.
template <class Device>
struct device_state {};

namespace ops {
/// `kernel<fill, Device>::run(ctx, to, count, value)`: one number everywhere.
struct fill {};
/// `kernel<copy, Device>::run(ctx, from, to, count)`: elements within a device; `to` may overlap `from` from below.
struct copy {};
/// `kernel<accumulate, Device>::run(ctx, from, to, count)`: to += from.
struct accumulate {};
/// `kernel<transfer, Device>::run(ctx, from, to, count)`: elements from or to the CPU; done on return.
struct transfer {};
}  // namespace ops

}  // namespace clipt::inline CLIPT_BUILD
