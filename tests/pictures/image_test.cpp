// Preprocessing against OpenAI's, open_clip's and Hugging Face's, to the byte; cropping and normalising.
#include <gtest/gtest.h>
#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>

#include <clipt/pictures/image.hpp>
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
    if (name.starts_with("normalised") || !std::filesystem::exists(folder / name)) continue;
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
  compare_with_golden(own_pictures(), own_pictures() / "expected_32.safetensors", 32, 15);
}

TEST(preprocess, equals_openais_at_32_with_the_large_pictures) {
  CLIPT_NEEDS_SHARED("golden/preprocess/expected_32.safetensors");
  compare_with_golden(clipt_test::golden("preprocess"), clipt_test::golden("preprocess/expected_32.safetensors"), 32,
                      17);
}

TEST(preprocess, equals_openais_at_224) {
  CLIPT_NEEDS_SHARED("golden/preprocess/expected_224.safetensors");
  compare_with_golden(clipt_test::golden("preprocess"), clipt_test::golden("preprocess/expected_224.safetensors"), 224,
                      12);
}

TEST(preprocess, refuses_a_size_that_is_smaller_than_the_square) {
  const image picture = clipt::blank_image(8, 8, 3, pixel_mode::rgb);
  EXPECT_THROW((void)clipt::preprocess_pixels(picture, 4, {.resized = 3}), clipt::shape_error);
  EXPECT_EQ(clipt::preprocess_pixels(picture, 4, {.resized = 5}).width, 4);
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

/// The settings that a tensor of modes/expected.safetensors is named by, and its picture.
struct golden_case {
  std::string picture;
  clipt::preprocessing how;
};

golden_case case_of(const std::string& name) {
  std::istringstream words(name);
  std::string picture, resize, filter, order;
  int fill = 0;
  words >> picture >> resize >> filter >> order >> fill;
  const std::map<std::string, clipt::resize_mode> modes = {{"shortest", clipt::resize_mode::shortest},
                                                           {"longest", clipt::resize_mode::longest},
                                                           {"squash", clipt::resize_mode::squash}};
  return {picture,
          {.resize = modes.at(resize),
           .filter = filter == "bilinear" ? clipt::interpolation::bilinear : clipt::interpolation::bicubic,
           .order = order == "openai" ? clipt::pixel_order::openai : clipt::pixel_order::hugging_face,
           .fill = static_cast<std::uint8_t>(fill)}};
}

// Written by scripts/make_pictures.py.
TEST(preprocess, equals_open_clips_and_hugging_faces_in_every_mode) {
  const std::filesystem::path folder = own_pictures() / "modes";
  const clipt::safetensors_file file(folder / "expected.safetensors");
  int compared = 0;
  for (const clipt::tensor_entry& entry : file.entries()) {
    const auto [picture, how] = case_of(std::string(entry.name));
#ifndef CLIPT_LIBJPEG
    if (picture.ends_with(".jpg")) continue;
#endif
    const image result = clipt::preprocess_pixels(clipt::read_image(folder / picture), 17, how);
    const auto same = [](std::uint8_t a, std::byte b) { return a == std::to_integer<int>(b); };
    EXPECT_TRUE(std::equal(result.pixels.begin(), result.pixels.end(), entry.bytes.begin(), entry.bytes.end(), same))
        << entry.name;
    ++compared;
  }
  EXPECT_GE(compared, 119);
}

TEST(preprocess, rounds_the_crop_as_the_order_says) {
  image row = clipt::blank_image(7, 4, 1, pixel_mode::grey);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 7; ++x) row.row(y)[x] = static_cast<std::uint8_t>(x);
  EXPECT_EQ(clipt::preprocess_pixels(row, 4).pixels[0], 2);
  EXPECT_EQ(clipt::preprocess_pixels(row, 4, clipt::hugging_face_preprocessing).pixels[0], 1);
}

TEST(preprocess, turns_and_lays_over_white_where_that_is_asked_for) {
  image clear{1, 2, 2, pixel_mode::grey_alpha, {10, 255, 20, 0}};  // the lower pixel is transparent
  clear.orientation = 3;
  const auto first_column = [&](const clipt::preprocessing& how) {
    const image made = clipt::preprocess_pixels(clear, 2, how);
    return std::pair(int{made.row(0)[0]}, int{made.row(1)[0]});
  };
  using clipt::interpolation, clipt::resize_mode;
  constexpr auto squash = resize_mode::squash;
  const auto [top, bottom] = first_column({.resize = squash, .over_white = true});
  EXPECT_EQ(top, 10);
  EXPECT_EQ(bottom, 255);
  EXPECT_EQ(first_column({.resize = squash, .over_white = true, .exif_orientation = true}), std::pair(255, 10));
  EXPECT_EQ(first_column({.resize = squash, .exif_orientation = true}), std::pair(0, 10));
}

TEST(preprocess, uses_the_statistics) {
  const image white{1, 1, 3, pixel_mode::rgb, {255, 0, 255}};
  std::vector<float> planes(3);
  clipt::preprocess(white, 1, planes, clipt::siglip_preprocessing);
  EXPECT_EQ(planes, (std::vector<float>{1, -1, 1}));
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

TEST(preprocess_pixels, lays_a_colour_key_over_white_where_alpha_is) {
  image logo = clipt::blank_image(8, 8, 3, pixel_mode::rgb);  // black is transparent
  std::fill_n(logo.row(3), 24, std::uint8_t{200});
  logo.colour_key = {0, 0, 0};
  EXPECT_EQ(clipt::preprocess_pixels(logo, 8).pixels, logo.pixels);
  const image white = clipt::preprocess_pixels(logo, 8, clipt::hugging_face_preprocessing);
  EXPECT_EQ(white.row(0)[0], 255);
  EXPECT_EQ(white.row(3)[0], 200);
  EXPECT_EQ(clipt::flatten(logo, {1, 2, 3}).row(7)[23], 3);
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
