// What an entry of the op list is made of: a name, inputs of any width, and the call.
//
// struct relu_case : one_input<> {
//   static constexpr const char* name = "relu";                                  // the public function
//   auto operator()(auto& ctx, const auto& x) const { return eval(ctx, relu(x)); }
// };
// `inputs<T>(rows, width)` gives the tensors; a rows of 0 is an empty batch.
#pragma once
#include <cstdint>
#include <tuple>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/core/philox.hpp>
#include <clipt/expr/operators.hpp>

namespace clipt_test {

using namespace clipt;

/// A tensor of uniform numbers in [low, high); `stream` keeps tensors apart.
template <class T, class Shape>
tensor<T, Shape> uniform(const Shape& shape, double low, double high, std::uint32_t stream) {
  tensor<T, Shape> x(shape);
  const random_stream random{7, stream};
  for (dim_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<T>(low + (high - low) * random.uniform(static_cast<std::uint64_t>(i)));
  return x;
}

/// Whole numbers in [0, limit) as labels or ids, in the memory of a context.
template <class Context, class Shape>
view<const std::int32_t, Shape> numbers(Context& ctx, const Shape& shape, dim_t limit) {
  const auto out = ctx.template output<std::int32_t>(shape);
  const random_stream random{8};
  for (dim_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(i), static_cast<std::uint32_t>(limit)));
  return out;
}

/// What the walk over NaN must know of a case: `picks` ones may take what is no NaN, `drops` ones let it into elements
/// that no number reaches (by 0 x or x - infinity).
struct any_case {
  static constexpr bool picks = false, drops = false;
};

/// A number that a `double` template argument of C++20 would be, in thousandths: clang++ 14 has no such arguments.
template <int Low = -2000, int High = 2000, int Width = 257>
struct one_input : any_case {
  static constexpr dim_t largest_width = Width;
  static constexpr bool has_gradient = true;
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, columns>{rows, width}, Low / 1000.0, High / 1000.0, 1)};
  }
};

template <int Low = -2000, int High = 2000>
struct two_inputs : any_case {
  static constexpr dim_t largest_width = 257;
  static constexpr bool has_gradient = true;
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    const shape<batch, columns> s{rows, width};
    return std::tuple{uniform<T>(s, Low / 1000.0, High / 1000.0, 1), uniform<T>(s, Low / 1000.0, High / 1000.0, 2)};
  }
};

/// Inputs of shapes A, B, ... made from rows and width; a case with its own shapes derives from this.
template <dim_t Width = 257>
struct own_inputs : any_case {
  static constexpr dim_t largest_width = Width;
  static constexpr bool has_gradient = true;
};

template <class... Case>
struct case_list {
  template <class F>
  static void each(F&& f) {
    (f(Case{}), ...);
  }
};

template <class... List>
struct joined;
template <class... A>
struct joined<case_list<A...>> {
  using type = case_list<A...>;
};
template <class... A, class... B, class... More>
struct joined<case_list<A...>, case_list<B...>, More...> : joined<case_list<A..., B...>, More...> {};

}  // namespace clipt_test
