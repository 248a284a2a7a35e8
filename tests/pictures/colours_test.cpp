// Conversion of every mode to RGB, and laying over a colour.
#include <gtest/gtest.h>

#include <clipt/pictures/colours.hpp>

namespace {

using clipt::image;
using clipt::pixel_mode;

TEST(to_rgb, repeats_grey_and_drops_alpha) {
  EXPECT_EQ(clipt::to_rgb({1, 1, 1, pixel_mode::grey, {7}}).pixels, (std::vector<std::uint8_t>{7, 7, 7}));
  EXPECT_EQ(clipt::to_rgb({1, 1, 2, pixel_mode::grey_alpha, {7, 0}}).pixels, (std::vector<std::uint8_t>{7, 7, 7}));
  EXPECT_EQ(clipt::to_rgb({1, 1, 4, pixel_mode::rgb_alpha, {1, 2, 3, 0}}).pixels, (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST(to_rgb, cuts_16_bit_greys_to_255) {
  const image from{3, 1, 2, pixel_mode::grey_16, {7, 0, 255, 0, 0, 1}};
  EXPECT_EQ(clipt::to_rgb(from).pixels, (std::vector<std::uint8_t>{7, 7, 7, 255, 255, 255, 255, 255, 255}));
}

TEST(to_rgb, takes_inks_from_white) {
  const image from{3, 1, 4, pixel_mode::cmyk, {0, 0, 0, 0, 255, 0, 100, 0, 51, 102, 0, 128}};
  EXPECT_EQ(clipt::to_rgb(from).pixels, (std::vector<std::uint8_t>{255, 255, 255, 0, 255, 155, 102, 76, 127}));
  EXPECT_EQ(clipt::flatten(from).pixels, clipt::to_rgb(from).pixels);  // the fourth channel is not alpha
}

TEST(flatten, lays_the_picture_over_a_colour) {
  const image from{3, 1, 4, pixel_mode::rgb_alpha, {10, 20, 30, 0, 10, 20, 30, 255, 10, 20, 30, 51}};
  EXPECT_EQ(clipt::flatten(from).pixels, (std::vector<std::uint8_t>{255, 255, 255, 10, 20, 30, 206, 208, 210}));
  EXPECT_EQ(clipt::flatten(from, {0, 0, 100}).pixels, (std::vector<std::uint8_t>{0, 0, 100, 10, 20, 30, 2, 4, 86}));
  const image opaque{1, 1, 3, pixel_mode::rgb, {1, 2, 3}};
  EXPECT_EQ(clipt::flatten(opaque).pixels, opaque.pixels);
}

}  // namespace
