// The check of a debug build: views remember the round that made them.
#undef NDEBUG
#include <gtest/gtest.h>
#include <string>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/rows.hpp>

using namespace clipt;

TEST(view, of_an_earlier_round_is_refused) {
  const tensor<float, shape<3>> x({}, {1, 2, 3});
  inference<> ctx;
  const auto old = eval(ctx, 2 * x);
  EXPECT_EQ(eval(ctx, old + 1)[0], 3);
  ctx.reset();
  try {
    eval(ctx, x + 3 * old);
    FAIL() << "a view of an earlier round was used";
  } catch (const error& e) {
    EXPECT_NE(std::string(e.what()).find("clipt::eval: a view is used after its context was reset"), std::string::npos)
        << e.what();
  }
  EXPECT_THROW(softmax(ctx, old), error);
}

TEST(view, vars_are_refused_too_and_tensors_never) {
  const tensor<float, shape<3>> x({}, {1, 2, 3});
  recording<> ctx;
  const auto old = eval(ctx, 2 * ctx.variable(x));
  ctx.reset();
  EXPECT_THROW(eval(ctx, exp(old)), error);
  EXPECT_THROW(eval(ctx, exp(detach(old))), error);
  EXPECT_NO_THROW(eval(ctx, exp(x)));
}
