// Runs an operation with its gradients on a device and brings the numbers home; compares such numbers.
#pragma once
#include <gtest/gtest.h>  // EXPECT_

#include <cmath>   // sqrt
#include <tuple>   // apply
#include <vector>  // vector

#include <clipt/core/philox.hpp>  // random_stream
#include <clipt/nn/copy.hpp>      // copy

namespace clipt::test {

/// A result and the gradients of all inputs.
using outcome = std::vector<std::vector<double>>;

/// Whether random numbers are those that bfloat16 has, for whichever type they are made.
inline bool of_bfloat16 = false;

template <class T, class Device, class Shape>
tensor<T, Shape, Device> random_tensor(recording<Device>& ctx, const Shape& shape, std::uint32_t stream) {
  tensor<T, Shape> host(shape);
  const random_stream random{11, stream};
  for (dim_t i = 0; i < host.size(); ++i) {
    const float number = random.normal(static_cast<std::uint64_t>(i));
    host[i] = static_cast<T>(of_bfloat16 ? static_cast<float>(bfloat16(number)) : number);
  }
  tensor<T, Shape, Device> result(shape);
  copy(ctx, host, result);
  return result;
}

template <class Device, class T, class Shape>
std::vector<double> on_host(recording<Device>& ctx, const view<const T, Shape, Device>& x) {
  tensor<T, Shape> host(x.shape());
  copy(ctx, x, host);
  return {host.begin(), host.end()};
}

/// y = f(ctx, x...) of random inputs of the given shapes, then the gradients of all x for a random gradient of y.
template <class T, class Device, class F, class... Shape>
outcome run(const F& f, const Shape&... shapes) {
  recording<Device> ctx;
  const auto inputs = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple<tensor<T, Shape, Device>...>{random_tensor<T>(ctx, shapes, I)...};
  }
  (std::index_sequence_for<Shape...>{});
  outcome result;
  const auto go = [&](const auto&... x) {
    const auto y = f(ctx, x...);
    using Y = std::remove_const_t<decltype(y)>;
    using Out = typename Y::shape_type;
    const view<const T, Out, Device> values{y.data(), y.shape()};
    const auto seed = random_tensor<T>(ctx, values.shape(), 99);
    result.push_back(on_host(ctx, values));
    ctx.backward(y, seed.view());
    (result.push_back(on_host(ctx, ctx.gradient_of(x))), ...);
  };
  std::apply([&](const auto&... x) { go(ctx.variable(x)...); }, inputs);
  return result;
}

/// y = f(ctx, x...) alone.
template <class T, class Device, class F, class... Shape>
outcome run_values(const F& f, const Shape&... shapes) {
  recording<Device> ctx;
  const auto inputs = std::tuple<tensor<T, Shape, Device>...>{random_tensor<T>(ctx, shapes, 0)...};
  const auto y = std::apply([&](const auto&... x) { return f(ctx, x...); }, inputs);
  using Y = std::remove_const_t<decltype(y)>;
  return {on_host(ctx, view<const typename Y::value_type, typename Y::shape_type, Device>{y.data(), y.shape()})};
}

inline bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// |a - b| / |b|, the norm of the whole array; NaN that both have is no difference.
inline double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return HUGE_VAL;
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_number(a[i], b[i])) difference += (a[i] - b[i]) * (a[i] - b[i]);
    if (!std::isnan(b[i])) size += b[i] * b[i];
  }
  return difference == 0 ? 0 : std::sqrt(difference / size);
}

/// Gradients that are sums of many terms of both signs have lost some digits, in floats on any device.
inline void expect_close(const outcome& got, const outcome& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(relative_error(got[i], expected[i]) < tolerance)
        << (i == 0 ? "the result" : "the gradient of input ") << i << ": relative error "
        << relative_error(got[i], expected[i]);
}

}  // namespace clipt::test
