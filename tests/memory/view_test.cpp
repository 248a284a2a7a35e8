// The checks of a debug build: views remember the round or the tensor that made them, nodes what their operands were.
#undef NDEBUG
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include <clipt/autodiff/checkpoint.hpp>
#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/memory/print.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/rows.hpp>
#include "why.hpp"

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

TEST(view, elements_of_an_earlier_round_are_not_read) {
  const tensor<float, shape<3>> x({}, {1, 2, 3});
  const std::string refused = "clipt::view: a view is used after its context was reset: copy what must outlive a step";
  inference<> ctx;
  recording<> tape;
  const auto y = eval(ctx, 2 * x);
  const auto v = eval(tape, 2 * tape.variable(x));
  ctx.reset(), tape.reset();
  EXPECT_EQ(clipt_test::why([&] { y[0]; }), refused);
  EXPECT_EQ(clipt_test::why([&] { y(0); }), refused);
  EXPECT_EQ(clipt_test::why([&] { y.data(); }), refused);
  EXPECT_EQ(clipt_test::why([&] { y.begin(); }), refused);
  EXPECT_EQ(clipt_test::why([&] { to_string(y); }), refused);
  EXPECT_EQ(clipt_test::why([&] { tensor<float, shape<3>> copy = y; }), refused);
  EXPECT_EQ(clipt_test::why([&] { v[0]; }), refused);
  const auto dead = [&] {
    inference<> gone;
    return eval(gone, 2 * x);
  }();
  EXPECT_NE(clipt_test::why([&] { dead[0]; }), "accepted");
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

TEST(view, a_gradient_outlives_what_it_is_of) {
  recording<> ctx;
  const auto gradient = [&] {
    const tensor<float, shape<3>> x({}, {1, 2, 3});
    const auto v = ctx.variable(x);
    ctx.backward(sum(ctx, v * v));
    return ctx.gradient_of(v);
  }();
  EXPECT_EQ(gradient[2], 6);
}

TEST(view, of_a_context_that_ended_is_refused) {
  const tensor<float, shape<3>> x({}, {1, 2, 3});
  auto first = std::make_unique<inference<>>();
  const auto old = eval(*first, 2 * x);
  first.reset();
  inference<> ctx;
  EXPECT_NE(clipt_test::why([&] { eval(ctx, old + 1); }).find("its context was reset"), std::string::npos);
}

TEST(view, of_a_tensor_that_is_gone_is_refused) {
  auto x = std::make_unique<tensor<float, shape<3>>>();
  const auto view_of_x = std::as_const(*x).view();
  tensor<float, shape<3>> moved = std::move(*x);
  inference<> ctx;
  EXPECT_NO_THROW(eval(ctx, view_of_x + 1));  // the elements live on
  x.reset();
  EXPECT_NO_THROW(eval(ctx, view_of_x + 1));
  moved = tensor<float, shape<3>>();
  EXPECT_NE(clipt_test::why([&] { eval(ctx, view_of_x + 1); }).find("its tensor is gone"), std::string::npos);
}

TEST(view, as_a_variable_ends_with_its_tensor_and_with_its_recording) {
  auto x = std::make_unique<tensor<float, shape<3>>>();
  recording<> ctx;
  const auto v = ctx.variable(*x);
  EXPECT_NO_THROW(eval(ctx, v + 1));
  x.reset();
  EXPECT_NE(clipt_test::why([&] { eval(ctx, v + 1); }).find("its tensor is gone"), std::string::npos);
  const tensor<float, shape<3>> stays;
  const auto w = ctx.variable(stays), of_detached = ctx.variable(detach(w));
  ctx.reset();
  EXPECT_NE(clipt_test::why([&] { eval(ctx, w + 1); }).find("its context was reset"), std::string::npos);
  EXPECT_NE(clipt_test::why([&] { eval(ctx, of_detached + 1); }).find("its context was reset"), std::string::npos);
}

namespace {

constexpr const char* changed = "clipt::backward: elements have changed since the forward";

template <class Change>
std::string why_after(Change change) {
  auto x = std::make_unique<tensor<float, shape<2>>>();
  parameter<fp32, 2> p;
  p[0] = p[1] = 1;
  recording<> ctx;
  const auto loss = sum(ctx, p * (*x + 1));
  change(x, p);
  return clipt_test::why([&] { ctx.backward(loss); });
}

}  // namespace

TEST(recording, of_a_tensor_that_is_refilled_is_refused) {
  EXPECT_EQ(why_after([](auto&, auto&) {}), "accepted");
  EXPECT_NE(why_after([](auto& x, auto&) { (*x)[1] = 1000; }).find(changed), std::string::npos);
  EXPECT_NE(why_after([](auto& x, auto&) { (*x)[1] = -0.0f; }).find(changed), std::string::npos);
}

TEST(recording, of_a_parameter_that_has_stepped_is_refused) {
  EXPECT_NE(why_after([](auto&, auto& p) { p[0] = 2; }).find(changed), std::string::npos);
}

TEST(recording, of_a_tensor_that_is_gone_is_refused) {
  EXPECT_NE(
      why_after([](auto& x, auto&) { x.reset(); }).find("clipt::backward: a view is used after its tensor is gone"),
      std::string::npos);
}

TEST(recording, of_the_inputs_of_a_part_that_is_computed_again_is_refused_too) {
  tensor<float, shape<4, 4>> x;
  parameter<fp32, 4, 4> p;
  recording<> ctx;
  const auto y = checkpoint(
      ctx, [w = &p](auto& c, const auto& a) { return matmul(c, a, *w); }, x);
  x[3] = 1;
  EXPECT_NE(clipt_test::why([&] { ctx.backward(sum(ctx, y)); }).find(changed), std::string::npos);
}
