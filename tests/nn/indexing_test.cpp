// Elements by number, arrays turned and widened, vectors in products, lettered products.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include <clipt/nn/einsum.hpp>
#include <clipt/nn/rearranging.hpp>
#include "gradients/op_case.hpp"
#include "why.hpp"

using namespace clipt;
using clipt_test::uniform;
using testing::ElementsAre;

namespace {

/// 0, 1, 2, ... as [2, 2, 3].
tensor<float, shape<batch, 2, 3>> counted() {
  tensor<float, shape<batch, 2, 3>> x(2);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  return x;
}

}  // namespace

TEST(indexing, takes_places_of_an_axis_by_number) {
  const auto x = counted();
  const tensor<std::int32_t, shape<rows>> ids(shape<rows>(3), {1, 0, 1});
  inference<> ctx;
  EXPECT_THAT(index_select<1>(ctx, x, ids), ElementsAre(3, 4, 5, 0, 1, 2, 3, 4, 5, 9, 10, 11, 6, 7, 8, 9, 10, 11));
  EXPECT_EQ(to_string(index_select<0>(ctx, x, ids).shape()), "[rows=3, 2, 3]");
  const tensor<std::int64_t, shape<2>> last({}, {2, 0});
  EXPECT_THAT(index_select<-1>(ctx, x, last), ElementsAre(2, 0, 5, 3, 8, 6, 11, 9));
  const tensor<std::int32_t, shape<1>> beyond({}, {2});
  EXPECT_EQ(clipt_test::why([&] { index_select<1>(ctx, x, beyond); }),
            "clipt::index_select: id 2 at position 0 is outside [0, 2), axis 1 of [batch=2, 2, 3]");
}

TEST(indexing, takes_one_element_for_each) {
  const auto x = counted();
  const tensor<std::int32_t, shape<batch, 1, 3>> ids(shape<batch, 1, 3>(2), {0, 1, 0, 1, 1, 0});
  inference<> ctx;
  EXPECT_THAT(take_along<1>(ctx, x, ids), ElementsAre(0, 4, 2, 9, 10, 8));
  const tensor<std::int32_t, shape<batch, 1, 3>> of_one(1);
  EXPECT_THROW(take_along<1>(ctx, x, of_one), shape_error);
}

TEST(indexing, adds_at_places) {
  const auto x = counted();
  const tensor<std::int32_t, shape<2>> ids({}, {1, 1});
  tensor<float, shape<batch, 2, 3>> source(2);
  source(0, 0, 0) = 100, source(0, 1, 0) = 1000;
  inference<> ctx;
  const auto y = scatter_add<1>(ctx, x, ids, source);
  EXPECT_EQ(y(0, 1, 0), 1103);
  EXPECT_EQ(y(0, 0, 0), 0);
  EXPECT_EQ(y(1, 1, 2), 11);
  tensor<std::int32_t, shape<batch, 2, 3>> each(2);
  each(0, 1, 0) = 1;
  EXPECT_EQ(scatter_add<1>(ctx, x, each, source)(0, 0, 0), 100);
  EXPECT_EQ(scatter_add<1>(ctx, x, each, source)(0, 1, 0), 1003);
  const tensor<float, shape<batch, rows, 3>> some(shape<batch, rows, 3>(2, 2));
  const tensor<std::int32_t, shape<rows>> more(shape<rows>(3), {1, 1, 0});
  EXPECT_THROW(scatter_add<1>(ctx, x, more, some), shape_error);
  const tensor<std::int32_t, shape<batch, rows, 3>> crosswise(shape<batch, rows, 3>(1, 4));  // as many, another shape
  EXPECT_THROW(scatter_add<1>(ctx, x, crosswise, some), shape_error);
}

TEST(indexing, slices_with_bounds_of_run_time) {
  const auto x = counted();
  inference<> ctx;
  EXPECT_THAT((slice<2, columns>(ctx, x, {.begin = 0, .step = 2})), ElementsAre(0, 2, 3, 5, 6, 8, 9, 11));
  EXPECT_THAT((slice<-1, columns>(ctx, x, {.begin = -2, .end = -1})), ElementsAre(1, 4, 7, 10));
  EXPECT_EQ((slice<1, rows>(ctx, x, {.begin = 1, .end = 1}).size()), 0);
  EXPECT_EQ((slice<1, rows>(ctx, x, {.step = std::numeric_limits<dim_t>::max()}).shape().extent(1)), 1);
  EXPECT_EQ(clipt_test::why([&] { slice<1, rows>(ctx, x, {.end = 3}); }),
            "clipt::slice: [batch=2, 2, 3]: from 0 to 3 by 1: bounds lie within the axis, in order, and steps are 1 or "
            "more: they do not");
  EXPECT_THROW((slice<1, rows>(ctx, x, {.step = 0})), shape_error);
}

