// Matrix products: the tag, the forms and extents of a product, and the shape of its result.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/core/shape.hpp>  // shape, drop_last_t, concatenated_t
#include <clipt/ops/axes.hpp>    // from_right
#include <clipt/ops/kernel.hpp>  // kernel, for which this is a tag

namespace clipt::inline CLIPT_BUILD {

namespace ops {
/// c = op(a) op(b) + bias, or c += op(a) op(b).
///
/// `forward(ctx, product_form, product_extents, a, b, c, stores)`, and with a bias [n] as a last argument. Its gradients
/// are products too, so that there is no `backward`.
struct matmul {};
}  // namespace ops

/// The extents of a product or of a batch of products: c [count, m, n] = op(a) op(b) with inner extent k.
struct product_extents {
  dim_t count, m, n, k;
};

/// Which operands are read transposed.
enum class product_form { nn, nt, tn };

namespace detail {

/// The extents of a product in types: those of its operands, and its own shape.
template <product_form Form, class A, class B>
struct product_shape {
  static constexpr bool folds = B::rank == 2 && Form != product_form::tn;  // the leading axes of a become rows
  static constexpr dim_t m = from_right<A>(Form == product_form::tn ? 1 : 2);
  static constexpr dim_t k_of_a = from_right<A>(Form == product_form::tn ? 2 : 1);
  static constexpr dim_t k_of_b = from_right<B>(Form == product_form::nt ? 1 : 2);
  static constexpr dim_t n = from_right<B>(Form == product_form::nt ? 2 : 1);
  using leading_of_a = drop_last_t<A, 2>;
  using leading_of_b = std::conditional_t<folds, leading_of_a, drop_last_t<B, 2>>;
  using type = concatenated_t<drop_last_t<A, 2>, shape<m, n>>;
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
