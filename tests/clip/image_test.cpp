// Preprocessing against OpenAI's own transform, to the byte; cropping, conversion, compositing and normalising.
#include <gtest/gtest.h>
#include <algorithm>
#include <cstring>

#include <clipt/clip/image.hpp>
#include <clipt/io/image_file.hpp>
#include <clipt/io/safetensors.hpp>

#include "shared.hpp"

namespace {

using clipt::image;
using clipt::pixel_mode;

std::filesystem::path own_pictures() { return std::filesystem::path(CLIPT_TEST_DIR) / "golden/preprocess"; }

/// Bytes that differ and by how much at most, over all pictures of `folder` for which something is expected.
void compare_with_golden(const std::filesystem::path& folder, const std::filesystem::path& expected_file, int side,
                         int least_pictures) {
  int compared = 0;
  const clipt::safetensors_file file(expected_file);
  for (const clipt::tensor_entry& entry : file.entries()) {
    const std::string name(entry.name);
    const auto expected = entry.bytes;
    // Pillow cuts 16-bit greys to 255 instead of dividing by 256; clipt keeps the upper byte for now.
    if (name.starts_with("normalised") || name == "grey16.png" || !std::filesystem::exists(folder / name)) continue;
    const image result = clipt::preprocess_pixels(clipt::read_image(folder / name), side);
    ASSERT_EQ(result.pixels.size(), expected.size()) << name;
    EXPECT_EQ(result.width, side);
    EXPECT_EQ(result.channels, 3);
    std::size_t different = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
      different += result.pixels[i] != std::to_integer<int>(expected[i]);
    EXPECT_EQ(different, 0u) << name << " at " << side;
    ++compared;
  }
  EXPECT_GE(compared, least_pictures);
}

TEST(preprocess, equals_openais_at_32) {
  compare_with_golden(own_pictures(), own_pictures() / "expected_32.safetensors", 32, 14);
}

TEST(preprocess, equals_openais_at_32_with_the_large_pictures) {
  CLIPT_NEEDS_SHARED("golden/preprocess/expected_32.safetensors");
  compare_with_golden(clipt_test::golden("preprocess"), clipt_test::golden("preprocess/expected_32.safetensors"), 32,
                      16);
}

TEST(preprocess, equals_openais_at_224) {
  CLIPT_NEEDS_SHARED("golden/preprocess/expected_224.safetensors");
  compare_with_golden(clipt_test::golden("preprocess"), clipt_test::golden("preprocess/expected_224.safetensors"), 224,
                      12);
}

TEST(preprocess, normalises_as_torchvision) {
  const clipt::safetensors_file file(own_pictures() / "expected_32.safetensors");
  const auto expected = file.at("normalised.rgb_down.png").bytes;
  std::vector<float> reference(expected.size() / sizeof(float));
  std::memcpy(reference.data(), expected.data(), expected.size());
  ASSERT_EQ(reference.size(), 3u * 32 * 32);
  std::vector<float> planes(reference.size());
  clipt::preprocess(clipt::read_image(own_pictures() / "rgb_down.png"), 32, planes);
  for (std::size_t i = 0; i < planes.size(); ++i) ASSERT_NEAR(planes[i], reference[i], 1e-6) << i;
}

TEST(preprocess, keeps_the_upper_byte_of_16_bit_grey) {
  const image picture = clipt::read_image(own_pictures() / "grey16.png");
  EXPECT_EQ(picture.mode, pixel_mode::grey);
  EXPECT_GT(*std::max_element(picture.pixels.begin(), picture.pixels.end()), 200);
  EXPECT_LT(*std::min_element(picture.pixels.begin(), picture.pixels.end()), 50);
}

/// A grey picture whose pixel (x, y) is x + 16 y.
image counting(int width, int height) {
  image out = clipt::blank_image(width, height, 1, pixel_mode::grey);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) out.row(y)[x] = static_cast<std::uint8_t>(x + 16 * y);
  return out;
}

TEST(center_crop, rounds_half_to_even) {
  for (const auto& [excess, offset] :
       {std::pair{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 2}, {6, 3}, {7, 4}, {9, 4}}) {
    EXPECT_EQ(clipt::center_crop(counting(4 + excess, 4), 4).pixels[0], offset) << excess;
    EXPECT_EQ(clipt::center_crop(counting(4, 4 + excess), 4).pixels[0], static_cast<std::uint8_t>(16 * offset))
        << excess;
  }
}

TEST(center_crop, pads_small_pictures_with_zeros) {
  image white = clipt::blank_image(2, 5, 1, pixel_mode::grey);
  std::fill(white.pixels.begin(), white.pixels.end(), std::uint8_t{1});
  const image out = clipt::center_crop(white, 5);
  ASSERT_EQ(out.pixels.size(), 25u);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 5; ++x) EXPECT_EQ(out.row(y)[x], x == 1 || x == 2) << x << ' ' << y;
}

TEST(to_rgb, repeats_grey_and_drops_alpha) {
  EXPECT_EQ(clipt::to_rgb({1, 1, 1, pixel_mode::grey, {7}}).pixels, (std::vector<std::uint8_t>{7, 7, 7}));
  EXPECT_EQ(clipt::to_rgb({1, 1, 2, pixel_mode::grey_alpha, {7, 0}}).pixels, (std::vector<std::uint8_t>{7, 7, 7}));
  EXPECT_EQ(clipt::to_rgb({1, 1, 4, pixel_mode::rgb_alpha, {1, 2, 3, 0}}).pixels, (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST(flatten, lays_the_picture_over_a_colour) {
  const image from{3, 1, 4, pixel_mode::rgb_alpha, {10, 20, 30, 0, 10, 20, 30, 255, 10, 20, 30, 51}};
  EXPECT_EQ(clipt::flatten(from).pixels, (std::vector<std::uint8_t>{255, 255, 255, 10, 20, 30, 206, 208, 210}));
  EXPECT_EQ(clipt::flatten(from, {0, 0, 100}).pixels, (std::vector<std::uint8_t>{0, 0, 100, 10, 20, 30, 2, 4, 86}));
  const image opaque{1, 1, 3, pixel_mode::rgb, {1, 2, 3}};
  EXPECT_EQ(clipt::flatten(opaque).pixels, opaque.pixels);
}

TEST(normalise, refuses_what_does_not_fit) {
  std::vector<float> planes(3);
  const image grey{1, 1, 1, pixel_mode::grey, {7}};
  const image wide = clipt::blank_image(2, 1, 3, pixel_mode::rgb);
  EXPECT_THROW(clipt::normalise(grey, clipt::clip_statistics, planes), clipt::shape_error);
  EXPECT_THROW(clipt::normalise(wide, clipt::clip_statistics, planes), clipt::shape_error);
  EXPECT_THROW(clipt::preprocess_pixels(wide, 0), clipt::shape_error);
  EXPECT_THROW(clipt::preprocess_pixels(image{}, 8), clipt::shape_error);
  EXPECT_THROW(clipt::preprocess_pixels(image{4, 4, 3, pixel_mode::rgb, {1, 2}}, 8), clipt::shape_error);
}

}  // namespace
