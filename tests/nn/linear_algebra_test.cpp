// Decompositions and solvers: identities, sentences, NaN. Their gradients are walked in tests/gradients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <clipt/nn/decompositions.hpp>
#include <clipt/nn/permute.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reductions.hpp>
#include <clipt/nn/reshaping.hpp>
#include <clipt/nn/solvers.hpp>
#include "gradients/op_case.hpp"
#include "why.hpp"

using namespace clipt;
using clipt_test::uniform;
using clipt_test::why;
using testing::HasSubstr;

namespace {

template <class T>
using squares = tensor<T, shape<batch, columns, columns>>;

template <class A, class B>
double difference(const A& a, const B& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (dim_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return worst;
}

template <class T>
squares<T> identity(dim_t count, dim_t n) {
  squares<T> x(count, n, n);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = i % (n * n) % (n + 1) == 0 ? T(1) : T(0);
  return x;
}

/// [3, n, n] with a diagonal far from 0.
template <class T>
squares<T> regular(dim_t n, std::uint32_t stream = 1) {
  auto a = uniform<T>(shape<batch, columns, columns>{3, n, n}, -1, 1, stream);
  const auto one = identity<T>(3, n);
  for (dim_t i = 0; i < a.size(); ++i) a[i] += static_cast<T>(n) * one[i];
  return a;
}

/// The matrix of a batch of 2 that is not the identity: named in sentences as matrix 1.
squares<double> second_is(dim_t n, const std::vector<double>& elements) {
  auto a = identity<double>(2, n);
  std::copy(elements.begin(), elements.end(), a.begin() + n * n);
  return a;
}

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-12;

constexpr dim_t sizes[] = {0, 1, 2, 5, 33, 100};
constexpr double nan_of_doubles = std::numeric_limits<double>::quiet_NaN();

template <class T>
void check_symmetric(dim_t n) {
  inference<> ctx;
  const auto a = regular<T>(n);
  const auto mean = eval(ctx, T(0.5) * (a + transpose(ctx, a)));
  const auto l = cholesky(ctx, a);
  EXPECT_LE(difference(matmul_nt(ctx, l, l), mean), n * tolerance<T>);
  for (dim_t i = 0; i < l.size(); ++i) {
    const dim_t row = i / n % n, column = i % n;
    EXPECT_TRUE(column > row ? l[i] == 0 : column < row || l[i] > 0);
  }
  const auto [values, vectors] = eigh(ctx, a);
  const auto weighted = eval(ctx, vectors * reshape<shape<batch, 1, columns>>(values));
  EXPECT_LE(difference(matmul_nt(ctx, weighted, vectors), mean), n * tolerance<T>);
  EXPECT_LE(difference(matmul_tn(ctx, vectors, vectors), identity<T>(3, n)), n * tolerance<T>);
  for (dim_t i = 0; i + 1 < values.size(); ++i) EXPECT_TRUE(i % n == n - 1 || values[i] <= values[i + 1]);
}

template <class T>
void check_solvers(dim_t n) {
  inference<> ctx;
  const auto a = regular<T>(n);
  const auto b = uniform<T>(shape<batch, columns, 4>{3, n}, -1, 1, 2);
  EXPECT_LE(difference(matmul(ctx, a, solve(ctx, a, b)), b), n * tolerance<T>);
  EXPECT_LE(difference(matmul(ctx, a, inverse(ctx, a)), identity<T>(3, n)), n * tolerance<T>);
  const auto l = cholesky(ctx, matmul_nt(ctx, a, a));
  const auto of_square = log_det(ctx, matmul_nt(ctx, a, a)), of_one = log_det(ctx, a, {.absolute = true});
  for (dim_t i = 0; i < 3; ++i) EXPECT_NEAR(of_square[i], 2 * of_one[i], 10 * n * tolerance<T>);
  EXPECT_LE(difference(matmul(ctx, l, triangular_solve(ctx, l, b)), b), n * tolerance<T>);
  EXPECT_LE(difference(matmul_tn(ctx, l, triangular_solve(ctx, l, b, {.transpose = true})), b), n * tolerance<T>);
  for (const double ridge : {0.0, 0.5}) {
    const auto x = least_squares(ctx, a, b, {.ridge = ridge});
    const auto normal = matmul_tn(ctx, a, eval(ctx, matmul(ctx, a, x) - b));
    EXPECT_LE(difference(eval(ctx, normal + ridge * x), eval(ctx, 0 * x)), n * n * tolerance<T>);
  }
}

template <class T>
using rectangles = tensor<T, shape<batch, 2, rows, columns>>;

/// Of matrices [..., m, n], whose smaller extent is named by `Smaller`.
template <dim_t Smaller, class T, class S>
void check_parts(const tensor<T, S>& a) {
  inference<> ctx;
  const dim_t n = std::max<dim_t>(1, a.shape().extent(3)), k = std::min(n, std::max<dim_t>(1, a.shape().extent(2)));
  const auto orthonormal = [&](const auto& x) {
    const auto product = matmul_tn(ctx, x, x);
    for (dim_t i = 0; i < product.size(); ++i)
      EXPECT_NEAR(product[i], i % (k * k) % (k + 1) == 0 ? 1 : 0, tolerance<T>);
  };
  const auto [q, r] = qr<Smaller>(ctx, a);
  orthonormal(q);
  EXPECT_LE(difference(matmul(ctx, q, r), a), tolerance<T>);
  for (dim_t i = 0; i < r.size(); ++i) {
    const dim_t row = i / n % k, column = i % n;
    EXPECT_TRUE(column < row ? r[i] == 0 : column > row || r[i] >= 0);
  }
  const auto [u, s, vh] = svd<Smaller>(ctx, a);
  orthonormal(u);
  orthonormal(transpose(ctx, vh));
  EXPECT_LE(difference(matmul(ctx,
                              eval(ctx, u * reshape(s, shape<batch, 2, 1, Smaller>::from(
                                                           {a.shape().extent(0), 2, 1, s.shape().extent(2)}))),
                              vh),
                       a),
            tolerance<T>);
  for (dim_t i = 0; i < s.size(); ++i) EXPECT_TRUE(s[i] >= 0 && (i % k == k - 1 || s[i] >= s[i + 1]));
}

template <class T>
rectangles<T> any_rectangles(dim_t count, dim_t m, dim_t n) {
  return uniform<T>(shape<batch, 2, rows, columns>{count, m, n}, -1, 1, static_cast<std::uint32_t>(m));
}

template <class T>
void check_tall() {
  check_parts<columns>(any_rectangles<T>(3, 5, 3));
  check_parts<columns>(any_rectangles<T>(1, 40, 40));
  check_parts<columns>(any_rectangles<T>(3, 1, 1));
  check_parts<columns>(rectangles<T>(3, 7, 0));
  check_parts<columns>(rectangles<T>(1, 4, 3));  // zeros: dependent columns are no error
}

}  // namespace

TEST(linear_algebra, symmetric_matrices_are_the_product_of_their_parts) {
  for (const dim_t n : sizes) {
    check_symmetric<float>(n);
    check_symmetric<double>(n);
  }
}

TEST(linear_algebra, solutions_solve) {
  for (const dim_t n : sizes) {
    check_solvers<float>(n);
    check_solvers<double>(n);
  }
}

TEST(linear_algebra, rectangles_are_the_product_of_their_parts) {
  check_tall<float>();
  check_tall<double>();
  check_parts<rows>(any_rectangles<double>(3, 3, 5));
}

TEST(linear_algebra, extents_that_are_known_tell_the_smaller_one) {
  inference<> ctx;
  const auto a = uniform<double>(shape<batch, 5, 3>{2}, -1, 1, 1);
  static_assert(std::is_same_v<decltype(qr(ctx, a).q)::shape_type, shape<batch, 5, 3>>);
  static_assert(std::is_same_v<decltype(svd(ctx, a).vh)::shape_type, shape<batch, 3, 3>>);
}

TEST(linear_algebra, the_smaller_extent_may_be_named) {
  inference<> ctx;
  const auto tall = uniform<double>(shape<rows, columns>{9, 4}, -1, 1, 1);
  static_assert(std::is_same_v<decltype(qr<columns>(ctx, tall).q)::shape_type, shape<rows, columns>>);
  EXPECT_EQ(qr<columns>(ctx, tall).r.shape().extent(0), 4);
  EXPECT_EQ(svd<classes>(ctx, tall).s.shape().extent(0), 4);
  EXPECT_THAT(why([&] { svd<rows>(ctx, tall); }),
              HasSubstr("clipt::svd: a [rows=9, columns=4]: the extent that is given as the smaller one is not"));
  EXPECT_THAT(why([&] { qr<5>(ctx, tall); }), HasSubstr("clipt::qr: a [rows=9, columns=4]: the extent"));
}

TEST(linear_algebra, the_first_element_of_at_least_half_the_largest_is_positive) {
  inference<> ctx;
  const tensor<double, shape<2, 2>> a({}, {2, 1, 1, 2});
  const auto vectors = eigh(ctx, a).vectors;
  EXPECT_GT(vectors[0], 0);
  EXPECT_GT(vectors[1], 0);
  const auto u = svd(ctx, eval(ctx, -a)).u;
  EXPECT_GT(u[0], 0);
  EXPECT_GT(u[1], 0);
}

TEST(linear_algebra, half_of_a_triangle_is_not_read) {
  inference<> ctx;
  const tensor<double, shape<2, 2>> a({}, {2, nan_of_doubles, 1, 4}), unit({}, {nan_of_doubles, 3, nan_of_doubles, 0});
  const tensor<double, shape<2>> b({}, {2, 9});
  const auto x = triangular_solve(ctx, a, b), y = triangular_solve(ctx, unit, b, {.upper = true, .unit = true});
  EXPECT_EQ(std::vector<double>(x.begin(), x.end()), (std::vector<double>{1, 2}));
  EXPECT_EQ(std::vector<double>(y.begin(), y.end()), (std::vector<double>{-25, 9}));
}

TEST(linear_algebra, least_squares_keeps_the_digits_that_normal_equations_lose) {
  inference<> ctx;
  constexpr double e = 1e-9;  // e² is lost beside 1
  const tensor<double, shape<3, 2>> a({}, {1, 1, e, 0, 0, e});
  const tensor<double, shape<3>> b({}, {3, e, 2 * e});
  const auto x = least_squares(ctx, a, b);
  EXPECT_NEAR(x[0], 1, 1e-6);
  EXPECT_NEAR(x[1], 2, 1e-6);
}

TEST(linear_algebra, what_has_no_result_is_named) {
  recording<> ctx;
  const auto because = [&](auto f, const std::vector<double>& elements,
                           const tensor<double, shape<batch, columns>>& b) {
    const auto a = second_is(b.shape().extent(1), elements);
    return why<numeric_error>([&] { f(ctx.variable(a), b); });
  };
  const tensor<double, shape<batch, columns>> two(2, 2), three(2, 3);
  EXPECT_THAT(because([&](auto a, auto&) { cholesky(ctx, a); }, {1, 2, 2, 1}, two),
              HasSubstr("clipt::cholesky: matrix 1 of 2 is not positive definite: pivot 1 is -3"));
  EXPECT_THAT(because([&](auto a, auto&) { cholesky(ctx, a); }, {1, 1, 1, 1, 1, 1, 1, 1, 1}, three),
              HasSubstr("matrix 1 of 2 is not positive definite: pivot 1 is 0"));
  EXPECT_THAT(because([&](auto a, auto& b) { solve(ctx, a, b); }, {1, 2, 3, 4, 5, 6, 7, 8, 9}, three),
              HasSubstr("clipt::solve: matrix 1 of 2 is singular: pivot 2 is "));
  EXPECT_THAT(because([&](auto a, auto&) { inverse(ctx, a); }, {0, 0, 0, 0}, two),
              HasSubstr("clipt::inverse: matrix 1 of 2 is singular: pivot 0 is 0"));
  EXPECT_THAT(because([&](auto a, auto&) { log_det(ctx, a); }, {2, 4, 1, 2}, two),
              HasSubstr("clipt::log_det: matrix 1 of 2 is singular: pivot 1 is 0"));
  EXPECT_THAT(because([&](auto a, auto&) { log_det(ctx, a); }, {0, 1, 1, 0}, two),
              HasSubstr("clipt::log_det: matrix 1 of 2 has a negative determinant"));
  EXPECT_THAT(because([&](auto a, auto& b) { triangular_solve(ctx, a, b); }, {1, 0, 1, 0}, two),
              HasSubstr("clipt::triangular_solve: matrix 1 of 2 is singular: pivot 1 is 0"));
  EXPECT_THAT(because([&](auto a, auto& b) { least_squares(ctx, a, b); }, {1, 2, 2, 4}, two),
              HasSubstr("clipt::least_squares: matrix 1 of 2 has dependent columns: but for "));
  EXPECT_EQ(because([&](auto a, auto& b) { least_squares(ctx, a, b, {.ridge = 1e-3}); }, {1, 2, 2, 4}, two),
            "accepted");
}

TEST(linear_algebra, scales_are_not_taken_for_singular) {
  inference<> ctx;
  const tensor<float, shape<3, 3>> a({}, {1e-20f, 0, 0, 0, 1, 0, 0, 0, 1e20f}),
      rows({}, {1, 1, 0, 1e-20f, 2e-20f, 0, 0, 0, 1});
  const tensor<float, shape<3>> b({}, {1e-20f, 2, 3e20f});
  const auto x = solve(ctx, a, b);
  EXPECT_FLOAT_EQ(x[0], 1);
  EXPECT_FLOAT_EQ(x[2], 3);
  EXPECT_FLOAT_EQ(cholesky(ctx, a)[8], 1e10f);
  EXPECT_EQ(why([&] { solve(ctx, rows, b); }), "accepted");
}

TEST(linear_algebra, nan_and_infinity_are_named_or_passed_on) {
  inference<> ctx;
  const double bad[] = {nan_of_doubles, HUGE_VAL, -HUGE_VAL};
  const auto b = uniform<double>(shape<batch, columns, 2>{3, 3}, -1, 1, 2);
  for (const double value : bad)
    for (dim_t i = 0; i < 27; ++i) {
      auto a = regular<double>(3);
      a[i] = value;
      const std::string words = "matrix " + std::to_string(i / 9) + " of 3 holds ";
      const std::string place = " at row " + std::to_string(i % 9 / 3) + ", column " + std::to_string(i % 3);
      const auto expect = [&](const std::string& said) {
        EXPECT_THAT(said, testing::AllOf(HasSubstr(words), HasSubstr(place))) << value << " at " << i;
      };
      expect(why<numeric_error>([&] { cholesky(ctx, a); }));
      expect(why<numeric_error>([&] { qr(ctx, a); }));
      expect(why<numeric_error>([&] { svd(ctx, a); }));
      expect(why<numeric_error>([&] { eigh(ctx, a); }));
      expect(why<numeric_error>([&] { solve(ctx, a, b); }));
      expect(why<numeric_error>([&] { inverse(ctx, a); }));
      expect(why<numeric_error>([&] { log_det(ctx, a); }));
      expect(why<numeric_error>([&] { least_squares(ctx, a, b, {.ridge = 1}); }));
    }
  const auto a = regular<double>(3);
  auto right = b;
  right[7] = nan_of_doubles;  // matrix 1, row 0, column 1
  for (const auto& x : {solve(ctx, a, right), least_squares(ctx, a, right), triangular_solve(ctx, a, right)}) {
    for (dim_t row = 0; row < 3; ++row) EXPECT_TRUE(std::isnan(x[7 + 2 * row]) && !std::isnan(x[6 + 2 * row]));
  }
}

TEST(linear_algebra, gradients_that_do_not_exist_are_named) {
  const auto because = [](auto f, const auto& a) {
    recording<> ctx;
    const auto x = ctx.variable(a);
    const auto y = f(ctx, x);
    const std::string said = why<numeric_error>([&] { ctx.backward(y, detach(y)); });
    for (const double g : ctx.gradient_of(x)) EXPECT_TRUE(std::isnan(g)) << "a plausible number beside the error";
    return said;
  };
  const auto one = identity<double>(2, 3);
  const tensor<double, shape<3, 2>> thin({}, {1, 0, 0, 0, 0, 0});
  EXPECT_THAT(because([](auto& ctx, auto a) { return svd(ctx, a).u; }, one),
              HasSubstr("clipt::svd: matrix 0 of 2 has equal singular values 0 and 1 (1): u and vh have no gradient"));
  EXPECT_THAT(because([](auto& ctx, auto a) { return svd(ctx, a).vh; }, one), HasSubstr("has equal singular values"));
  EXPECT_THAT(because([](auto& ctx, auto a) { return eigh(ctx, a).vectors; }, one),
              HasSubstr("clipt::eigh: matrix 0 of 2 has equal eigenvalues 0 and 1 (1): vectors have no gradient"));
  EXPECT_THAT(because([](auto& ctx, auto a) { return svd(ctx, a).u; }, thin),
              HasSubstr("has the singular value 0 at 1"));
  EXPECT_THAT(because([](auto& ctx, auto a) { return qr(ctx, a).r; }, thin),
              HasSubstr("clipt::qr: matrix 0 of 1 has dependent columns"));
}

TEST(linear_algebra, values_that_are_equal_have_a_gradient) {
  recording<> ctx;
  const auto one = identity<double>(2, 3);
  const auto x = ctx.variable(one);
  const auto sum = eval(ctx, svd(ctx, x).s + eigh(ctx, x).values);
  const tensor<double, shape<batch, columns>> ones(shape<batch, columns>{2, 3}, {1, 1, 1, 1, 1, 1});
  ctx.backward(sum, ones.view());
  EXPECT_LE(difference(ctx.gradient_of(x), eval(ctx, 2 * one)), 1e-12);
}

TEST(linear_algebra, extents_are_compared_at_run_time) {
  inference<> ctx;
  const squares<double> a(1, 2, 3), b(1, 3, 3);
  const tensor<double, shape<batch, columns>> c(2, 3), short_one(1, 2);
  EXPECT_EQ(why<shape_error>([&] { cholesky(ctx, a); }),
            "clipt::cholesky: a [batch=1, columns=2, columns=3] is square, [..., n, n]: its last two extents differ");
  EXPECT_THAT(why<shape_error>([&] { solve(ctx, b, c); }),
              HasSubstr("clipt::solve: a [batch=1, columns=3, columns=3], b [batch=2, columns=3]: a solver's a is"));
  EXPECT_THAT(why<shape_error>([&] { least_squares(ctx, b, short_one); }),
              HasSubstr("the leading axes or the m differ"));
  EXPECT_THAT(why<shape_error>([&] { least_squares(ctx, a, short_one); }),
              HasSubstr("clipt::least_squares: 2 rows for 3 unknowns"));
  const tensor<double, shape<batch, columns>> right(1, 3);
  for (const double ridge : {-1.0, nan_of_doubles, HUGE_VAL})
    EXPECT_THAT(why<shape_error>([&] { least_squares(ctx, b, right, {.ridge = ridge}); }),
                HasSubstr("is not in [0, infinity)"));
}

TEST(linear_algebra, a_system_without_rows_has_the_solution_0_and_an_empty_gradient) {
  const tensor<float, shape<0, 3>> a;
  const tensor<float, shape<0>> b;
  recording<> ctx;
  const auto left = ctx.variable(a);
  const auto x = least_squares(ctx, left, ctx.variable(b), {.ridge = 1});
  for (dim_t i = 0; i < 3; ++i) EXPECT_EQ(x[i], 0);
  const auto loss = sum(ctx, x);
  ctx.backward(loss);
  EXPECT_EQ(ctx.gradient_of(left).size(), 0);
}
