// The operations that exist on a GPU, each at the widths and broadcast forms that its kernels distinguish.
//
// Compiled three times: for the GPU by nvcc, for the emulated GPU and for the CPU by a host compiler. `Check` decides
// what is done with an operation: check(f, shapes...) with gradients, check.values(f, shapes...) without.
#pragma once
#include <clipt/nn/cross_entropy.hpp>  // cross_entropy
#include <clipt/nn/layer_norm.hpp>     // layer_norm
#include <clipt/nn/products.hpp>       // matmul, affine
#include <clipt/nn/reshaping.hpp>      // reshape

#include "compare.hpp"  // run

namespace clipt::test {

using matrix_shape = shape<batch, columns>;

/// The widths at which kernels change their ways: less and more than a warp, than a block, than a warp's row; and those
/// whose rows are packets of 16 bytes.
inline constexpr dim_t widths[] = {1, 7, 8, 33, 64, 77, 257, 768, 1024, 1025};

/// An operation over [batch, columns] at all widths from `least` on, and over no rows at all. Where a row of one number
/// has a gradient that is 0 but for rounding, `least` leaves it out.
template <class Check, class F>
void check_rows(Check& check, const F& f, dim_t samples = 5, dim_t least = 1) {
  for (const dim_t width : widths)
    if (width >= least) check(f, matrix_shape(samples, width));
  check(f, matrix_shape(0, 33));
}

template <class Check>
void softmax_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) { return softmax(ctx, x); });
  check([](auto& ctx, const auto& x) { return softmax(ctx, x); }, shape<3, 2, 50>{});
}

template <class Check>
void softmax_of_a_statement_with_broadcast_leaves_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& bias, const auto& scale) {
    return softmax(ctx, x * scale + bias);
  };
  for (const dim_t width : widths) check(f, matrix_shape(70, width), shape<columns>(width), shape<>{});
}

template <class Check>
void causal_softmax_case(Check& check) {
  check([](auto& ctx, const auto& x) { return softmax(ctx, 0.5 * x + causal); }, shape<3, 17, 17>{});
}

template <class Check>
void log_softmax_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) { return log_softmax(ctx, x); });
}

template <class Check>
void log_sum_exp_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) { return log_sum_exp(ctx, x); });
}

template <class Check>
void l2_normalize_case(Check& check) {
  check_rows(
      check, [](auto& ctx, const auto& x) { return l2_normalize(ctx, x); }, 5, 7);
}

template <class Check>
void row_sum_and_mean_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) { return row_sum(ctx, square(x)); });
  check_rows(check, [](auto& ctx, const auto& x) { return row_mean(ctx, square(x)); });
}

template <class Check>
void row_max_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) { return row_max(ctx, x); });
}

template <class Check>
void row_argmax_case(Check& check) {
  for (const dim_t width : widths)
    check.values([](auto& ctx, const auto& x) { return row_argmax(ctx, x); }, matrix_shape(9, width));
}

template <class Check>
void rms_norm_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& weight) { return rms_norm(ctx, x, weight); };
  for (const dim_t width : widths)
    if (width > 1) check(f, matrix_shape(7, width), shape<columns>(width));
}

template <class Check>
void layer_norm_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& weight, const auto& bias) {
    return layer_norm(ctx, x, weight, bias);
  };
  for (const dim_t width : widths)
    if (width > 1) check(f, matrix_shape(41, width), shape<columns>(width), shape<columns>(width));
  check(f, matrix_shape(0, 33), shape<columns>(33), shape<columns>(33));
  check(f, shape<2, 3, 48>{}, shape<48>{}, shape<48>{});
}

template <class Check>
void layer_norm_of_a_sum_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& y, const auto& weight, const auto& bias) {
    return layer_norm(ctx, x + y, weight, bias);
  };
  check(f, shape<batch, 77>(6), shape<77>{}, shape<77>{}, shape<77>{});
}

template <class Check>
void cross_entropy_case(Check& check) {
  const auto f = [](auto& ctx, const auto& logits) {
    using Device = typename std::remove_cvref_t<decltype(ctx)>::device;
    const dim_t samples = logits.shape().extent(0);
    tensor<std::int32_t, shape<batch>> host(samples);
    for (dim_t i = 0; i < samples; ++i) host[i] = static_cast<std::int32_t>(i * 3 % logits.shape().extent(1));
    static tensor<std::int32_t, shape<batch>, Device> labels(0);
    labels = tensor<std::int32_t, shape<batch>, Device>(samples);
    copy(ctx, host, labels);
    return cross_entropy(ctx, 2 * logits, labels);
  };
  for (const dim_t width : widths)
    if (width > 1) check(f, matrix_shape(11, width));
  check(f, matrix_shape(0, 33));
}

