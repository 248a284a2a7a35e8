#include <gtest/gtest.h>

#include <clipt/nn/copy.hpp>

using namespace clipt;

namespace {

struct one_array {
  parameter<fp32, 3> a;
  static constexpr auto names = fields("a");
};
struct two_arrays {
  parameter<fp32, 3> a;
  parameter<fp32, 2> b;
  static constexpr auto names = fields("a", "b");
};

}  // namespace

TEST(copy_model, is_refused_between_two_structures_before_it_begins) {
  two_arrays larger;
  one_array smaller;
  larger.a[0] = 5;
  smaller.a[0] = 7;
  inference<> ctx;
  EXPECT_THROW(copy_model(ctx, smaller, larger), shape_error);
  EXPECT_EQ(larger.a[0], 5);
  try {
    copy_model(ctx, larger, smaller);
    FAIL();
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(),
                 "clipt::copy_model: from 2 parameters and buffers to 1: both models are of one structure");
  }
  EXPECT_EQ(smaller.a[0], 7);
  two_arrays same;
  copy_model(ctx, larger, same);
  EXPECT_EQ(same.a[0], 5);
}
