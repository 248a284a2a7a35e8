// A decoded picture: bytes, row by row, and what its file's pixels were.
#pragma once
#include <cstddef>  // size_t
#include <cstdint>  // uint8_t
#include <vector>   // vector

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// What the pixels of a picture's file were, as far as resizing and conversion to RGB have to know.
///
/// `palette` stands for indexed and one-bit pictures: their pixels are already colours here (rgb or rgb with alpha),
/// but they are resized by nearest neighbour, as in Pillow. `grey_16` has two channels, the lower and the upper byte of
/// one grey; `cmyk` has four, of which none is alpha.
enum class pixel_mode { grey, grey_alpha, rgb, rgb_alpha, palette, grey_16, cmyk };

/// A picture: `pixels` is [height, width, channels], row-major; 1, 2, 3 or 4 channels, alpha last and not
/// premultiplied.
struct image {
  int width = 0;
  int height = 0;
  int channels = 0;
  pixel_mode mode = pixel_mode::rgb;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> palette{};     // [colours, 3] of mode `palette`, in the file's order, where it is known
  std::vector<std::uint8_t> colour_key{};  // nothing, or the colour (as RGB) that the file says is transparent
  int orientation = 1;                     // how the file says that it is to be shown, 1 to 8; see oriented

  /// The first byte of row `y`.
  const std::uint8_t* row(int y) const { return pixels.data() + static_cast<std::size_t>(y) * stride(); }
  std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * stride(); }

  /// Bytes from one row to the next.
  std::size_t stride() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels); }

  /// Whether the last channel is alpha.
  bool has_alpha() const { return channels % 2 == 0 && mode != pixel_mode::grey_16 && mode != pixel_mode::cmyk; }
};

/// Whether parts of the picture may be transparent: it has alpha, or a colour key, of which resizing knows nothing.
inline bool may_be_transparent(const image& picture) { return picture.has_alpha() || !picture.colour_key.empty(); }

/// A black picture (fully transparent if it has alpha, white if it is cmyk) of the given size.
inline image blank_image(int width, int height, int channels, pixel_mode mode) {
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return {width, height, channels, mode, std::vector<std::uint8_t>(count * static_cast<std::size_t>(channels))};
}

}  // namespace clipt::inline CLIPT_BUILD
