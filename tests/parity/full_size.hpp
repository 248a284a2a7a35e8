// A full-size model with procedural weights against the official implementation's features.
#pragma once
#include <gtest/gtest.h>

#include <clipt/clip/config.hpp>
#include <cstdlib>
#include <filesystem>

#include "parity_support.hpp"
#include "procedural.hpp"
#include "shared.hpp"

namespace clipt_test {

/// The folder of references: CLIPT_GOLDEN=DIR takes another one than ../shared/golden, of the same layout.
inline std::filesystem::path full_size_folder() {
  const char* const chosen = std::getenv("CLIPT_GOLDEN");
  return (chosen != nullptr ? std::filesystem::path(chosen) : shared("golden")) / "full";
}

inline double cosine(const float* a, const std::vector<double>& b, std::size_t row, std::size_t width) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
    ab += a[i] * b[i];
    aa += double(a[i]) * a[i];
    bb += b[i] * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

template <class Features>
void expect_features(const Features& features, const clipt::safetensors_file& reference, const char* name) {
  const auto expected = values(reference, name);
  ASSERT_EQ(static_cast<std::size_t>(features.size()), expected.size());
  EXPECT_LE(relative_error(features.data(), expected), 1e-4) << name;
  const auto rows = static_cast<std::size_t>(features.shape().extent(0));
  for (std::size_t row = 0; row < rows; ++row)
    EXPECT_GE(cosine(features.data(), expected, row, expected.size() / rows), 0.999999) << name << ", row " << row;
}

template <auto Config>
void expect_full_size_parity(const std::string& name) {
  using namespace clipt;
  const auto path = full_size_folder() / (name + ".safetensors");
  if (!std::filesystem::exists(path)) {
    ASSERT_EQ(std::getenv("CLIPT_GOLDEN"), nullptr) << "there is no " << path << " in the folder that was asked for";
    GTEST_SKIP() << "skipped: ../shared/golden/full is absent";
  }
  const safetensors_file reference(path);
  const std::string salt = reference.metadata().at("salt");
  clip<Config> model;
  EXPECT_EQ(std::to_string(parameter_count(model)), reference.metadata().at("parameters"));
  fill_procedurally(model, salt);

  constexpr dim_t side = Config.vision.image;
  const auto pixels = procedural_images(2, side, salt);
  const auto head = values(reference, "image_head");
  for (std::size_t i = 0; i < head.size(); ++i)
    ASSERT_NEAR(pixels[i / 8 * static_cast<std::size_t>(side * side) + i % 8], head[i], 1e-5) << "input, element " << i;
  const auto ids = to_vector<std::int32_t>(reference.at("tokens"));

  inference<> ctx;
  const auto images = model.encode_image(
      ctx, view<const float, shape<batch, 3, side, side>>{pixels.data(), shape<batch, 3, side, side>(2)});
  const auto texts =
      model.encode_text(ctx, view<const std::int32_t, shape<batch, 77>>{ids.data(), shape<batch, 77>(2)});
  expect_features(images, reference, "image_features");
  expect_features(texts, reference, "text_features");
  const auto logits = model.logits_per_image(ctx, images, texts);
  EXPECT_LE(relative_error(logits.data(), values(reference, "logits_per_image")), 1e-4);
}

}  // namespace clipt_test
