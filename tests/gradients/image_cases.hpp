// The op list's part for pictures: convolution, pooling, batch_norm, patchify.
#pragma once
#include <clipt/nn/batch_norm.hpp>
#include <clipt/nn/convolution.hpp>
#include <clipt/nn/patchify.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// A picture of odd extents with `In` channels, and filters.
template <int In, int Out, int Kernel>
struct picture_and_filters : own_inputs<7> {
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

/// Channels last, with a gain and a bias; the running statistics belong to the case.
template <bool Training, bool Relu>
struct batch_norm_base : own_inputs<> {
  static constexpr const char* name = Relu ? "batch_norm_relu" : "batch_norm";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, columns>{rows, w}, -1, 3, 1),
                      uniform<T>(shape<columns>{w}, 0.5, 1.5, 2), uniform<T>(shape<columns>{w}, -1, 1, 3)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& gain, const auto& bias) const {
    using T = typename std::remove_cvref_t<decltype(x)>::value_type;
    tensor<T, shape<columns>> mean = uniform<T>(shape<columns>{gain.size()}, -1, 1, 4),
                              variance = uniform<T>(shape<columns>{gain.size()}, 0.5, 2, 5);
    ctx.settings.training = Training;
    if constexpr (Relu)
      return batch_norm_relu(ctx, x, gain, bias, mean, variance);
    else
      return batch_norm(ctx, x, gain, bias, mean, variance);
  }
};
struct batch_norm_case : batch_norm_base<true, false> {};
struct running_batch_norm_case : batch_norm_base<false, false> {};
struct batch_norm_relu_case : batch_norm_base<true, true> {};
struct running_batch_norm_relu_case : batch_norm_base<false, true> {};

using convolution_cases = case_list<conv2d_case, strided_conv2d_case, pointwise_conv2d_case, runtime_conv2d_case>;
using channel_cases = case_list<avg_pool2d_case, patchify_case, batch_norm_case, running_batch_norm_case,
                                batch_norm_relu_case, running_batch_norm_relu_case>;

}  // namespace clipt_test
