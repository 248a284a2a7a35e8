// The state of a GPU context: its stream, and the plans of its matrix products.
#pragma once
#include <clipt/core/device.hpp>    // gpu
#include <clipt/cuda/products.cuh>  // product_plans
#include <clipt/cuda/runtime.cuh>   // stream_type, make_stream, destroy_stream
#include <clipt/ops/kernel.hpp>     // device_state

namespace clipt::inline CLIPT_BUILD {

/// One stream, in which everything of a context happens in order.
template <>
struct device_state<gpu> {
  device_state() : stream(on_cuda::make_stream()) {}
  device_state(const device_state&) = delete;
  device_state& operator=(const device_state&) = delete;
  ~device_state() { on_cuda::destroy_stream(stream); }

  const on_cuda::stream_type stream;
  on_cuda::product_plans products;
};

}  // namespace clipt::inline CLIPT_BUILD
