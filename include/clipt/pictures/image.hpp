// From a decoded picture to the image encoder's input, as OpenAI, open_clip and Hugging Face do it.
#pragma once
#include <algorithm>  // max, copy_n
#include <array>      // array
#include <cstdint>    // uint8_t
#include <span>       // span

#include <fmt/format.h>  // format

#include <clipt/pictures/colours.hpp>  // to_rgb, flatten
#include <clipt/pictures/resize.hpp>   // resize_window
#include <clipt/core/error.hpp>        // shape_error
#include <clipt/io/oriented.hpp>       // oriented
#include <clipt/io/pixels.hpp>         // image

namespace clipt::inline CLIPT_BUILD {

/// Mean and standard deviation of each colour channel, in units of the full range [0, 1].
struct channel_statistics {
  std::array<float, 3> mean, std;

  bool operator==(const channel_statistics&) const = default;
};

/// What every CLIP of OpenAI was trained with.
inline constexpr channel_statistics clip_statistics{{0.48145466f, 0.4578275f, 0.40821073f},
                                                    {0.26862954f, 0.26130258f, 0.27577711f}};

/// What the SigLIP models were trained with.
inline constexpr channel_statistics siglip_statistics{{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}};

/// How a picture becomes a square: the shorter side is made to fit and the rest cropped away, the longer side is made
/// to fit and the rest filled, or both sides are made to fit.
enum class resize_mode { shortest, longest, squash };

/// Whose order of steps: `openai` (open_clip, too) resizes in the file's own mode and converts to RGB then, and rounds
/// half a pixel of the crop's offset to even; `hugging_face` converts to RGB first, and rounds it down.
enum class pixel_order { openai, hugging_face };

/// What is done to a picture before it is encoded; the defaults are those of OpenAI's models.
///
/// PyTorch equivalent: open_clip's PreprocessCfg, to which `order` and what follows the statistics are added.
struct preprocessing {
  resize_mode resize = resize_mode::shortest;
  interpolation filter = interpolation::bicubic;
  pixel_order order = pixel_order::openai;
  std::uint8_t fill = 0;  // of what `longest` leaves empty, in every channel; the number of a colour in a palette
  channel_statistics statistics = clip_statistics;
  int resized = 0;          // what `shortest` and `squash` resize to before they crop; 0: the side of the square
  bool over_white = false;  // lay transparent pictures over white first
  bool exif_orientation = false;  // turn pictures as their files say first

  bool operator==(const preprocessing&) const = default;
};

/// As transformers' CLIPImageProcessor does it since version 5; before, alpha was dropped.
inline constexpr preprocessing hugging_face_preprocessing{.order = pixel_order::hugging_face, .over_white = true};

/// As train_clip's models are trained if nothing else is asked for: what lies under alpha 0 is often black or noise.
inline constexpr preprocessing training_preprocessing{.over_white = true};

/// As open_clip does it for SigLIP models.
inline constexpr preprocessing siglip_preprocessing{.resize = resize_mode::squash, .statistics = siglip_statistics};

namespace detail {

/// round(excess / 2) with ties to even, as Python rounds: 1 gives 0, 3 gives 2, 5 gives 2, 7 gives 4.
inline std::int64_t half_to_even(std::int64_t excess) {
  const std::int64_t half = excess / 2;
  return excess % 2 == 0 ? half : half + half % 2;
}

/// A pixel of the border: `fill` in every channel, as one 16-bit grey, or the palette's colour of that number.
inline std::array<std::uint8_t, 4> border_pixel(const image& picture, std::uint8_t fill) {
  if (picture.mode == pixel_mode::grey_16) return {fill, 0};
  const std::vector<std::uint8_t>& palette = picture.palette;
  if (picture.mode != pixel_mode::palette || palette.empty()) return {fill, fill, fill, fill};
  const std::size_t at = std::size_t{3} * fill;
  if (at + 3 > palette.size()) return {0, 0, 0, 255};
  return {palette[at], palette[at + 1], palette[at + 2], 255};
}

/// The picture in the middle of one that is at least `side` large both ways; the odd pixel goes right and below.
inline image padded(const image& from, int side, const std::array<std::uint8_t, 4>& border) {
  image out = blank_image(std::max(from.width, side), std::max(from.height, side), from.channels, from.mode);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = border[i % static_cast<std::size_t>(from.channels)];
  const int left = (out.width - from.width) / 2;
  const int top = (out.height - from.height) / 2;
  for (int y = 0; y < from.height; ++y)
    std::copy_n(from.row(y), from.stride(), out.row(top + y) + left * from.channels);
  return out;
}

inline void check_side(const char* function, int side) {
  if (side < 1) throw shape_error(fmt::format("clipt::{}: the side must be at least 1, found {}", function, side));
}

}  // namespace detail

/// The middle `side` x `side` pixels; a smaller picture is padded with zeros first.
///
/// Offsets are round((size - side) / 2) with Python's rounding (ties to even), not the floor of other ports.
/// PyTorch equivalent: torchvision.transforms.CenterCrop(side).
inline image center_crop(const image& from, int side) {
  detail::check_picture("center_crop", from);
  detail::check_side("center_crop", side);
  if (from.width < side || from.height < side) return center_crop(detail::padded(from, side, {}), side);
  const auto left = static_cast<int>(detail::half_to_even(from.width - side));
  const auto top = static_cast<int>(detail::half_to_even(from.height - side));
  image out = blank_image(side, side, from.channels, from.mode);
  for (int y = 0; y < side; ++y) std::copy_n(from.row(top + y) + left * from.channels, out.stride(), out.row(y));
  return out;
}

/// planes[c][y][x] = (pixel / 255 - mean_c) / std_c; `planes` is [3, height, width].
///
/// Errors: shape_error unless the picture has three channels and `planes` as many numbers as the picture bytes.
/// PyTorch equivalent: torchvision.transforms.ToTensor, then Normalize(mean, std); the same floats.
inline void normalise(const image& rgb, const channel_statistics& statistics, std::span<float> planes) {
  detail::check_picture("normalise", rgb);
  if (rgb.channels != 3 || planes.size() != rgb.pixels.size())
    throw shape_error(
        fmt::format("clipt::normalise: {} x {} pixels of {} channels do not fit {} numbers; three channels "
                    "(to_rgb) and 3 x height x width numbers are needed",
                    rgb.width, rgb.height, rgb.channels, planes.size()));
  std::array<std::array<float, 256>, 3> table;
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t value = 0; value < 256; ++value)
      table[c][value] = (static_cast<float>(value) / 255.f - statistics.mean[c]) / statistics.std[c];
  const std::size_t count = rgb.pixels.size() / 3;
  const std::uint8_t* pixel = rgb.pixels.data();
  for (std::size_t i = 0; i < count; ++i, pixel += 3)
    for (std::size_t c = 0; c < 3; ++c) planes[c * count + i] = table[c][pixel[c]];
}

