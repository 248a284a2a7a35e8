// The op list's part that moves elements: gather, reshape, slice, split, concat, prepend_token, permute, transpose.
#pragma once
#include <clipt/nn/gather.hpp>
#include <clipt/nn/reshaping.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// x [batch, 6, columns].
template <int Width = 77>
struct block_input : own_inputs<Width> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 6, columns>{rows, w}, -1, 1, 1)};
  }
};

struct gather_case : own_inputs<> {
  static constexpr const char* name = "gather";
  template <class T>
  static auto inputs(dim_t, dim_t w) {
    return std::tuple{uniform<T>(shape<clipt::rows, columns>{5, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& table) const {
    return gather(ctx, table, numbers(ctx, shape<batch, 2>{3}, 5));
  }
};
struct gather_twice_case : own_inputs<> {
  static constexpr const char* name = "gather";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<clipt::rows, columns>{rows + 5, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& table) const {
    const auto ids = numbers(ctx, shape<batch>{40}, 4);
    return eval(ctx, gather(ctx, table, ids) * gather(ctx, exp(table), ids));
  }
};
struct reshape_case : block_input<> {
  static constexpr const char* name = "reshape";
  auto operator()(auto& ctx, const auto& x) const {
    const auto y = reshape<shape<3, batch, 2, columns>>(x);
    const auto z = reshape(x, shape<3, batch, 2, columns>{x.shape().extent(0), x.shape().extent(2)});
    return eval(ctx, y * exp(z));
  }
};
struct slice_case : block_input<> {
  static constexpr const char* name = "slice";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, slice<1, 1, 3>(ctx, x) * slice<-2, 2, 3>(ctx, x));
  }
};
struct split_case : block_input<> {
  static constexpr const char* name = "split";
  auto operator()(auto& ctx, const auto& x) const {
    const auto [a, b, c] = split<1, 3>(ctx, x);
    return eval(ctx, a * b + c);
  }
};
struct concat_case : own_inputs<77> {
  static constexpr const char* name = "concat";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, columns>{rows, w}, -1, 1, 1),
                      uniform<T>(shape<batch, 3, columns>{rows, w}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return concat<1>(ctx, a, b, exp(a)); }
};
struct concat_rows_case : block_input<> {
  static constexpr const char* name = "concat";
  auto operator()(auto& ctx, const auto& x) const { return concat<0, clipt::rows>(ctx, x, x); }
};
struct prepend_token_case : own_inputs<77> {
  static constexpr const char* name = "prepend_token";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<columns>{w}, -1, 1, 1), uniform<T>(shape<batch, 3, columns>{rows, w}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& token, const auto& x) const {
    return eval(ctx, prepend_token(ctx, token, x) * prepend_token(ctx, 2 * token, x));
  }
};
struct permute_case : own_inputs<50> {
  static constexpr const char* name = "permute";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 3, 2, columns>{rows, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, permute<0, 2, 3, 1>(ctx, x) *
                         permute<0, 2, 3, 1>(ctx, permute<2, 1, 0, 3>(ctx, permute<2, 1, 0, 3>(ctx, x))));
  }
};
struct transpose_case : block_input<> {
  static constexpr const char* name = "transpose";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, transpose(ctx, x) * transpose(ctx, exp(x))); }
};

using part_cases = case_list<gather_case, gather_twice_case, reshape_case, slice_case, split_case>;
using arrangement_cases = case_list<concat_case, concat_rows_case, prepend_token_case, permute_case, transpose_case>;

}  // namespace clipt_test
