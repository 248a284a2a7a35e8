// Many pictures at once: batches change nothing; features are what each tower projects.
#include <clipt/evaluate/encode.hpp>
#include <clipt/clip/initialise.hpp>
#include <gtest/gtest.h>

namespace {

using namespace clipt;

inline constexpr text_config text{12, 50, 16, 2, 1};
inline constexpr clip_config with_patches{8, vit_config{16, 8, 24, 2, 3}, text};
inline constexpr clip_config with_mean{8, basic_resnet_config{32, {1, 1, 1, 1}, 4}, text};
inline constexpr clip_config with_attention{8, resnet_config{32, {1, 1, 1, 1}, 2, 2, false}, text};

void draw(dim_t i, std::span<float> planes) {
  const random_stream random{4, static_cast<std::uint32_t>(i)};
  for (std::size_t k = 0; k < planes.size(); ++k) planes[k] = static_cast<float>(random.normal(static_cast<dim_t>(k)));
}

template <auto Config>
struct encoded {
  encoded() {
    initialise(model, 1);
    images = encode_images(model, 5, draw, 0, 2);  // batches of 2, 2 and 1
    features = encode_features(model, 5, draw, 0, 3);
  }
  /// Picture i alone, through the whole tower.
  template <class F>
  void alone(dim_t i, F&& f) const {
    constexpr dim_t side = Config.vision.image;
    tensor<float, shape<batch, 3, side, side>> picture(1);
    draw(i, {picture.data(), static_cast<std::size_t>(picture.size())});
    inference<> ctx;
    f(ctx, as_expression(picture));
  }
  static void expect_near(std::span<const float> a, const auto& b) {
    ASSERT_EQ(static_cast<dim_t>(a.size()), b.size());
    for (dim_t c = 0; c < b.size(); ++c) EXPECT_NEAR(a[static_cast<std::size_t>(c)], b[c], 1e-5);
  }
  void expect_unit_embeddings() const {
    ASSERT_EQ(images.count, 5);
    ASSERT_EQ(images.embed, Config.embed);
    for (dim_t i = 0; i < 5; ++i)
      alone(i, [&](auto& ctx, const auto& x) {
        expect_near(images.row(i), l2_normalize(ctx, model.encode_image(ctx, x)));
      });
  }
  clip<Config> model;
  embeddings images, features;
};

TEST(encode, vision_transformer) {
  const encoded<with_patches> found;
  found.expect_unit_embeddings();
  ASSERT_EQ(found.features.embed, 24);
  for (dim_t i = 0; i < 5; ++i)
    found.alone(i, [&](auto& ctx, const auto& x) {
      const auto tokens = found.model.visual.tokens(ctx, x);
      found.expect_near(found.features.row(i), found.model.visual.ln_post(ctx, slice<1, 0, 1>(ctx, tokens)));
    });
}

TEST(encode, basic_resnet) {
  const encoded<with_mean> found;
  found.expect_unit_embeddings();
  ASSERT_EQ(found.features.embed, 32);
  for (dim_t i = 0; i < 5; ++i)
    found.alone(i, [&](auto& ctx, const auto& x) {
      found.model.visual(ctx, x, [&](const std::string& name, int k, const auto& places) {
        if (name == "layer" && k == 4) found.expect_near(found.features.row(i), places);  // one place: its own mean
      });
    });
}

TEST(encode, modified_resnet) {
  const encoded<with_attention> found;
  found.expect_unit_embeddings();
  ASSERT_EQ(found.features.embed, 8);
  for (dim_t i = 0; i < 5; ++i)
    found.alone(i, [&](auto& ctx, const auto& x) {
      found.expect_near(found.features.row(i), found.model.encode_image(ctx, x));
    });
}

TEST(encode, of_nothing) {
  clip<with_patches> model;
  const embeddings none = encode_images(model, 0, draw);
  EXPECT_EQ(none.count, 0);
  EXPECT_EQ(none.embed, 8);
  EXPECT_TRUE(none.values.empty());
}

}  // namespace
