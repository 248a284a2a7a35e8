// Lesson 2: expressions. A whole arithmetic statement is one loop; products and row operations take statements too.
#include <fmt/format.h>

#include <cmath>

#include <clipt/nn/products.hpp>  // matmul, matmul_nt
#include <clipt/nn/rows.hpp>      // softmax, row_sum

#include "expect.hpp"

using namespace clipt;

int main() {
  tensor<float, shape<batch, 4>> x(3), residual(3);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = 0.25f * static_cast<float>(i) - 1;
  const tensor<float, shape<4>> gain{{}, {1, 2, 3, 4}};
  inference<> ctx;

  // Operators and elementwise functions describe; nothing is computed here. An expression holds views and numbers by
  // value, so it may be stored, returned and evaluated later; the tensors that it names must still be there then.
  const auto statement = gelu(x * gain) + 0.5 * residual;

  // eval makes one pass over memory: no temporary for the product, none for gelu.
  const auto y = eval(ctx, statement);
  fmt::print("y {} begins with {:.3f} {:.3f}\n", to_string(y.shape()), y[0], y[1]);
  expect(std::abs(y[0] + 0.158655f) < 1e-5f, "gelu(-1) = -0.1587");

  // What works along the last axis, and matrix products, are functions that take the context and return results.
  // They accept statements as well: here a scale and a causal mask are part of the softmax's own pass.
  tensor<float, shape<batch, 4, 4>> scores(3);
  for (dim_t i = 0; i < scores.size(); ++i) scores[i] = std::sin(static_cast<float>(i));
  const auto attention = softmax(ctx, 0.5 * scores + causal);
  fmt::print("first rows: {:.3f} | {:.3f}\n", fmt::join(attention.begin(), attention.begin() + 4, " "),
             fmt::join(attention.begin() + 4, attention.begin() + 8, " "));
  expect(attention[0] == 1 && attention[1] == 0, "the first token sees only itself");

  // Comparisons give masks of 0 and 1; where() chooses. column_index is the position along the last axis.
  const auto clipped = eval(ctx, where(x > 0, x, 0.1 * x));
  const auto last_two = row_sum(ctx, where(column_index >= 2, x, 0));
  expect(clipped[0] == -0.1f, "a leaky relu, written out");
  expect(last_two[0] == x[2] + x[3], "the sum of the last two columns");

  // A transposed operand is part of a product's name: x xᵀ needs no copy. The result's type is [batch, batch].
  const auto gram = matmul_nt(ctx, x, x);
  static_assert(std::is_same_v<decltype(gram)::shape_type, shape<batch, batch>>);
  fmt::print("gram {}\n", to_string(gram.shape()));
  expect(std::abs(gram[0] - 1.875f) < 1e-6f, "the square of the first row");
}
