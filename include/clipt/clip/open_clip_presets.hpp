// Models of open_clip's list beyond OpenAI's nine, and those nine with the exact GELU that open_clip trains with.
#pragma once
#include <clipt/clip/config.hpp>  // clip_config

/// The values of open_clip 3.3's model_configs under its names; `with_quick_gelu(vit_h_14)` is its
/// "ViT-H-14-quickgelu".
///
/// The CLIPA models read ids of BERT's vocabulary, the worldwide ones of mT5's (ViT-L) or XLM-V's.
namespace clipt::inline CLIPT_BUILD::open_clip {

namespace detail {

/// Pictures of CLIPA: the patches' mean without ln_pre. Source: Li et al., 2023, "An Inverse Scaling Law for CLIP
/// Training".
constexpr vit_config clipa_pictures(int image, int patch, int width, int layers, int heads, int hidden = 0) {
  return {image, patch, width, layers, heads, hidden, false, vision_pooling::normalised_mean};
}
/// Texts of CLIPA: 32 tokens that see each other, padding included; the last is the text.
constexpr text_config clipa_texts(int width, int heads, int layers) {
  return {32, 32000, width, heads, layers, 0, text_pooling::last, false};
}
/// Texts in many languages, whose vocabulary has its end token among the first.
constexpr text_config worldwide_texts(int vocabulary, int end_id, int width, int heads, int layers) {
  return {77, vocabulary, width, heads, layers, 0, text_pooling::end_id, true, false, end_id};
}

}  // namespace detail

/// The models of open_clip's list, under its names. Source: open_clip, `model_configs/*.json`.
inline constexpr clip_config vit_s_32_alt{256, vit_config{224, 32, 384, 12, 6}, text_config{77, 49408, 256, 4, 10},
                                          activation::gelu};
inline constexpr clip_config vit_s_16_alt{256, vit_config{224, 16, 384, 12, 6}, text_config{77, 49408, 256, 4, 10},
                                          activation::gelu};
inline constexpr clip_config vit_s_32{384, vit_config{224, 32, 384, 12, 6}, text_config{77, 49408, 384, 6, 12},
                                      activation::gelu};
inline constexpr clip_config vit_s_16{384, vit_config{224, 16, 384, 12, 6}, text_config{77, 49408, 384, 6, 12},
                                      activation::gelu};
inline constexpr clip_config vit_m_32_alt{384, vit_config{224, 32, 512, 12, 8}, text_config{77, 49408, 384, 6, 12},
                                          activation::gelu};
inline constexpr clip_config vit_m_32{512, vit_config{224, 32, 512, 12, 8}, text_config{77, 49408, 512, 8, 12},
                                      activation::gelu};
inline constexpr clip_config vit_m_16{512, vit_config{224, 16, 512, 12, 8}, text_config{77, 49408, 512, 8, 12},
                                      activation::gelu};
inline constexpr clip_config vit_b_32{512, vit_config{224, 32, 768, 12, 12}, text_config{77, 49408, 512, 8, 12},
                                      activation::gelu};
inline constexpr clip_config vit_b_32_256{512, vit_config{256, 32, 768, 12, 12}, text_config{77, 49408, 512, 8, 12},
                                          activation::gelu};
inline constexpr clip_config vit_b_32_plus_256{640, vit_config{256, 32, 896, 12, 14},
                                               text_config{77, 49408, 640, 10, 12}, activation::gelu};
inline constexpr clip_config vit_b_16{512, vit_config{224, 16, 768, 12, 12}, text_config{77, 49408, 512, 8, 12},
                                      activation::gelu};
inline constexpr clip_config vit_b_16_plus{640, vit_config{224, 16, 896, 12, 14}, text_config{77, 49408, 640, 10, 12},
                                           activation::gelu};
inline constexpr clip_config vit_b_16_plus_240{640, vit_config{240, 16, 896, 12, 14},
                                               text_config{77, 49408, 640, 10, 12}, activation::gelu};
inline constexpr clip_config vit_l_16{768, vit_config{224, 16, 1024, 24, 16}, text_config{77, 49408, 768, 12, 12},
                                      activation::gelu};
inline constexpr clip_config vit_l_16_320{768, vit_config{320, 16, 1024, 24, 16}, text_config{77, 49408, 768, 12, 12},
                                          activation::gelu};
inline constexpr clip_config vit_l_14{768, vit_config{224, 14, 1024, 24, 16}, text_config{77, 49408, 768, 12, 12},
                                      activation::gelu};
inline constexpr clip_config vit_l_14_280{768, vit_config{280, 14, 1024, 24, 16}, text_config{77, 49408, 768, 12, 12},
                                          activation::gelu};
inline constexpr clip_config vit_l_14_336{768, vit_config{336, 14, 1024, 24, 16}, text_config{77, 49408, 768, 12, 12},
                                          activation::gelu};
inline constexpr clip_config vit_l_14_worldwide{768, vit_config{224, 14, 1024, 24, 16},
                                                detail::worldwide_texts(250100, 1, 768, 12, 12), activation::gelu};
inline constexpr clip_config vit_l_14_clipa{768, detail::clipa_pictures(224, 14, 1024, 24, 16),
                                            detail::clipa_texts(768, 12, 12), activation::gelu};
inline constexpr clip_config vit_l_14_clipa_336{768, detail::clipa_pictures(336, 14, 1024, 24, 16),
                                                detail::clipa_texts(768, 12, 12), activation::gelu};
inline constexpr clip_config vit_h_16{1024, vit_config{224, 16, 1280, 32, 16}, text_config{77, 49408, 1024, 16, 24},
                                      activation::gelu};
inline constexpr clip_config vit_h_14{1024, vit_config{224, 14, 1280, 32, 16}, text_config{77, 49408, 1024, 16, 24},
                                      activation::gelu};
inline constexpr clip_config vit_h_14_378{1024, vit_config{378, 14, 1280, 32, 16}, text_config{77, 49408, 1024, 16, 24},
                                          activation::gelu};
inline constexpr clip_config vit_h_14_worldwide{1024, vit_config{224, 14, 1280, 32, 16},
                                                detail::worldwide_texts(901629, 2, 1024, 16, 24), activation::gelu};
inline constexpr clip_config vit_h_14_worldwide_378{1024, vit_config{378, 14, 1280, 32, 16},
                                                    detail::worldwide_texts(901629, 2, 1024, 16, 24), activation::gelu};
inline constexpr clip_config vit_h_14_clipa{1024, detail::clipa_pictures(224, 14, 1280, 32, 16),
                                            detail::clipa_texts(1024, 16, 24), activation::gelu};
inline constexpr clip_config vit_h_14_clipa_336{1024, detail::clipa_pictures(336, 14, 1280, 32, 16),
                                                detail::clipa_texts(1024, 16, 24), activation::gelu};
inline constexpr clip_config vit_g_14{1024, vit_config{224, 14, 1408, 40, 16, 6144},
                                      text_config{77, 49408, 1024, 16, 24}, activation::gelu};
inline constexpr clip_config vit_bigg_14{1280, vit_config{224, 14, 1664, 48, 16, 8192},
                                         text_config{77, 49408, 1280, 20, 32}, activation::gelu};
inline constexpr clip_config vit_bigg_14_worldwide{1280, vit_config{224, 14, 1664, 48, 16, 8192},
                                                   detail::worldwide_texts(901629, 2, 1280, 20, 32), activation::gelu};
inline constexpr clip_config vit_bigg_14_worldwide_378{
    1280, vit_config{378, 14, 1664, 48, 16, 8192}, detail::worldwide_texts(901629, 2, 1280, 20, 32), activation::gelu};
inline constexpr clip_config vit_bigg_14_clipa{1280, detail::clipa_pictures(224, 14, 1664, 48, 16, 8192),
                                               detail::clipa_texts(1280, 20, 32), activation::gelu};
inline constexpr clip_config vit_bigg_14_clipa_336{1280, detail::clipa_pictures(336, 14, 1664, 48, 16, 8192),
                                                   detail::clipa_texts(1280, 20, 32), activation::gelu};
inline constexpr clip_config vit_e_14{1280, vit_config{224, 14, 1792, 56, 16, 15360},
                                      text_config{77, 49408, 1280, 20, 36}, activation::gelu};
inline constexpr clip_config rn50{1024, resnet_config{224, {3, 4, 6, 3}, 64, 32}, text_config{77, 49408, 512, 8, 12},
                                  activation::gelu};
inline constexpr clip_config rn101{512, resnet_config{224, {3, 4, 23, 3}, 64, 32}, text_config{77, 49408, 512, 8, 12},
                                   activation::gelu};
inline constexpr clip_config rn50x4{640, resnet_config{288, {4, 6, 10, 6}, 80, 40}, text_config{77, 49408, 640, 10, 12},
                                    activation::gelu};
inline constexpr clip_config rn50x16{768, resnet_config{384, {6, 8, 18, 8}, 96, 48},
                                     text_config{77, 49408, 768, 12, 12}, activation::gelu};
inline constexpr clip_config rn50x64{1024, resnet_config{448, {3, 15, 36, 10}, 128, 64},
                                     text_config{77, 49408, 1024, 16, 12}, activation::gelu};

/// The same model with OpenAI's activation.
template <class Vision>
constexpr clip_config<Vision> with_quick_gelu(clip_config<Vision> config) {
  config.activation = activation::quick_gelu;
  return config;
}

}  // namespace clipt::inline CLIPT_BUILD::open_clip
