// Where Thrust runs: in the order of a stream, without waiting for it.
//
// tests/device/emulated has a second file of this name, whose algorithms run on the CPU.
#pragma once
#include <thrust/system/cuda/execution_policy.h>  // par_nosync

#include <clipt/cuda/runtime.cuh>  // stream_type

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// Thrust's policy for one call; it lives as long as the call.
class executing {
 public:
  explicit executing(stream_type stream) : stream_(stream) {}
  auto policy() const { return ::thrust::cuda::par_nosync.on(stream_); }
  /// The same for an algorithm that needs memory for itself.
  template <class Allocator>
  auto policy(Allocator& memory) const {
    return ::thrust::cuda::par_nosync(memory).on(stream_);
  }

  /// f as it is called with the numbers below `count`; the emulated GPU turns their order round.
  template <class F>
  const F& in_order(const F& f, int) const {
    return f;
  }

 private:
  stream_type stream_;
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
