// Augmentation: a pure function, ranges as torchvision's, geometry and colours where the answer is known.
#include <gtest/gtest.h>
#include <cmath>
#include <set>

#include <clipt/pictures/augment.hpp>

namespace {

using clipt::augmentation;
using clipt::image;
using clipt::random_stream;

image noise(int width, int height) {
  image out = clipt::blank_image(width, height, 3, clipt::pixel_mode::rgb);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = static_cast<std::uint8_t>(random_stream{3}.bits(i));
  return out;
}

image flat(int side, std::array<std::uint8_t, 3> colour) {
  image out = clipt::blank_image(side, side, 3, clipt::pixel_mode::rgb);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = colour[i % 3];
  return out;
}

augmentation none() {
  augmentation how;
  how.scale_min = how.scale_max = how.ratio_min = how.ratio_max = 1;
  return how;
}

augmentation everything() {
  augmentation how;
  how.scale_min = 0.5f;
  how.degrees = 15;
  how.translate = 0.1f;
  how.zoom_min = 0.75f;
  how.zoom_max = 1.2f;
  how.shear = 8;
  how.flip = true;
  how.brightness = how.contrast = 0.4f;
  how.saturation = 0.5f;
  how.hue = 0.08f;
  how.grey = 0.1f;
  how.erase = 0.5f;
  return how;
}

TEST(augment, nothing_asked_changes_nothing) {
  const image from = noise(64, 64);
  for (std::uint32_t step = 0; step < 20; ++step)
    EXPECT_EQ(clipt::augment(from, 64, none(), {1, 2, step}).pixels, from.pixels);
}

TEST(augment, is_a_pure_function_of_its_stream) {
  const image from = noise(72, 60);
  std::set<std::vector<std::uint8_t>> seen;
  for (std::uint32_t step = 0; step < 10; ++step) {
    const image first = clipt::augment(from, 64, everything(), {1, 2, step});
    EXPECT_EQ(first.pixels, clipt::augment(from, 64, everything(), {1, 2, step}).pixels);
    EXPECT_EQ(first.width, 64);
    EXPECT_EQ(first.pixels.size(), 64u * 64 * 3);
    seen.insert(first.pixels);
  }
  EXPECT_EQ(seen.size(), 10u);
}

TEST(augment, survives_extreme_pictures_and_settings) {
  augmentation wild = everything();
  wild.degrees = 180;
  wild.translate = 1;
  wild.zoom_min = 0.01f;
  wild.zoom_max = 50;
  wild.shear = 80;
  wild.hue = 0.5f;
  wild.scale_min = 1e-6f;
  wild.erase = wild.grey = 1;
  const int sizes[][2] = {{1, 1}, {1, 200}, {200, 1}, {3, 2}, {500, 300}};
  for (const auto& [width, height] : sizes)
    for (const int side : {1, 2, 31, 64})
      for (std::uint32_t step = 0; step < 20; ++step)
        EXPECT_EQ(clipt::augment(noise(width, height), side, wild, {9, 0, step}).pixels.size(),
                  static_cast<std::size_t>(3 * side * side));
}

TEST(augment, flips_half_of_the_pictures) {
  const image from = noise(16, 16);
  augmentation how = none();
  how.flip = true;
  int mirrored = 0;
  for (std::uint32_t step = 0; step < 400; ++step) {
    const image out = clipt::augment(from, 16, how, {4, 0, step});
    if (out.pixels == from.pixels) continue;
    ++mirrored;
    for (int x = 0; x < 16; ++x) ASSERT_EQ(out.row(5)[3 * x + 1], from.row(5)[3 * (15 - x) + 1]);
  }
  EXPECT_NEAR(mirrored, 200, 50);
}

TEST(augment, crops_have_the_area_and_shape_asked_for) {
  const image from = noise(200, 100);
  augmentation how;
  how.scale_min = 0.2f;
  how.scale_max = 0.4f;
  for (std::uint32_t step = 0; step < 300; ++step) {
    const clipt::detail::pixel_window crop = clipt::detail::draw_crop(from, how, {5, 0, step});
    const double area = crop.width * crop.height / 20000.0;
    const double ratio = static_cast<double>(crop.width) / crop.height;
    EXPECT_TRUE(area > 0.19 && area < 0.41) << area;
    EXPECT_TRUE(ratio > 0.73 && ratio < 1.37) << ratio;
    EXPECT_TRUE(crop.left >= 0 && crop.top >= 0 && crop.left + crop.width <= 200 && crop.top + crop.height <= 100);
  }
}

TEST(augment, crop_falls_back_to_the_middle) {
  const clipt::detail::pixel_window crop = clipt::detail::draw_crop(noise(300, 30), {}, {5, 0, 0});
  EXPECT_EQ(crop.width, 40);
  EXPECT_EQ(crop.height, 30);
  EXPECT_EQ(crop.left, 130);
}

TEST(augment, a_quarter_turn_moves_pixels_where_torchvision_does) {
  const image from = noise(8, 8);
  augmentation how = none();
  how.degrees = 90;
  // Positive angles turn clockwise, as in torchvision's affine: the map from result to source is the turn back.
  const double angle = random_stream{1}.uniform(clipt::detail::augment_draw::angle, -90, 90) * std::numbers::pi / 180;
  const clipt::detail::affine_map map = clipt::detail::draw_affine(8, how, {1});
  EXPECT_NEAR(map.a, std::cos(angle), 1e-6);
  EXPECT_NEAR(map.b, std::sin(angle), 1e-6);
  EXPECT_NEAR(map.d, -std::sin(angle), 1e-6);
  EXPECT_NEAR(map.a * 4 + map.b * 4 + map.c, 4, 1e-9);
  std::vector<float> planes(3 * 64);
  clipt::detail::sample_affine(from, {0, 0, 8, 8}, {0, 0, 0}, {0, 1, 0, -1, 0, 8}, 8, planes.data());
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) EXPECT_EQ(planes[static_cast<std::size_t>(8 * y + x)], from.row(7 - x)[3 * y]);
}

