// One training step of a CLIP: losses and gradients of a batch, whole or piece by piece with all its negatives.
#pragma once
#include <clipt/clip/model.hpp>          // clip
#include <clipt/clip/objective.hpp>      // contrastive_loss
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/nn/copy.hpp>             // copy

namespace clipt::inline CLIPT_BUILD {

/// Pictures and their captions: what one step learns from.
template <class T, dim_t Side>
struct training_batch {
  view<const T, shape<batch, 3, Side, Side>> images;
  packed_captions<> captions;

  dim_t size() const { return images.shape().extent(0); }

  /// A variable that is called `batch` hides the extent of that name, in its own initialiser, too: there it means that.
  constexpr operator dim_t() const { return clipt::batch; }

  /// Pairs `begin` to `end`; the captions' offsets are written to `offsets_of_part`, [end - begin + 1].
  training_batch part(dim_t begin, dim_t end, std::int32_t* offsets_of_part) const {
    const std::int32_t first = captions.offsets[begin];
    for (dim_t i = begin; i <= end; ++i) offsets_of_part[i - begin] = captions.offsets[i] - first;
    return {{images.data() + begin * 3 * Side * Side, shape<batch, 3, Side, Side>(end - begin)},
            {{captions.ids.data() + first, shape<tokens>(captions.offsets[end] - first)},
             {offsets_of_part, shape<clipt::offsets>(end - begin + 1)}}};
  }
};

/// What a step tells about its batch before the parameters change.
struct step_result {
  double loss;
  double accuracy;  // of finding each picture's text in the batch
};

/// What a step minimises, and how the towers run: CLIP's contrastive loss of all of the model. An objective of one's own has
/// the same members; see fine_tuning.
struct contrastive_objective {
  whole_tower images{}, texts{};

  /// image_features, text_features: [batch, embed], unit rows -> a scalar.
  auto loss(auto& ctx, const auto& model, const auto& image_features, const auto& text_features) const {
    return contrastive_loss(ctx, image_features, text_features, model.logit_scale);
  }
};

namespace detail {

/// The share of pictures whose own text has the largest cosine.
template <class T>
double batch_accuracy(dim_t n, dim_t width, const T* images, const T* texts, int threads) {
  struct cosines_of_batch;
  T* const cosines = on_cpu::thread_buffer<cosines_of_batch, T>(n * n);
  on_cpu::scaled_cosines<T>(n, width, T(1), images, texts, cosines, threads);
  dim_t right = 0;
  for (dim_t i = 0; i < n; ++i) right += on_cpu::first_largest(cosines + i * n, n) == i;
  return n == 0 ? 0 : static_cast<double>(right) / static_cast<double>(n);
}

/// The loss of pictures' and texts' features, [batch, embed], carried back to them.
template <class Model>
step_result carry_back(recording<>& ctx, const Model& model, const auto& objective, const auto& image_features,
                       const auto& text_features) {
  using C = compute_t<typename Model::value_type>;
  const auto images = l2_normalize(ctx, cast<C>(image_features));
  const auto texts = l2_normalize(ctx, cast<C>(text_features));
  const auto loss = objective.loss(ctx, model, images, texts);
  const step_result result{
      static_cast<double>(*loss.data()),
      batch_accuracy(images.shape().extent(0), images.shape().extent(1), images.data(), texts.data(), ctx.threads())};
  ctx.backward(loss);
  return result;
}

/// How a tower runs on the pairs of a batch from `first` on.
template <class How>
How from_pair(How how, [[maybe_unused]] dim_t first) {
  if constexpr (requires { how.first_picture; }) how.first_picture = first;
  return how;
}

/// The features of a batch and then, in the same places, their gradients, in memory that the thread keeps.
template <class T, dim_t Embed>
struct kept_features {
  T *images, *texts;

