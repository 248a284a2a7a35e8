// The op list's part for pictures: convolution, pooling, batch_norm, patchify.
#pragma once
#include <clipt/nn/conv2d_batch_norm.hpp>
#include <clipt/nn/patchify.hpp>
#include <clipt/nn/pooling.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// A picture of odd extents with `In` channels, and filters.
template <int In, int Out, int Kernel>
struct picture_and_filters : own_inputs<7> {
  static constexpr bool drops = true;  // padding is zeros, and 0 x NaN is a NaN
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    return std::tuple{uniform<T>(shape<batch, 7, 5, In>{rows}, -1, 1, 1),
                      uniform<T>(shape<Out, In, Kernel, Kernel>{}, -1, 1, 2)};
  }
};

struct conv2d_case : picture_and_filters<3, 5, 3> {
  static constexpr const char* name = "conv2d";
  auto operator()(auto& ctx, const auto& x, const auto& w) const { return conv2d<1, 1>(ctx, x, w); }
};
struct strided_conv2d_case : picture_and_filters<3, 2, 3> {
  static constexpr const char* name = "conv2d";
  auto operator()(auto& ctx, const auto& x, const auto& w) const { return conv2d<2, 1>(ctx, x, w); }
};
struct pointwise_conv2d_case : picture_and_filters<4, 3, 1> {
  static constexpr const char* name = "conv2d";
  auto operator()(auto& ctx, const auto& x, const auto& w) const { return conv2d(ctx, x, w); }
};
struct runtime_conv2d_case : own_inputs<7> {
  static constexpr bool drops = true;
  static constexpr const char* name = "conv2d";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, height, width, 2>{rows, 3, w}, -1, 1, 1),
                      uniform<T>(shape<3, 2, 3, 3>{}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& w) const { return conv2d<1, 1>(ctx, x, w); }
};
struct avg_pool2d_case : own_inputs<7> {
  static constexpr const char* name = "avg_pool2d";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 7, 4, columns>{rows, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const { return avg_pool2d<2>(ctx, x); }
};
struct patchify_case : own_inputs<7> {
  static constexpr const char* name = "patchify";
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    return std::tuple{uniform<T>(shape<batch, 3, 6, 9>{rows}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const { return patchify<3>(ctx, x); }
};

/// Which statistics a batch_norm goes by.
enum class statistics { of_batch, running, frozen };

inline void go_by(statistics which, context_settings& settings) {
  settings.training = which != statistics::running;
  settings.frozen_statistics = which == statistics::frozen;
}

/// Running means and variances; they belong to the case.
template <class Gain>
struct running_statistics {
  tensor<typename Gain::value_type, typename Gain::shape_type> mean, variance;

  explicit running_statistics(const Gain& gain)
      : mean(uniform<typename Gain::value_type>(gain.shape(), -1, 1, 4)),
        variance(uniform<typename Gain::value_type>(gain.shape(), 0.5, 2, 5)) {}
};

/// Channels last, with a gain and a bias.
template <statistics By, bool Relu>
struct batch_norm_base : own_inputs<> {
  static constexpr const char* name = Relu ? "batch_norm_relu" : "batch_norm";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, columns>{rows, w}, -1, 3, 1),
                      uniform<T>(shape<columns>{w}, 0.5, 1.5, 2), uniform<T>(shape<columns>{w}, -1, 1, 3)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& gain, const auto& bias) const {
    running_statistics running(gain);
    go_by(By, ctx.settings);
    if constexpr (Relu)
      return batch_norm_relu(ctx, x, gain, bias, running.mean, running.variance);
    else
      return batch_norm(ctx, x, gain, bias, running.mean, running.variance);
  }
};
struct batch_norm_case : batch_norm_base<statistics::of_batch, false> {};
struct running_batch_norm_case : batch_norm_base<statistics::running, false> {};
struct batch_norm_relu_case : batch_norm_base<statistics::of_batch, true> {};
struct running_batch_norm_relu_case : batch_norm_base<statistics::running, true> {};
struct frozen_batch_norm_relu_case : batch_norm_base<statistics::frozen, true> {};

/// A picture, filters, a gain, a bias, and a shortcut that only some cases add.
struct conv2d_batch_norm_base : own_inputs<7> {
  static constexpr bool drops = true;
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    return std::tuple{uniform<T>(shape<batch, 5, 3, 4>{rows}, -1, 1, 1), uniform<T>(shape<6, 4, 3, 3>{}, -1, 1, 2),
                      uniform<T>(shape<6>{}, 0.5, 1.5, 3), uniform<T>(shape<6>{}, -1, 1, 4),
                      uniform<T>(shape<batch, 5, 3, 6>{rows}, -1, 1, 5)};
  }
};
template <statistics By>
struct conv2d_batch_norm_case : conv2d_batch_norm_base {
  static constexpr const char* name = "conv2d_batch_norm";
  auto operator()(auto& ctx, const auto& x, const auto& w, const auto& gain, const auto& bias,
                  const auto& added) const {
    running_statistics running(gain);
    go_by(By, ctx.settings);
    return eval(ctx, added * conv2d_batch_norm<1, 1>(ctx, x, w, gain, bias, running.mean, running.variance));
  }
};
template <statistics By>
struct conv2d_batch_norm_relu_case : conv2d_batch_norm_base {
  static constexpr const char* name = "conv2d_batch_norm_relu";
  auto operator()(auto& ctx, const auto& x, const auto& w, const auto& gain, const auto& bias,
                  const auto& added) const {
    running_statistics running(gain);
    go_by(By, ctx.settings);
    const auto y = conv2d_batch_norm_relu<1, 1>(ctx, x, w, gain, bias, running.mean, running.variance);
    const auto z = conv2d_batch_norm_relu<1, 1>(ctx, x, w, gain, bias, running.mean, running.variance, added);
    return eval(ctx, y + 2 * z);
  }
};

using convolution_cases =
    case_list<conv2d_case, strided_conv2d_case, pointwise_conv2d_case, runtime_conv2d_case,
              conv2d_batch_norm_case<statistics::of_batch>, conv2d_batch_norm_case<statistics::frozen>,
              conv2d_batch_norm_relu_case<statistics::of_batch>, conv2d_batch_norm_relu_case<statistics::frozen>>;
using channel_cases = case_list<avg_pool2d_case, patchify_case, batch_norm_case, running_batch_norm_case,
                                batch_norm_relu_case, running_batch_norm_relu_case, frozen_batch_norm_relu_case>;

}  // namespace clipt_test
