// The op list's part that takes elements by number, turns, shifts, widens and joins arrays.
#pragma once
#include <clipt/nn/broadcast_to.hpp>
#include <clipt/nn/rearranging.hpp>
#include <clipt/nn/reductions.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// x [batch, 4, columns].
struct four_rows : own_inputs<50> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 4, columns>{rows, w}, -1, 1, 1)};
  }
};
/// And a source [batch, 3, columns].
struct four_rows_and_three : own_inputs<50> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 4, columns>{rows, w}, -1, 1, 1),
                      uniform<T>(shape<batch, 3, columns>{rows, w}, -1, 1, 2)};
  }
};

struct index_select_case : four_rows {
  static constexpr const char* name = "index_select";
  auto operator()(auto& ctx, const auto& x) const {
    const auto ids = numbers(ctx, shape<clipt::rows>{9}, 4);
    return eval(ctx, index_select<1>(ctx, x, ids) * index_select<-2>(ctx, exp(x), ids));
  }
};
struct take_along_case : four_rows {
  static constexpr const char* name = "take_along";
  auto operator()(auto& ctx, const auto& x) const {
    const shape<batch, 2, columns> s(x.shape().extent(0), x.shape().extent(2));
    return take_along<1>(ctx, square(x), numbers(ctx, s, 4));
  }
};
struct scatter_add_case : four_rows_and_three {
  static constexpr const char* name = "scatter_add";
  auto operator()(auto& ctx, const auto& x, const auto& source) const {
    return scatter_add<1>(ctx, x, numbers(ctx, shape<3>{}, 4), 2 * source);
  }
};
struct scatter_add_elements_case : four_rows_and_three {
  static constexpr const char* name = "scatter_add";
  auto operator()(auto& ctx, const auto& x, const auto& source) const {
    return scatter_add<1>(ctx, x, numbers(ctx, source.shape(), 4), source);
  }
};
struct slice_at_run_time_case : four_rows {
  static constexpr const char* name = "slice";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(
        ctx, slice<1, clipt::rows>(ctx, x, {.begin = 1, .step = 2}) + slice<1, clipt::rows>(ctx, exp(x), {.end = -2}));
  }
};
struct flip_case : four_rows {
  static constexpr const char* name = "flip";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, x * flip<1>(ctx, x) + flip<-1>(ctx, x)); }
};
struct roll_case : four_rows {
  static constexpr const char* name = "roll";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, x * roll<1>(ctx, x, 1) + roll<-1>(ctx, x, -2)); }
};
struct repeat_case : four_rows {
  static constexpr const char* name = "repeat";
  auto operator()(auto& ctx, const auto& x) const { return repeat<0, 2, clipt::rows>(ctx, repeat<1, 3>(ctx, x)); }
};
struct pad_case : four_rows {
  static constexpr bool drops = true;
  static constexpr const char* name = "pad";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, pad<1, 1, 2>(ctx, x, 3) * pad<1, 0, 3>(ctx, square(x)));
  }
};
struct stack_case : four_rows_and_three {
  static constexpr const char* name = "stack";
  auto operator()(auto& ctx, const auto& x, const auto& y) const {
    return eval(ctx, sum(ctx, stack<1>(ctx, x, exp(x))) * stack<-1>(ctx, y, 2 * y));
  }
};
struct broadcast_to_case : own_inputs<50> {
  static constexpr const char* name = "broadcast_to";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 1, columns>{rows, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const {
    return broadcast_to(ctx, square(x), shape<2, batch, 3, columns>(x.shape().extent(0), x.shape().extent(2)));
  }
};

using index_cases = case_list<index_select_case, take_along_case, scatter_add_case, scatter_add_elements_case>;
using rearrangement_cases =
    case_list<slice_at_run_time_case, flip_case, roll_case, repeat_case, pad_case, stack_case, broadcast_to_case>;

}  // namespace clipt_test
