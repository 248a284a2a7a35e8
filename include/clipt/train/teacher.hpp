// A teacher: a model whose logits of a batch another one learns to have.
#pragma once
#include <algorithm>  // copy
#include <span>       // span
#include <utility>    // move
#include <vector>     // vector

#include <fmt/format.h>  // format

#include <clipt/data/loader.hpp>           // sample_batch
#include <clipt/eval/cpu_contrastive.hpp>  // scaled_cosines
#include <clipt/evaluate/encoders.hpp>     // encoders

namespace clipt::inline CLIPT_BUILD {

/// A model by its encoders, which sees the pictures and captions that its pupil sees; it must live on where they are.
class teacher {
 public:
  /// For pupils whose pictures have `side` pixels and these statistics. Errors: `clipt::error` where its own have others.
  teacher(encoders model, int side, const channel_statistics& seen) : model_(std::move(model)), seen_(seen) {
    if (model_.side != side)
      throw error(
          fmt::format("clipt::teacher: its pictures have {0} x {0} pixels, those of the model that is trained "
                      "{1} x {1}; take a teacher of the same size",
                      model_.side, side));
  }

  /// The scaled cosines of all pairs of a batch, [batch, batch], pictures in rows.
  std::vector<float> logits(const sample_batch& batch, int threads) const {
    const std::size_t size = batch.images.size() / static_cast<std::size_t>(batch.size());
    const embeddings images = model_.pictures(batch.size(), [&](dim_t i, std::span<float> planes) {
      const float* const from = batch.images.data() + static_cast<std::size_t>(i) * size;
      std::copy(from, from + size, planes.begin());
      restate(planes);
    });
    const embeddings texts = model_.texts(batch.captions);
    std::vector<float> out(static_cast<std::size_t>(images.count * texts.count));
    on_cpu::scaled_cosines<float>(images.count, images.embed, static_cast<float>(model_.scale), images.values.data(),
                                  texts.values.data(), out.data(), threads);
    return out;
  }

 private:
  /// Normalised planes by the teacher's statistics instead of the pupil's.
  void restate(std::span<float> planes) const {
    const channel_statistics& own = model_.preprocess.statistics;
    if (own == seen_) return;
    const std::size_t places = planes.size() / 3;
    for (std::size_t k = 0; k < planes.size(); ++k) {
      const std::size_t c = k / places;
      planes[k] = (planes[k] * seen_.std[c] + seen_.mean[c] - own.mean[c]) / own.std[c];
    }
  }

  encoders model_;
  channel_statistics seen_;
};

}  // namespace clipt::inline CLIPT_BUILD
