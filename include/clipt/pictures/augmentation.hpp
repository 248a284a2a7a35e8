// What may happen to a picture in training, and where each decision finds its random number.
#pragma once
#include <array>    // array
#include <cstdint>  // uint8_t, uint64_t
#include <utility>  // pair

#include <clipt/core/ranges.hpp>  // check_range

namespace clipt::inline CLIPT_BUILD {

/// What may happen to a picture in training; names, ranges and distributions are torchvision's.
///
/// The defaults are open_clip's: a random crop of 90 to 100 % of the area and nothing else.
struct augmentation {
  // RandomResizedCrop: part of the area, width / height of the crop.
  float scale_min = 0.9f, scale_max = 1;
  float ratio_min = 0.75f, ratio_max = 4 / 3.f;
  // RandomAffine: rotation in +-degrees, shift in +-translate of the side, zoom, horizontal shear in +-degrees.
  float degrees = 0, translate = 0, zoom_min = 1, zoom_max = 1, shear = 0;
  std::array<std::uint8_t, 3> fill{255, 255, 255};  // what the affine map uncovers
  bool flip = false;                                // left and right change places with probability 1/2
  // ColorJitter: factors from [max(0, 1 - x), 1 + x], hue in turns from [-hue, hue], applied in random order.
  float brightness = 0, contrast = 0, saturation = 0, hue = 0;
  float grey = 0;   // probability of losing all colour
  float erase = 0;  // probability of a rectangle (2 to 33 % of the area) of CLIP's mean colour

  /// Whether the picture is rotated, shifted, zoomed or sheared at all.
  bool moves() const { return degrees != 0 || translate != 0 || zoom_min != 1 || zoom_max != 1 || shear != 0; }
};

/// Refuses what no picture can be done to: `clipt::error` that names the first number and its range.
inline void check_augmentation(const augmentation& a) {
  const auto check = [](const char* name, double value, const number_range& range = {}) {
    check_range("augmentation", name, value, range);
  };
  constexpr double least = 1e-3;  // of what pixels are moved or divided by
  check("scale_max", a.scale_max, {.least = 1e-9, .most = 1});
  check("scale_min", a.scale_min, {.least = 1e-9, .most = a.scale_max});
  check("ratio_min", a.ratio_min, {.least = least});
  check("ratio_max", a.ratio_max, {.least = a.ratio_min});
  check("degrees", a.degrees);
  check("translate", a.translate, {.most = 1});
  check("zoom_min", a.zoom_min, {.least = least});
  check("zoom_max", a.zoom_max, {.least = a.zoom_min});
  check("shear", a.shear, {.most = 89});
  for (const auto& [name, value] :
       {std::pair("brightness", a.brightness), {"contrast", a.contrast}, {"saturation", a.saturation}})
    check(name, value);
  check("hue", a.hue, {.most = 0.5});
  check("grey", a.grey, {.most = 1});
  check("erase", a.erase, {.most = 1});
}

namespace detail {

/// Where each random decision of `augment` finds its number in the stream; the tries take four numbers each.
struct augment_draw {
  static constexpr std::uint64_t crop = 0, angle = 40, shift_x = 41, shift_y = 42, zoom = 43, shear = 44, flip = 45,
                                 brightness = 46, contrast = 47, saturation = 48, hue = 49, order = 50, grey = 51,
                                 erase = 52, erase_tries = 56;
  static constexpr std::uint64_t tries = 10;
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
