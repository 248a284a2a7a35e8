#include <gtest/gtest.h>
#include <cstdint>
#include <type_traits>

#include <clipt/memory/tensor.hpp>

using namespace clipt;

TEST(tensor, is_zeroed_and_aligned) {
  const tensor<float, shape<batch, 3>> x(5);
  EXPECT_EQ(x.size(), 15);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x.data()) % 64, 0u);
  for (const float v : x) EXPECT_EQ(v, 0);
}

TEST(tensor, copies_elements_and_moves_them) {
  tensor<int, shape<2>> a({}, {1, 2});
  auto b = a;
  b[0] = 9;
  EXPECT_EQ(a[0], 1);
  const int* const address = b.data();
  const auto c = std::move(b);
  EXPECT_EQ(c.data(), address);
}

TEST(tensor, counts_the_given_values) {
  EXPECT_THROW((tensor<int, shape<2, 2>>({}, {1, 2, 3})), shape_error);
  try {
    tensor<int, shape<batch>>(shape<batch>(3), {1, 2});
    FAIL();
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(), "clipt::tensor: [batch=3] has 3 elements, 2 are given");
  }
}

TEST(tensor, of_too_many_elements_is_refused_before_memory_is_taken) {
  EXPECT_THROW((tensor<float, shape<batch>>(dim_t{1} << 62)), shape_error);
  EXPECT_THROW((tensor<float, shape<batch, 3>>(-5)), shape_error);
  EXPECT_THROW((tensor<float, shape<batch, 3>>(2.9)), shape_error);
  EXPECT_THROW((tensor<float, shape<dim_t{1} << 40, dim_t{1} << 40>>()), shape_error);
  EXPECT_THROW((parameter<fp32, dim_t{1} << 40, dim_t{1} << 40>()), shape_error);
  EXPECT_THROW((storage<float, cpu>(-1)), shape_error);
  EXPECT_THROW((storage<float, cpu>(dim_t{1} << 62)), shape_error);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which end the program instead
  EXPECT_THROW((storage<float, cpu>(most_elements)), std::bad_alloc);
#endif
  EXPECT_EQ((tensor<float, shape<batch, 3>>(0).size()), 0);
}

TEST(tensor, views_of_a_const_one_are_const) {
  const tensor<float, shape<2>> x;
  static_assert(std::is_same_v<decltype(x.view()), view<const float, shape<2>>>);
  static_assert(std::is_convertible_v<view<float, shape<2>>, view<const float, shape<2>>>);
  static_assert(!std::is_convertible_v<view<const float, shape<2>>, view<float, shape<2>>>);
  static_assert(std::is_trivially_copyable_v<view<float, shape<2>>>);
}

TEST(parameter, copies_values_but_no_gradient) {
  parameter<fp32, 3> p;
  p[1] = 4;
  auto& slot = p.gradient();
  slot.allocate(slot);
  static_cast<float*>(slot.data)[0] = 7;
  slot.empty = false;
  const parameter<fp32, 3> q = p;
  EXPECT_EQ(q[1], 4);
  EXPECT_EQ(q.gradient_data(), nullptr);
  EXPECT_TRUE(q.gradient().empty);
  EXPECT_EQ(p.gradient_data()[0], 7);
}

TEST(parameter, of_no_extent_is_one_number) {
  parameter<fp32> scale;
  EXPECT_EQ(scale.size(), 1);
  EXPECT_EQ(scale.gradient_data(), nullptr);
}

TEST(tensor, is_assigned_one_of_its_extents) {
  tensor<float, shape<rows, columns>> x(2, 3);
  tensor<float, shape<rows, columns>> same(2, 3), shorter(1, 3);
  const tensor<float, shape<rows, columns>> turned(3, 2);
  same[5] = 7;
  const float* const address = x.data();
  x.assign(same);
  EXPECT_EQ(x.data(), address);
  EXPECT_EQ(x[5], 7);
  EXPECT_THROW(x.assign(turned), shape_error);
  try {
    x.assign(shorter);
    FAIL();
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(),
                 "clipt::tensor: [rows=2, columns=3] is assigned [rows=1, columns=3]: the extents differ; make a tensor "
                 "of that shape");
  }
}

TEST(tensor, whose_elements_were_moved_away_is_refused) {
  tensor<float, shape<6>> x;
  const auto taken = std::move(x);
  EXPECT_THROW(x.view(), error);
  parameter<fp32, 3> p;
  const auto kept = std::move(p);
  EXPECT_THROW(p.view(), error);
  EXPECT_THROW(p.leaf(), error);
  EXPECT_NO_THROW(taken.view());
  EXPECT_NO_THROW(kept.leaf());
}
