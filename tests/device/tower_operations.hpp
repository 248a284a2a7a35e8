// The operations that CLIP's towers and losses need besides those of operations.hpp, for the same three compilers.
#pragma once
#include <clipt/clip/objective.hpp>     // contrastive_loss, siglip_loss
#include <clipt/clip/token_mean.hpp>    // token_mean
#include <clipt/clip/tower_tuning.hpp>  // kept_patches
#include <clipt/nn/attention.hpp>       // self_attention, cross_attention
#include <clipt/nn/gather.hpp>          // gather
#include <clipt/nn/patchify.hpp>        // patchify
#include <clipt/nn/permute.hpp>         // permute, transpose

#include "operations.hpp"  // widths, matrix_shape, named_case

namespace clipt::test {

/// Numbers f(0), f(1), ... on the context's device.
template <class Context, class F>
auto numbers(Context& ctx, dim_t count, F f) {
  std::vector<std::int32_t> host(static_cast<std::size_t>(count));
  for (dim_t i = 0; i < count; ++i) host[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(f(i));
  const auto there = ctx.template output<std::int32_t>(shape<tokens>(count));
  run_forward<ops::transfer>(ctx, static_cast<const std::int32_t*>(host.data()), there.data(), count);
  return there;
}

/// Sequences of 3, 1, 0, 40 and then again as many rows, by offsets.
inline constexpr dim_t packed_lengths[] = {3, 1, 0, 40};
template <class Context>
sequence_rows packed_rows(Context& ctx, dim_t count) {
  const auto offsets = numbers(ctx, count + 1, [](dim_t i) {
    dim_t total = 0;
    for (dim_t k = 0; k < i; ++k) total += packed_lengths[k % 4];
    return total;
  });
  return {offsets.data(), count, 0};
}

template <class Check>
void gather_case(Check& check) {
  // One row very often, most now and then, one never; more ids than are added up at once.
  const auto few = [](auto& ctx, const auto& x) {
    return gather(ctx, x, numbers(ctx, 300, [](dim_t i) { return i % 3 == 0 ? 2 : i * 7 % 5; }));
  };
  for (const dim_t width : widths) check(few, matrix_shape(6, width));
  check([](auto& ctx, const auto& x) { return gather(ctx, x, numbers(ctx, 31, [](dim_t) { return 1; })); },
        matrix_shape(2, 8));
  check([](auto& ctx, const auto& x) { return gather(ctx, x, numbers(ctx, 64, [](dim_t) { return 1; })); },
        matrix_shape(2, 8));
  check([](auto& ctx, const auto& x) { return gather(ctx, x, numbers(ctx, 0, [](dim_t) { return 0; })); },
        matrix_shape(2, 8));
  // A table whose gradient is added to.
  check(
      [](auto& ctx, const auto& x) {
        return eval(ctx, gather(ctx, x, numbers(ctx, 5, [](dim_t i) { return i; })) * reshape(x, shape<tokens, 12>(5)));
      },
      shape<5, 12>{});
}

template <class Check>
void permute_case(Check& check) {
  check([](auto& ctx, const auto& x) { return permute<0, 2, 1, 3>(ctx, x); }, shape<2, 3, 5, 8>{});
  check([](auto& ctx, const auto& x) { return permute<0, 2, 1, 3>(ctx, x); }, shape<2, 3, 5, 7>{});
  check([](auto& ctx, const auto& x) { return permute<2, 0, 1>(ctx, x); }, shape<4, 6, 8>{});
  check([](auto& ctx, const auto& x) { return permute<0, 1>(ctx, x); }, shape<4, 6>{});
  check([](auto& ctx, const auto& x) { return transpose(ctx, x); }, shape<batch, 33>(5));
  check([](auto& ctx, const auto& x) { return transpose(ctx, x); }, shape<batch, 33>(0));
  check([](auto& ctx, const auto& x) { return matmul(ctx, x, transpose(ctx, x)); }, shape<5, 8>{});  // added to
  check([](auto& ctx, const auto& x) { return patchify<4>(ctx, x); }, shape<2, 3, 8, 12>{});
  check([](auto& ctx, const auto& x) { return patchify<7>(ctx, x); }, shape<2, 3, 14, 7>{});
}

template <class Check>
void blocks_case(Check& check) {
  const auto joined = [](auto& ctx, const auto& a, const auto& b) { return concat<1>(ctx, a, b, a); };
  check(joined, shape<3, 8>{}, shape<3, 4>{});
  check(joined, shape<3, 7>{}, shape<3, 5>{});
  check(joined, shape<2, 3, 4>{}, shape<2, 1, 4>{});
  check([](auto& ctx, const auto& x) { return eval(ctx, slice<1, 1, 3>(ctx, x) * slice<1, 2, 3>(ctx, x)); },
        shape<3, 6, 4>{});
  check([](auto& ctx, const auto& x) { return eval(ctx, slice<1, 1, 3>(ctx, x) * slice<1, 2, 3>(ctx, x)); },
        shape<3, 7>{});
  const auto token = [](auto& ctx, const auto& t, const auto& x) { return prepend_token(ctx, t, x); };
  check(token, shape<8>{}, shape<batch, 3, 8>(70));
  check(token, shape<7>{}, shape<batch, 3, 7>(2));
  check([](auto& ctx, const auto& t, const auto& x) { return eval(ctx, prepend_token(ctx, t, x) * t); }, shape<8>{},
        shape<batch, 2, 8>(3));
}

template <class Check>
void attention_case(Check& check) {
  const auto plain = [](auto& ctx, const auto& x) { return self_attention<2>(ctx, x); };
  const auto causal_one = [](auto& ctx, const auto& x) { return self_attention<2>(ctx, x, attention_mask::causal); };
  check(plain, shape<batch, 5, 24>(3));
  check(plain, shape<batch, 5, 24>(0));
  check(plain, shape<2, 50, 42>{});
  check(causal_one, shape<batch, 5, 24>(3));
  check(causal_one, shape<2, 33, 48>{});
  const auto packed = [](attention_mask mask) {
    return [mask](auto& ctx, const auto& x) { return self_attention<3>(ctx, x, packed_rows(ctx, 7), mask); };
  };
  check(packed(attention_mask::none), shape<tokens, 36>(48));
  check(packed(attention_mask::causal), shape<tokens, 36>(48));
  const auto pooled = [](auto& ctx, const auto& q, const auto& x) {
    return cross_attention<2>(ctx, q, x, square(x), {nullptr, 2, 1}, {nullptr, 2, 6});
  };
  check(pooled, shape<2, 8>{}, shape<12, 8>{});
}

template <class Check>
void pooling_case(Check& check) {
  check([](auto& ctx, const auto& x) { return token_mean(ctx, x); }, shape<batch, 5, 8>(3));
  const auto some = [](auto& ctx, const auto& x) {
    const kept_patches keep({.patch_dropout = 0.5, .random = {7, 0, 2}}, 16);
    const auto rows = ctx.template output<std::int32_t>(shape<tokens>(5 * 9));
    run_forward<ops::generate_rows>(ctx, 5, 9, keep, rows.data());
    return gather(ctx, x, rows);
  };
  check(some, matrix_shape(5 * 17, 8));
}

template <class Check>
void contrastive_loss_case(Check& check) {
  const auto f = [](auto& ctx, const auto& a, const auto& b, const auto& scale) {
    return contrastive_loss(ctx, l2_normalize(ctx, a), l2_normalize(ctx, b), scale + 1);
  };
  check(f, shape<batch, 16>(1), shape<batch, 16>(1), shape<>{});
  check(f, shape<batch, 16>(8), shape<batch, 16>(8), shape<>{});
  check(f, shape<batch, 12>(33), shape<batch, 12>(33), shape<>{});
  const auto alike = [](auto& ctx, const auto& a, const auto& scale) {
    const auto x = l2_normalize(ctx, a);
    return eval(ctx, contrastive_loss(ctx, x, x, scale) * scale);
  };
  check(alike, shape<batch, 16>(8), shape<>{});
}

template <class Check>
void other_losses_case(Check& check) {
  check([](auto& ctx, const auto& a, const auto& b, const auto& scale,
           const auto& bias) { return siglip_loss(ctx, l2_normalize(ctx, a), l2_normalize(ctx, b), scale, bias); },
        shape<batch, 12>(9), shape<batch, 12>(9), shape<>{}, shape<>{});
  check(
      [](auto& ctx, const auto& a, const auto& b, const auto& scale) {
        const auto teacher = eval(ctx, 3 * detach(matmul_nt(ctx, a, b)));
        return distillation_loss(ctx, l2_normalize(ctx, a), l2_normalize(ctx, b), scale, teacher);
      },
      shape<batch, 12>(9), shape<batch, 12>(9), shape<>{});
}

template <class Check>
inline constexpr named_case<Check> tower_cases[] = {
    {"gather", gather_case<Check>},
    {"permute", permute_case<Check>},
    {"blocks", blocks_case<Check>},
    {"attention", attention_case<Check>},
    {"pooling", pooling_case<Check>},
    {"contrastive_loss", contrastive_loss_case<Check>},
    {"other_losses", other_losses_case<Check>},
};

}  // namespace clipt::test
