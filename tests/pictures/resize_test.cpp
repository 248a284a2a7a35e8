// Resizing against a plain double-precision reference, and the rules of sizes and modes.
#include <gtest/gtest.h>

#include <clipt/pictures/image.hpp>
#include <clipt/core/philox.hpp>

#include <sys/resource.h>

namespace {

using clipt::image;
using clipt::pixel_mode;

image noise(int width, int height, int channels, std::uint64_t seed) {
  constexpr pixel_mode modes[] = {pixel_mode::grey, pixel_mode::grey_alpha, pixel_mode::rgb, pixel_mode::rgb_alpha};
  image out = clipt::blank_image(width, height, channels, modes[channels - 1]);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = static_cast<std::uint8_t>(clipt::random_stream{seed}.bits(i));
  return out;
}

/// One axis by the book: every weight and every sum in plain loops; `at(i)` reads the input.
template <class F>
int reference_sample(int in, int out, int i, F at) {
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0);
  const double centre = (i + 0.5) * scale;
  const int low = std::max(0, static_cast<int>(centre - 2 * stretch + 0.5));
  const int high = std::min(in, static_cast<int>(centre + 2 * stretch + 0.5));
  double sum = 0;
  for (int x = low; x < high; ++x) sum += clipt::detail::keys_cubic((x - centre + 0.5) / stretch);
  std::int64_t total = 1 << 21;
  for (int x = low; x < high; ++x) {
    const double weight = clipt::detail::keys_cubic((x - centre + 0.5) / stretch) / sum;
    total += static_cast<std::int64_t>(weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5)) * at(x);
  }
  return static_cast<int>(std::clamp<std::int64_t>(total >> 22, 0, 255));
}

image reference_resize(const image& from, int width, int height) {
  image rows = clipt::blank_image(width, from.height, from.channels, from.mode);
  for (int y = 0; y < from.height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < from.channels; ++c)
        rows.row(y)[x * from.channels + c] = static_cast<std::uint8_t>(
            reference_sample(from.width, width, x, [&](int i) { return from.row(y)[i * from.channels + c]; }));
  image out = clipt::blank_image(width, height, from.channels, from.mode);
  for (int y = 0; y < height; ++y)
    for (int i = 0; i < width * from.channels; ++i)
      out.row(y)[i] =
          static_cast<std::uint8_t>(reference_sample(from.height, height, y, [&](int j) { return rows.row(j)[i]; }));
  return out;
}

TEST(resize, equals_the_plain_loops) {
  const int sizes[][4] = {{50, 37, 20, 11}, {9, 7, 33, 40},   {64, 5, 7, 31},
                          {1, 1, 5, 4},     {300, 200, 1, 1}, {37, 37, 36, 36}};
  for (const auto& [width, height, new_width, new_height] : sizes)
    for (const int channels : {1, 3}) {
      const image from = noise(width, height, channels, 5);
      EXPECT_EQ(clipt::resize(from, new_width, new_height).pixels, reference_resize(from, new_width, new_height).pixels)
          << width << 'x' << height << " to " << new_width << 'x' << new_height << ", " << channels;
    }
}

TEST(resize, does_not_touch_an_axis_that_keeps_its_size) {
  const image from = noise(40, 30, 3, 6);
  EXPECT_EQ(clipt::resize(from, 40, 30).pixels, from.pixels);
  const image narrow = clipt::resize(from, 13, 30);
  EXPECT_EQ(narrow.pixels, reference_resize(from, 13, 30).pixels);
}

TEST(resize, keeps_flat_pictures_flat) {
  for (const int value : {0, 1, 100, 254, 255}) {
    image flat = clipt::blank_image(71, 45, 4, pixel_mode::rgb_alpha);
    std::fill(flat.pixels.begin(), flat.pixels.end(), static_cast<std::uint8_t>(value));
    for (std::size_t i = 3; i < flat.pixels.size(); i += 4) flat.pixels[i] = 255;
    const image out = clipt::resize(flat, 32, 50);
    for (std::size_t i = 0; i < out.pixels.size(); ++i) ASSERT_EQ(out.pixels[i], i % 4 == 3 ? 255 : value);
  }
}

TEST(resize, does_not_let_transparent_colours_bleed) {
  image from = clipt::blank_image(16, 16, 4, pixel_mode::rgb_alpha);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) {
      const std::uint8_t pixel[4] = {255, static_cast<std::uint8_t>(x < 8 ? 255 : 0), 0,
                                     static_cast<std::uint8_t>(x < 8 ? 255 : 0)};
      std::copy_n(pixel, 4, from.row(y) + 4 * x);
    }
  const image out = clipt::resize(from, 5, 5);
  for (int x = 0; x < 5; ++x) {
    if (out.row(2)[4 * x + 3] < 20) continue;
    EXPECT_GE(out.row(2)[4 * x + 1], 250) << x;
  }
}

