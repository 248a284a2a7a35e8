// Statements computed into arrays of one's own, and arrays made of, seen in and printed from a user's memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <span>
#include <sstream>
#include <vector>

#include <fmt/ranges.h>  // beside which arrays are no ranges

#include <clipt/autodiff/assign.hpp>
#include <clipt/autodiff/evaluate.hpp>
#include <clipt/fmt.hpp>
#include <clipt/nn/reductions.hpp>
#include "why.hpp"

using namespace clipt;
using testing::ElementsAre;

TEST(assign, computes_into_tensors_parameters_and_views) {
  inference<> ctx;
  tensor<float, shape<batch, 3>> x(2);
  assign(ctx, x, 3 * row_index + column_index);
  EXPECT_THAT(x, ElementsAre(0, 1, 2, 3, 4, 5));
  assign(ctx, x, where(column_index < 2, x, -1));
  EXPECT_THAT(x, ElementsAre(0, 1, -1, 3, 4, -1));
  parameter<fp32, 3> p;
  assign(ctx, p, 7);
  EXPECT_THAT(p, ElementsAre(7, 7, 7));
  assign(ctx, p, p * 2);
  EXPECT_THAT(p, ElementsAre(14, 14, 14));
  std::vector<float> own{1, 2, 3};
  assign(ctx, view_of(own, shape<3>{}), square(view_of(own, shape<3>{})));
  EXPECT_THAT(own, ElementsAre(1, 4, 9));
  tensor<std::int32_t, shape<3>> counts;
  assign(ctx, counts, cast<std::int32_t>(p));
  EXPECT_THAT(counts, ElementsAre(14, 14, 14));
}

TEST(assign, reads_what_it_writes_only_before) {
  inference<> ctx;
  tensor<float, shape<3, 3>> x({}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const view<const float, shape<3>> first_row{x.data(), {}};
  assign(ctx, x, x - first_row);  // the first row is needed to the end
  EXPECT_THAT(x, ElementsAre(0, 0, 0, 3, 3, 3, 6, 6, 6));
  const view<float, shape<2, 3>> lower{x.data() + 3, {}}, upper{x.data(), {}};
  assign(ctx, lower, upper + 1);
  EXPECT_THAT(x, ElementsAre(0, 0, 0, 1, 1, 1, 4, 4, 4));
}

TEST(assign, refuses_what_does_not_fit) {
  inference<> ctx;
  tensor<float, shape<batch, 3>> x(2);
  const tensor<float, shape<batch, 3>> other(3);
  EXPECT_EQ(clipt_test::why([&] { assign(ctx, x, other); }),
            "clipt::assign: [batch=2, 3] and [batch=3, 3]: the two batch differ (2 and 3)");
}

TEST(assign, refuses_masks_that_would_not_be_repeated) {
  inference<> ctx;
  tensor<float, shape<2, 3>> x;
  const tensor<float, shape<3>> row;
  EXPECT_THROW(assign(ctx, x, dropout(row, 0.5, random_stream{1})), shape_error);
  EXPECT_THROW(constant(ctx, x + dropout(row, 0.5, random_stream{1})), shape_error);
}

TEST(assign, keeps_averages_beside_a_recording) {
  recording<> ctx;
  parameter<fp32, 2> p;
  assign(ctx, p, 3);
  tensor<float, shape<2>> average;
  assign(ctx, average, 0.5 * average + 0.5 * detach(p));
  EXPECT_THAT(average, ElementsAre(1.5, 1.5));
  const auto loss = sum(ctx, p * p + detach(p * p));
  ctx.backward(loss);
  EXPECT_EQ(p.gradient_data()[0], 6);
}

TEST(constant, outlives_what_it_was_copied_from) {
  recording<> ctx;
  parameter<fp32, 3> w;
  assign(ctx, w, column_index);
  const auto loss_of_a_target_that_is_gone = [&] {
    tensor<float, shape<3>> target;
    assign(ctx, target, 2);
    return sum(ctx, w * constant(ctx, target) + constant(ctx, tensor<float, shape<3>>{{}, {1, 2, 3}}) * w);
  };
  ctx.backward(loss_of_a_target_that_is_gone());
  EXPECT_EQ(w.gradient_data()[2], 5);
  EXPECT_THAT(constant(ctx, 2 * w), ElementsAre(0, 2, 4));
  static_assert(!active<decltype(constant(ctx, w))>);
}

TEST(memory, of_ones_own_becomes_a_tensor_or_a_view) {
  std::vector<float> own{1, 2, 3, 4, 5, 6};
  const tensor<float, shape<batch, 3>> copied(shape<batch, 3>(2), own);
  const float* const pointer = own.data();
  const tensor<float, shape<2, 2>> from_pointer({}, std::span(pointer, 4));
  EXPECT_EQ(from_pointer(1, 0), 3);
  const auto seen = view_of(own, shape<batch, 3>(2));
  own[5] = 9;
  EXPECT_EQ(seen(1, 2), 9);
  EXPECT_EQ(copied(1, 2), 6);
  EXPECT_EQ(clipt_test::why([&] { view_of(own, shape<batch, 3>(3)); }),
            "clipt::view_of: [batch=3, 3] has 9 elements, 6 are given");
  EXPECT_THROW((tensor<float, shape<batch, 3>>(shape<batch, 3>(3), own)), shape_error);
}

#ifndef NDEBUG
TEST(memory, is_not_read_beyond_its_end) {
  tensor<float, shape<batch, 3>> x(2);
  EXPECT_EQ(clipt_test::why([&] { x[6]; }),
            "clipt: element (6) of [batch=2, 3]: each index is from 0 to below its extent: it is not");
  EXPECT_EQ(clipt_test::why([&] { x(0, 3); }),
            "clipt: element (0, 3) of [batch=2, 3]: each index is from 0 to below its extent: it is not");
  EXPECT_THROW(x.view()[-1], shape_error);
  const parameter<fp32, 2> p;
  EXPECT_THROW(p[2], shape_error);
}
#endif

TEST(print, shows_type_shape_and_values) {
  const tensor<float, shape<batch, 2>> x(shape<batch, 2>(2), {1, -0.25f, 1e9f, std::numeric_limits<float>::infinity()});
  const std::string text = "float [batch=2, 2]\n[[    1, -0.25],\n [1e+09,   inf]]";
  EXPECT_EQ(to_string(x), text);
  EXPECT_EQ(fmt::format("{}", x.view()), text);
  std::ostringstream out;
  out << x << " of " << x.shape();
  EXPECT_EQ(out.str(), text + " of [batch=2, 2]");
  const tensor<double, shape<>> third({}, {1.0 / 3});
  EXPECT_EQ(to_string(third), "double []\n0.333333");
  const tensor<double, shape<2>> none_of_either_sign({}, {std::nan(""), -std::nan("")});
  EXPECT_EQ(to_string(none_of_either_sign), "double [2]\n[nan, nan]");
  const parameter<policy<bfloat16>, 2> p;
  EXPECT_EQ(to_string(p), "bfloat16 [2]\n[0, 0]");
  const tensor<std::int32_t, shape<1001>> many;
  EXPECT_EQ(to_string(many), "int32 [1001]\n[0, 0, 0, ..., 0, 0, 0]");
  const tensor<std::int64_t, shape<batch, 2>> none(0);
  EXPECT_EQ(fmt::format("{} {}", none, none.shape()), "int64 [batch=0, 2]\n[] [batch=0, 2]");
}
