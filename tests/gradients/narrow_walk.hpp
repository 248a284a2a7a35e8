// What is asked of every entry of the op list in bfloat16: the numbers and gradients of doubles, within its rounding.
#pragma once
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <vector>

#include <clipt/core/bfloat16.hpp>
#include "walk.hpp"

namespace clipt_test {

/// The result of an operation and the gradients of its inputs, for one seed of ones and halves.
using numbers_of_operation = std::vector<std::vector<double>>;

/// The numbers in T of inputs that bfloat16 has.
template <class T, class Case>
numbers_of_operation numbers_in(const Case& f, dim_t rows, dim_t width) {
  const auto narrow = Case::template inputs<bfloat16>(rows, width);
  auto x = Case::template inputs<T>(rows, width);
  const auto round = [](auto& to, const auto& from) {
    std::transform(from.begin(), from.end(), to.begin(),
                   [](bfloat16 value) { return static_cast<T>(static_cast<float>(value)); });
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) { (round(std::get<I>(x), std::get<I>(narrow)), ...); }
  (std::make_index_sequence<std::tuple_size_v<decltype(x)>>{});
  recording<> ctx;
  numbers_of_operation result;
  const auto run = [&](const auto&... variable) {
    const auto y = f(ctx, variable...);
    using Y = std::remove_cvref_t<decltype(y)>;
    result.push_back(in_doubles(y));
    if constexpr (Case::has_gradient) {
      std::vector<typename Y::value_type> seed(static_cast<std::size_t>(y.size()));
      for (std::size_t i = 0; i < seed.size(); ++i)
        seed[i] = static_cast<typename Y::value_type>(random_stream{9}.below(i, 2) == 0 ? 1.0f : -0.5f);
      ctx.backward(y, view<const typename Y::value_type, typename Y::shape_type>{seed.data(), y.shape()});
      (result.push_back(in_doubles(ctx.gradient_of(variable))), ...);
    }
  };
  std::apply([&](auto&... input) { run(ctx.variable(input)...); }, x);
  return result;
}

inline double length(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return std::sqrt(sum);
}

template <class Case>
void expect_numbers_of_doubles(const Case& f) {
  for (const dim_t width : {1, 7, 50, 257}) {
    if (width > Case::largest_width) break;
    const auto narrow = numbers_in<bfloat16>(f, 3, width), wide = numbers_in<double>(f, 3, width);
    ASSERT_EQ(narrow.size(), wide.size());
    for (std::size_t k = 0; k < wide.size(); ++k) {
      SCOPED_TRACE(std::string(Case::name) + " of width " + std::to_string(width) +
                   (k == 0 ? std::string(": result") : ": gradient " + std::to_string(k)));
      ASSERT_EQ(narrow[k].size(), wide[k].size());
      double difference = 0, dot = 0;
      for (std::size_t i = 0; i < wide[k].size(); ++i) {
        difference += (narrow[k][i] - wide[k][i]) * (narrow[k][i] - wide[k][i]);
        dot += narrow[k][i] * wide[k][i];
      }
      const double scale = length(wide[k]);
      if (k == 0)
        EXPECT_LE(std::sqrt(difference), 1e-2 * scale);
      else
        EXPECT_GE(dot, 0.999 * scale * length(narrow[k]));
    }
  }
}

/// All entries of a list whose operations take bfloat16.
template <class List>
void walk_in_bfloat16() {
  List::each([](const auto& f) {
    expect_numbers_of_doubles(f);
    expect_nan_and_infinity_arrive<bfloat16>(f);
    if constexpr (std::remove_cvref_t<decltype(f)>::has_gradient) expect_shared_operands<bfloat16>(f);
  });
}

}  // namespace clipt_test