TEST(augment, what_the_map_uncovers_is_filled) {
  augmentation how = none();
  how.zoom_min = how.zoom_max = 0.5f;
  how.fill = {10, 20, 30};
  const image out = clipt::augment(flat(32, {200, 200, 200}), 32, how, {1});
  EXPECT_EQ(out.row(0)[0], 10);
  EXPECT_EQ(out.row(31)[3 * 31 + 2], 30);
  EXPECT_EQ(out.row(16)[3 * 16], 200);
  how.zoom_min = how.zoom_max = 2;
  const image large = clipt::augment(flat(32, {200, 200, 200}), 32, how, {1});
  EXPECT_EQ(std::count(large.pixels.begin(), large.pixels.end(), 200), 32 * 32 * 3);
}

TEST(augment, brightness_and_contrast_scale) {
  augmentation how = none();
  how.brightness = 0.5f;
  const image bright = clipt::augment(flat(8, {100, 40, 20}), 8, how, {1});
  const float factor = random_stream{1}.uniform(clipt::detail::augment_draw::brightness, 0.5f, 1.5f);
  EXPECT_NEAR(bright.pixels[0], 100 * factor, 0.51);
  how = none();
  how.contrast = 0.9f;  // a flat picture is its own mean: red moves to or from the common grey
  const image contrast = clipt::augment(flat(8, {100, 40, 20}), 8, how, {1});
  const float contrast_factor = random_stream{1}.uniform(clipt::detail::augment_draw::contrast, 0.1f, 1.9f);
  const float grey = 0.2989f * 100 + 0.587f * 40 + 0.114f * 20;
  EXPECT_NEAR(contrast.pixels[0], std::clamp(contrast_factor * 100 + (1 - contrast_factor) * grey, 0.f, 255.f), 0.51);
}

TEST(augment, grey_takes_all_colour) {
  augmentation how = none();
  how.grey = 1;
  const image out = clipt::augment(noise(16, 16), 16, how, {1});
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
    EXPECT_EQ(out.pixels[i], out.pixels[i + 1]);
    EXPECT_EQ(out.pixels[i], out.pixels[i + 2]);
  }
}

TEST(turn_hue, goes_around_the_hexagon) {
  float colours[] = {255, 200, 17, 0, 100, 17, 0, 50, 17};  // planes: red, (200, 100, 50), grey
  clipt::detail::turn_hue(colours, colours + 3, colours + 6, 3, 1 / 3.f);
  const float expected[] = {0, 50, 17, 255, 200, 17, 0, 100, 17};  // channels move on by one
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(colours[i], expected[i], 0.01) << i;
  clipt::detail::turn_hue(colours, colours + 3, colours + 6, 3, -1 / 3.f);
  EXPECT_NEAR(colours[0], 255, 0.01);
  EXPECT_NEAR(colours[1], 200, 0.01);
}

TEST(turn_hue, by_nothing_or_once_around_changes_nothing) {
  for (const float turn : {0.f, 1.f, -1.f}) {
    float colours[300];
    for (std::uint64_t i = 0; i < 300; ++i) colours[i] = random_stream{2}.uniform(i, 0, 255);
    clipt::detail::turn_hue(colours, colours + 100, colours + 200, 100, turn);
    for (std::uint64_t i = 0; i < 300; ++i)
      EXPECT_NEAR(colours[i], (random_stream{2}.uniform(i, 0, 255)), 0.02) << turn;
  }
}

TEST(augment, erases_a_rectangle_of_the_mean_colour) {
  augmentation how = none();
  how.erase = 1;
  for (std::uint32_t step = 0; step < 50; ++step) {
    const image out = clipt::augment(flat(64, {0, 0, 0}), 64, how, {1, 0, step});
    const auto covered = std::count(out.pixels.begin(), out.pixels.end(), std::uint8_t{123});
    EXPECT_GE(covered, 0.015 * 64 * 64);
    EXPECT_LE(covered, 0.35 * 64 * 64);
  }
}

TEST(augment, refuses_other_than_three_channels) {
  EXPECT_THROW(clipt::augment(clipt::blank_image(8, 8, 4, clipt::pixel_mode::rgb_alpha), 8, {}, {}),
               clipt::shape_error);
  EXPECT_THROW(clipt::augment(noise(8, 8), 0, {}, {}), clipt::shape_error);
}

}  // namespace
