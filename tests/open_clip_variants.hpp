// The models of tests/golden/open_clip, which scripts/make_open_clip_golden.py makes.
#pragma once
#include <clipt/clip/config.hpp>

namespace clipt_test::variants {

using namespace clipt;

inline constexpr text_config wide_text{16, 64, 64, 2, 1};
inline constexpr clip_config wide_perceptron{32, vit_config{24, 8, 64, 2, 2, 192}, wide_text, activation::gelu};
inline constexpr clip_config mean{32, vit_config{24, 8, 64, 2, 4, 0, false, vision_pooling::mean}, wide_text,
                                  activation::gelu};
inline constexpr clip_config normalised_mean{32, vit_config{24, 8, 64, 2, 4, 0, false, vision_pooling::normalised_mean},
                                             wide_text, activation::gelu};

inline constexpr clip_config first_query{8, vit_config{16, 8, 16, 2, 2, 0, true, vision_pooling::class_token, 3, 2},
                                         text_config{12, 64, 16, 4, 2, 0, text_pooling::last}, activation::gelu};
inline constexpr clip_config mean_of_queries{16, vit_config{16, 8, 16, 2, 2, 0, true, vision_pooling::mean, 4, 2},
                                             text_config{12, 64, 16, 4, 2, 48, text_pooling::first, true, true},
                                             activation::gelu};
inline constexpr clip_config clipa{8, vit_config{16, 8, 16, 2, 2, 0, false, vision_pooling::normalised_mean},
                                   text_config{12, 64, 16, 4, 2, 0, text_pooling::last, false}, activation::gelu};
inline constexpr clip_config end_id{8, vit_config{16, 8, 16, 2, 2},
                                    text_config{12, 64, 16, 4, 2, 0, text_pooling::end_id, true, true, 2},
                                    activation::gelu_tanh};
inline constexpr clip_config first_sees_all{8, vit_config{16, 8, 16, 2, 2, 0, true, vision_pooling::mean},
                                            text_config{12, 64, 16, 4, 2, 0, text_pooling::first, false},
                                            activation::gelu};
inline constexpr clip_config largest_sees_all{8, vit_config{16, 8, 16, 2, 2},
                                              text_config{12, 64, 16, 4, 2, 0, text_pooling::largest_id, false}};

}  // namespace clipt_test::variants
