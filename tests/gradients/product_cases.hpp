// The op list's products: matrix products, affine maps, attention.
#pragma once
#include <clipt/nn/attention.hpp>
#include <clipt/nn/einsum.hpp>
#include <clipt/nn/products.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// Two operands of shapes A and B, each made of (rows, width) in this order where they have runtime extents.
template <class A, class B, int Width = 77>
struct factors : own_inputs<Width> {
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(made<A>(rows, w), -1, 1, 1), uniform<T>(made<B>(rows, w), -1, 1, 2)};
  }

 private:
  template <class S>
  static S made(dim_t rows, dim_t w) {
    dim_t all[S::rank];
    for (int i = 0; i < S::rank; ++i) all[i] = S::static_extent(i) == batch.code ? rows : w;
    return S::from(all);
  }
};

struct matmul_case : factors<shape<batch, columns>, shape<columns, 5>, 257> {
  static constexpr const char* name = "matmul";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul(ctx, a, b); }
};
struct folded_matmul_case : factors<shape<batch, 2, 5>, shape<5, columns>> {
  static constexpr const char* name = "matmul";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul(ctx, 2 * a, b * b); }
};
struct batched_matmul_case : factors<shape<batch, 2, columns>, shape<batch, columns, 3>> {
  static constexpr const char* name = "matmul";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul(ctx, a, b); }
};
struct broadcast_matmul_case : factors<shape<batch, 1, 2, 4>, shape<3, 4, columns>, 50> {
  static constexpr const char* name = "matmul";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul(ctx, a, b); }
};
struct vector_matmul_case : factors<shape<batch, columns>, shape<columns>, 257> {
  static constexpr const char* name = "matmul";
  auto operator()(auto& ctx, const auto& a, const auto& v) const {
    return eval(ctx, matmul(ctx, a, v) * matmul(ctx, v, 2 * v));
  }
};
struct einsum_case : factors<shape<batch, 3, columns>, shape<columns, batch, 2>, 50> {
  static constexpr const char* name = "einsum";
  auto operator()(auto& ctx, const auto& a, const auto& b) const {
    return eval(ctx, einsum<"ijk,kil->lij">(ctx, a, b) + sum(ctx, einsum<"ijk,kil->ikl">(ctx, a, b)) +
                         einsum<"ijk,ijk->ij">(ctx, a, exp(a)));
  }
};
struct matmul_nt_case : factors<shape<batch, columns>, shape<5, columns>, 257> {
  static constexpr const char* name = "matmul_nt";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul_nt(ctx, a, b); }
};
struct batched_matmul_nt_case : factors<shape<batch, 2, columns>, shape<batch, 3, columns>> {
  static constexpr const char* name = "matmul_nt";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul_nt(ctx, a, b); }
};
struct matmul_tn_case : factors<shape<batch, columns>, shape<batch, 5>, 257> {
  static constexpr const char* name = "matmul_tn";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul_tn(ctx, a, b); }
};
struct batched_matmul_tn_case : factors<shape<batch, columns, 2>, shape<batch, columns, 3>> {
  static constexpr const char* name = "matmul_tn";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return matmul_tn(ctx, a, b); }
};
struct affine_case : own_inputs<77> {
  static constexpr const char* name = "affine";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, columns>{rows, w}, -1, 1, 1),
                      uniform<T>(shape<5, columns>{w}, -1, 1, 2), uniform<T>(shape<5>{}, -1, 1, 3)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& weight, const auto& bias) const {
    return affine(ctx, x, weight, bias);
  }
};

/// width is the number of tokens; two heads of three.
struct self_attention_case : own_inputs<7> {
  static constexpr const char* name = "self_attention";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, tokens, 18>{rows, w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& qkv) const { return self_attention<2>(ctx, qkv); }
};
struct causal_self_attention_case : self_attention_case {
  static constexpr bool drops = true;
  auto operator()(auto& ctx, const auto& qkv) const { return self_attention<2>(ctx, qkv, attention_mask::causal); }
};
struct packed_self_attention_case : own_inputs<7> {
  static constexpr bool drops = true;
  static constexpr const char* name = "self_attention";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<tokens, 18>{rows * w}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& qkv) const {
    const dim_t all = qkv.shape().extent(0);
    const auto offsets = ctx.template output<std::int32_t>(shape<clipt::offsets>{4});
    for (dim_t i = 0; i < 4; ++i) offsets[i] = static_cast<std::int32_t>(i * i * all / 9);
    return self_attention<2>(ctx, qkv, sequence_rows{offsets.data(), 3, 0}, attention_mask::causal);
  }
};
struct cross_attention_case : own_inputs<7> {
  static constexpr const char* name = "cross_attention";
  template <class T>
  static auto inputs(dim_t rows, dim_t w) {
    return std::tuple{uniform<T>(shape<batch, 2, 6>{rows}, -1, 1, 1),
                      uniform<T>(shape<batch, tokens, 6>{rows, w}, -1, 1, 2),
                      uniform<T>(shape<batch, tokens, 6>{rows, w}, -1, 1, 3)};
  }
  auto operator()(auto& ctx, const auto& q, const auto& k, const auto& v) const {
    return cross_attention<2>(ctx, q, k, v, sequence_rows{nullptr, q.shape().extent(0), 2},
                              sequence_rows{nullptr, q.shape().extent(0), k.shape().extent(1)});
  }
};

using product_cases =
    case_list<matmul_case, folded_matmul_case, batched_matmul_case, broadcast_matmul_case, vector_matmul_case,
              einsum_case, matmul_nt_case, batched_matmul_nt_case, matmul_tn_case, batched_matmul_tn_case, affine_case>;
using attention_cases =
    case_list<self_attention_case, causal_self_attention_case, packed_self_attention_case, cross_attention_case>;

}  // namespace clipt_test
