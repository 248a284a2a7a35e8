// Model configurations as values: what a CLIP is made of, and the nine published ones.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/expr/ops_activations.hpp>  // quick_gelu, gelu

namespace clipt::inline CLIPT_BUILD {

/// The elementwise function inside the transformers' perceptrons.
enum class activation { quick_gelu, gelu, gelu_tanh };

/// How the tokens of a vision transformer become one: the class token, normalised; the mean of the patches' normalised
/// tokens; the mean of the patches' tokens, normalised then.
enum class vision_pooling { class_token, mean, normalised_mean };

/// A vision transformer: square pictures of `image` pixels in patches of `patch` pixels.
struct vit_config {
  int image, patch, width, layers, heads;
  int hidden = 0;  // width inside the perceptrons; 0: four widths
  bool ln_pre = true;
  vision_pooling pooling = vision_pooling::class_token;
  // Attention pooling: so many learned queries look at all tokens, in so many heads, and `pooling` is over what they
  // see: the first query, or the mean of the others. 0: none.
  int pool_queries = 0, pool_heads = 0;

  constexpr int hidden_width() const { return hidden == 0 ? 4 * width : hidden; }
  constexpr int grid() const { return image / patch; }
  constexpr int tokens() const { return grid() * grid() + 1; }
  constexpr bool operator==(const vit_config&) const = default;
};

/// A ModifiedResNet: four stages of bottlenecks of `width`, 2 `width`, 4 `width`, 8 `width` planes, and attention
/// pooling.
struct resnet_config {
  int image;
  int stages[4];
  int width, heads;
  bool stem_pool = true;  // false leaves out the stem's average pooling: for small pictures

  constexpr int feature_width() const { return 32 * width; }
  constexpr int grid() const { return image / (stem_pool ? 32 : 16); }
  constexpr bool operator==(const resnet_config&) const = default;
};

/// A ResNet of basic blocks for small pictures: a strided convolution, four stages of `width`, 2 `width`, 4 `width`,
/// 8 `width` channels, and the mean over all places.
struct basic_resnet_config {
  int image;
  int stages[4];
  int width;
  int stem_kernel = 7, stem_stride = 4;

  constexpr int feature_width() const { return 8 * width; }
  constexpr int grid() const { return image / (8 * stem_stride); }
  constexpr bool operator==(const basic_resnet_config&) const = default;
};

/// Which token of a caption is the caption: the first largest id, which is OpenAI's end token; the last place of the
/// context, behind the padding; the first token; the first token that is `end_id`.
enum class text_pooling { largest_id, last, first, end_id };

/// A text transformer. Unless it is causal, each token sees the whole context, its padding of zeros included.
struct text_config {
  int context = 77, vocabulary = 49408, width = 512, heads = 8, layers = 12;
  int hidden = 0;  // width inside the perceptrons; 0: four widths
  text_pooling pooling = text_pooling::largest_id;
  bool causal = true, projection_bias = false;
  int end_id = 0;  // of text_pooling::end_id

  constexpr int hidden_width() const { return hidden == 0 ? 4 * width : hidden; }
  constexpr bool reads_padding() const { return !causal || pooling == text_pooling::last; }
  constexpr bool operator==(const text_config&) const = default;
};

/// A pair of encoders with a common embedding of `embed` numbers.
template <class Vision>
struct clip_config {
  int embed;
  Vision vision;
  text_config text = {};
  clipt::activation activation = clipt::activation::quick_gelu;

  constexpr bool operator==(const clip_config&) const = default;
};
template <class Vision, class... More>
clip_config(int, Vision, More...) -> clip_config<Vision>;

/// The op of an activation.
template <activation A>
using activation_op = std::conditional_t<A == activation::quick_gelu, ops::quick_gelu,
                                         std::conditional_t<A == activation::gelu, ops::gelu, ops::gelu_tanh>>;

/// The released models. Source: Radford et al., 2021, tables 19 and 20, and the released state dictionaries.
inline constexpr clip_config rn50{1024, resnet_config{224, {3, 4, 6, 3}, 64, 32}, text_config{77, 49408, 512, 8, 12}};
inline constexpr clip_config rn101{512, resnet_config{224, {3, 4, 23, 3}, 64, 32}, text_config{77, 49408, 512, 8, 12}};
inline constexpr clip_config rn50x4{640, resnet_config{288, {4, 6, 10, 6}, 80, 40},
                                    text_config{77, 49408, 640, 10, 12}};
inline constexpr clip_config rn50x16{768, resnet_config{384, {6, 8, 18, 8}, 96, 48},
                                     text_config{77, 49408, 768, 12, 12}};
inline constexpr clip_config rn50x64{1024, resnet_config{448, {3, 15, 36, 10}, 128, 64},
                                     text_config{77, 49408, 1024, 16, 12}};
inline constexpr clip_config vit_b_32{512, vit_config{224, 32, 768, 12, 12}, text_config{77, 49408, 512, 8, 12}};
inline constexpr clip_config vit_b_16{512, vit_config{224, 16, 768, 12, 12}, text_config{77, 49408, 512, 8, 12}};
inline constexpr clip_config vit_l_14{768, vit_config{224, 14, 1024, 24, 16}, text_config{77, 49408, 768, 12, 12}};
inline constexpr clip_config vit_l_14_336px{768, vit_config{336, 14, 1024, 24, 16},
                                            text_config{77, 49408, 768, 12, 12}};

}  // namespace clipt::inline CLIPT_BUILD
