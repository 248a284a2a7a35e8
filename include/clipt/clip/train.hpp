// One training step of a CLIP: losses and gradients of a batch, whole or piece by piece with all its negatives.
#pragma once
#include <vector>  // vector

#include <clipt/clip/model.hpp>      // clip
#include <clipt/clip/objective.hpp>  // contrastive_loss

namespace clipt {

/// Pictures and their captions: what one step learns from.
template <class T, dim_t Side>
struct training_batch {
  view<const T, shape<batch, 3, Side, Side>> images;
  packed_captions<> captions;

  dim_t size() const { return images.shape.extent(0); }

  /// Pairs `begin` to `end`; the captions' offsets are written to `offsets_of_part`, [end - begin + 1].
  training_batch part(dim_t begin, dim_t end, std::int32_t* offsets_of_part) const {
    const std::int32_t first = captions.offsets[begin];
    for (dim_t i = begin; i <= end; ++i) offsets_of_part[i - begin] = captions.offsets[i] - first;
    return {{images.data + begin * 3 * Side * Side, shape<batch, 3, Side, Side>(end - begin)},
            {{captions.ids.data + first, shape<tokens>(captions.offsets[end] - first)},
             {offsets_of_part, shape<clipt::offsets>(end - begin + 1)}}};
  }
};

/// What a step tells about its batch before the parameters change.
struct step_result {
  double loss;
  double accuracy;  // of finding each picture's text in the batch
};

namespace detail {

/// The share of pictures whose own text has the largest cosine.
template <class T>
double batch_accuracy(dim_t n, dim_t width, const T* images, const T* texts, int threads) {
  thread_local std::vector<T> cosines;
  cosines.resize(static_cast<std::size_t>(n * n));
  on_cpu::scaled_cosines<T>(n, width, T(1), images, texts, cosines.data(), threads);
  dim_t right = 0;
  for (dim_t i = 0; i < n; ++i) right += on_cpu::first_largest(cosines.data() + i * n, n) == i;
  return n == 0 ? 0 : static_cast<double>(right) / static_cast<double>(n);
}

}  // namespace detail

/// Adds the gradient of the batch's contrastive loss to the model's parameters.
template <class Model, class T, dim_t Side>
step_result accumulate_gradients(recording<>& ctx, const Model& model, const training_batch<T, Side>& batch) {
  ctx.reset();
  const auto images = l2_normalize(ctx, model.encode_image(ctx, batch.images));
  const auto texts = l2_normalize(ctx, model.encode_text(ctx, batch.captions));
  const auto loss = contrastive_loss(ctx, images, texts, model.logit_scale);
  const step_result result{
      static_cast<double>(*loss.data),
      detail::batch_accuracy(images.shape.extent(0), images.shape.extent(1), images.data, texts.data, ctx.threads())};
  ctx.backward(loss);
  return result;
}

/// The same gradient with the memory of a part of the batch: `parts` parts are encoded without recording, the loss of
/// all pairs gives the gradient of each embedding, and each part is encoded again to carry it back.
///
/// Every pair keeps all the batch's negatives. Source: Gao et al., 2021, "Scaling Deep Contrastive Learning Batch Size
/// under Memory Limited Setup".
template <class Model, class T, dim_t Side>
step_result accumulate_gradients(recording<>& ctx, const Model& model, const training_batch<T, Side>& batch,
                                 dim_t parts) {
  if (parts <= 1) return accumulate_gradients(ctx, model, batch);
  constexpr dim_t embed = Model::config.embed;
  using Features = tensor<T, shape<clipt::batch, embed>>;
  const dim_t n = batch.size();
  Features image_features(n), text_features(n);
  std::vector<std::int32_t> offsets(static_cast<std::size_t>(n + 1));
  const auto for_parts = [&](auto&& f) {
    for (dim_t k = 0; k < parts; ++k) {
      const dim_t begin = n * k / parts, end = n * (k + 1) / parts;
      if (begin < end) f(begin, batch.part(begin, end, offsets.data()));
    }
  };

  inference<> silent(ctx);
  silent.settings.again = true;  // running statistics move once, with the pass that records
  for_parts([&](dim_t begin, const auto& part) {
    ctx.reset();
    const auto i = model.encode_image(silent, part.images);
    std::copy(i.begin(), i.end(), image_features.data() + begin * embed);
    const auto t = model.encode_text(silent, part.captions);
    std::copy(t.begin(), t.end(), text_features.data() + begin * embed);
  });

  ctx.reset();
  Features image_gradient(n), text_gradient(n);
  const auto image_leaf = ctx.variable(image_features), text_leaf = ctx.variable(text_features);
  const auto images = l2_normalize(ctx, image_leaf), texts = l2_normalize(ctx, text_leaf);
  const auto loss = contrastive_loss(ctx, images, texts, model.logit_scale);
  const step_result result{static_cast<double>(*loss.data),
                           detail::batch_accuracy(n, embed, images.data, texts.data, ctx.threads())};
  ctx.backward(loss);
  std::copy_n(ctx.gradient_of(image_leaf).data, n * embed, image_gradient.data());
  std::copy_n(ctx.gradient_of(text_leaf).data, n * embed, text_gradient.data());

  for_parts([&](dim_t begin, const auto& part) {
    using View = view<const T, shape<clipt::batch, embed>>;
    ctx.reset();
    ctx.backward(model.encode_image(ctx, part.images),
                 View{image_gradient.data() + begin * embed, shape<clipt::batch, embed>(part.size())});
    ctx.reset();
    ctx.backward(model.encode_text(ctx, part.captions),
                 View{text_gradient.data() + begin * embed, shape<clipt::batch, embed>(part.size())});
  });
  return result;
}

}  // namespace clipt
