#include <gtest/gtest.h>
#include <cmath>

#include <clipt/autodiff/gradcheck.hpp>
#include <clipt/expr/operators.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;

namespace {

struct wrong_square {
  template <class T>
  static T apply(T x) {
    return x * x;
  }
  template <class T>
  static void pull(T x, T, T g, T& gx) {
    gx = g * x;
  }
};

struct nothing {
  template <class T>
  static T apply(T x) {
    return x * x;
  }
  template <class T>
  static void pull(T, T, T, T& gx) {
    gx = T(NAN);
  }
};

}  // namespace

TEST(gradcheck, accepts_right_gradients_and_refuses_wrong_ones) {
  auto x = clipt_test::uniform<double>(shape<batch, 3>{2}, 0.5, 1, 1);
  EXPECT_LT(gradcheck([](auto& ctx, const auto& v) { return eval(ctx, square(v)); }, x), 1e-8);
  EXPECT_GT(gradcheck([](auto& ctx, const auto& v) { return eval(ctx, apply<wrong_square>(v)); }, x), 1e-2);
  EXPECT_GT(gradcheck([](auto& ctx, const auto& v) { return eval(ctx, apply<nothing>(v)); }, x), 1);
}

TEST(gradcheck, leaves_its_inputs_as_they_were) {
  auto x = clipt_test::uniform<double>(shape<3>{}, 0.5, 1, 1);
  const auto before = x;
  gradcheck([](auto& ctx, const auto& v) { return eval(ctx, square(v)); }, x);
  for (dim_t i = 0; i < 3; ++i) EXPECT_EQ(x[i], before[i]);
}