TEST(indexing, turns_shifts_repeats_pads_and_stacks) {
  const tensor<float, shape<2, 3>> x({}, {0, 1, 2, 3, 4, 5});
  inference<> ctx;
  EXPECT_THAT(flip<1>(ctx, x), ElementsAre(2, 1, 0, 5, 4, 3));
  EXPECT_THAT(flip<0>(ctx, x), ElementsAre(3, 4, 5, 0, 1, 2));
  EXPECT_THAT(roll<1>(ctx, x, 1), ElementsAre(2, 0, 1, 5, 3, 4));
  EXPECT_THAT(roll<-1>(ctx, x, -4), ElementsAre(1, 2, 0, 4, 5, 3));
  EXPECT_THAT((repeat<1, 2>(ctx, x)), ElementsAre(0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5));
  EXPECT_THAT((pad<0, 1, 0>(ctx, x, 7)), ElementsAre(7, 7, 7, 0, 1, 2, 3, 4, 5));
  EXPECT_THAT((pad<-1, 0, 1>(ctx, x)), ElementsAre(0, 1, 2, 0, 3, 4, 5, 0));
  EXPECT_EQ(to_string(stack<0>(ctx, x, x, x).shape()), "[3, 2, 3]");
  EXPECT_THAT(stack<-1>(ctx, x, -x), ElementsAre(0, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5));
  const tensor<float, shape<2, 1>> column({}, {1, 2});
  EXPECT_THAT((broadcast_to(ctx, column, shape<2, 2, 2>{})), ElementsAre(1, 1, 2, 2, 1, 1, 2, 2));
}

TEST(products, of_vectors_and_of_leading_axes_that_are_broadcast) {
  const tensor<float, shape<2, 3>> a({}, {0, 1, 2, 3, 4, 5});
  const tensor<float, shape<3>> v({}, {1, 10, 100});
  const tensor<float, shape<2>> u({}, {1, 2});
  inference<> ctx;
  EXPECT_THAT(matmul(ctx, a, v), ElementsAre(210, 543));
  EXPECT_THAT(matmul(ctx, u, a), ElementsAre(6, 9, 12));
  EXPECT_EQ(matmul(ctx, v, v)[0], 10101);
  const auto p = uniform<float>(shape<batch, 1, 2, 3>(2), -1, 1, 1);
  const auto q = uniform<float>(shape<4, 3, 5>(), -1, 1, 2);
  const auto r = matmul(ctx, p, q);
  EXPECT_EQ(to_string(r.shape()), "[batch=2, 4, 2, 5]");
  EXPECT_NEAR(r(1, 2, 1, 4), p(1, 0, 1, 0) * q(2, 0, 4) + p(1, 0, 1, 1) * q(2, 1, 4) + p(1, 0, 1, 2) * q(2, 2, 4),
              1e-6);
  EXPECT_EQ(to_string(matmul(ctx, v, q).shape()), "[4, 5]");
  const tensor<float, shape<batch, tokens, 1, 1>> two_three(2, 3), three_two(3, 2);  // as many matrices
  EXPECT_THROW(matmul(ctx, two_three, three_two), shape_error);
  const tensor<float, shape<2, 1>> column({}, {0, 1});
  const auto spread = broadcast_to(ctx, column + 10 * column_index, shape<2, 3>{});
  EXPECT_THAT(spread, ElementsAre(0, 0, 0, 1, 1, 1));  // the statement's values, repeated
}

TEST(einsum, is_what_loops_say) {
  const auto a = uniform<double>(shape<batch, 3, 4>(2), -1, 1, 1);
  const auto b = uniform<double>(shape<4, batch, 5>(2), -1, 1, 2);
  const auto c = uniform<double>(shape<5, 3>{}, -1, 1, 3);
  inference<> ctx;
  const auto all = [&](auto use) {
    for (dim_t i = 0; i < 2; ++i)
      for (dim_t j = 0; j < 3; ++j)
        for (dim_t k = 0; k < 4; ++k)
          for (dim_t l = 0; l < 5; ++l) use(i, j, k, l);
  };
  tensor<double, shape<batch, 5, 3>> x(2);
  tensor<double, shape<3, 5>> y;
  tensor<double, shape<4, batch>> z(2);
  tensor<double, shape<5, batch, 4, 3>> w(2);
  tensor<double, shape<batch>> three(2);
  all([&](dim_t i, dim_t j, dim_t k, dim_t l) {
    x(i, l, j) += a(i, j, k) * b(k, i, l);
    y(j, l) += a(i, j, k) * b(k, i, l);
    z(k, i) += a(i, j, k) * b(k, i, l);
    w(l, i, k, j) += a(i, j, k) * b(k, i, l);
    three(i) += a(i, j, k) * b(k, i, l) * c(l, j);
  });
  const auto expect = [](const auto& found, const auto& expected) {
    EXPECT_EQ(to_string(found.shape()), to_string(expected.shape()));
    for (dim_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12);
  };
  expect(einsum<"ijk,kil->ilj">(ctx, a, b), x);
  expect(einsum<"ijk,kil->jl">(ctx, a, b), y);
  expect(einsum<"ijk, kil -> ki">(ctx, a, b), z);
  expect(einsum<"ijk,kil->likj">(ctx, a, b), w);
  expect(einsum<"ijk,kil,lj->i">(ctx, a, b, c), three);
  expect(einsum<"ijk->kji">(ctx, a), permute<2, 1, 0>(ctx, a));
  expect(einsum<"ijk->">(ctx, a), sum(ctx, a));
  EXPECT_EQ(
      clipt_test::why([&] {
        const tensor<double, shape<4, batch, 5>> other(3);
        einsum<"ijk,kil->jl">(ctx, a, other);
      }),
      "clipt::einsum: [batch=2, 3, 4] and [4, batch=3, 5]: axes of one letter, i, have one extent: they differ (2 "
      "and 3)");
}
