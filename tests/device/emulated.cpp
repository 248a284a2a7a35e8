// The kernels on the emulated GPU: all operations, and kernels with planted bugs that must be found.
#include <clipt/cuda.hpp>
#include <gmock/gmock.h>  // HasSubstr

#include "device_tests.hpp"
#include "why.hpp"

namespace clipt::test {

second_run::second_run() { on_cuda::emulator::order = on_cuda::emulator::order_type::descending; }
second_run::~second_run() { on_cuda::emulator::order = on_cuda::emulator::order_type::ascending; }

namespace {

using namespace on_cuda;

struct no_barrier {
  static void wait() {}
};
/// Waits before the parts are read, but not after.
struct half_a_barrier {
  static void wait() {
    static int calls = 0;
    if (calls++ / block_group<>::threads % 2 == 0) synchronize_block();
  }
};

/// The library's sum of a block with another barrier.
template <class Barrier>
struct block_sum_body {
  static constexpr int threads = 256;
  const float* x;
  float* out;
  int repeats;
  void operator()() const {
    for (int i = 0; i < repeats; ++i) {
      const float total = group_sum<block_group<Barrier>>(x[thread_index()]);
      if (thread_index() == 0) *out = total;
    }
  }
};

template <class Body>
std::string complaint_of(const Body& body, int shared_bytes, int threads = Body::threads) {
  try {
    launch({}, 1, threads, shared_bytes, body);
  } catch (const device_error& e) {
    return e.what();
  }
  return "nothing was found";
}

template <class Barrier>
std::string complaint_of_sum(int repeats) {
  storage<float, gpu> x(256), out(1);
  return complaint_of(block_sum_body<Barrier>{x.data(), out.data(), repeats}, block_group<>::shared_bytes);
}

TEST(planted_bugs, the_kernel_without_a_bug_passes) {
  EXPECT_EQ(complaint_of_sum<block_barrier>(2), "nothing was found");
}

TEST(planted_bugs, dropped_barrier) {
  EXPECT_THAT(complaint_of_sum<no_barrier>(1), testing::HasSubstr("shared memory is read that nobody has written"));
  emulator::order = emulator::order_type::descending;
  EXPECT_THAT(complaint_of_sum<no_barrier>(1), testing::HasSubstr("shared memory is read"));
  emulator::order = emulator::order_type::ascending;
}

TEST(planted_bugs, dropped_second_barrier) {
  EXPECT_THAT(complaint_of_sum<half_a_barrier>(2), testing::HasSubstr("no barrier between"));
}

struct barrier_for_some {
  static constexpr int threads = 64;
  void operator()() const {
    if (thread_index() < 40) synchronize_block();
  }
};
struct shuffle_for_some {
  static constexpr int threads = 32;
  void operator()() const {
    if (thread_index() < 31) shuffle_xor(1, 1);
  }
};
TEST(planted_bugs, threads_that_leave_early) {
  EXPECT_THAT(complaint_of(barrier_for_some{}, 0), testing::HasSubstr("that others never reach"));
  EXPECT_THAT(complaint_of(shuffle_for_some{}, 0), testing::HasSubstr("that others never reach"));
}

struct beyond_shared {
  static constexpr int threads = 32;
  int at, count;
  void operator()() const { shared_array<float>(count).set(at + thread_index(), 1); }
};
TEST(planted_bugs, beyond_shared_memory) {
  EXPECT_EQ(complaint_of(beyond_shared{0, 32}, 128), "nothing was found");
  EXPECT_THAT(complaint_of(beyond_shared{1, 32}, 128), testing::HasSubstr("element 32 of 32 in shared memory"));
  EXPECT_THAT(complaint_of(beyond_shared{0, 33}, 128), testing::HasSubstr("more shared memory is used"));
}

/// The library's map, told of more elements than there are: a tail that is not masked.
TEST(planted_bugs, missing_tail_mask) {
  using X = view<const float, shape<rows>, gpu>;
  const auto map_over = [](dim_t memory, dim_t told) {
    storage<float, gpu> x(memory), y(memory);
    const auto e = square(X{x.data(), shape<rows>(told)});
    map({}, e, shape<rows>(told), y.data());
  };
  map_over(1000, 1000);
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the program has threads
  EXPECT_EXIT(map_over(1000, 1024), testing::ExitedWithCode(3), "an algorithm touched memory outside of all arrays");
}

TEST(map, takes_packets_where_rows_and_addresses_allow_it) {
  const storage<float, gpu> memory(64);
  const float* const p = memory.data();
  const auto takes = [](const float* x, dim_t rows, dim_t width, const float* bias, const float* out) {
    const auto e = view<const float, shape<batch, columns>, gpu>{x, shape<batch, columns>(rows, width)} +
                   view<const float, shape<columns>, gpu>{bias, shape<columns>(width)};
    return packs(e, shape<batch, columns>(rows, width), out);
  };
  EXPECT_TRUE(takes(p, 3, 8, p, p));
  EXPECT_FALSE(takes(p, 4, 7, p, p));  // 28 elements, but no row begins at a multiple of 16 bytes
  EXPECT_FALSE(takes(p + 1, 3, 8, p, p));
  EXPECT_FALSE(takes(p, 3, 8, p + 2, p));
  EXPECT_FALSE(takes(p, 3, 8, p, p + 3));
  const shape<batch, columns> flat(4, 7);
  EXPECT_TRUE(packs(2 * view<const float, shape<batch, columns>, gpu>{p, flat}, flat, p));  // rows may be cut anywhere
}

TEST(planted_bugs, the_host_follows_a_pointer_of_the_gpu) {
  const storage<float, gpu> x(4);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const volatile float value = *x.data();
        static_cast<void>(value);
      },
      testing::ExitedWithCode(3), "the host touched memory of the GPU");
}

