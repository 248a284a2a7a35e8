// Feeds bytes to decode_image: pictures, decoded or refused, within a limit of pixels. What stb_image reads, without the libraries.
#include <clipt/pictures/image.hpp>
#include <clipt/io/image_file.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const clipt::image picture = clipt::decode_image(std::as_bytes(std::span(data, size)), "input",
                                                     {.pixel_limit = 1 << 16, .exif_orientation = size % 2 == 0});
    if (picture.pixels.size() != picture.stride() * static_cast<std::size_t>(picture.height)) std::abort();
    if (clipt::preprocess_pixels(picture, 8).pixels.size() != std::size_t{8} * 8 * 3) std::abort();
  } catch (const clipt::error&) {
  }
  return 0;
}
