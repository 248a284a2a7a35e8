// Lesson 1: tensors. Shapes are types; extents that only the running program knows have names.
#include <fmt/format.h>

#include <clipt/autodiff/evaluate.hpp>  // tensor, shape, inference, eval
#include <clipt/eigen.hpp>              // as_eigen, from_eigen, assign
#include <clipt/nn/copy.hpp>            // item
#include <clipt/nn/products.hpp>        // matmul
#include <clipt/nn/reductions.hpp>      // mean

#include "expect.hpp"

using namespace clipt;

int main() {
  // A tensor owns its elements: row-major, contiguous, zero unless you say otherwise.
  tensor<float, shape<2, 3>> a{{},
                               {1, 2, 3,  //
                                4, 5, 6}};
  fmt::print("a {} = {}\n", to_string(a.shape()), fmt::join(a, " "));
  expect(a[1 * 3 + 2] == 6, "elements are numbered row by row");

  // `batch` is the name of an extent that is known at run time; its value goes to the constructor.
  tensor<float, shape<batch, 3>> x(4);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  fmt::print("x {}\n", to_string(x.shape()));
  expect(to_string(x.shape()) == "[batch=4, 3]", "messages print the name and the value");

  // Everything is computed in a context. It owns the memory of results; its type says whether it keeps a tape.
  inference<> ctx;

  // Shapes are aligned at the right; an extent that is 1 or missing is repeated. The type of y has the shape [batch,
  // 3].
  const tensor<float, shape<3>> shift{{}, {10, 20, 30}};
  const auto y = eval(ctx, x + shift);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 3>>);
  fmt::print("x + shift = {}\n", fmt::join(y, " "));
  expect(y[3] == 13, "the row is added to every row");

  // y is a view of the context's memory: copy what must outlive the next reset.
  const auto average = mean(ctx, y);      // a view of one element
  const float kept = item(ctx, average);  // the number itself
  ctx.reset();
  fmt::print("mean = {}\n", kept);
  expect(kept == 25.5f, "the mean of x + shift");

  // A matrix of Eigen is an operand as it lies, and an array is a matrix of Eigen: neither is copied.
  const Eigen::Matrix3f turn = Eigen::Vector3f(1, 2, 3).asDiagonal();
  const auto turned = matmul(ctx, x, from_eigen(turn.transpose()));
  fmt::print("the largest of x times a matrix of Eigen = {}\n", as_eigen(turned).maxCoeff());
  expect(as_eigen(turned)(3, 2) == 33, "x[3, 2] = 11, three times");
  assign(x, 2 * as_eigen(x));  // any expression of Eigen, computed into the elements of x
  expect(x[11] == 22, "x was doubled in place");

  // Extents in the type are compared by the compiler; this line would be refused in one sentence:
  //   eval(ctx, x + tensor<float, shape<4>>{});   "right-aligned extents are equal, 1 or missing: two extents differ"
  // The values of runtime extents are compared when the statement runs, with the same words and the numbers.
  const tensor<float, shape<batch, 3>> other(5);
  try {
    eval(ctx, x + other);
    expect(false, "a batch of 4 and one of 5 cannot be added");
  } catch (const shape_error& e) {
    fmt::print("refused: {}\n", e.what());
  }
}