TEST(resize, takes_the_nearest_pixel_of_palette_pictures) {
  image from = noise(10, 10, 3, 7);
  from.mode = pixel_mode::palette;
  const image out = clipt::resize(from, 4, 5);
  EXPECT_EQ(out.mode, pixel_mode::palette);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 4; ++x)
      for (int c = 0; c < 3; ++c)
        EXPECT_EQ(out.row(y)[3 * x + c], from.row(2 * y + 1)[3 * static_cast<int>((x + 0.5) * 2.5) + c]);
}

TEST(resize_window, equals_the_same_part_of_the_whole) {
  for (const int channels : {1, 2, 3, 4}) {
    const image from = noise(97, 61, channels, 8);
    const image whole = clipt::resize(from, 60, 33);
    const image part = clipt::detail::resize_window(from, 60, 33, {11, 5, 30, 20}, clipt::interpolation::bicubic);
    for (int y = 0; y < 20; ++y)
      for (int i = 0; i < 30 * channels; ++i)
        ASSERT_EQ(part.row(y)[i], whole.row(5 + y)[11 * channels + i]) << channels << ' ' << y << ' ' << i;
  }
}

/// What `work` needs at its peak beyond what the process has had before, in bytes; 0 under sanitizers, which keep what is freed.
template <class Work>
long peak_of(const Work& work) {
  const auto most = [] {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss * 1024L;
  };
  const long before = most();
  work();
#ifdef __SANITIZE_ADDRESS__
  return 0 * before;
#else
  return most() - before;
#endif
}

TEST(resize, needs_little_memory_for_strips) {
  const int length = 4'000'000;
  for (const int channels : {1, 4}) {
    image strip = clipt::blank_image(length, 1, channels, channels == 1 ? pixel_mode::grey : pixel_mode::cmyk);
    for (int i = 0; i < length * channels; i += 7) strip.pixels[static_cast<std::size_t>(i)] = 200;
    EXPECT_LT(peak_of([&] {
                EXPECT_EQ(clipt::resize(strip, 64, 64).pixels.size(), 64u * 64 * static_cast<unsigned>(channels));
              }),
              16 << 20);
    std::swap(strip.width, strip.height);
    EXPECT_LT(peak_of([&] { clipt::resize(strip, 64, 64); }), 16 << 20);
  }
}

TEST(resize, makes_weights_some_at_a_time) {  // a strip so long that they are
  for (const int channels : {1, 3}) {
    image from = noise(300'001, 2, channels, 11);
    EXPECT_EQ(clipt::resize(from, 9, 2).pixels, reference_resize(from, 9, 2).pixels);
    std::swap(from.width, from.height);
    EXPECT_EQ(clipt::resize(from, 2, 9).pixels, reference_resize(from, 2, 9).pixels);
  }
}

TEST(preprocess_pixels, reads_strips_of_any_length) {
  for (const pixel_mode mode : {pixel_mode::rgb, pixel_mode::palette}) {
    image strip = clipt::blank_image(12'000'000, 1, 3, mode);
    std::fill(strip.pixels.begin(), strip.pixels.end(), std::uint8_t{90});
    EXPECT_EQ(clipt::preprocess_pixels(strip, 224).row(112)[3 * 112], 90);
    std::swap(strip.width, strip.height);
    EXPECT_EQ(clipt::preprocess_pixels(strip, 224).row(112)[3 * 112], 90);
  }
}

TEST(resize_shortest, cuts_the_longer_side_to_a_whole_number) {
  const int sizes[][5] = {
      {640, 427, 224, 335, 224}, {427, 640, 224, 224, 335}, {64, 1, 32, 2048, 32}, {20, 20, 7, 7, 7}};
  for (const auto& [width, height, side, new_width, new_height] : sizes) {
    const image out = clipt::resize_shortest(noise(width, height, 1, 9), side);
    EXPECT_EQ(out.width, new_width);
    EXPECT_EQ(out.height, new_height);
  }
}

TEST(resize, refuses_impossible_sizes) {
  const image from = noise(4, 4, 3, 1);
  EXPECT_THROW(clipt::resize(from, 0, 4), clipt::shape_error);
  EXPECT_THROW(clipt::resize(from, 4, -1), clipt::shape_error);
  EXPECT_THROW(clipt::resize_shortest(from, 0), clipt::shape_error);
  EXPECT_THROW(clipt::resize(image{}, 4, 4), clipt::shape_error);
}

}  // namespace
