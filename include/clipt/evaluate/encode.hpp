// Many pictures or texts at once: unit embeddings of a whole list, computed in parts of bounded memory.
#pragma once
#include <algorithm>  // all_of, any_of
#include <cmath>      // isfinite
#include <span>       // span
#include <string>  // string
#include <vector>  // vector

#include <fmt/format.h>  // format

#include <clipt/clip/model.hpp>      // clip
#include <clipt/text/tokenizer.hpp>  // tokenize_packed

namespace clipt::inline CLIPT_BUILD {

/// Embeddings or features, row by row: [count, embed]; embeddings are of unit length.
struct embeddings {
  dim_t count = 0, embed = 0;
  std::vector<float> values;

  std::span<const float> row(dim_t i) const { return {values.data() + i * embed, static_cast<std::size_t>(embed)}; }
};

namespace detail {

/// Whether a row is one that others can be compared with: finite, and not all zeros.
inline bool is_usable(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); }) &&
         std::any_of(row.begin(), row.end(), [](float x) { return x != 0; });
}

/// Why a picture or a text whose row is none has no embedding.
inline constexpr const char* unusable_text =
    "what the model makes of it is zero or not finite: its weights are damaged";

/// Refuses lists of embeddings whose cosines mean nothing: shape_error.
inline void check_comparable(const char* function, const embeddings& pictures, const embeddings& texts) {
  if (pictures.embed != texts.embed || texts.count < 1)
    throw shape_error(fmt::format("clipt::{}: pictures [{}, {}], texts [{}, {}]: at least one text, and equal widths",
                                  function, pictures.count, pictures.embed, texts.count, texts.embed));
}

/// The cosines of row `i` of one list with all of another, in an order of summation that does not depend on the row.
inline void cosine_row(const embeddings& one, dim_t i, const embeddings& other, std::span<float> row) {
  for (dim_t k = 0; k < other.count; ++k)
    row[static_cast<std::size_t>(k)] = on_cpu::row_dot(one.row(i).data(), other.row(k).data(), other.embed);
}

}  // namespace detail

/// Packed captions of a tokenizer as the model takes them.
inline packed_captions<> captions_view(const packed_tokens& packed) {
  return {{packed.ids.data(), shape<tokens>(static_cast<dim_t>(packed.ids.size()))},
          {packed.offsets.data(), shape<offsets>(static_cast<dim_t>(packed.offsets.size()))}};
}

/// The unit embeddings of texts, cut to the model's context.
template <class Model>
embeddings encode_texts(const Model& model, const tokenizer& words, std::span<const std::string> texts, int threads = 0,
                        std::size_t at_once = 64) {
  embeddings result{static_cast<dim_t>(texts.size()), Model::config.embed, {}};
  inference<> ctx;
  ctx.settings.threads = threads;
  for (std::size_t begin = 0; begin < texts.size(); begin += at_once) {
    ctx.reset();
    const packed_tokens packed = tokenize_packed(words, texts.subspan(begin, std::min(at_once, texts.size() - begin)),
                                                 Model::config.text.context, threads);
    const auto unit = l2_normalize(ctx, model.encode_text(ctx, captions_view(packed)));
    result.values.insert(result.values.end(), unit.begin(), unit.end());
  }
  return result;
}

namespace detail {

/// What `encode(ctx, images)` makes of `count` pictures, [count, columns], a batch of at most `at_once` at a time.
template <dim_t Side, class Fill, class Encode>
embeddings encode_in_batches(dim_t count, Fill&& fill, Encode&& encode, int threads, dim_t at_once) {
  constexpr dim_t pixels = 3 * Side * Side;
  embeddings result{count, 0, {}};
  std::vector<float> planes(static_cast<std::size_t>(std::min(at_once, std::max<dim_t>(1, count)) * pixels));
  inference<> ctx;
  ctx.settings.threads = threads;
  for (dim_t begin = 0; begin < count; begin += at_once) {
    ctx.reset();
    const dim_t n = std::min(at_once, count - begin);
    on_cpu::parallel_for(threads, n, [&](dim_t i) {
      fill(begin + i, std::span(planes.data() + i * pixels, static_cast<std::size_t>(pixels)));
    });
    const auto rows = encode(ctx, view<const float, shape<batch, 3, Side, Side>>{planes.data(), {n}});
    result.embed = rows.shape().columns();
    result.values.insert(result.values.end(), rows.begin(), rows.end());
  }
  return result;
}

}  // namespace detail

/// The unit embeddings of `count` normalised pictures, [count, 3, image, image] from `fill(i, planes)`.
template <class Model, class Fill>
embeddings encode_images(const Model& model, dim_t count, Fill&& fill, int threads = 0, dim_t at_once = 64) {
  const auto encode = [&](auto& ctx, const auto& images) { return l2_normalize(ctx, model.encode_image(ctx, images)); };
  embeddings result = detail::encode_in_batches<Model::config.vision.image>(count, fill, encode, threads, at_once);
  result.embed = Model::config.embed;  // of no picture as well
  return result;
}

/// What a linear probe reads of `count` normalised pictures: their features before the projection into the common
/// space, [count, width], not of unit length.
///
/// A vision transformer's class token behind the last normalisation, the mean over all places of a basic_resnet; of a
/// modified_resnet, whose attention pooling projects, the embedding. Source: Radford et al., 2021, appendix A.
template <class Model, class Fill>
embeddings encode_features(const Model& model, dim_t count, Fill&& fill, int threads = 0, dim_t at_once = 64) {
  const auto encode = [&](auto& ctx, const auto& images) {
    if constexpr (requires { model.visual.features(ctx, images); })
      return model.visual.features(ctx, images);
    else
      return model.visual(ctx, images);
  };
  return detail::encode_in_batches<Model::config.vision.image>(count, fill, encode, threads, at_once);
}

}  // namespace clipt::inline CLIPT_BUILD
