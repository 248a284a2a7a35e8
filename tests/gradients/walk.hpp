// What is asked of every entry of the op list: right gradients, of operands that are one variable too, empty batches, the
// same bits for any number of threads.
#pragma once
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <clipt/autodiff/gradcheck.hpp>
#include "op_case.hpp"
#include "shared_operands.hpp"

namespace clipt_test {

/// The gradients in fp64 beside central differences, at odd widths.
template <class Case>
void expect_right_gradients(const Case& f) {
  if constexpr (Case::has_gradient) {
    for (const dim_t width : {1, 7, 50, 77, 257}) {
      if (width > Case::largest_width) break;
      auto x = Case::template inputs<double>(3, width);
      const double worst = std::apply([&](auto&... input) { return gradcheck(f, input...); }, x);
      EXPECT_LT(worst, 1e-6) << Case::name << " of width " << width;
    }
  }
}

/// Fills the memory that a context will hand out with NaN: a kernel that reads what nobody wrote is seen.
inline void poison(recording<>& ctx) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  std::memset(ctx.memory().values.take(bytes), 0xff, bytes);
  std::memset(ctx.memory().gradients.take(bytes), 0xff, bytes);
  ctx.reset();
}

template <class X>
bool has_nan(const X& x) {
  return std::any_of(x.begin(), x.end(), [](auto value) { return value != value; });
}

/// An empty batch gives an empty result, sums of nothing or the mean of nothing; a backward from it is no error.
template <class Case>
void expect_empty_batches(const Case& f) {
  auto x = Case::template inputs<float>(0, 7);
  recording<> ctx;
  poison(ctx);
  const auto run = [&](const auto&... variable) {
    const auto y = f(ctx, variable...);
    EXPECT_EQ(
        has_nan(y), requires { Case::of_nothing_is_nan; })
        << Case::name << " of an empty batch";
    if constexpr (Case::has_gradient) {
      using T = typename std::remove_cvref_t<decltype(y)>::value_type;
      const std::vector<T> ones(static_cast<std::size_t>(y.size()) + 1, T(1));
      ctx.backward(y, view<const T, typename std::remove_cvref_t<decltype(y)>::shape_type>{ones.data(), y.shape()});
      const auto check = [&](const auto& v) {
        EXPECT_FALSE(!v.slot->empty && has_nan(ctx.gradient_of(v))) << Case::name << ", gradient of an empty batch";
      };
      (check(variable), ...);
    }
  };
  std::apply([&](auto&... input) { run(ctx.variable(input)...); }, x);
}

/// The bytes of a result and of all gradients, computed with so many threads.
template <class Case>
std::vector<unsigned char> bytes_with_threads(const Case& f, int threads, dim_t rows, dim_t width) {
  auto x = Case::template inputs<float>(rows, width);
  std::vector<unsigned char> bytes;
  const auto append = [&](const auto* data, dim_t count) {
    const auto* first = reinterpret_cast<const unsigned char*>(data);
    bytes.insert(bytes.end(), first, first + static_cast<std::size_t>(count) * sizeof(*data));
  };
  recording<> ctx;
  ctx.settings.threads = threads;
  poison(ctx);
  const auto run = [&](const auto&... variable) {
    const auto y = f(ctx, variable...);
    EXPECT_FALSE(has_nan(y)) << Case::name;
    append(y.data(), y.size());
    if constexpr (Case::has_gradient) {
      using T = typename std::remove_cvref_t<decltype(y)>::value_type;
      std::vector<T> seed(static_cast<std::size_t>(y.size()));
      for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<T>(random_stream{9}.uniform(i) - 0.5f);
      ctx.backward(y, view<const T, typename std::remove_cvref_t<decltype(y)>::shape_type>{seed.data(), y.shape()});
      const auto append_gradient = [&](const auto& v) {
        if (v.slot->empty) return;
        EXPECT_FALSE(has_nan(ctx.gradient_of(v))) << Case::name << ", a gradient that nobody wrote";
        append(ctx.gradient_of(v).data(), v.size());
      };
      (append_gradient(variable), ...);
    }
  };
  std::apply([&](auto&... input) { run(ctx.variable(input)...); }, x);
  return bytes;
}

template <class Case>
void expect_same_bits_for_any_threads(const Case& f) {
  const dim_t rows = 67, width = std::min<dim_t>(Case::largest_width, 257) == 257 ? 1031 : Case::largest_width;
  const auto one = bytes_with_threads(f, 1, rows, width);
  EXPECT_FALSE(one.empty()) << Case::name;
  for (const int threads : {2, 3})
    EXPECT_TRUE(one == bytes_with_threads(f, threads, rows, width)) << Case::name << " with " << threads << " threads";
}

template <class X>
std::vector<double> in_doubles(const X& x) {
  std::vector<double> result;
  for (const auto value : x) result.push_back(static_cast<double>(value));
  return result;
}

