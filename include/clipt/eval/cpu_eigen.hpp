// Arrays of clipt as matrices of Eigen and matrices of Eigen as operands of clipt, without a copy, both ways.
#pragma once
#include <string>       // to_string
#include <type_traits>  // conditional_t, is_base_of_v
#include <utility>      // forward

#include <clipt/core/check.hpp>           // element_types
#include <clipt/core/error.hpp>           // shape_error
#include <clipt/eval/cpu_eigen_core.hpp>  // Map, Matrix
#include <clipt/expr/node.hpp>            // expression, kept_alive
#include <clipt/memory/tensor.hpp>        // tensor, parameter
#include <clipt/memory/view.hpp>          // view, var

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The elements of an array as Eigen sees them: a vector of rank 1, else a row-major matrix. Its extents are runtime
/// ones, for Eigen keeps what is made of static ones on the stack.
template <class T, class Shape>
auto eigen_map(T* data, const Shape& shape) {
  constexpr bool vector = Shape::rank <= 1;
  using Matrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, vector ? 1 : Eigen::Dynamic,
                               vector ? Eigen::ColMajor : Eigen::RowMajor>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>>;
  if constexpr (vector)
    return Map(data, shape.size());
  else
    return Map(data, shape.rows(), shape.columns());
}

}  // namespace detail

/// The elements of an array as an Eigen matrix, row-major, all axes but the last folded into rows: [..., n] -> [rows, n];
/// [n] is a vector. Writing to it writes to the array, where the array may be written. It lives as long as the elements.
template <class T, class Shape>
auto as_eigen(const view<T, Shape, cpu>& x) {
  x.stamp.check("as_eigen");
  return detail::eigen_map(x.data(), x.shape());
}
template <class T, class Shape>
auto as_eigen(tensor<T, Shape, cpu>& x) {
  return detail::eigen_map(x.data(), x.shape());
}
template <class T, class Shape>
auto as_eigen(const tensor<T, Shape, cpu>& x) {
  return detail::eigen_map(x.data(), x.shape());
}
template <class Policy, dim_t... E>
requires std::is_same_v<typename Policy::device, cpu>
auto as_eigen(parameter<Policy, E...>& x) { return detail::eigen_map(x.data(), x.shape()); }
template <class Policy, dim_t... E>
requires std::is_same_v<typename Policy::device, cpu>
auto as_eigen(const parameter<Policy, E...>& x) { return detail::eigen_map(x.data(), x.shape()); }

/// The values of a result; gradients do not flow through Eigen.
template <class T, class Shape>
auto as_eigen(const var<T, Shape, cpu>& x) {
  x.stamp.check("as_eigen");
  return detail::eigen_map(x.data(), x.shape());
}

/// Refused: a temporary, whose elements would be gone, and a statement, which has no elements yet.
template <class X>
requires(detail::is_owner<X>) void as_eigen(const X&& x) {
  static_assert(kept_alive<decltype(x)>::by_a_name,
                "clipt::as_eigen: a temporary tensor or parameter: its elements would be gone; give it a name");
}
template <class Op, class... Args>
void as_eigen(const node<Op, Args...>&) {
  static_assert(std::is_void_v<Op>, "clipt::as_eigen: a statement has no elements; write eval(ctx, x)");
}

namespace detail {

template <class Derived>
void takes_eigen(const Eigen::EigenBase<Derived>&);
template <class M>
concept eigen_expression = requires(const M& m) {
  takes_eigen(m);
};

template <class M>
inline constexpr bool is_copying_ref = false;
template <class M, int Options, class Stride>
inline constexpr bool is_copying_ref<Eigen::Ref<const M, Options, Stride>> = true;

/// What the type of an object of Eigen says of its elements.
template <class M>
struct eigen_elements {
  static constexpr bool are_in_memory = (M::Flags & Eigen::DirectAccessBit) != 0;
  static constexpr bool of_a_vector = M::IsVectorAtCompileTime;
  static constexpr bool lie_in_rows = of_a_vector || (M::Flags & Eigen::RowMajorBit) != 0;
  static constexpr bool are_its_own = std::is_base_of_v<Eigen::PlainObjectBase<M>, M> || is_copying_ref<M>;