namespace detail {

/// The square in the picture's own mode; of `shortest` and `squash`, only pixels that the crop keeps are computed.
inline image resize_to_square(const image& from, int side, const preprocessing& how) {
  if (how.resize == resize_mode::longest) {
    const picture_size size = longest_size(from, side);
    const scaled_window whole{0, 0, static_cast<int>(size.width), static_cast<int>(size.height)};
    return padded(resize_window(from, size.width, size.height, whole, how.filter), side, border_pixel(from, how.fill));
  }
  const int to = how.resized == 0 ? side : how.resized;
  if (to < side)
    throw shape_error(
        fmt::format("clipt::preprocess_pixels: resized is {}: it must be 0 or at least the side, {}", to, side));
  const picture_size size = how.resize == resize_mode::squash ? picture_size{to, to} : shortest_size(from, to);
  const auto offset = [&](std::int64_t length) {
    return how.order == pixel_order::openai ? half_to_even(length - side) : (length - side) / 2;
  };
  return resize_window(from, size.width, size.height, {offset(size.width), offset(size.height), side, side},
                       how.filter);
}

}  // namespace detail

namespace detail {

/// The picture as it is to be seen: turned as its file says, and opaque, where `how` asks for that.
inline image as_shown(image picture, const preprocessing& how) {
  if (how.exif_orientation && picture.orientation != 1) picture = oriented(picture, picture.orientation);
  return how.over_white && may_be_transparent(picture) ? flatten(picture) : picture;
}

}  // namespace detail

/// The picture as [side, side, 3] bytes: turned and laid over white where that is asked for, resized, cropped or padded, and converted to RGB.
///
/// Errors: shape_error for a side below 1. PyTorch equivalent, to the byte: what open_clip's image_transform_v2, or
/// with pixel_order::hugging_face transformers' CLIPImageProcessor, makes of a PIL image before it becomes floats.
inline image preprocess_pixels(const image& from, int side, const preprocessing& how = {}) {
  detail::check_picture("preprocess_pixels", from);
  detail::check_side("preprocess_pixels", side);
  const bool turned = how.exif_orientation && from.orientation != 1;
  if (turned || (how.over_white && may_be_transparent(from))) return preprocess_pixels(detail::as_shown(from, how), side, how);
  if (how.order == pixel_order::hugging_face && from.mode != pixel_mode::rgb)
    return preprocess_pixels(to_rgb(from), side, how);
  image picture = detail::resize_to_square(from, side, how);
  if (picture.channels != 3) return to_rgb(picture);
  picture.mode = pixel_mode::rgb;
  return picture;
}

/// The image encoder's input: preprocess_pixels, then normalise; `planes` is [3, side, side].
///
/// PyTorch equivalent: the preprocess function that clip.load returns; with other settings, image_transform_v2.
inline void preprocess(const image& from, int side, std::span<float> planes, const preprocessing& how = {}) {
  normalise(preprocess_pixels(from, side, how), how.statistics, planes);
}

}  // namespace clipt::inline CLIPT_BUILD
