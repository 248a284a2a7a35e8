// EXIF orientation: all eight turns, both byte orders, JPEG and PNG, and data that are damaged.
#include <gtest/gtest.h>

#include <clipt/io/exif.hpp>
#include <clipt/io/image_file.hpp>

namespace {

using clipt::image;

/// EXIF data with one entry: tag 0x0112, a short.
std::string exif(char orientation, bool little) {
  std::string data = little ? std::string("II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0", 18)
                            : std::string("MM\0*\0\0\0\x8\0\1\1\x12\0\3\0\0\0\1\0", 19);
  data.push_back(orientation);
  data.resize(26);
  return data;
}

int orientation(const std::string& data) { return clipt::detail::orientation_of(std::as_bytes(std::span(data))); }

std::string segment(char marker, const std::string& data) {
  const auto length = static_cast<char>(data.size() + 2);
  return std::string{'\xFF', marker, '\0', length} + data;
}

int orientation_in(const std::string& file, clipt::detail::image_format format) {
  return clipt::detail::orientation_of(std::as_bytes(std::span(file)), format);
}

TEST(oriented, turns_in_all_eight_ways) {
  const image from{3, 2, 1, clipt::pixel_mode::grey, {1, 2, 3, 4, 5, 6}};
  const std::vector<std::uint8_t> expected[] = {
      {1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
      {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4},
  };
  for (int i = 1; i <= 8; ++i) {
    const image out = clipt::oriented(from, i);
    EXPECT_EQ(out.pixels, expected[i - 1]) << i;
    EXPECT_EQ(out.width, i < 5 ? 3 : 2) << i;
    EXPECT_EQ(out.height, i < 5 ? 2 : 3) << i;
  }
  EXPECT_EQ(clipt::oriented(from, 9).pixels, from.pixels);
}

TEST(oriented, keeps_channels_together_and_the_palette) {
  image from{2, 1, 3, clipt::pixel_mode::palette, {1, 2, 3, 4, 5, 6}};
  from.palette = {1, 2, 3, 4, 5, 6};
  const image out = clipt::oriented(from, 6);
  EXPECT_EQ(out.pixels, from.pixels);
  EXPECT_EQ(out.height, 2);
  EXPECT_EQ(out.palette, from.palette);
  EXPECT_EQ(clipt::oriented(from, 2).pixels, (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3}));
}

TEST(orientation_of, reads_both_byte_orders) {
  for (char i = 1; i <= 8; ++i) {
    EXPECT_EQ(orientation(exif(i, true)), i);
    EXPECT_EQ(orientation(exif(i, false)), i);
  }
}

TEST(orientation_of, takes_damaged_data_for_none) {
  EXPECT_EQ(orientation(""), 1);
  EXPECT_EQ(orientation(exif(0, true)), 1);
  EXPECT_EQ(orientation(exif(9, true)), 1);
  const std::string whole = exif(6, false);
  for (std::size_t size = 0; size + 4 < whole.size(); ++size) EXPECT_EQ(orientation(whole.substr(0, size)), 1) << size;
  std::string far = whole;
  far.replace(4, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(orientation(far), 1);
  std::string many = whole;
  many.replace(8, 2, "\xFF\xFF");
  EXPECT_EQ(orientation(many), 6);
}

TEST(orientation_of, finds_the_data_in_jpeg_and_png) {
  using clipt::detail::image_format;
  const std::string begin("Exif\0\0", 6);
  const std::string jpeg = "\xFF\xD8" + segment('\xE0', "JFIF") + segment('\xE1', "http://ns.adobe.com/xap/1.0/") +
                           segment('\xE1', begin + exif(5, true));
  EXPECT_EQ(orientation_in(jpeg + std::string("\xFF\xDA\0\2", 4), image_format::jpeg), 5);
  EXPECT_EQ(orientation_in(jpeg.substr(0, jpeg.size() - 12), image_format::jpeg), 1);
  EXPECT_EQ(
      orientation_in("\xFF\xD8" + segment('\xDA', "") + segment('\xE1', begin + exif(5, true)), image_format::jpeg), 1);
  std::string png = clipt::encode_png(image{1, 1, 1, clipt::pixel_mode::grey, {7}});
  std::string chunk;
  clipt::detail::png_chunk(chunk, "eXIf", exif(8, false));
  png.insert(png.size() - 12, chunk);
  EXPECT_EQ(orientation_in(png, image_format::png), 8);
}

TEST(read_image, turns_by_exif_only_when_asked) {
  const image from{2, 1, 1, clipt::pixel_mode::grey, {7, 9}};
  std::string png = clipt::encode_png(from);
  std::string chunk;
  clipt::detail::png_chunk(chunk, "eXIf", exif(8, true));
  png.insert(33, chunk);
  const auto bytes = std::as_bytes(std::span(png));
  EXPECT_EQ(clipt::decode_image(bytes, "png").width, 2);
  EXPECT_EQ(clipt::decode_image(bytes, "png").orientation, 8);
  const image turned = clipt::decode_image(bytes, "png", {.exif_orientation = true});
  EXPECT_EQ(turned.width, 1);
  EXPECT_EQ(turned.orientation, 1);  // it is done
  EXPECT_EQ(turned.pixels, (std::vector<std::uint8_t>{9, 7}));
}

}  // namespace