/// Operands that are one variable, a reshape, a slice or a permutation of it get the sums of what they would get apart.
template <class T, class Case>
void expect_shared_operands(const Case& f) {
  int ran = 0;
  std::size_t operands = 0;
  for (const dim_t rows : {1, 2, 5, 6})
    for (const dim_t width : {1, 4, 5, 6}) {
      if (width > Case::largest_width) break;
      std::apply(
          [&]<class... Shape>(const tensor<T, Shape>&... x) {
            const auto call = [&](recording<>& ctx, const std::vector<flat_variable<T>>& v) {
              std::size_t next = 0;
              const auto take = [&](const auto& shape) { return detail::with_shape(v[next++], shape); };
              const std::tuple all{take(x.shape())...};  // braces: left to right
              const auto y = eval(ctx, cast<T>(std::apply([&](const auto&... operand) { return f(ctx, operand...); }, all)));
              return flat_variable<T>(detail::with_shape(y, shape<columns>(y.size())));
            };
            const shared_operands<T> one(Case::name, call, {in_doubles(x)...});
            operands = sizeof...(x);
            ran += one.check();
          },
          Case::template inputs<T>(rows, width));
    }
  EXPECT_TRUE(operands == 1 || ran > 0) << Case::name << ": no two operands have sizes that allow it";
}

/// The elements of a result of `f` as doubles, none where it says that it has no result; `x` is a tuple of tensors.
template <class Case, class Inputs>
std::vector<double> result_of(const Case& f, Inputs& x) {
  recording<> ctx;
  const auto run = [&](auto&... input) {
    const auto y = f(ctx, ctx.variable(input)...);
    return in_doubles(y);
  };
  try {
    return std::apply(run, x);
  } catch (const std::runtime_error&) {
    return {};
  }
}

/// Calls `visit(element)` for some elements of each input in turn: of the first rows and the last, of lanes and of tails.
template <class Inputs, class Visit>
void for_some_elements(Inputs& x, Visit&& visit) {
  const auto of_input = [&](auto& input) {
    const dim_t n = input.size(), step = std::max<dim_t>(1, n / 5);
    for (dim_t i = 0; i < n; i += i + step < n ? step : std::max<dim_t>(1, n - 1 - i)) visit(input[i]);
  };
  std::apply([&](auto&... input) { (of_input(input), ...); }, x);
}

inline bool alike(double a, double b) {
  return a != a || b != b ? a != a && b != b : std::isinf(a) || std::isinf(b) ? a == b : true;
}

/// A NaN arrives at each element of the result that its place has a say in, and at no other; infinities give what they
/// give in double, whose functions are the standard library's.
template <class T, class Case>
void expect_nan_and_infinity_arrive(const Case& f) {
  const dim_t width = std::min<dim_t>(Case::largest_width, 37);
  auto x = Case::template inputs<T>(2, width);
  for_some_elements(x, [&](T& element) {
    const T kept = element;
    const auto with = [&](T value) {
      element = value;
      return result_of(f, x);
    };
    const auto first = with(T(-40.0f)), nan = with(T(std::nanf("")));
    std::vector<bool> reached(first.size());
    const T large(std::is_same_v<T, float> ? 40.0f : 4e4f);  // or the rounding of 16 bits hides that it arrives
    for (const T value : {T(0.25f), T(1.25f), large, kept}) {
      const auto other = with(value);
      for (std::size_t i = 0; i < std::min(first.size(), other.size()); ++i)
        if (!(other[i] == first[i])) reached[i] = true;
    }
    for (std::size_t i = 0; i < std::min(first.size(), nan.size()); ++i) {
      EXPECT_TRUE(!reached[i] || Case::picks || nan[i] != nan[i]) << Case::name << " hides a NaN at " << i;
      EXPECT_TRUE(reached[i] || Case::drops || nan[i] == first[i]) << Case::name << " spreads a NaN to " << i;
    }
    element = kept;
  });
  auto wide = Case::template inputs<double>(2, width);
  std::vector<std::vector<double>> in_double, in_type;
  const auto collect = [&](auto& inputs, auto& results) {
    for_some_elements(inputs, [&](auto& element) {
      const auto kept = element;
      for (const double value : {HUGE_VAL, -HUGE_VAL}) {
        element = static_cast<std::remove_cvref_t<decltype(element)>>(static_cast<float>(value));
        results.push_back(result_of(f, inputs));
      }
      element = kept;
    });
  };
  collect(x, in_type);
  collect(wide, in_double);
  for (std::size_t k = 0; k < in_type.size(); ++k)
    for (std::size_t i = 0; i < std::min(in_type[k].size(), in_double[k].size()); ++i)
      EXPECT_TRUE(alike(in_type[k][i], in_double[k][i]))
          << Case::name << " of infinity: " << in_type[k][i] << " beside " << in_double[k][i];
}

template <class List>
void walk() {
  List::each([](const auto& f) {
    expect_right_gradients(f);
    expect_empty_batches(f);
    expect_same_bits_for_any_threads(f);
    expect_nan_and_infinity_arrive<float>(f);
    if constexpr (std::remove_cvref_t<decltype(f)>::has_gradient) expect_shared_operands<double>(f);
  });
}

}  // namespace clipt_test
