// Variants beyond OpenAI's nine models against open_clip: another perceptron and heads, no ln_pre, pooling by the mean.
#include <gtest/gtest.h>

#include <clipt/clip/load.hpp>

#include "parity_support.hpp"

namespace {

using namespace clipt;

inline constexpr text_config small_text{16, 64, 64, 2, 1};
inline constexpr clip_config wide_perceptron{32, vit_config{24, 8, 64, 2, 2, 192}, small_text, activation::gelu};
inline constexpr clip_config mean{32, vit_config{24, 8, 64, 2, 4, 0, false, vision_pooling::mean}, small_text,
                                  activation::gelu};
inline constexpr clip_config normalised_mean{32, vit_config{24, 8, 64, 2, 4, 0, false, vision_pooling::normalised_mean},
                                             small_text, activation::gelu};

class open_clip_variant : public testing::TestWithParam<const char*> {};

TEST_P(open_clip_variant, has_the_same_features) {
  const auto folder = std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip" / GetParam();
  const safetensors_file expected(folder / "expected.safetensors");
  const auto pixels = to_vector<float>(expected.at("images"));
  const auto ids = to_vector<std::int32_t>(expected.at("tokens"));
  using variants = model_list<wide_perceptron, mean, normalised_mean>;
  visit_model<variants>(folder, [&](const auto& model) {
    inference<> ctx;
    const auto images =
        model.encode_image(ctx, view<const float, shape<batch, 3, 24, 24>>{pixels.data(), shape<batch, 3, 24, 24>(2)});
    const auto texts =
        model.encode_text(ctx, view<const std::int32_t, shape<batch, 16>>{ids.data(), shape<batch, 16>(2)});
    EXPECT_LE(clipt_test::relative_error(images.data, clipt_test::values(expected, "image_features")), 1e-6);
    EXPECT_LE(clipt_test::relative_error(texts.data, clipt_test::values(expected, "text_features")), 1e-6);
  });
}

INSTANTIATE_TEST_SUITE_P(all, open_clip_variant, testing::Values("wide_perceptron", "mean", "normalised_mean"));

}  // namespace
