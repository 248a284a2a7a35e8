// The filters of resampling, and in which order its passes come.
#include <gtest/gtest.h>

#include <clipt/pictures/resize.hpp>
#include <clipt/core/philox.hpp>

namespace {

using clipt::image;

image random_image(int width, int height) {
  image out = clipt::blank_image(width, height, 3, clipt::pixel_mode::rgb);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = static_cast<std::uint8_t>(clipt::random_stream{2}.bits(i));
  return out;
}

TEST(keys_cubic, is_an_interpolating_kernel) {
  EXPECT_EQ(clipt::detail::keys_cubic(0), 1);
  EXPECT_EQ(clipt::detail::keys_cubic(1), 0);
  EXPECT_EQ(clipt::detail::keys_cubic(-2), 0);
  EXPECT_EQ(clipt::detail::keys_cubic(0.5), 0.5625);
  EXPECT_EQ(clipt::detail::keys_cubic(-1.5), -0.0625);
}

TEST(triangle, is_an_interpolating_kernel) {
  EXPECT_EQ(clipt::detail::triangle(0), 1);
  EXPECT_EQ(clipt::detail::triangle(-0.25), 0.75);
  EXPECT_EQ(clipt::detail::triangle(1), 0);
  EXPECT_EQ(clipt::detail::triangle(-3), 0);
}

TEST(make_axis, has_weights_that_sum_to_one) {
  for (const auto how : {clipt::interpolation::bicubic, clipt::interpolation::bilinear}) {
    const auto axis = clipt::detail::make_axis<double>({50, 7, 0, 7, how});
    for (int i = 0; i < 7; ++i) {
      double sum = 0;
      for (int t = 0; t < axis.taps; ++t) sum += axis.of(i)[t];
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
}

TEST(make_axis, counts_from_the_first_input_that_is_read) {
  auto axis = clipt::detail::make_axis<double>({100, 10, 5, 2, clipt::interpolation::bilinear});
  const auto [origin, count] = axis.move_to_origin();
  EXPECT_EQ(origin, 45);
  EXPECT_EQ(count, 30);
  EXPECT_EQ(axis.first.front(), 0);
}

/// Pillow 13: vertically first where more than twice as many rows as columns go.
TEST(resample, begins_with_the_rows_of_tall_pictures) {
  const auto horizontally_first = [](const image& from, int width, int height) {
    return clipt::resize(clipt::resize(from, width, from.height), width, height).pixels;
  };
  const auto vertically_first = [](const image& from, int width, int height) {
    return clipt::resize(clipt::resize(from, from.width, height), width, height).pixels;
  };
  for (const auto& [height, new_height] : {std::pair{60, 40}, {40, 60}, {30, 20}}) {
    const image from = random_image(30, height);  // 10 columns go, and 20 or fewer rows
    EXPECT_EQ(clipt::resize(from, 20, new_height).pixels, horizontally_first(from, 20, new_height)) << height;
    EXPECT_NE(clipt::resize(from, 20, new_height).pixels, vertically_first(from, 20, new_height)) << height;
  }
  const image tall = random_image(30, 61);
  EXPECT_EQ(clipt::resize(tall, 20, 40).pixels, vertically_first(tall, 20, 40));
  EXPECT_NE(clipt::resize(tall, 20, 40).pixels, horizontally_first(tall, 20, 40));
  const image wider = random_image(30, 31);  // columns come, so that a single row that goes is enough
  EXPECT_EQ(clipt::resize(wider, 40, 30).pixels, vertically_first(wider, 40, 30));
}

}  // namespace
