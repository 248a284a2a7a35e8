// Attention of heads of 64 columns, which a GPU computes by its matrix units in bfloat16.
#pragma once
#include <clipt/nn/attention.hpp>  // self_attention, cross_attention

#include "tower_operations.hpp"  // numbers, named_case

namespace clipt::test {

/// Sequences around the 64 rows of a tile.
inline constexpr dim_t ragged_lengths[] = {7, 77, 1, 0, 33, 64, 65};
inline constexpr dim_t ragged_rows = 247;

template <class Check>
void flash_attention_case(Check& check) {
  const auto plain = [](auto& ctx, const auto& x) { return self_attention<2>(ctx, x); };
  const auto causal_one = [](auto& ctx, const auto& x) { return self_attention<1>(ctx, x, attention_mask::causal); };
  check(plain, shape<batch, 50, 384>(2));
  check(plain, shape<batch, 130, 384>(1));
  check(causal_one, shape<batch, 70, 192>(2));
  const auto ragged = [](attention_mask mask) {
    return [mask](auto& ctx, const auto& x) {
      dim_t offset = 0;
      const auto offsets = numbers(ctx, 8, [&](dim_t i) { return i == 0 ? 0 : offset += ragged_lengths[i - 1]; });
      return self_attention<1>(ctx, x, {offsets.data(), 7}, mask);
    };
  };
  check(ragged(attention_mask::none), shape<tokens, 192>(ragged_rows));
  check(ragged(attention_mask::causal), shape<tokens, 192>(ragged_rows));
  const auto pooled = [](auto& ctx, const auto& q, const auto& x) {
    return cross_attention<2>(ctx, q, x, square(x), {nullptr, 2, 1}, {nullptr, 2, 70});
  };
  check(pooled, shape<2, 128>{}, shape<140, 128>{});
  // One variable as queries, keys and values: gradients are added to each other.
  const auto shared = [](auto& ctx, const auto& x) {
    return cross_attention<1>(ctx, x, x, x, {nullptr, 1, 66}, {nullptr, 1, 66});
  };
  check(shared, shape<66, 64>{});
}

template <class Check>
inline constexpr named_case<Check> flash_cases[] = {
    {"attention_of_other_widths", attention_case<Check>},
    {"flash_attention", flash_attention_case<Check>},
};

}  // namespace clipt::test
