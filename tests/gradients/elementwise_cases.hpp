// The op list's elementwise part: operators, functions, generators, and the ways in which leaves are broadcast.
#pragma once
#include "op_case.hpp"

namespace clipt_test {

struct add_case : two_inputs<> {
  static constexpr const char* name = "operator+";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, a + b + 2); }
};
struct subtract_case : two_inputs<> {
  static constexpr const char* name = "operator-";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, 1 - (a - b)); }
};
struct negate_case : one_input<> {
  static constexpr const char* name = "operator-";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, -x); }
};
struct multiply_case : two_inputs<> {
  static constexpr const char* name = "operator*";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, 3 * a * b); }
};
struct divide_case : two_inputs<500, 2000> {
  static constexpr const char* name = "operator/";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, a / b + 2 / a + b / 4); }
};
struct less_case : two_inputs<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "operator<";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a < b) * a + (a < 0.5)); }
};
struct greater_case : two_inputs<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "operator>";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a > b) * a); }
};
struct less_equal_case : two_inputs<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "operator<=";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a <= b) * a); }
};
struct greater_equal_case : two_inputs<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "operator>=";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a >= b) * b); }
};
struct equal_case : one_input<> {
  static constexpr const char* name = "operator==";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, (x == x) * x); }
};
struct not_equal_case : two_inputs<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "operator!=";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a != b) * a + (1 != floor(b))); }
};
struct both_case : two_inputs<> {
  static constexpr bool picks = true, drops = true;
  static constexpr const char* name = "operator&&";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a > 0 && b > 0) * a); }
};
struct either_case : two_inputs<> {
  static constexpr bool picks = true, drops = true;
  static constexpr const char* name = "operator||";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, (a > 0 || b > 0) * b); }
};
struct not_case : one_input<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "operator!";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, !(x > 1) * x + !x); }
};
struct where_case : two_inputs<> {
  static constexpr bool picks = true;
  static constexpr const char* name = "where";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, where(a < b, a * b, exp(b))); }
};
struct min_case : two_inputs<> {
  static constexpr const char* name = "min";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, min(a, min(b, 0.7))); }
};
struct max_case : two_inputs<> {
  static constexpr const char* name = "max";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, max(a, max(b, -0.7))); }
};
struct clamp_case : one_input<> {
  static constexpr const char* name = "clamp";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, clamp(x, -1, 0.5)); }
};
struct abs_case : one_input<> {
  static constexpr const char* name = "abs";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, abs(x)); }
};
struct exp_case : one_input<> {
  static constexpr const char* name = "exp";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, exp(x)); }
};
struct log_case : one_input<500, 3000> {
  static constexpr const char* name = "log";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, log(x)); }
};
struct log1p_case : one_input<-500, 3000> {
  static constexpr const char* name = "log1p";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, log1p(x)); }
};
struct sqrt_case : one_input<500, 3000> {
  static constexpr const char* name = "sqrt";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, sqrt(x)); }
};
struct rsqrt_case : one_input<500, 3000> {
  static constexpr const char* name = "rsqrt";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, rsqrt(x)); }
};
struct pow_case : one_input<500, 3000> {
  static constexpr const char* name = "pow";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, pow(x, 1.5) + pow(x, -0.3)); }
};
struct whole_pow_case : one_input<> {
  static constexpr const char* name = "pow";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, pow(x, 3) + pow(x, 4) + pow(x, 1) + pow(x, 0) + 1e-3 * pow(x - 3, -3) + 1e-20 * pow(x, 65) +
                         1e-20 * pow(x, 66));
  }
};
struct pow_of_arrays_case : two_inputs<500, 2000> {
  static constexpr const char* name = "pow";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, pow(a, b) + pow(2, b)); }
};
struct sin_case : one_input<> {
  static constexpr const char* name = "sin";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, sin(x)); }
};
struct cos_case : one_input<> {
  static constexpr const char* name = "cos";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, cos(x)); }
};
struct tan_case : one_input<-1200, 1200> {
  static constexpr const char* name = "tan";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, tan(x)); }
};
struct atan_case : one_input<> {
  static constexpr const char* name = "atan";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, atan(x)); }
};
struct erf_case : one_input<> {
  static constexpr const char* name = "erf";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, erf(x)); }
};
struct expm1_case : one_input<> {
  static constexpr const char* name = "expm1";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, expm1(x)); }
};
struct log2_case : one_input<500, 3000> {
  static constexpr const char* name = "log2";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, log2(x)); }
};
struct floor_case : one_input<> {
  static constexpr const char* name = "floor";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, floor(x) + x); }
};
struct ceil_case : one_input<> {
  static constexpr const char* name = "ceil";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, ceil(x) * x); }
};
struct round_case : one_input<> {
  static constexpr const char* name = "round";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, round(x) * x); }
};
struct sign_case : one_input<> {
  static constexpr const char* name = "sign";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, sign(x) * x); }
};
struct square_case : one_input<> {
  static constexpr const char* name = "square";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, square(x)); }
};
struct tanh_case : one_input<> {
  static constexpr const char* name = "tanh";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, tanh(x)); }
};
struct sigmoid_case : one_input<> {
  static constexpr const char* name = "sigmoid";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, sigmoid(x)); }
};
struct relu_case : one_input<> {
  static constexpr const char* name = "relu";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, relu(x)); }
};
struct silu_case : one_input<> {
  static constexpr const char* name = "silu";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, silu(x)); }
};
struct gelu_case : one_input<> {
  static constexpr const char* name = "gelu";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, gelu(x)); }
};
struct gelu_tanh_case : one_input<> {
  static constexpr const char* name = "gelu_tanh";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, gelu_tanh(x)); }
};
struct quick_gelu_case : one_input<> {
  static constexpr const char* name = "quick_gelu";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, quick_gelu(x)); }
};
struct softplus_case : one_input<-4000, 4000> {
  static constexpr const char* name = "softplus";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, softplus(x)); }
};
struct cast_case : one_input<> {
  static constexpr const char* name = "cast";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, cast<double>(x) * cast<double>(x)); }
};
struct dropout_case : one_input<> {
  static constexpr bool drops = true;
  static constexpr const char* name = "dropout";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, dropout(square(x), 0.3f, random_stream{5})); }
};
struct row_index_case : own_inputs<50> {
  static constexpr const char* name = "row_index";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, 3, columns>{rows, width}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, x * cos(row_index + 2 * column_index)); }
};
struct column_index_case : one_input<-2000, 2000, 50> {
  static constexpr bool picks = true, drops = true;
  static constexpr const char* name = "column_index";
  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, where(column_index < 3 + 0 * x, x * column_index, x));
  }
};

