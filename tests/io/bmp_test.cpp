// BMP files that stb_image would refuse or read from uninitialised memory, laid out anew.
#include <gtest/gtest.h>

#include <clipt/io/image_file.hpp>

namespace {

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// Four pixels in one row, with `gap` bytes before them; a palette of red and blue if `bits` is 8.
std::string bmp(std::uint32_t bits, std::uint32_t gap, bool os2, const std::string& pixels) {
  const std::uint32_t header = os2 ? 12 : 40;
  const std::uint32_t palette = bits == 8 ? (os2 ? 6 : 8) : 0;
  std::string out = "BM";
  for (const std::uint32_t value : {0u, 0u, 14 + header + palette + gap, header}) put(out, value, 4);
  put(out, 4, os2 ? 2 : 4);
  put(out, 1, os2 ? 2 : 4);
  put(out, 1, 2);
  put(out, bits, 2);
  if (!os2)
    for (const std::uint32_t value : {0u, 0u, 0u, 0u, palette / 4, 0u}) put(out, value, 4);
  if (bits == 8) {
    put(out, 0x00FF0000, os2 ? 3 : 4);
    put(out, 0x000000FF, os2 ? 3 : 4);
  }
  return out + std::string(gap, 'x') + pixels;
}

clipt::image decode_bmp(const std::string& bytes) {
  return clipt::decode_image(std::as_bytes(std::span(bytes)), "bmp");
}

const std::vector<std::uint8_t> red_blue{255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0};

TEST(plain_bmp, reads_palettes_of_both_headers_with_gaps) {
  for (const bool os2 : {false, true})
    for (const std::uint32_t gap : {0u, 5u})
      EXPECT_EQ(decode_bmp(bmp(8, gap, os2, std::string("\0\1\1\0", 4))).pixels, red_blue) << os2 << gap;
}

TEST(plain_bmp, gives_colours_beyond_the_palette_black) {
  EXPECT_EQ(decode_bmp(bmp(8, 0, false, std::string("\0\1\2\xFF", 4))).pixels,
            (std::vector<std::uint8_t>{255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0}));
}

TEST(plain_bmp, closes_the_gap_before_true_colours) {
  const std::string pixels = std::string("\0\0\xFF\xFF\0\0\xFF\0\0\0\0\xFF", 12);
  for (const std::uint32_t gap : {0u, 8u}) EXPECT_EQ(decode_bmp(bmp(24, gap, false, pixels)).pixels, red_blue) << gap;
}

}  // namespace
