// Where Thrust runs on the emulated GPU: here, on one of Thrust's own systems for CPUs.
#pragma once
#include <thrust/execution_policy.h>  // device

#include <clipt/cuda/runtime.cuh>  // access

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// The memory of the GPU may be touched while this lives.
class executing {
 public:
  explicit executing(stream_type) { emulator::current_thread = emulator::in_algorithm; }
  ~executing() { emulator::current_thread = -1; }
  executing(const executing&) = delete;

  auto policy() const { return ::thrust::device; }
  /// Thrust takes the memory it needs from the CPU; that the GPU would have given some is seen all the same.
  template <class Allocator>
  auto policy(Allocator& memory) const {
    memory.allocate(1);
    return ::thrust::device;
  }

  /// f, which is called with the numbers in the opposite order where the emulator is asked for it.
  template <class F>
  auto in_order(const F& f, int count) const {
    return [=, turned = emulator::order == emulator::order_type::descending](int i) { f(turned ? count - 1 - i : i); };
  }

 private:
  emulator::access open_;
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