/// A row's sum whose last columns are left out: nothing is touched that is not there, but the numbers are wrong.
template <class Group>
struct short_row_body {
  static constexpr int threads = Group::threads;
  const float* x;
  float* out;
  dim_t n;
  void operator()() const {
    float total = 0;
    for_own_columns<Group, 2>(n, [&](int, dim_t c) { total += x[c]; });  // two columns per thread reach up to 64
    total = group_sum<Group>(total);
    if (Group::index() == 0 && Group::lane() == 0) *out = total;
  }
};
TEST(planted_bugs, too_few_slots_change_the_numbers) {
  const auto sum_of_ones = [](dim_t n) {
    recording<gpu> ctx;
    tensor<float, shape<columns>> ones(n);
    std::fill(ones.begin(), ones.end(), 1.0f);
    tensor<float, shape<columns>, gpu> x(n);
    tensor<float, shape<>, gpu> out;
    copy(ctx, ones, x);
    launch({}, 1, 256, 0, short_row_body<warp_group>{x.data(), out.data(), n});
    return item(ctx, out.view());
  };
  EXPECT_EQ(sum_of_ones(64), 64);
  EXPECT_NE(sum_of_ones(65), 65);
}

TEST(emulator, more_blocks_than_a_gpu_counts) {
  EXPECT_EQ(clipt_test::why<shape_error>([] {
              launch({}, dim_t{1} << 31, 32, 0, beyond_shared{0, 32});
            }),
            "clipt::gpu: 2147483648 blocks of a kernel: a GPU takes at most 2147483647 at a time: cut the batch into "
            "parts");
}

TEST(emulator, launches_that_a_gpu_refuses) {
  EXPECT_THAT(complaint_of(beyond_shared{0, 32}, 256 << 10), testing::HasSubstr("would refuse"));
  EXPECT_THAT(complaint_of(beyond_shared{0, 32}, 128, 64), testing::HasSubstr("would refuse"));
}

/// Matrices of shared memory, read where `shift` says, with a barrier behind the writes or without.
struct reads_matrices {
  static constexpr int threads = 64;
  bool waits;
  int shift;

  void operator()() const {
    const on_cuda::shared_array<bfloat16> rows(64 * 8 + 8);
    for (int i = 0; i < 8; ++i) rows.set(thread_index() * 8 + i, bfloat16(1.0f));
    if (waits) synchronize_block();
    const int row = thread_index() < 32 ? 63 - thread_index() : thread_index() - 32;  // the other warp's
    on_cuda::load_matrices<false>(rows, row * 8 + shift);
  }
};

TEST(planted_bugs, matrices_read_too_early_or_askew) {
  constexpr int bytes = (64 * 8 + 8) * 2;
  EXPECT_EQ(complaint_of(reads_matrices{true, 0}, bytes), "nothing was found");
  EXPECT_THAT(complaint_of(reads_matrices{false, 0}, bytes), testing::HasSubstr("no barrier between"));
  EXPECT_THAT(complaint_of(reads_matrices{true, 1}, bytes), testing::HasSubstr("no multiple of 16 bytes"));
  EXPECT_THAT(complaint_of(reads_matrices{true, 8}, bytes), testing::HasSubstr("nobody has written"));
}

TEST(emulator, products_that_cublaslt_refuses) {
  device_state<gpu> state;
  tensor<float, shape<8, 8>, gpu> a, b, c;
  const on_cuda::product_layout rows{8, 64};
  const on_cuda::product_key right{
      1, 8, 8, 8, false, false, false, false, rows, rows, rows, element_type::f32, element_type::f32, 8};
  const auto complaint = [&](const on_cuda::product_key& key, dim_t shift = 0) {
    return clipt_test::why<device_error>([&] {
      state.products.run(state.stream, key, {a.data() + shift, b.data(), c.data(), c.data()});
    });
  };
  EXPECT_EQ(complaint(right), "accepted");
  EXPECT_THAT(complaint(right, 1), testing::HasSubstr("not aligned"));
  auto wrong = right;
  wrong.b.stride = 7;
  EXPECT_THAT(complaint(wrong), testing::HasSubstr("leading dimension"));
  wrong = right;
  wrong.count = 2;
  wrong.c.distance = 63;
  EXPECT_THAT(complaint(wrong), testing::HasSubstr("batch are not aligned"));
  wrong = right;
  wrong.biased = wrong.adds = true;
  EXPECT_THAT(complaint(wrong), testing::HasSubstr("a bias of what is added to"));
}

}  // namespace

}  // namespace clipt::test
