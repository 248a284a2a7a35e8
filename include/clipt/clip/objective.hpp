// The training objectives: CLIP's symmetric contrastive loss, SigLIP's pairwise sigmoid loss, and a teacher's.
#pragma once
#include <cmath>  // exp, log

#include <clipt/autodiff/evaluate.hpp>     // eval, record_result
#include <clipt/eval/cpu_contrastive.hpp>  // the kernel on the CPU
#include <clipt/nn/axis_maps.hpp>          // softmax, log_softmax
#include <clipt/nn/products.hpp>           // matmul_nt
#include <clipt/nn/reductions.hpp>         // sum

namespace clipt::inline CLIPT_BUILD {

/// The mean cross-entropy of finding each picture's text among the batch's texts, and each text's picture.
///
/// images, texts: [batch, embed], unit rows, pairs in the same row; log_scale: a scalar. With s = exp(log_scale) images
/// textsᵀ, P and Q its softmax by rows and by columns: loss = -mean(log P[i, i] + log Q[i, i]) / 2; ds = (P + Q - 2 I)
/// / (2 batch); dimages = exp(log_scale) ds texts; dtexts = exp(log_scale) dsᵀ images; dlog_scale = sum(ds s). Source:
/// Radford et al., 2021, figure 3. PyTorch equivalent: `open_clip.loss.ClipLoss()`.
template <class Context, tensor_like Images, tensor_like Texts, tensor_like Scale>
auto contrastive_loss(Context& ctx, Images&& images, Texts&& texts, Scale&& log_scale) {
  const auto i = eval(ctx, std::forward<Images>(images));
  const auto t = eval(ctx, std::forward<Texts>(texts));
  const auto scale = eval(ctx, std::forward<Scale>(log_scale));
  using I = std::remove_const_t<decltype(i)>;
  using X = std::remove_const_t<decltype(t)>;
  using T = typename I::value_type;
  static_assert(rank_of<typename I::shape_type>::template is<2>,
                "clipt::contrastive_loss: images [batch, embed]: another rank is given");
  static_assert(extents<detail::from_right<shape_in<I>>(1), detail::from_right<shape_in<X>>(1)>::equal,
                "clipt::contrastive_loss: images [batch, embed], texts [batch, embed]: the two embed differ");
  static_assert(extents<detail::from_right<shape_in<I>>(2), detail::from_right<shape_in<X>>(2)>::equal,
                "clipt::contrastive_loss: images [batch, embed], texts [batch, embed]: the two batch differ");
  if (i.shape().extent(0) != t.shape().extent(0))
    throw shape_error("clipt::contrastive_loss: images " + to_string(i.shape()) + ", texts " + to_string(t.shape()) +
                      ": one text per picture: the numbers differ");
  const dim_t n = i.shape().extent(0), width = i.shape().extent(1);
  T* s = ctx.template scratch<T>(n * n);
  T* sums = ctx.template scratch<T>(3 * n);
  const auto loss = ctx.template output<T>(shape<>{});
  run_forward<ops::contrastive_loss>(ctx, n, width, i.data(), t.data(), scale.data(), s, sums, loss.data());
  return record_result(
      ctx, loss,
      [=](auto& c, const auto& g, const auto& a, const auto& b, const auto& by) {
        const product_extents p{1, n, width, n};
        T* cosines = s;  // the gradient takes their place unless they are needed again
        if (c.keeps_tape()) {
          cosines = c.template scratch<T>(n * n);
          run_forward<ops::copy>(c, static_cast<const T*>(s), cosines, n * n);
        }
        run_backward<ops::contrastive_loss>(c, n, g.data(), by, cosines, sums);
        const T* const ds = cosines;
        if constexpr (active<I>) run_forward<ops::matmul>(c, product_form::nn, p, ds, b.data(), a.gradient, a.stores);
        if constexpr (active<X>) run_forward<ops::matmul>(c, product_form::tn, p, ds, a.data(), b.gradient, b.stores);
      },
      i, t, scale);
}

/// SigLIP: every pair of the batch is judged by itself. z = exp(log_scale) images textsᵀ + bias;
/// loss = sum(softplus(-z) for pairs, softplus(z) for all others) / batch.
///
/// images, texts: [batch, embed], unit rows; log_scale, bias: scalars. Source: Zhai et al., 2023, "Sigmoid Loss for
/// Language Image Pre-Training". PyTorch equivalent: `open_clip.loss.SigLipLoss()`.
template <class Context, tensor_like Images, tensor_like Texts, tensor_like Scale, tensor_like Bias>
auto siglip_loss(Context& ctx, Images&& images, Texts&& texts, Scale&& log_scale, Bias&& bias) {
  const auto cosines = matmul_nt(ctx, std::forward<Images>(images), std::forward<Texts>(texts));
  const auto z = cosines * exp(std::forward<Scale>(log_scale)) + std::forward<Bias>(bias);
  const auto total = sum(ctx, softplus(off_diagonal_sign * z));
  return eval(ctx, total * (1.0 / static_cast<double>(cosines.shape().extent(0))));
}

/// How far a model's logits are from a teacher's: with z = exp(log_scale) images textsᵀ and t the teacher's,
/// loss = -(mean over rows of sum(softmax(t) log_softmax(z)) + the same over columns) / 2.
///
/// images, texts: [batch, embed], unit rows; log_scale: a scalar; teacher: [batch, batch], through which no gradient
/// goes. Gradient: dz = (softmax(z) - softmax(t), by rows and by columns) / (2 batch). Source: Hinton et al., 2015,
/// "Distilling the Knowledge in a Neural Network". PyTorch equivalent: `open_clip.loss.DistillClipLoss()`, its second
/// part.
template <class Context, tensor_like Images, tensor_like Texts, tensor_like Scale, tensor_like Teacher>
auto distillation_loss(Context& ctx, Images&& images, Texts&& texts, Scale&& log_scale, Teacher&& teacher) {
  const auto cosines = matmul_nt(ctx, std::forward<Images>(images), std::forward<Texts>(texts));
  const auto z = eval(ctx, cosines * exp(std::forward<Scale>(log_scale)));
  const auto t = detach(as_expression(teacher));
  const auto by_rows = sum(ctx, softmax(ctx, t) * log_softmax(ctx, z));
  const auto by_columns = sum(ctx, softmax<0>(ctx, t) * log_softmax<0>(ctx, z));
  return eval(ctx, (by_rows + by_columns) * (-0.5 / static_cast<double>(z.shape().extent(0))));
}

/// The largest logarithm of the scale that training allows: cosines are scaled by at most 100.
/// Source: Radford et al., 2021, section 2.5.
inline const double max_log_scale = std::log(100.0);

/// Holds the logarithm of the scale in [0, ln 100]: after every optimiser step.
template <class Parameter>
void clamp_log_scale(Parameter& log_scale) {
  using T = typename Parameter::value_type;
  log_scale[0] = std::min(std::max(log_scale[0], T(0)), static_cast<T>(max_log_scale));
}

/// The same on the context's device.
template <class Context, class Parameter>
void clamp_log_scale(Context& ctx, Parameter& log_scale) {
  const auto held = log_scale.view();
  run_forward<ops::evaluate>(ctx, min(max(held, 0.0), max_log_scale), held);
}

}  // namespace clipt::inline CLIPT_BUILD