/// An op of one's own, as the documentation shows it.
struct softsign {
  template <class T>
  CLIPT_HD static T apply(T x) {
    return x / (T(1) + abs(x));
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g / square(T(1) + abs(x));
  }
};
struct apply_case : one_input<> {
  static constexpr const char* name = "apply";
  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, apply<softsign>(x)); }
};

// Leaves that lie in the statement in other ways than element by element.

struct row_vector_case : own_inputs<> {
  static constexpr const char* name = "a row vector";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, columns>{rows, width}, -1, 1, 1),
                      uniform<T>(shape<columns>{width}, -1, 1, 2), uniform<T>(shape<1, columns>{width}, -1, 1, 3)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& gain, const auto& bias) const {
    return eval(ctx, x * gain + bias + gain * gain);
  }
};
struct column_vector_case : own_inputs<> {
  static constexpr const char* name = "a column vector";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, columns>{rows, width}, -1, 1, 1),
                      uniform<T>(shape<batch, 1>{rows}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& scale) const { return eval(ctx, x * exp(scale) + scale); }
};
struct one_number_case : own_inputs<> {
  static constexpr const char* name = "one number";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, columns>{rows, width}, -1, 1, 1), uniform<T>(shape<>{}, -1, 1, 2),
                      uniform<T>(shape<1, 1>{}, -1, 1, 3)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& a, const auto& b) const {
    return eval(ctx, exp(a) * x + b * b);
  }
};
struct outer_case : own_inputs<77> {
  static constexpr const char* name = "an outer product";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, 1>{rows}, -1, 1, 1), uniform<T>(shape<1, columns>{width}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return eval(ctx, exp(a * b)); }
};
struct inner_axis_case : own_inputs<77> {
  static constexpr const char* name = "axes of one in the middle";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, 2, 3, columns>{rows, width}, -1, 1, 1),
                      uniform<T>(shape<batch, 1, 3, columns>{rows, width}, -1, 1, 2),
                      uniform<T>(shape<2, 1, columns>{width}, -1, 1, 3), uniform<T>(shape<2, 3, 1>{}, -1, 1, 4)};
  }
  auto operator()(auto& ctx, const auto& x, const auto& a, const auto& b, const auto& c) const {
    return eval(ctx, x * a + b * c + x * c);
  }
};

// One list per test program.
using operator_cases =
    case_list<add_case, subtract_case, negate_case, multiply_case, divide_case, less_case, greater_case,
              less_equal_case, greater_equal_case, equal_case, not_equal_case, both_case, either_case, not_case>;
using choice_cases = case_list<where_case, min_case, max_case, clamp_case, abs_case, dropout_case, row_index_case,
                               column_index_case, cast_case, apply_case>;
using function_cases = case_list<exp_case, log_case, log1p_case, sqrt_case, rsqrt_case, pow_case, whole_pow_case,
                                 square_case, softplus_case>;
using analysis_cases = case_list<pow_of_arrays_case, sin_case, cos_case, tan_case, atan_case, erf_case, expm1_case,
                                 log2_case, floor_case, ceil_case, round_case, sign_case>;
using activation_cases =
    case_list<tanh_case, sigmoid_case, relu_case, silu_case, gelu_case, gelu_tanh_case, quick_gelu_case>;
using broadcast_cases = case_list<row_vector_case, column_vector_case, one_number_case, outer_case, inner_axis_case>;

}  // namespace clipt_test
