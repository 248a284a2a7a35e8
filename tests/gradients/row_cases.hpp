// The op list's part along rows: softmax, normalisation, reductions, losses of rows.
#pragma once
#include <clipt/nn/cross_entropy.hpp>
#include <clipt/nn/layer_norm.hpp>
#include <clipt/nn/reductions.hpp>
#include <clipt/nn/rows.hpp>
#include "op_case.hpp"

namespace clipt_test {

struct softmax_case : one_input<> {
  static constexpr const char* name = "softmax";
  auto operator()(auto& ctx, const auto& x) const { return softmax(ctx, 2 * x + 1); }
};
struct causal_case : own_inputs<7> {
  static constexpr bool drops = true;
  static constexpr const char* name = "causal";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, columns, columns>{rows, w, w}, -2, 2, 1),
                      uniform<T>(shape<>{}, 0.5, 1.5, 2)};
  }
  auto operator()(auto& ctx, const auto& scores, const auto& scale) const {
    return softmax(ctx, scale * scores + causal);
  }
};
struct log_softmax_case : one_input<> {
  static constexpr const char* name = "log_softmax";
  auto operator()(auto& ctx, const auto& x) const { return log_softmax(ctx, x); }
};
struct l2_normalize_case : one_input<> {
  static constexpr const char* name = "l2_normalize";
  auto operator()(auto& ctx, const auto& x) const { return l2_normalize(ctx, exp(x)); }
};
struct rms_norm_case : own_inputs<> {
  static constexpr const char* name = "rms_norm";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, columns>{rows, w}, 0.5, 2, 1), uniform<T>(shape<columns>{w}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& weight) const { return rms_norm(ctx, x, weight); }
};
struct layer_norm_case : own_inputs<> {
  static constexpr const char* name = "layer_norm";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, columns>{rows, w}, -2, 2, 1),
                      uniform<T>(shape<batch, columns>{rows, w}, -2, 2, 2), uniform<T>(shape<columns>{w}, 0.5, 1.5, 3),
                      uniform<T>(shape<columns>{w}, -1, 1, 4)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& residual, const auto& weight, const auto& bias) const {
    return layer_norm(ctx, x + residual, weight, bias, 1e-2);
  }
};
struct row_sum_case : one_input<> {
  static constexpr const char* name = "row_sum";
  auto operator()(auto& ctx, const auto& x) const { return row_sum(ctx, x * x); }
};
struct row_mean_case : one_input<> {
  static constexpr const char* name = "row_mean";
  auto operator()(auto& ctx, const auto& x) const { return row_mean(ctx, exp(x)); }
};
struct row_max_case : one_input<> {
  static constexpr const char* name = "row_max";
  auto operator()(auto& ctx, const auto& x) const { return row_max(ctx, 3 * x); }
};
struct row_argmax_case : one_input<> {
  static constexpr const char* name = "row_argmax";
  static constexpr bool picks = true;
  static constexpr bool has_gradient = false;
  auto operator()(auto& ctx, const auto& x) const { return row_argmax(ctx, -x); }
};
struct log_sum_exp_case : one_input<> {
  static constexpr const char* name = "log_sum_exp";
  auto operator()(auto& ctx, const auto& x) const { return log_sum_exp(ctx, x); }
};
struct cross_entropy_case : one_input<> {
  static constexpr const char* name = "cross_entropy";
  auto operator()(auto& ctx, const auto& x) const {
    return cross_entropy(ctx, 2 * x, numbers(ctx, shape<batch>{x.shape().extent(0)}, x.shape().columns()));
  }
};
struct sum_case : one_input<> {
  static constexpr const char* name = "sum";
  auto operator()(auto& ctx, const auto& x) const { return sum(ctx, x * x * x); }
};
struct mean_case : one_input<> {
  static constexpr const char* name = "mean";
  static constexpr bool of_nothing_is_nan = true;
  auto operator()(auto& ctx, const auto& x) const { return mean(ctx, x * x); }
};
struct column_sum_case : own_inputs<> {
  static constexpr const char* name = "column_sum";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, columns>{rows, w}, -2, 2, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const { return column_sum(ctx, x * x); }
};

using row_cases =
    case_list<softmax_case, causal_case, log_softmax_case, l2_normalize_case, rms_norm_case, layer_norm_case>;
using reduction_cases = case_list<row_sum_case, row_mean_case, row_max_case, row_argmax_case, log_sum_exp_case,
                                  cross_entropy_case, sum_case, mean_case, column_sum_case>;

}  // namespace clipt_test
