// Resizing of 16-bit greys against plain loops in double.
#include <gtest/gtest.h>
#include <cmath>

#include <clipt/pictures/resize.hpp>
#include <clipt/core/philox.hpp>

namespace {

using clipt::image;
using clipt::interpolation;

image from_values(int width, int height, const std::vector<int>& values) {
  image out = clipt::blank_image(width, height, 2, clipt::pixel_mode::grey_16);
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.pixels[2 * i] = static_cast<std::uint8_t>(values[i] & 255);
    out.pixels[2 * i + 1] = static_cast<std::uint8_t>(values[i] >> 8);
  }
  return out;
}

std::vector<int> values_of(const image& picture) {
  std::vector<int> out;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 2)
    out.push_back(picture.pixels[i] + 256 * picture.pixels[i + 1]);
  return out;
}

/// One row by the book.
std::vector<int> reference_row(const std::vector<int>& in, int out, interpolation how) {
  const auto filter = clipt::detail::filter_of(how);
  const double scale = static_cast<double>(in.size()) / out;
  const double stretch = std::max(scale, 1.0);
  std::vector<int> result;
  for (int i = 0; i < out; ++i) {
    double sum = 0;
    double total = 0;
    for (std::size_t x = 0; x < in.size(); ++x) {
      const double weight = filter.at((static_cast<double>(x) + 0.5 - (i + 0.5) * scale) / stretch);
      sum += weight;
      total += weight * in[x];
    }
    result.push_back(static_cast<int>(std::clamp(std::floor(total / sum + 0.5), 0.0, 65535.0)));
  }
  return result;
}

TEST(resample_16, equals_the_plain_loops) {
  std::vector<int> row;
  for (std::size_t i = 0; i < 37; ++i) row.push_back(static_cast<int>(clipt::random_stream{1}.bits(i) & 0xFFFF));
  for (const interpolation how : {interpolation::bicubic, interpolation::bilinear})
    for (const int size : {11, 36, 50}) {
      EXPECT_EQ(values_of(clipt::resize(from_values(37, 1, row), size, 1, how)), reference_row(row, size, how)) << size;
      EXPECT_EQ(values_of(clipt::resize(from_values(1, 37, row), 1, size, how)), reference_row(row, size, how)) << size;
    }
}

TEST(resample_16, does_not_leave_its_range) {
  const std::vector<int> out = values_of(clipt::resize(from_values(4, 1, {0, 65535, 0, 65535}), 16, 1));
  EXPECT_EQ(*std::min_element(out.begin(), out.end()), 0);
  EXPECT_EQ(*std::max_element(out.begin(), out.end()), 65535);
}

TEST(resample_16, needs_two_channels) {
  EXPECT_THROW(clipt::resize(image{1, 1, 1, clipt::pixel_mode::grey_16, {7}}, 2, 2), clipt::shape_error);
}

}  // namespace
