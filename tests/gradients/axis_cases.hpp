// The op list's part along any axes: reductions, running sums, sorting.
#pragma once
#include <clipt/nn/axis_maps.hpp>
#include <clipt/nn/axis_reductions.hpp>
#include <clipt/nn/order.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// x [batch, 3, columns].
struct three_rows : own_inputs<50> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 3, columns>{rows, w}, 0.5, 2, 1)};
  }
};

struct axis_sum_case : three_rows {
  static constexpr const char* name = "sum";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, sum<0>(ctx, x * x) * sum<0, 1>(ctx, x) + sum<-2, 0>(ctx, x, keep_axes));
  }
};
struct axis_mean_case : three_rows {
  static constexpr const char* name = "mean";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, (2 * x + mean<1>(ctx, x, keep_axes)) * mean<-1, 1>(ctx, square(x), keep_axes));
  }
};
struct axis_max_case : three_rows {
  static constexpr const char* name = "max";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, max<1>(ctx, x) * max<-1, 1>(ctx, x, keep_axes)); }
};
struct axis_min_case : three_rows {
  static constexpr const char* name = "min";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, min<1>(ctx, 2 * x)); }
};
struct argmax_case : three_rows {
  static constexpr const char* name = "argmax";
  static constexpr bool picks = true, has_gradient = false;
  auto operator()(auto& ctx, const auto& x) const { return argmax<1>(ctx, x); }
};
struct argmin_case : three_rows {
  static constexpr const char* name = "argmin";
  static constexpr bool picks = true, has_gradient = false;
  auto operator()(auto& ctx, const auto& x) const { return argmin<1, 2>(ctx, x, keep_axes); }
};
struct prod_case : three_rows {
  static constexpr const char* name = "prod";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, prod<1>(ctx, x - 1, keep_axes) * (0.5 * x + 1)); }
};
struct variance_case : three_rows {
  static constexpr const char* name = "variance";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, variance<1>(ctx, x, 1, keep_axes) + variance<-1>(ctx, x, 0, keep_axes) + variance(ctx, x, 0.0));
  }
};
struct standard_deviation_case : three_rows {
  static constexpr const char* name = "standard_deviation";
  auto operator()(auto& ctx, const auto& x) const { return standard_deviation<1>(ctx, x); }
};
struct vector_norm_case : three_rows {
  static constexpr const char* name = "vector_norm";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, vector_norm<1>(ctx, x) * vector_norm(ctx, 2 * x));
  }
};
struct axis_log_sum_exp_case : three_rows {
  static constexpr const char* name = "log_sum_exp";
  auto operator()(auto& ctx, const auto& x) const { return log_sum_exp<1>(ctx, x); }
};
struct any_case_of_axis : three_rows {
  static constexpr const char* name = "any";
  static constexpr bool picks = true, has_gradient = false;
  auto operator()(auto& ctx, const auto& x) const { return any<1>(ctx, x > 1); }
};
struct all_case : three_rows {
  static constexpr const char* name = "all";
  static constexpr bool picks = true, has_gradient = false;
  auto operator()(auto& ctx, const auto& x) const { return all<1, 2>(ctx, x > 1, keep_axes); }
};

struct cumsum_case : three_rows {
  static constexpr const char* name = "cumsum";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, cumsum<1>(ctx, x) * cumsum(ctx, square(x))); }
};
struct axis_softmax_case : three_rows {
  static constexpr const char* name = "softmax";
  auto operator()(auto& ctx, const auto& x) const { return softmax<1>(ctx, x); }
};
struct axis_log_softmax_case : three_rows {
  static constexpr const char* name = "log_softmax";
  auto operator()(auto& ctx, const auto& x) const { return log_softmax<1>(ctx, x); }
};
struct axis_l2_normalize_case : three_rows {
  static constexpr const char* name = "l2_normalize";
  auto operator()(auto& ctx, const auto& x) const { return l2_normalize<1>(ctx, x); }
};
struct argsort_case : three_rows {
  static constexpr const char* name = "argsort";
  static constexpr bool picks = true, has_gradient = false;
  auto operator()(auto& ctx, const auto& x) const { return argsort<1>(ctx, x, sort_order::descending); }
};
struct sort_case : three_rows {
  static constexpr const char* name = "sort";
  static constexpr bool picks = true;
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, sort<1>(ctx, x).values * sort(ctx, 2 * x).values);
  }
};
struct topk_case : three_rows {
  static constexpr const char* name = "topk";
  static constexpr bool picks = true;
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, topk<2, 1>(ctx, x).values + topk<1>(ctx, topk<2, 1>(ctx, x, sort_order::ascending).values).values);
  }
};

using axis_reduction_cases = case_list<axis_sum_case, axis_mean_case, axis_max_case, axis_min_case, argmax_case,
                                       argmin_case, prod_case, any_case_of_axis, all_case>;
using axis_moment_cases = case_list<variance_case, standard_deviation_case, vector_norm_case, axis_log_sum_exp_case>;
using axis_map_cases = case_list<cumsum_case, axis_softmax_case, axis_log_softmax_case, axis_l2_normalize_case,
                                 argsort_case, sort_case, topk_case>;

}  // namespace clipt_test
