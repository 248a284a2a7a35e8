// Arrays of clipt and matrices of Eigen share elements, both ways; what has no view is refused with the numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/eigen.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reshaping.hpp>
#include <clipt/nn/rows.hpp>

#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::why;
using row_major = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using small = Eigen::Matrix<float, 2, 3, Eigen::RowMajor>;

/// 0, 1, 2, ... in the order of memory.
template <class M>
M counted(M m) {
  for (Eigen::Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<typename M::Scalar>(i);
  return m;
}

template <class X>
inline constexpr bool writable = !std::is_const_v<std::remove_pointer_t<decltype(std::declval<X>().data())>>;

TEST(as_eigen, shares_the_elements_of_whatever_has_some) {
  tensor<float, shape<batch, 2, 3>> x(2);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  auto matrix = as_eigen(x);
  EXPECT_EQ(matrix.rows(), 4);
  EXPECT_EQ(matrix.cols(), 3);
  EXPECT_EQ(matrix(3, 1), 10);
  matrix(3, 1) = -1;
  as_eigen(x.view())(0, 0) = -2;
  EXPECT_EQ(x[10], -1);
  EXPECT_EQ(x[0], -2);
  parameter<fp64, 2, 2> p;
  as_eigen(p) = Eigen::Matrix2d::Identity() * 3;
  EXPECT_EQ(p[3], 3);
  const tensor<int, shape<3>> ids{{}, {4, 5, 6}};
  EXPECT_EQ(as_eigen(ids).cols(), 1) << "a vector";
  EXPECT_EQ(as_eigen(ids)(2), 6);
  const tensor<float, shape<>> number{{}, {7}};
  EXPECT_EQ(as_eigen(number)(0), 7);
}

TEST(as_eigen, writes_only_to_what_may_be_written) {
  tensor<float, shape<2, 3>> x;
  const auto& seen = x;
  parameter<fp32, 2> p;
  const auto& fixed = p;
  EXPECT_TRUE(writable<decltype(as_eigen(x))>);
  EXPECT_TRUE(writable<decltype(as_eigen(x.view()))>);
  EXPECT_TRUE(writable<decltype(as_eigen(p))>);
  EXPECT_FALSE(writable<decltype(as_eigen(seen))>);
  EXPECT_FALSE(writable<decltype(as_eigen(seen.view()))>);
  EXPECT_FALSE(writable<decltype(as_eigen(fixed))>);
  EXPECT_FALSE(writable<decltype(as_eigen(p.leaf()))>);
}

TEST(as_eigen, reads_results) {
  tensor<double, shape<2, 2>> x({}, {1, 2, 3, 4});
  recording<> ctx;
  const auto y = eval(ctx, ctx.variable(x) * 2.0);
  EXPECT_DOUBLE_EQ(as_eigen(y).sum(), 20);
  EXPECT_DOUBLE_EQ(as_eigen(y).trace(), 10);
}

template <class Shape, class View>
void expect_view(const View& x, const Shape& shape, const float* data) {
  EXPECT_TRUE((std::is_same_v<View, view<const float, Shape, cpu>>)) << to_string(x.shape());
  EXPECT_EQ(to_string(x.shape()), to_string(shape));
  EXPECT_EQ(x.data(), data) << "a copy";
}

TEST(from_eigen, is_a_view_with_the_extents_that_eigen_knows_in_the_type) {
  const small fixed = counted(small());
  expect_view(from_eigen(fixed), shape<2, 3>(), fixed.data());
  row_major dynamic = counted(row_major(4, 3));
  expect_view(from_eigen(dynamic), shape<rows, columns>(4, 3), dynamic.data());
  const Eigen::Matrix<float, Eigen::Dynamic, 3, Eigen::RowMajor> half = dynamic;
  expect_view(from_eigen(half), shape<rows, 3>(4), half.data());
  const Eigen::ArrayXXf array = counted(Eigen::ArrayXXf(4, 3));
  expect_view(from_eigen(array.transpose()), shape<rows, columns>(3, 4), array.data());
  const Eigen::Matrix<float, 2, 5> standing = counted(Eigen::Matrix<float, 2, 5>());
  expect_view(from_eigen(standing.transpose()), shape<5, 2>(), standing.data());
  EXPECT_EQ(from_eigen(standing.transpose())[2], standing(0, 1)) << "the transpose, row by row";
  const Eigen::Map<const row_major> map(dynamic.data(), 2, 6);
  expect_view(from_eigen(map), shape<rows, columns>(2, 6), dynamic.data());
  expect_view(from_eigen(Eigen::Map<small>(dynamic.data())), shape<2, 3>(), dynamic.data());
  const Eigen::Ref<const row_major> ref = dynamic;
  expect_view(from_eigen(ref), shape<rows, columns>(4, 3), dynamic.data());
  expect_view(from_eigen(dynamic.middleRows(1, 2)), shape<rows, columns>(2, 3), dynamic.data() + 3);
  expect_view(from_eigen(dynamic.topRows<2>()), shape<2, columns>(3), dynamic.data());
}

TEST(from_eigen, vectors_have_one_axis) {
  const Eigen::VectorXf standing = Eigen::VectorXf::Ones(3);
  expect_view(from_eigen(standing), shape<rows>(3), standing.data());
  const Eigen::RowVectorXf lying = standing;
  expect_view(from_eigen(lying), shape<columns>(3), lying.data());
  expect_view(from_eigen(standing.transpose()), shape<columns>(3), standing.data());
  const Eigen::Array3f three = standing;
  expect_view(from_eigen(three), shape<3>(), three.data());
  const row_major m = counted(row_major(2, 3));
  expect_view(from_eigen(m.row(1)), shape<columns>(3), m.data() + 3);
  expect_view(from_eigen(standing.segment<2>(1)), shape<2>(), standing.data() + 1);
  expect_view(from_eigen<shape<1, 3>>(lying), shape<1, 3>(), lying.data());
  expect_view(from_eigen<shape<batch, 1>>(standing), shape<batch, 1>(3), standing.data());
}

TEST(from_eigen, takes_names_and_known_extents_from_a_shape) {
  const row_major m = counted(row_major(6, 4));
  expect_view(from_eigen<shape<batch, 4>>(m), shape<batch, 4>(6), m.data());
  expect_view(reshape(from_eigen<shape<batch, 4>>(m), shape<batch, 3, 4>(2)), shape<batch, 3, 4>(2), m.data());
  EXPECT_EQ(why([&] { from_eigen<shape<batch, 5>>(m); }),
            "clipt::from_eigen: [batch=6, 5] from 6 x 4: [rows, columns] from as many, leading axes counted as rows, "
            "[n] from a vector: extents differ");
}

TEST(from_eigen, refuses_elements_that_do_not_lie_side_by_side) {
  const row_major m = counted(row_major(4, 6));
  EXPECT_EQ(why([&] { from_eigen(m.leftCols(2)); }),
            "clipt::from_eigen: 4 x 2: rows begin 6 elements apart: elements lie side by side; copy it into a matrix");
  EXPECT_EQ(
      why([&] { from_eigen(m.col(2)); }),
      "clipt::from_eigen: 4 x 1: neighbours begin 6 elements apart: elements lie side by side; copy it into a matrix");
  using every_second = Eigen::Map<const row_major, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;
  EXPECT_THAT(why([&] { from_eigen(every_second(m.data(), 2, 3, Eigen::Stride<-1, -1>(6, 2))); }),
              testing::HasSubstr("neighbours begin 2 elements apart"));
  using wide = Eigen::Map<const row_major, 0, Eigen::OuterStride<>>;
  EXPECT_THAT(why([&] { from_eigen(wide(m.data(), 2, 3, Eigen::OuterStride<>(7))); }),
              testing::HasSubstr("rows begin 7 elements apart"));
  expect_view(from_eigen(wide(m.data(), 2, 3, Eigen::OuterStride<>(3))), shape<rows, columns>(2, 3), m.data());
  expect_view(from_eigen(m.block(1, 1, 1, 3)), shape<rows, columns>(1, 3), m.data() + 7);
  const row_major none(0, 4);
  expect_view(from_eigen(none), shape<rows, columns>(0, 4), none.data());
}

TEST(from_eigen, is_an_operand_like_any_other) {
  const row_major x = row_major::Random(5, 4), weight = row_major::Random(3, 4);
  const Eigen::MatrixXf turned = x.transpose();
  const Eigen::VectorXf bias = Eigen::VectorXf::Random(3);
  inference<> ctx;
  const auto w = from_eigen<shape<3, 4>>(weight);
  const auto y = affine(ctx, from_eigen<shape<batch, 4>>(x), w, from_eigen<shape<3>>(bias));
  const row_major want = (x * weight.transpose()).rowwise() + bias.transpose();
  EXPECT_TRUE(as_eigen(y).isApprox(want, 1e-5f));
  const auto turned_back = from_eigen<shape<batch, 4>>(turned.transpose());
  EXPECT_TRUE(as_eigen(matmul_nt(ctx, turned_back, w)).isApprox(x * weight.transpose(), 1e-5f));
  const auto z = eval(ctx, 2 * from_eigen<shape<batch, 4>>(x) + from_eigen<shape<4>>(weight.row(0)));
  EXPECT_TRUE(as_eigen(z).isApprox(row_major((2 * x).rowwise() + weight.row(0)), 1e-6f));
  EXPECT_NEAR(as_eigen(softmax(ctx, from_eigen(x))).row(2).sum(), 1, 1e-6);
}

TEST(from_eigen, is_passive_and_lets_gradients_flow_past) {
  const row_major x = row_major::Random(5, 4);
  parameter<fp32, 3, 4> weight;
  recording<> ctx;
  const auto y = matmul_nt(ctx, from_eigen<shape<batch, 4>>(x), weight);
  ctx.backward(sum(ctx, y));
  const Eigen::Map<const row_major> gradient(weight.gradient_data(), 3, 4);
  EXPECT_TRUE(gradient.isApprox(x.colwise().sum().replicate(3, 1), 1e-5f));
}

TEST(assign, computes_any_expression_into_a_tensor) {
  const Eigen::MatrixXf m = Eigen::MatrixXf::Random(4, 3), square = m.transpose() * m;
  tensor<float, shape<batch, 3>> x(4);
  const auto is = [&](const Eigen::MatrixXf& want) { return as_eigen(x).isApprox(want, 1e-6f); };
  assign(x, m);
  EXPECT_TRUE(is(m));
  assign(x, 2 * m - Eigen::MatrixXf::Ones(4, 3));
  EXPECT_TRUE(is(2 * m - Eigen::MatrixXf::Ones(4, 3)));
  assign(x, m * square);
  EXPECT_TRUE(is(m * square));
  assign(x, m.array().exp());
  EXPECT_TRUE(is(m.array().exp().matrix()));
  assign(x, as_eigen(x) * square);
  EXPECT_TRUE(is(m.array().exp().matrix() * square)) << "a product may read what it is assigned to";
  assign(x, m.cast<double>().cast<float>());
  EXPECT_TRUE(is(m));
  tensor<float, shape<3, 3>> small_one;
  assign(small_one, m.row(0).asDiagonal());
  EXPECT_EQ(small_one[4], m(0, 1));
  EXPECT_EQ(small_one[1], 0);
  assign(small_one, Eigen::Matrix3f(square.triangularView<Eigen::Upper>()));
  EXPECT_EQ(small_one[3], 0);
}

TEST(assign, folds_leading_axes_and_takes_vectors_either_way) {
  const Eigen::MatrixXf m = Eigen::MatrixXf::Random(4, 3);
  tensor<float, shape<batch, 2, 3>> x(2);
  assign(x, m);
  EXPECT_EQ(x[3 * 3 + 1], m(3, 1));
  parameter<fp32, 2, 2, 3> p;
  assign(p, m);
  EXPECT_EQ(p[3 * 3 + 1], m(3, 1));
  assign(x.view(), 2 * m);
  EXPECT_EQ(x[3 * 3 + 1], 2 * m(3, 1));
  tensor<float, shape<3>> v;
  assign(v, m.row(1));
  EXPECT_EQ(v[2], m(1, 2));
  assign(v, m.row(2).transpose());
  EXPECT_EQ(v[2], m(2, 2));
  assign(v, m.colwise().sum());
  EXPECT_FLOAT_EQ(v[0], m.col(0).sum());
}

TEST(assign, compares_extents_before_it_writes) {
  const Eigen::MatrixXf m = Eigen::MatrixXf::Random(5, 3);
  tensor<float, shape<batch, 3>> x(4);
  const std::string rule =
      ": [rows, columns] from as many, leading axes counted as rows, [n] from a vector: extents differ";
  EXPECT_EQ(why([&] { assign(x, 2 * m); }), "clipt::assign: [batch=4, 3] from 5 x 3" + rule);
  EXPECT_EQ(why([&] { assign(x, m.transpose()); }), "clipt::assign: [batch=4, 3] from 3 x 5" + rule);
  tensor<float, shape<3>> v;
  EXPECT_EQ(why([&] { assign(v, m.col(0)); }), "clipt::assign: [3] from 5 x 1" + rule);
  EXPECT_EQ(why([&] { assign(v, m.row(0).replicate(2, 1)); }), "clipt::assign: [3] from 2 x 3" + rule);
  EXPECT_TRUE(as_eigen(x).isZero(0));
}

TEST(assign, reads_the_elements_that_it_writes_first) {
  tensor<float, shape<2, 2>> x({}, {1, 2, 3, 4});
  assign(x, as_eigen(x).reverse());
  EXPECT_EQ(x[0], 4);
  EXPECT_EQ(x[3], 1);
  assign(x, as_eigen(x).transpose() - as_eigen(x));
  EXPECT_EQ(x[1], -1);
  EXPECT_EQ(x[2], 1);
  x = tensor<float, shape<2, 2>>({}, {1, 2, 3, 4});
  assign(x, as_eigen(x).diagonal().asDiagonal());
  EXPECT_EQ(x[0], 1);
  EXPECT_EQ(x[1], 0);
  EXPECT_EQ(x[3], 4);
}

}  // namespace
