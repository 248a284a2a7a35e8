// The algorithms of Thrust that take long to compile: the one source of clipt::cuda_algorithms.
#define CLIPT_FITS_ALL_BUILDS
#include <clipt/cuda/algorithms.cuh>

#include <thrust/sort.h>  // stable_sort_by_key

namespace clipt::compiled {

namespace {

/// What Thrust asks for memory.
struct borrowing {
  using value_type = char;
  const memory_source& take;

  char* allocate(std::ptrdiff_t bytes) { return take(static_cast<std::size_t>(bytes)); }
  void deallocate(char*, std::size_t) {}
};

}  // namespace

void sort_by_key(on_cuda::stream_type stream, std::int32_t* keys, std::int32_t* values, int count,
                 const memory_source& take) {
  const on_cuda::executing here(stream);
  borrowing memory{take};
  ::thrust::stable_sort_by_key(here.policy(memory), keys, keys + count, values);
}

}  // namespace clipt::compiled
