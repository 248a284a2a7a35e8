// JPEG through libjpeg-turbo: what is refused and with which words; nothing leaks when it jumps out of a failure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/io/image_file.hpp>

#include "why.hpp"

namespace {

#ifdef CLIPT_LIBJPEG

using clipt::image;
using clipt::pixel_mode;
using testing::HasSubstr;

std::string file(const char* name) {
  return clipt::read_file(std::filesystem::path(CLIPT_TEST_DIR) / "golden/preprocess/modes" / name);
}

image decode_jpeg(const std::string& bytes, std::int64_t limit = clipt::default_pixel_limit) {
  return clipt::detail::jpeg_reader(std::as_bytes(std::span(bytes)), "picture").decode(limit);
}

std::string refusal_of_jpeg(const std::string& bytes, std::int64_t limit = clipt::default_pixel_limit) {
  return clipt_test::why<clipt::io_error>([&] { decode_jpeg(bytes, limit); });
}

/// Where the frame header's content begins: precision, height, width, channels.
std::size_t frame_at(const std::string& bytes) { return bytes.find("\xFF\xC0") + 4; }

TEST(jpeg_reader, knows_grey_colours_and_inks) {
  const image grey = decode_jpeg(file("l.jpg"));
  EXPECT_EQ(grey.mode, pixel_mode::grey);
  EXPECT_EQ(grey.pixels.size(), 45u * 31);
  EXPECT_EQ(decode_jpeg(file("rgb.jpg")).mode, pixel_mode::rgb);
  const image inks = decode_jpeg(file("cmyk.jpg"));
  EXPECT_EQ(inks.mode, pixel_mode::cmyk);
  EXPECT_EQ(inks.channels, 4);
  EXPECT_FALSE(inks.has_alpha());
}

TEST(jpeg_reader, refuses_what_is_cut_short) {  // and so does Pillow, even if the end marker alone is missing
  const std::string whole = file("rgb.jpg");
  for (std::size_t size = 2; size < whole.size(); ++size)
    EXPECT_THAT(refusal_of_jpeg(whole.substr(0, size)),
                testing::AnyOf(HasSubstr("cut short"), HasSubstr("header cannot be read")))
        << size;
  EXPECT_EQ(decode_jpeg(whole + "what follows is not read").pixels, decode_jpeg(whole).pixels);
}

TEST(jpeg_reader, passes_on_what_libjpeg_says) {
  std::string deep = file("l.jpg");
  deep[frame_at(deep)] = 12;
  EXPECT_THAT(refusal_of_jpeg(deep),
              HasSubstr("clipt::read_image: picture: cannot be decoded: Unsupported JPEG data precision 12"));
  EXPECT_THAT(refusal_of_jpeg("\xFF\xD8\xFF\xD9"),
              HasSubstr("the header cannot be read: it does not end within 4 bytes"));
}

TEST(jpeg_reader, checks_the_size_before_decoding) {
  std::string large = file("l.jpg");
  EXPECT_THAT(refusal_of_jpeg(large, 45 * 31 - 1), HasSubstr("45 x 31 pixels are more than the limit of 1394"));
  large.replace(frame_at(large) + 1, 4, "\x27\x10\x27\x10");  // 10000 x 10000 need at least 195 kB
  EXPECT_THAT(refusal_of_jpeg(large), HasSubstr("cut short: 10000 x 10000 pixels in"));
}

/// A progressive JPEG of 8 x 8 greys: a scan of the mean, then `more` of single coefficients, all zero.
std::string progressive(int more) {
  const auto segment = [](const char* marker, const std::string& data) {
    return marker + std::string{'\0', static_cast<char>(data.size() + 2)} + data;
  };
  const std::string one_code = '\1' + std::string(15, '\0') + '\0', zero("\0", 1);
  std::string out = "\xFF\xD8" + segment("\xFF\xDB", zero + std::string(64, '\1')) +
                    segment("\xFF\xC2", std::string("\x08\0\x08\0\x08\x01\x01\x11\0", 9)) +
                    segment("\xFF\xC4", zero + one_code) + segment("\xFF\xC4", '\x10' + one_code);
  for (int i = 0; i <= more; ++i) {
    const char coefficient = static_cast<char>(i == 0 ? 0 : 1 + i % 63);
    out += segment("\xFF\xDA", std::string("\1\1\0", 3) + coefficient + coefficient + zero) + '\x7F';
  }
  return out + "\xFF\xD9";
}

TEST(jpeg_reader, refuses_very_many_scans) {
  EXPECT_EQ(decode_jpeg(progressive(99)).pixels, std::vector<std::uint8_t>(64, 128));
  EXPECT_THAT(refusal_of_jpeg(progressive(100)), HasSubstr("picture: a progressive JPEG of more than 100 scans"));
}

TEST(jpeg_reader, survives_any_single_damage) {
  for (const char* name : {"l.jpg", "rgb.jpg", "cmyk.jpg"}) {
    const std::string whole = file(name);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
      refusal_of_jpeg(damaged, 1'000'000);
    }
  }
}

#else

TEST(jpeg_reader, is_left_out) { GTEST_SKIP() << "skipped: no libjpeg was found"; }

#endif

}  // namespace