template <class Check>
void sum_and_mean_case(Check& check) {
  check_rows(
      check, [](auto& ctx, const auto& x) { return sum(ctx, square(x)); }, 60);
  check_rows(check, [](auto& ctx, const auto& x) { return mean(ctx, x * x * x + 1); });
}

template <class Check>
void column_sum_case(Check& check) {
  check_rows(
      check, [](auto& ctx, const auto& x) { return column_sum(ctx, square(x)); }, 130);
}

template <class Check>
void elementwise_case(Check& check) {
  check_rows(
      check, [](auto& ctx, const auto& x) { return eval(ctx, quick_gelu(x) * tanh(x) - gelu(x) / (2 + square(x))); },
      40);
  check_rows(check, [](auto& ctx, const auto& x) { return eval(ctx, where(x < 0.5, x * x, exp(-x)) + softplus(x)); });
}

template <class Check>
void a_leaf_twice_and_a_gradient_added_to_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) {
    const auto y = eval(ctx, x * x + x);
    return eval(ctx, y * x - y);
  });
}

template <class Check>
void broadcast_over_rows_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& bias) { return eval(ctx, quick_gelu(x + bias) * bias); };
  for (const dim_t width : widths) check(f, matrix_shape(90, width), shape<columns>(width));
  check(f, matrix_shape(0, 33), shape<columns>(33));
}

template <class Check>
void broadcast_of_a_scalar_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& scale) { return eval(ctx, x * scale + tanh(scale)); };
  for (const dim_t width : widths) check(f, matrix_shape(90, width), shape<>{});
}

template <class Check>
void broadcast_over_columns_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& mean, const auto& bias) {
    return eval(ctx, (x - mean) * bias);
  };
  for (const dim_t width : widths) check(f, matrix_shape(12, width), shape<batch, 1>(12), shape<columns>(width));
}

template <class Check>
void broadcast_of_inner_axes_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& y, const auto& z) { return eval(ctx, x * y + x * z + y); };
  check(f, shape<6, 5, 7>{}, shape<6, 1, 7>{}, shape<5, 1>{});
  check(f, shape<2, 3, 4, 33>{}, shape<3, 1, 33>{}, shape<2, 1, 1, 1>{});
}

template <class Check>
void dropout_is_the_same_on_every_device_case(Check& check) {
  check_rows(check, [](auto& ctx, const auto& x) { return eval(ctx, dropout(x, 0.3f, random_stream{5})); });
}

template <class Check>
void products_case(Check& check) {
  check([](auto& ctx, const auto& a, const auto& b) { return matmul(ctx, a, b); }, shape<batch, 7>(5), shape<7, 3>{});
  check([](auto& ctx, const auto& a, const auto& b) { return matmul(ctx, a, b); }, shape<2, 5, 7>{}, shape<2, 7, 3>{});
  check([](auto& ctx, const auto& a, const auto& b) { return matmul_nt(ctx, a, b); }, shape<2, 5, 7>{},
        shape<2, 3, 7>{});
  check([](auto& ctx, const auto& a, const auto& b) { return matmul_tn(ctx, a, b); }, shape<2, 7, 5>{},
        shape<2, 7, 3>{});
  check([](auto& ctx, const auto& a, const auto& b) { return matmul_nt(ctx, a, b); }, shape<batch, 7>(0),
        shape<3, 7>{});
}

template <class Check>
void affine_case(Check& check) {
  const auto f = [](auto& ctx, const auto& x, const auto& weight, const auto& bias) {
    return affine(ctx, quick_gelu(x), weight, bias);
  };
  check(f, shape<batch, 33>(19), shape<77, 33>{}, shape<77>{});
  check(f, shape<4, 3, 7>{}, shape<5, 7>{}, shape<5>{});
  check(f, shape<batch, 33>(0), shape<77, 33>{}, shape<77>{});
}

/// Operands that are one variable or a reshape of it: kernels would write over what they have written.
template <class Check>
void one_variable_in_elementwise_statements_case(Check& check) {
  const auto as_row = [](const auto& x) { return reshape(x, shape<1, columns>(x.size())); };
  for (const dim_t width : widths) {
    const shape<columns> row(width);
    check([=](auto& ctx, const auto& x) { return eval(ctx, x * as_row(x)); }, row);
    check([=](auto& ctx, const auto& x) { return eval(ctx, as_row(x) * x); }, row);
    check([=](auto& ctx, const auto& x) { return eval(ctx, where(x < 0.5, x, as_row(x) * x) - x); }, row);
    check([=](auto& ctx, const auto& x) { return sum(ctx, x * x * as_row(x) + 1); }, row);
    check([=](auto& ctx, const auto& x) { return column_sum(ctx, as_row(x) * x); }, row);
  }
  check([](auto& ctx, const auto& x) { return eval(ctx, reshape<shape<5, 1>>(x) * x + reshape<shape<5, 1, 1>>(x)); },
        shape<5>{});
}

