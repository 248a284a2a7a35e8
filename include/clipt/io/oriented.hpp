// Pictures turned and mirrored as their files say that they are to be shown.
#pragma once
#include <algorithm>  // copy_n
#include <cstdint>    // uint8_t

#include <clipt/io/pixels.hpp>  // image

namespace clipt::inline CLIPT_BUILD {

/// The picture as it is to be shown when its file says `orientation`, 1 (as it is) to 8.
///
/// 2 mirrors, 3 turns by 180 degrees, 4 mirrors upside down, 5 swaps the axes, 6 turns clockwise, 7 swaps the axes and
/// turns by 180 degrees, 8 turns anticlockwise; other numbers do nothing. Pillow equivalent: ImageOps.exif_transpose.
inline image oriented(const image& from, int orientation) {
  if (orientation < 2 || orientation > 8) return from;
  const bool swapped = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  image out = swapped ? blank_image(from.height, from.width, from.channels, from.mode)
                      : blank_image(from.width, from.height, from.channels, from.mode);
  out.palette = from.palette;
  out.colour_key = from.colour_key;
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const int column = swapped ? y : x;
      const int row = swapped ? x : y;
      const std::uint8_t* pixel = from.row(from_below ? from.height - 1 - row : row) +
                                  (from_right ? from.width - 1 - column : column) * from.channels;
      std::copy_n(pixel, from.channels, out.row(y) + x * from.channels);
    }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
