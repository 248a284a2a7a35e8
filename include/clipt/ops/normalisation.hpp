// Normalisation of rows and of channels: the tags, and what a normalisation keeps between its passes.
#pragma once
#include <clipt/core/dims.hpp>   // dim_t
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD {

namespace ops {

/// (x - mean) / sqrt(variance + epsilon) * weight + bias for each row of a statement.
///
/// `forward(ctx, x, out, weight, bias, epsilon, saved)`, `saved` [rows, saved_per_row]: mean, 1 / sqrt(variance +
/// epsilon); `backward(ctx, x, out, g, weight, bias, epsilon, saved)`: the leaves of x, weight and bias opened.
struct layer_norm {
  static constexpr int saved_per_row = 2;
};

/// (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel over all rows, and a relu behind it or none.
///
/// `forward(ctx, x, weight, bias, running_statistics, batch_norm_state, out)`: fills the state, moves the running
/// statistics; `backward(ctx, x, weight, bias, g, batch_norm_state)`: x, weight and bias opened.
template <bool Relu>
struct batch_norm {};

/// Normalisation by running statistics as a factor and a summand: y = x scale + shift.
///
/// `forward(ctx, channels, weight, bias, mean, variance, epsilon, scale, shift)`.
struct channel_scaling {};

}  // namespace ops

/// What batch_norm adds to variances unless it is told otherwise.
inline constexpr double batch_norm_epsilon = 1e-5;

/// The statistics of all batches so far, per channel, and how this batch takes part in them.
template <class R>
struct running_statistics {
  R* mean;
  R* variance;
  double momentum, epsilon;
  bool moves;  // towards the batch's own
};

/// What a batch_norm keeps between its passes, per channel.
template <class C>
struct batch_norm_state {
  C* mean;
  C* deviation;  // 1 / sqrt(variance + epsilon)
  C* gain;       // deviation * weight
  C* bias;
  bool by_batch;  // the statistics are the batch's own, and depend on x
};

}  // namespace clipt::inline CLIPT_BUILD
