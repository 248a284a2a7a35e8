// Steps of optimisers and averages: their tags, and what one step needs of an optimiser's constants.
#pragma once
#include <clipt/core/config.hpp>  // CLIPT_HD
#include <clipt/ops/kernel.hpp>   // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD {

namespace ops {

/// One pass over the values p, the gradient g and both moments m and v of a parameter.
///
/// `forward(ctx, adamw_step, p, g, m, v, count)`.
struct adamw {};

/// v = momentum v + gradient_factor g + decay p; p -= rate v. `forward(ctx, sgd_step, p, g, v, count)`.
struct sgd {};

/// to += share (from - to). `forward(ctx, share, from, to, count)`.
struct approach {};

}  // namespace ops

/// What a gradient is multiplied by: a number, and one in the device's memory besides, if there is one. Where that is
/// not finite the step is left out, so that no gradient without a norm reaches a parameter.
template <class T>
struct gradient_scale {
  T number;
  const T* clipping = nullptr;

  CLIPT_HD T value() const { return clipping == nullptr ? number : number * *clipping; }
  CLIPT_HD bool leaves_out() const { return clipping != nullptr && !(*clipping - *clipping == 0); }
};

/// What one step of AdamW needs of its constants, for one parameter.
template <class T>
struct adamw_step {
  T beta1, rest1, beta2, rest2;
  gradient_scale<T> gradient;
  T rate, root, epsilon;  // rate / (1 - β1^k), 1 / sqrt(1 - β2^k), ε
  T kept;                 // 1 - rate decay
};

/// What one step of SGD needs of its constants, for one parameter.
template <class T>
struct sgd_step {
  T momentum;
  gradient_scale<T> gradient;
  T rate, decay;
};

}  // namespace clipt::inline CLIPT_BUILD
