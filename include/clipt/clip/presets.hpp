// Small configurations to train from scratch: 64-pixel pictures, short captions, a vocabulary learned from the data.
#pragma once
#include <clipt/clip/config.hpp>  // clip_config

namespace clipt::inline CLIPT_BUILD {

/// A ResNet of basic blocks with few words: learns the embedded scenes in minutes.
inline constexpr clip_config scenes_64{128, basic_resnet_config{64, {1, 1, 1, 1}, 32},
                                       text_config{32, 1024, 128, 2, 2}};

/// A ResNet of basic blocks for some thousand pictures: docs/training.md says what it reaches, and how.
inline constexpr clip_config basic_64{128, basic_resnet_config{64, {1, 1, 1, 1}, 32}, text_config{32, 4096, 128, 2, 2}};

/// OpenAI's ModifiedResNet, narrow and without the stem's pooling.
inline constexpr clip_config resnet_64{128, resnet_config{64, {1, 1, 1, 1}, 32, 8, false},
                                       text_config{32, 4096, 128, 2, 2}};

/// The small vision transformer of the benchmarks.
inline constexpr clip_config vit_64{192, vit_config{64, 8, 192, 6, 3}, text_config{32, 2048, 192, 3, 4}};

/// As small as can be: for trying things out, and for tests of the programs.
inline constexpr clip_config tiny_64{32, vit_config{64, 16, 32, 1, 2}, text_config{32, 768, 32, 2, 1}};

}  // namespace clipt::inline CLIPT_BUILD
