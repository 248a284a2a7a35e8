// Pillow's resizing of pictures in their file's own mode, to the byte.
#pragma once
#include <algorithm>  // min, minmax, copy_n
#include <cmath>      // nearbyint
#include <cstdint>    // uint8_t
#include <limits>     // numeric_limits
#include <vector>     // vector

#include <fmt/format.h>  // format

#include <clipt/pictures/resample.hpp>     // resample, scaled_window, interpolation
#include <clipt/pictures/resample_16.hpp>  // the passes of 16-bit greys
#include <clipt/core/error.hpp>            // shape_error
#include <clipt/io/pixels.hpp>             // image

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Which inputs outputs [from, from + count) of one axis take: a running sum from half a step, cut to whole numbers. Of a
/// picture too large for Pillow, whose sums need not be met, the sum is a product.
inline std::vector<int> nearest_positions(int in, std::int64_t out, std::int64_t from, int count) {
  std::vector<int> positions;
  const double step = static_cast<double>(in) / static_cast<double>(out);
  double position = step * 0.5;
  std::int64_t i = 0;
  if (out > std::numeric_limits<int>::max()) position += static_cast<double>(i = from) * step;
  for (; i < from + count; ++i, position += step)
    if (i >= from) positions.push_back(std::min(static_cast<int>(position), in - 1));
  return positions;
}

/// Nearest neighbour with Pillow's coordinates.
inline image resample_nearest(const image& from, std::int64_t width, std::int64_t height, const scaled_window& window) {
  const std::vector<int> columns = nearest_positions(from.width, width, window.left, window.width);
  const std::vector<int> rows = nearest_positions(from.height, height, window.top, window.height);
  image out = blank_image(window.width, window.height, from.channels, from.mode);
  for (int y = 0; y < window.height; ++y) {
    const std::uint8_t* row = from.row(rows[static_cast<std::size_t>(y)]);
    for (int x = 0; x < window.width; ++x)
      std::copy_n(row + columns[static_cast<std::size_t>(x)] * from.channels, from.channels,
                  out.row(y) + x * from.channels);
  }
  return out;
}

/// Colours times alpha / 255, rounded as in Pillow.
inline image premultiplied(image picture) {
  const int colours = picture.channels - 1;
  for (std::size_t i = 0; i < picture.pixels.size(); i += static_cast<std::size_t>(picture.channels))
    for (int c = 0; c < colours; ++c) {
      std::uint8_t& colour = picture.pixels[i + static_cast<std::size_t>(c)];
      const int product = colour * picture.pixels[i + static_cast<std::size_t>(colours)] + 128;
      colour = static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
    }
  return picture;
}

/// The inverse of `premultiplied`, cut to whole numbers; fully transparent pixels keep what they have.
inline image unpremultiplied(image picture) {
  const int colours = picture.channels - 1;
  for (std::size_t i = 0; i < picture.pixels.size(); i += static_cast<std::size_t>(picture.channels)) {
    const int alpha = picture.pixels[i + static_cast<std::size_t>(colours)];
    if (alpha == 0 || alpha == 255) continue;
    for (int c = 0; c < colours; ++c) {
      std::uint8_t& colour = picture.pixels[i + static_cast<std::size_t>(c)];
      colour = static_cast<std::uint8_t>(std::min(255, 255 * colour / alpha));
    }
  }
  return picture;
}

inline void check_picture(const char* function, const image& picture) {
  const bool fits = (picture.mode != pixel_mode::grey_16 || picture.channels == 2) &&
                    (picture.mode != pixel_mode::cmyk || picture.channels == 4);
  if (picture.width <= 0 || picture.height <= 0 || picture.channels < 1 || picture.channels > 4 || !fits ||
      picture.pixels.size() != picture.stride() * static_cast<std::size_t>(picture.height))
    throw shape_error(fmt::format("clipt::{}: {} x {} pixels of {} channels in {} bytes is not a picture", function,
                                  picture.width, picture.height, picture.channels, picture.pixels.size()));
}

/// A window of what `resize` gives, at the cost of the window alone.
inline image resize_window(const image& from, std::int64_t width, std::int64_t height, const scaled_window& window,
                           interpolation how) {
  if (from.mode == pixel_mode::palette) return resample_nearest(from, width, height, window);
  if (from.mode == pixel_mode::grey_16) return resample<double>(from, width, height, window, how);
  if (!from.has_alpha() || (width == from.width && height == from.height))
    return resample<std::int32_t>(from, width, height, window, how);
  return unpremultiplied(resample<std::int32_t>(premultiplied(from), width, height, window, how));
}

/// The size of a scaled picture, of which only a part may be computed: a strip may be longer than any that can be held.
struct picture_size {
  std::int64_t width, height;
};

/// Size after resizing the shorter side to `side`: the longer one is cut to a whole number.
inline picture_size shortest_size(const image& from, int side) {
  const auto [shorter, longer] = std::minmax(from.width, from.height);
  // In double, as in torchvision, for sides of pictures that can be held.
  const auto other = static_cast<std::int64_t>(static_cast<double>(std::int64_t{side} * longer) / shorter);
  if (from.width <= from.height) return {side, other};
  return {other, side};
}

/// Size after resizing the longer side to `side`: the shorter one is rounded, ties to even, but does not vanish.
inline picture_size longest_size(const image& from, int side) {
  const double ratio = static_cast<double>(std::max(from.width, from.height)) / side;
  const auto scaled = [ratio](int in) { return std::max(1, static_cast<int>(std::nearbyint(in / ratio))); };
  return {scaled(from.width), scaled(from.height)};
}

}  // namespace detail

/// The picture at another size, by antialiased interpolation; both sizes in pixels, >= 1.
///
/// For each axis, with scale = in / out and s = max(scale, 1): output i is the sum of f((x - centre + 1/2) / s) in(x),
/// weights normalised to 1, centre = (i + 1/2) scale, f = Keys' cubic with a = -1/2, or 1 - |t|; in 22-bit fixed point
/// (16-bit greys: in double), one axis after the other. Pictures with alpha are premultiplied meanwhile; those of mode
/// `palette` are resized by nearest neighbour. Errors: shape_error for sizes below 1.
/// Pillow equivalent, to the byte: image.resize((width, height), BICUBIC or BILINEAR).
inline image resize(const image& from, int width, int height, interpolation how = interpolation::bicubic) {
  detail::check_picture("resize", from);
  if (width < 1 || height < 1)
    throw shape_error(fmt::format("clipt::resize: the size must be at least 1 x 1, found {} x {}", width, height));
  return detail::resize_window(from, width, height, {0, 0, width, height}, how);
}

/// The picture with its shorter side resized to `side` and the longer one to int(side * longer / shorter).
///
/// PyTorch equivalent: torchvision.transforms.Resize(side, InterpolationMode.BICUBIC) on a PIL image.
inline image resize_shortest(const image& from, int side, interpolation how = interpolation::bicubic) {
  detail::check_picture("resize_shortest", from);
  if (side < 1) throw shape_error(fmt::format("clipt::resize_shortest: the side must be at least 1, found {}", side));
  const detail::picture_size size = detail::shortest_size(from, side);
  if (size.width > std::numeric_limits<int>::max() || size.height > std::numeric_limits<int>::max())
    throw shape_error(
        fmt::format("clipt::resize_shortest: {} x {} pixels are too long a strip to be {} at the shorter side",
                    from.width, from.height, side));
  const detail::scaled_window whole{0, 0, static_cast<int>(size.width), static_cast<int>(size.height)};
  return detail::resize_window(from, size.width, size.height, whole, how);
}

}  // namespace clipt::inline CLIPT_BUILD