  static kept_features of(dim_t pairs) {
    struct features_of_batch;
    T* const all = on_cpu::thread_buffer<features_of_batch, T>(2 * pairs * Embed);
    return {all, all + pairs * Embed};
  }
  static view<T, shape<batch, Embed>> rows(T* all, dim_t begin, dim_t count) {
    return {all + begin * Embed, shape<batch, Embed>(count)};
  }
};

template <class Model, class T, dim_t Side>
step_result accumulate_whole(recording<>& ctx, const Model& model, const training_batch<T, Side>& batch,
                             const auto& objective) {
  ctx.reset();
  const auto images = model.encode_image(ctx, batch.images, objective.images);
  return carry_back(ctx, model, objective, images, model.encode_text(ctx, batch.captions, objective.texts));
}

}  // namespace detail

/// Adds the gradient of the batch's contrastive loss to the model's parameters.
template <class Model, class T, dim_t Side>
step_result accumulate_gradients(recording<>& ctx, const Model& model, const training_batch<T, Side>& batch) {
  return detail::accumulate_whole(ctx, model, batch, contrastive_objective{});
}

/// The gradient of an objective with the memory of a part of the batch: `parts` parts are encoded without recording, the loss of
/// all pairs gives the gradient of each embedding, and each part is encoded again to carry it back.
///
/// Every pair keeps all the batch's negatives. Source: Gao et al., 2021, "Scaling Deep Contrastive Learning Batch Size
/// under Memory Limited Setup".
template <class Model, class T, dim_t Side, class Objective>
step_result accumulate_gradients(recording<>& ctx, const Model& model, const training_batch<T, Side>& batch,
                                 dim_t parts, const Objective& objective) {
  if (parts <= 1) return detail::accumulate_whole(ctx, model, batch, objective);
  struct offsets_of_part;
  using features = detail::kept_features<T, Model::config.embed>;
  const dim_t pairs = batch.size();
  const features kept = features::of(pairs);
  std::int32_t* const offsets = on_cpu::thread_buffer<offsets_of_part, std::int32_t>(pairs + 1);
  // f(part, its picture features, its text features, how its pictures are encoded)
  const auto for_parts = [&](auto&& f) {
    for (dim_t k = 0; k < parts; ++k) {
      const dim_t begin = pairs * k / parts, end = pairs * (k + 1) / parts;
      if (begin == end) continue;
      f(batch.part(begin, end, offsets), features::rows(kept.images, begin, end - begin),
        features::rows(kept.texts, begin, end - begin), detail::from_pair(objective.images, begin));
    }
  };

  for_parts([&](const auto& part, const auto& images, const auto& texts, const auto& of_images) {
    ctx.reset();
    inference<> silent(ctx);
    silent.settings.recomputing = true;  // running statistics move once, with the pass that records
    silent.settings.as_recorded = true;
    copy(silent, eval(silent, cast<T>(model.encode_image(silent, part.images, of_images))), images);
    copy(silent, eval(silent, cast<T>(model.encode_text(silent, part.captions, objective.texts))), texts);
  });

  ctx.reset();
  const auto image_leaf = ctx.variable(features::rows(kept.images, 0, pairs));
  const auto text_leaf = ctx.variable(features::rows(kept.texts, 0, pairs));
  const step_result result = detail::carry_back(ctx, model, objective, image_leaf, text_leaf);
  copy(ctx, ctx.gradient_of(image_leaf), features::rows(kept.images, 0, pairs));
  copy(ctx, ctx.gradient_of(text_leaf), features::rows(kept.texts, 0, pairs));

  for_parts([&](const auto& part, const auto& images, const auto& texts, const auto& of_images) {
    ctx.reset();
    ctx.backward(eval(ctx, cast<T>(model.encode_image(ctx, part.images, of_images))), images);
    ctx.reset();
    ctx.backward(eval(ctx, cast<T>(model.encode_text(ctx, part.captions, objective.texts))), texts);
  });
  return result;
}

/// The same of the contrastive loss.
template <class Model, class T, dim_t Side>
step_result accumulate_gradients(recording<>& ctx, const Model& model, const training_batch<T, Side>& batch,
                                 dim_t parts) {
  return accumulate_gradients(ctx, model, batch, parts, contrastive_objective{});
}

}  // namespace clipt::inline CLIPT_BUILD
