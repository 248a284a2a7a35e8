// The op list's part for windows over pictures and groups of channels: conv2d's options, max_pool2d, group_norm.
#pragma once
#include <clipt/nn/picture_layers.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// A picture, filters of another height than width, and a bias.
template <int Groups>
struct biased_filters : own_inputs<7> {
  static constexpr bool drops = true;  // padding is zeros, and 0 x NaN is a NaN
  static constexpr const char* name = "conv2d";
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    return std::tuple{uniform<T>(shape<batch, 7, 6, 4>{rows}, -1, 1, 1),
                      uniform<T>(shape<6, 4 / Groups, 3, 2>{}, -1, 1, 2), uniform<T>(shape<6>{}, -1, 1, 3)};
  }
};

struct biased_conv2d_case : biased_filters<1> {
  auto operator()(auto& ctx, const auto& x, const auto& w, const auto& b) const { return conv2d(ctx, x, w, b); }
};
struct dilated_conv2d_case : biased_filters<1> {
  auto operator()(auto& ctx, const auto& x, const auto& w, const auto& b) const {
    return conv2d<extent2d{3, 2}, extent2d{2, 0}, extent2d{2, 4}>(ctx, x, w, b);
  }
};
struct grouped_conv2d_case : biased_filters<2> {
  auto operator()(auto& ctx, const auto& x, const auto& w, const auto& b) const {
    return conv2d<extent2d{1, 2}, 1, 1, 2>(ctx, x, w, b);
  }
};
/// One channel for each group, nothing known of the pictures but that they stay as large.
struct runtime_grouped_conv2d_case : own_inputs<7> {
  static constexpr bool drops = true;
  static constexpr const char* name = "conv2d";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, height, width, 3>{rows, 4, w}, -1, 1, 1),
                      uniform<T>(shape<3, 1, 3, 5>{}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& w) const {
    return conv2d<1, extent2d{2, 2}, extent2d{2, 1}, 3>(ctx, x, w);
  }
};

struct max_pool2d_case : own_inputs<7> {
  static constexpr const char* name = "max_pool2d";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 7, 5, columns>{rows, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const { return max_pool2d<2>(ctx, x); }
};
/// Windows that overlap and reach over the edge.
struct overlapping_max_pool2d_case : max_pool2d_case {
  auto operator()(auto& ctx, const auto& x) const { return max_pool2d<3, extent2d{2, 1}, 1>(ctx, x); }
};
struct runtime_max_pool2d_case : own_inputs<7> {
  static constexpr const char* name = "max_pool2d";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, height, width, 3>{rows, w, 4}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const { return max_pool2d<extent2d{3, 5}, 1, extent2d{1, 2}>(ctx, x); }
};

template <int Groups>
struct group_norm_base : own_inputs<50> {
  static constexpr const char* name = "group_norm";
  auto operator()(auto& ctx, const auto& x, const auto& w, const auto& b) const {
    return group_norm<Groups>(ctx, x, w, b);
  }
};
struct group_norm_case : group_norm_base<3> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, width, 6>{rows, w}, -1, 3, 1), uniform<T>(shape<6>{}, 0.5, 1.5, 2),
                      uniform<T>(shape<6>{}, -1, 1, 3)};
  }
};
struct runtime_group_norm_case : group_norm_base<2> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 3, columns>{rows, 2 * w}, -1, 3, 1),
                      uniform<T>(shape<columns>{2 * w}, 0.5, 1.5, 2), uniform<T>(shape<columns>{2 * w}, -1, 1, 3)};
  }
};
struct one_group_norm_case : group_norm_base<1> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 3, columns>{rows, w}, -1, 3, 1),
                      uniform<T>(shape<columns>{w}, 0.5, 1.5, 2), uniform<T>(shape<columns>{w}, -1, 1, 3)};
  }
};

using window_cases =
    case_list<biased_conv2d_case, dilated_conv2d_case, grouped_conv2d_case, runtime_grouped_conv2d_case>;
using max_pool_cases = case_list<max_pool2d_case, overlapping_max_pool2d_case, runtime_max_pool2d_case>;
using group_norm_cases = case_list<group_norm_case, runtime_group_norm_case, one_group_norm_case>;

}  // namespace clipt_test
