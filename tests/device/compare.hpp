// Runs an operation with its gradients on the GPU (or its emulation) and on the CPU in doubles, and compares.
#pragma once
#include <gtest/gtest.h>  // EXPECT_

#include <cmath>  // sqrt
#include <tuple>   // apply
#include <vector>  // vector

#include <clipt/nn/copy.hpp>  // copy

namespace clipt::test {

/// Exists while an operation runs a second time; the emulator then takes its threads and blocks in the opposite order.
struct second_run {
  second_run();
  ~second_run();
};

/// A result and the gradients of all inputs.
using outcome = std::vector<std::vector<double>>;

template <class T, class Device, class Shape>
tensor<T, Shape, Device> random_tensor(recording<Device>& ctx, const Shape& shape, std::uint32_t stream) {
  tensor<T, Shape> host(shape);
  const random_stream random{11, stream};
  for (dim_t i = 0; i < host.size(); ++i) host[i] = static_cast<T>(random.normal(static_cast<std::uint64_t>(i)));
  tensor<T, Shape, Device> result(shape);
  copy(ctx, host, result);
  return result;
}

template <class Device, class T, class Shape>
std::vector<double> on_host(recording<Device>& ctx, const view<const T, Shape, Device>& x) {
  tensor<T, Shape> host(x.shape);
  copy(ctx, x, host);
  return {host.begin(), host.end()};
}

/// y = f(ctx, x...) of random inputs of the given shapes, then the gradients of all x for a random gradient of y.
template <class T, class Device, class F, class... Shape>
outcome run(const F& f, const Shape&... shapes) {
  recording<Device> ctx;
  const auto inputs = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple<tensor<T, Shape, Device>...>{random_tensor<T>(ctx, shapes, I)...};
  }(std::index_sequence_for<Shape...>{});
  outcome result;
  const auto go = [&](const auto&... x) {
    const auto y = f(ctx, x...);
    using Y = std::remove_const_t<decltype(y)>;
    using Out = typename Y::shape_type;
    const view<const T, Out, Device> values{y.data, y.shape};
    const auto seed = random_tensor<T>(ctx, values.shape, 99);
    result.push_back(on_host(ctx, values));
    ctx.backward(y, seed.view());
    (result.push_back(on_host(ctx, ctx.gradient_of(x))), ...);
  };
  std::apply([&](const auto&... x) { go(ctx.variable(x)...); }, inputs);
  return result;
}

/// |a - b| / |b|, the norm of the whole array.
inline double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return HUGE_VAL;
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return difference == 0 ? 0 : std::sqrt(difference / size);
}

inline void expect_close(const outcome& got, const outcome& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(relative_error(got[i], expected[i]) < tolerance)
        << (i == 0 ? "the result" : "the gradient of input ") << i << ": relative error " << relative_error(got[i], expected[i]);
}

/// The operation on the GPU in floats, against the CPU in doubles; a second run gives the same bits.
///
/// Gradients that are sums of many terms of both signs have lost some digits, in floats on any device.
template <class F, class... Shape>
void compare(const F& f, const Shape&... shapes) {
  SCOPED_TRACE((std::string() + ... + to_string(shapes)));
  const outcome got = run<float, cuda>(f, shapes...);
  expect_close(got, run<double, cpu>(f, shapes...), 5e-6);
  const second_run again;
  EXPECT_EQ(got, (run<float, cuda>(f, shapes...))) << "two runs differ";
}

/// The widths at which kernels change their ways: less and more than a warp, than a block, than a warp's row.
inline constexpr dim_t widths[] = {1, 7, 33, 77, 257, 1025};

}  // namespace clipt::test