template <class Check>
void one_variable_in_row_operations_case(Check& check) {
  const auto as_row = [](const auto& x) { return reshape(x, shape<1, columns>(x.size())); };
  for (const dim_t width : widths) {
    if (width == 1) continue;
    const shape<columns> row(width);
    check([=](auto& ctx, const auto& x) { return softmax(ctx, as_row(x) * x); }, row);
    check([=](auto& ctx, const auto& x) { return layer_norm(ctx, as_row(x), x, x); }, row);
    check([=](auto& ctx, const auto& x) { return layer_norm(ctx, x * as_row(x), x, x); }, row);
    check([=](auto& ctx, const auto& x) { return rms_norm(ctx, as_row(x), x); }, row);
  }
}

template <class Check>
void one_variable_in_products_case(Check& check) {
  const shape<7, 7> square_shape;
  check([](auto& ctx, const auto& x) { return matmul(ctx, x, x); }, square_shape);
  check([](auto& ctx, const auto& x) { return matmul_nt(ctx, x, x); }, square_shape);
  check([](auto& ctx, const auto& x) { return matmul_tn(ctx, x, x); }, square_shape);
  check([](auto& ctx, const auto& x) { return matmul(ctx, x, reshape<shape<6, 4>>(x)); }, shape<4, 6>{});
  check([](auto& ctx, const auto& x) { return matmul(ctx, reshape<shape<6, 4>>(x), x); }, shape<4, 6>{});
  check([](auto& ctx, const auto& x, const auto& b) { return affine(ctx, x, x, b); }, square_shape, shape<7>{});
  check([](auto& ctx, const auto& x) { return affine(ctx, reshape<shape<7, 1>>(x), reshape<shape<7, 1>>(x), x); },
        shape<7>{});
}

template <class Check>
struct named_case {
  const char* name;
  void (*run)(Check&);
};

/// Statements, rows and sums, of elements of any type.
template <class Check>
inline constexpr named_case<Check> statement_cases[] = {
    {"softmax", softmax_case<Check>},
    {"softmax_of_a_statement_with_broadcast_leaves", softmax_of_a_statement_with_broadcast_leaves_case<Check>},
    {"causal_softmax", causal_softmax_case<Check>},
    {"log_softmax", log_softmax_case<Check>},
    {"log_sum_exp", log_sum_exp_case<Check>},
    {"l2_normalize", l2_normalize_case<Check>},
    {"row_sum_and_mean", row_sum_and_mean_case<Check>},
    {"row_max", row_max_case<Check>},
    {"rms_norm", rms_norm_case<Check>},
    {"layer_norm", layer_norm_case<Check>},
    {"layer_norm_of_a_sum", layer_norm_of_a_sum_case<Check>},
    {"cross_entropy", cross_entropy_case<Check>},
    {"sum_and_mean", sum_and_mean_case<Check>},
    {"column_sum", column_sum_case<Check>},
    {"elementwise", elementwise_case<Check>},
    {"a_leaf_twice_and_a_gradient_added_to", a_leaf_twice_and_a_gradient_added_to_case<Check>},
    {"broadcast_over_rows", broadcast_over_rows_case<Check>},
    {"broadcast_of_a_scalar", broadcast_of_a_scalar_case<Check>},
    {"broadcast_over_columns", broadcast_over_columns_case<Check>},
    {"broadcast_of_inner_axes", broadcast_of_inner_axes_case<Check>},
    {"dropout_is_the_same_on_every_device", dropout_is_the_same_on_every_device_case<Check>},
    {"one_variable_in_elementwise_statements", one_variable_in_elementwise_statements_case<Check>},
    {"one_variable_in_row_operations", one_variable_in_row_operations_case<Check>},
};

/// What is for fp32 alone.
template <class Check>
inline constexpr named_case<Check> fp32_cases[] = {{"row_argmax", row_argmax_case<Check>}};

/// Matrix products.
template <class Check>
inline constexpr named_case<Check> product_cases[] = {
    {"products", products_case<Check>},
    {"affine", affine_case<Check>},
    {"one_variable_in_products", one_variable_in_products_case<Check>},
};

}  // namespace clipt::test
