// The operations of ResNets, for the same three compilers as operations.hpp.
#pragma once
#include <clipt/nn/batch_norm.hpp>         // batch_norm, batch_norm_relu
#include <clipt/nn/conv2d_batch_norm.hpp>  // conv2d, conv2d_batch_norm_relu
#include <clipt/nn/group_norm.hpp>         // group_norm
#include <clipt/nn/pooling.hpp>            // avg_pool2d, max_pool2d

#include "operations.hpp"  // named_case

namespace clipt::test {

template <class Check>
void convolution_case(Check& check) {
  const auto plain = [](auto& ctx, const auto& x, const auto& w) { return conv2d(ctx, x, w); };
  check(plain, shape<batch, 5, 4, 8>(3), shape<12, 8, 1, 1>{});
  check(plain, shape<batch, 5, 4, 8>(0), shape<12, 8, 1, 1>{});
  check(plain, shape<2, 5, 6, 3>{}, shape<4, 3, 3, 2>{});
  check([](auto& ctx, const auto& x, const auto& w) { return conv2d<2, 1>(ctx, x, w); }, shape<2, 7, 6, 3>{},
        shape<4, 3, 3, 3>{});
  check([](auto& ctx, const auto& x, const auto& w) { return conv2d<2, 0>(ctx, x, w); }, shape<2, 7, 6, 3>{},
        shape<4, 3, 1, 1>{});
  check([](auto& ctx, const auto& x, const auto& w) { return conv2d<1, 2, 2>(ctx, x, w); }, shape<2, 7, 6, 4>{},
        shape<4, 4, 3, 3>{});
  check([](auto& ctx, const auto& x, const auto& w) { return conv2d<1, 1, 1, 2>(ctx, x, w); }, shape<2, 5, 6, 4>{},
        shape<6, 2, 3, 3>{});
  check([](auto& ctx, const auto& x, const auto& w, const auto& b) { return conv2d<1, 1>(ctx, x, w, b); },
        shape<2, 5, 6, 4>{}, shape<8, 4, 3, 3>{}, shape<8>{});
  const auto twice = [](auto& ctx, const auto& x, const auto& w) {
    return conv2d<1, 1>(ctx, conv2d<1, 1>(ctx, x, w) * x, w);
  };
  check(twice, shape<2, 5, 6, 4>{}, shape<4, 4, 3, 3>{});
}

template <class Check>
void pooling_of_pictures_case(Check& check) {
  check([](auto& ctx, const auto& x) { return avg_pool2d<2>(ctx, x); }, shape<batch, 5, 6, 3>(2));
  check([](auto& ctx, const auto& x) { return eval(ctx, avg_pool2d<1>(ctx, x) * x); }, shape<2, 3, 4, 4>{});
  check([](auto& ctx, const auto& x) { return max_pool2d<2>(ctx, x); }, shape<batch, 6, 4, 3>(2));
  check([](auto& ctx, const auto& x) { return max_pool2d<3, 2, 1>(ctx, x); }, shape<batch, 7, 6, 3>(2));
  check([](auto& ctx, const auto& x) { return eval(ctx, max_pool2d<3, 1, 1>(ctx, x) * x); }, shape<2, 4, 5, 3>{});
}

template <class T, dim_t N, class Device>
struct statistics {
  tensor<T, shape<N>, Device> mean, variance;
};

/// Statistics of N channels that lie where the context computes, until the program ends: a backward comes later.
template <class T, dim_t N, class Context>
auto& new_statistics(Context& ctx) {
  auto& made = *new statistics<T, N, typename Context::device>;
  tensor<T, shape<N>> mean, variance;
  for (dim_t i = 0; i < N; ++i) {
    mean[i] = static_cast<T>(0.1 * static_cast<double>(i) - 0.2);
    variance[i] = static_cast<T>(1 + 0.05 * static_cast<double>(i));
  }
  copy(ctx, mean, made.mean);
  copy(ctx, variance, made.variance);
  return made;
}

template <class Check>
void batch_norm_case(Check& check) {
  const auto training = [](auto& ctx, const auto& x, const auto& w, const auto& b) {
    auto& running = new_statistics<typename std::remove_cvref_t<decltype(x)>::value_type, 12>(ctx);
    ctx.settings.training = true;
    const auto y = batch_norm(ctx, x, w, b, running.mean, running.variance);
    const auto moved = eval(ctx, running.mean * 2 + running.variance);  // by the call
    return eval(ctx, batch_norm_relu(ctx, y * moved, w, b, running.mean, running.variance));
  };
  check(training, shape<batch, 12>(33), shape<12>{}, shape<12>{});
  check(training, shape<batch, 3, 5, 12>(4), shape<12>{}, shape<12>{});
  const auto frozen = [](auto& ctx, const auto& x, const auto& w, const auto& b) {
    auto& running = new_statistics<typename std::remove_cvref_t<decltype(x)>::value_type, 12>(ctx);
    return batch_norm_relu(ctx, x, w, b, running.mean, running.variance);
  };
  check(frozen, shape<batch, 12>(33), shape<12>{}, shape<12>{});
}

template <class Check>
void group_norm_case(Check& check) {
  check([](auto& ctx, const auto& x, const auto& w, const auto& b) { return group_norm<3>(ctx, x, w, b); },
        shape<batch, 4, 5, 12>(3), shape<12>{}, shape<12>{});
}

template <class Check>
void normalised_convolution_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& filters, const auto& w, const auto& b) {
    auto& running = new_statistics<typename std::remove_cvref_t<decltype(x)>::value_type, 8>(ctx);
    return conv2d_batch_norm_relu<1, 1>(ctx, x, filters, w, b, running.mean, running.variance, x);
  };
  check(f, shape<2, 5, 6, 8>{}, shape<8, 8, 3, 3>{}, shape<8>{}, shape<8>{});
  check.values(
      [](auto& ctx, const auto& x, const auto& filters, const auto& w, const auto& b) {
        auto& running = new_statistics<typename std::remove_cvref_t<decltype(x)>::value_type, 8>(ctx);
        inference<typename std::remove_cvref_t<decltype(ctx)>::device> silent(ctx);
        const auto y = conv2d_batch_norm_relu<1, 1>(silent, x, filters, w, b, running.mean, running.variance, x);
        return eval(ctx, 1.0 * y);
      },
      shape<2, 5, 6, 8>{}, shape<8, 8, 3, 3>{}, shape<8>{}, shape<8>{});
}

template <class Check>
inline constexpr named_case<Check> picture_cases[] = {
    {"convolution", convolution_case<Check>},
    {"pooling_of_pictures", pooling_of_pictures_case<Check>},
    {"batch_norm", batch_norm_case<Check>},
    {"group_norm", group_norm_case<Check>},
    {"normalised_convolution", normalised_convolution_case<Check>},
};

}  // namespace clipt::test