  static constexpr dim_t extent(int in_type, dim_t name) { return in_type == Eigen::Dynamic ? name : in_type; }
  static auto shape_type() {
    if constexpr (of_a_vector)
      return shape<extent(M::SizeAtCompileTime, M::ColsAtCompileTime == 1 ? rows : columns)>{};
    else
      return shape<extent(M::RowsAtCompileTime, rows), extent(M::ColsAtCompileTime, columns)>{};
  }
};

/// "4 x 3": extents as messages print them.
inline std::string eigen_text(dim_t rows, dim_t columns) {
  return std::to_string(rows) + " x " + std::to_string(columns);
}

[[noreturn]] inline void refuse_extents_of_eigen(const char* op, const std::string& shape, dim_t rows, dim_t columns) {
  throw shape_error(std::string("clipt::") + op + ": " + shape + " from " + eigen_text(rows, columns) +
                    ": [rows, columns] from as many, leading axes counted as rows, [n] from a vector: extents differ");
}

template <class M>
void check_neighbours(const M& m) {
  const auto refuse = [&](const char* what, dim_t step) {
    throw shape_error("clipt::from_eigen: " + eigen_text(m.rows(), m.cols()) + ": " + what + " begin " +
                      std::to_string(step) + " elements apart: elements lie side by side; copy it into a matrix");
  };
  if (m.size() > 1 && m.innerStride() != 1) refuse("neighbours", m.innerStride());
  if (!eigen_elements<M>::of_a_vector && m.rows() > 1 && m.outerStride() != m.cols()) refuse("rows", m.outerStride());
}

template <class Shape, class M>
auto shape_of_eigen(const M& m) {  // auto: compiled where it is called, or clang++ 14 does not name the user's line
  static_assert(
      Shape::rank == 2 || (Shape::rank == 1 && eigen_elements<M>::of_a_vector),
      "clipt::from_eigen: a matrix has two axes, a vector one or two: the shape has another rank; reshape it");
  const dim_t all[] = {Shape::rank == 1 ? m.size() : m.rows(), m.cols()};
  dim_t wanted[Shape::rank];
  bool same = true;
  for (int i = 0; i < Shape::rank; ++i) {
    wanted[i] = all[i];
    same = same && (Shape::static_extent(i) < 0 || Shape::static_extent(i) == all[i]);
  }
  const auto result = Shape::from(wanted);
  if (!same) refuse_extents_of_eigen("from_eigen", to_string(result), m.rows(), m.cols());
  return result;
}

/// An expression's elements apart from those that it reads; a matrix of its own is itself.
template <class Plain, class M>
decltype(auto) computed(const M& expression) {
  if constexpr (requires { expression.eval(); })
    return expression.eval();
  else
    return Plain(expression);
}

}  // namespace detail

/// The elements of an Eigen matrix, vector, array, map or block as a view: [rows, columns] or [rows] of a vector, extents
/// that Eigen's type knows in the type. `from_eigen<shape<batch, 512>>(m)` gives it names of one's own; `reshape` more
/// axes. Elements lie row by row: of a column-major matrix take `from_eigen(m.transpose())`, [columns, rows].
///
/// Errors: `shape_error` if the elements do not lie side by side, or extents differ from those of the given shape.
template <class Shape = void, class M>
requires detail::eigen_expression<std::remove_cvref_t<M>>
auto from_eigen(M&& m) {
  using Plain = std::remove_cvref_t<M>;
  using Elements = detail::eigen_elements<Plain>;
  static_assert(std::is_lvalue_reference_v<M> || !Elements::are_its_own,
                "clipt::from_eigen: a temporary of Eigen: its elements would be gone; give it a name");
  static_assert(Elements::are_in_memory,
                "clipt::from_eigen: an expression of Eigen has no elements; write assign(tensor, expression)");
  static_assert(Elements::lie_in_rows || !Elements::are_in_memory,
                "clipt::from_eigen: elements lie row by row: the matrix is column-major; from_eigen(m.transpose()) is "
                "its transpose, or declare it Eigen::RowMajor");
  if constexpr (Elements::are_in_memory && Elements::lie_in_rows) {
    using Natural = decltype(Elements::shape_type());
    using Result = std::conditional_t<std::is_void_v<Shape>, Natural, Shape>;
    detail::check_neighbours(m);
    return view<const typename Plain::Scalar, Result, cpu>{m.data(), detail::shape_of_eigen<Result>(m)};
  }
}

/// x = an expression of Eigen, which is computed into the elements of a tensor, a parameter or a view that may be
/// written: [..., n] from as many rows and columns, [n] from a vector. It may read x's own elements, in any order.
///
/// Errors: `shape_error` if the extents differ.
template <class X, class M>
requires detail::eigen_expression<M>
void assign(X&& x, const M& expression) {
  auto elements = as_eigen(x);
  using Elements = decltype(elements);
  constexpr bool same_type = element_types<typename Elements::Scalar, typename M::Scalar>::equal;
  static_assert(element_types<typename Elements::Scalar, typename M::Scalar>::equal,
                "clipt::assign: element types are the same: they differ; use expression.cast<T>()");
  if constexpr (same_type) {
    const bool lies = Elements::IsVectorAtCompileTime && M::RowsAtCompileTime == 1;  // Eigen turns it by itself
    const dim_t rows = lies ? expression.cols() : expression.rows(), columns = lies ? 1 : expression.cols();
    if (elements.rows() != rows || elements.cols() != columns)
      detail::refuse_extents_of_eigen("assign", to_string(shape_of(as_expression(x))), expression.rows(),
                                      expression.cols());
    elements = detail::computed<typename Elements::PlainObject>(expression);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
