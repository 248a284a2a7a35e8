// Reading pictures: every format and mode, refusals by name and reason, and thousands of damaged files.
#define STB_IMAGE_IMPLEMENTATION  // compiled here, so that a sanitizer build watches stb_image too, not only clipt
#define STBI_NO_STDIO
#include <stb_image.h>
#undef STB_IMAGE_IMPLEMENTATION

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include <clipt/core/philox.hpp>
#include <clipt/io/image_file.hpp>
#include <clipt/io/tsv.hpp>
#include <clipt/pictures/colours.hpp>

#include "allocation.hpp"
#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using clipt::image;
using clipt::pixel_mode;
using testing::HasSubstr;

image decode(const std::string& bytes, std::int64_t limit = clipt::default_pixel_limit) {
  return clipt::decode_image(std::as_bytes(std::span(bytes)), "picture", {.pixel_limit = limit});
}

std::string why(const std::string& bytes, std::int64_t limit = clipt::default_pixel_limit) {
  return clipt_test::why<clipt::io_error>([&] { decode(bytes, limit); });
}

image noise(int width, int height, int channels) {
  constexpr pixel_mode modes[] = {pixel_mode::grey, pixel_mode::grey_alpha, pixel_mode::rgb, pixel_mode::rgb_alpha};
  image out = clipt::blank_image(width, height, channels, modes[channels - 1]);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = static_cast<std::uint8_t>(clipt::random_stream{3}.bits(i));
  return out;
}

/// A BMP of two pixels with a palette of two colours.
std::string small_bmp() {
  std::string out = "BM";
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  };
  for (const std::uint32_t value : {70u, 0u, 62u, 40u, 2u, 1u}) number(value, 4);
  number(1, 2);
  number(8, 2);
  for (const std::uint32_t value : {0u, 4u, 0u, 0u, 2u, 2u, 0x00FF0000u, 0x000000FFu}) number(value, 4);
  number(0x0100, 4);
  return out;
}

TEST(encode_png, is_read_back_the_same) {
  for (const int channels : {1, 2, 3, 4}) {
    const image from = noise(23, 17, channels);
    const image back = decode(clipt::encode_png(from));
    EXPECT_EQ(back.pixels, from.pixels) << channels;
    EXPECT_EQ(back.width, 23);
    EXPECT_EQ(back.height, 17);
    EXPECT_EQ(back.channels, channels);
    EXPECT_EQ(back.mode, from.mode);
  }
  const image flat = clipt::blank_image(64, 64, 3, pixel_mode::rgb);
  EXPECT_LT(clipt::encode_png(flat).size(), 200u);
  EXPECT_THROW(clipt::encode_png(image{}), clipt::shape_error);
}

TEST(decode_image, knows_what_the_pixels_were) {
  const auto mode = [](const char* name) {
    return clipt::read_image(std::filesystem::path(CLIPT_TEST_DIR) / "golden/preprocess" / name).mode;
  };
  EXPECT_EQ(mode("grey.png"), pixel_mode::grey);
  EXPECT_EQ(mode("grey_alpha.png"), pixel_mode::grey_alpha);
  EXPECT_EQ(mode("rgb_down.png"), pixel_mode::rgb);
  EXPECT_EQ(mode("rgb_alpha.png"), pixel_mode::rgb_alpha);
  EXPECT_EQ(mode("one_bit.png"), pixel_mode::palette);
  EXPECT_EQ(mode("palette.png"), pixel_mode::palette);
  EXPECT_EQ(mode("palette_transparent.png"), pixel_mode::palette);
  EXPECT_EQ(mode("grey16.png"), pixel_mode::grey_16);
}

TEST(decode_image, reads_pnm_tga_bmp) {
  EXPECT_EQ(decode("P6 # a comment\n2 1\n255\nabcdef").pixels,
            (std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'}));
  EXPECT_EQ(decode("P5\n1 2\n255\nab").mode, pixel_mode::grey);
  const std::string tga = std::string("\0\0\2\0\0\0\0\0\0\0\0\0\2\0\1\0\x18\x20", 18) + "abcdef";
  EXPECT_EQ(decode(tga).pixels, (std::vector<std::uint8_t>{'c', 'b', 'a', 'f', 'e', 'd'}));
  const image bmp = decode(small_bmp());
  EXPECT_EQ(bmp.mode, pixel_mode::palette);
  EXPECT_EQ(bmp.pixels, (std::vector<std::uint8_t>{255, 0, 0, 0, 0, 255}));
  std::string top_down = small_bmp();
  top_down.replace(22, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(decode(top_down).pixels, bmp.pixels);
}

TEST(decode_image, scales_pnm_by_its_maximum) {
  EXPECT_EQ(decode(std::string("P5 3 1 3\n\0\1\3", 12)).pixels, (std::vector<std::uint8_t>{0, 85, 255}));
  const image deep = decode(std::string("P5 2 1 65535\n\x12\x34\0\7", 17));
  EXPECT_EQ(deep.mode, pixel_mode::grey_16);
  EXPECT_EQ(deep.pixels, (std::vector<std::uint8_t>{0x34, 0x12, 7, 0}));
  const image colours = decode(std::string("P6 1 1 65535\n\xFF\xFF\x80\0\0\x20", 19));
  EXPECT_EQ(colours.pixels, (std::vector<std::uint8_t>{255, 128, 0}));
}

TEST(decode_image, keeps_the_palette) {
  const auto read = [](const char* name) {
    return clipt::read_image(std::filesystem::path(CLIPT_TEST_DIR) / "golden/preprocess/modes" / name);
  };
  const std::vector<std::uint8_t> colours = read("p.png").palette;
  ASSERT_GE(colours.size(), 36u);
  for (const char* name : {"p.gif", "p.bmp"}) {
    const image other = read(name);
    ASSERT_GE(other.palette.size(), 36u) << name;
    EXPECT_EQ(std::vector(other.palette.begin(), other.palette.begin() + 36),
              std::vector(colours.begin(), colours.begin() + 36))
        << name;
  }
  EXPECT_EQ(read("1.png").palette.at(0), 0);
  EXPECT_EQ(read("1.png").palette.at(3), 255);
}

/// A GIF of two pixels: the first is transparent, and red in the palette.
std::string small_gif() {
  return std::string("GIF89a\2\0\1\0\x80\0\0\xFF\0\0\0\0\xFF", 19) + std::string("\x21\xF9\4\1\0\0\0\0", 8) +
         std::string("\x2C\0\0\0\0\2\0\1\0\0\2\2\x44\x0A\0\x3B", 16);
}

TEST(decode_image, gives_transparent_pixels_of_a_gif_their_colour) {
  const image gif = decode(small_gif());
  EXPECT_EQ(gif.mode, pixel_mode::palette);
  EXPECT_EQ(gif.pixels, (std::vector<std::uint8_t>{255, 0, 0, 0, 0, 0, 255, 255}));
}

std::string from_digits(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1])));
  return out;
}

std::string sum_of(const image& picture) {
  return fmt::format("{:08x}", crc32(0, picture.pixels.data(), static_cast<uInt>(picture.pixels.size())));
}

/// The columns behind the file of a row of golden/decoding.tsv.
std::string columns_of(const std::string& file) {
  try {
    const image picture = decode(file);
    const image turned = clipt::decode_image(std::as_bytes(std::span(file)), "picture", {.exif_orientation = true});
    return fmt::format("{} x {}\t{}\t{}\t{}\t{}", picture.width, picture.height, sum_of(clipt::to_rgb(picture)),
                       sum_of(clipt::to_rgb(clipt::resize(picture, 9, 7))), sum_of(clipt::flatten(picture)),
                       sum_of(clipt::to_rgb(turned)));
  } catch (const clipt::io_error&) {
    return "refused\t\t\t\t";
  }
}

/// The library that a format needs, if this build has not got it.
std::string missing_library(const std::string& name) {
  std::map<std::string, const char*> out;
#ifndef CLIPT_GIFLIB
  out[".gif"] = "stb_image";
#endif
#ifndef CLIPT_LIBWEBP
  out[".webp"] = "libwebp-dev";
#endif
#ifndef CLIPT_LIBTIFF
  out[".tif"] = "libtiff-dev";
#endif
#ifndef CLIPT_LIBAVIF
  out[".avif"] = "libavif-dev";
#endif
  const auto found = out.find(name.substr(name.rfind('.')));
  return found == out.end() ? "" : found->second;
}

/// scripts/make_decoding_cases.py has written the table.
TEST(decode_image, reads_and_refuses_what_pillow_does) {
  const clipt::table cases = clipt::read_table(std::filesystem::path(CLIPT_TEST_DIR) / "golden/decoding.tsv");
  EXPECT_GT(cases.rows(), 300u);
  for (std::size_t i = 0; i < cases.rows(); ++i) {
    const std::string name(cases.cell(i, 0)), file = from_digits(cases.cell(i, 1)), missing = missing_library(name);
    std::string expected(cases.cell(i, 2));
    for (std::size_t column = 3; column < 7; ++column) expected.append("\t").append(cases.cell(i, column));
    if (missing.empty()) {
      EXPECT_EQ(columns_of(file), expected) << name << ": " << why(file);
    } else if (missing != "stb_image" && expected.front() != 'r') {
      EXPECT_THAT(why(file), HasSubstr("(Debian: " + missing + ")")) << name;
    }
  }
}

TEST(decode_image, says_what_is_wrong) {
  EXPECT_THAT(why(""), HasSubstr("picture: the file is empty"));
  EXPECT_THAT(why("RIFFxxxxAVI "), HasSubstr("begins with 52 49 46 46"));
  EXPECT_THAT(why("P6\n2 2\n255\nabc"), HasSubstr("cut short: 2 x 2 pixels need 23 bytes, found 14"));
  EXPECT_THAT(why("P5\n2 2\n65535\nabcdefg"), HasSubstr("cut short"));
  EXPECT_THAT(why("\x89PNG\r\n\x1a\n"), HasSubstr("the header cannot be read"));
  const std::string png = clipt::encode_png(noise(20, 10, 3));
  EXPECT_THAT(why(png, 199), HasSubstr("20 x 10 pixels are more than the limit of 199"));
  EXPECT_EQ(why(png, 200), "accepted");
  EXPECT_THAT(why(png.substr(0, png.size() / 2)), HasSubstr("picture: cut short: "));
  std::string damaged = png;
  damaged[45] = static_cast<char>(damaged[45] ^ 0xFF);  // the first compressed block
  EXPECT_THAT(why(damaged), HasSubstr("picture: cannot be decoded"));
  std::string header = png;
  header[19] = 21;  // the width
  EXPECT_THAT(why(header), HasSubstr("picture: damaged: the check sum of the chunk at byte 8 is wrong"));
  EXPECT_THAT(why(small_bmp().substr(0, 63)), HasSubstr("picture: cut short"));
  std::string colours = small_bmp();
  colours[47] = 2;  // 512 colours and more
  EXPECT_THAT(why(colours + std::string(2000, 'x')), HasSubstr("picture: a palette of 514 colours"));
}

std::string sum_of(const std::string& chunk) {
  std::string out;
  clipt::detail::png_number(out, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(chunk.data()),
                                                                  static_cast<uInt>(chunk.size()))));
  return out;
}

TEST(decode_image, refuses_a_bomb_before_decoding) {
  std::string png = clipt::encode_png(noise(2, 2, 3));
  png.replace(16, 8, std::string("\0\0\x40\0\0\0\x40\0", 8));
  png.replace(29, 4, sum_of(png.substr(12, 17)));
  EXPECT_THAT(why(png), HasSubstr("16384 x 16384 pixels are more than the limit of 178956970"));
}

std::size_t safe(const std::string& bytes) {
  return clipt::detail::safe_part_of_jpeg(std::as_bytes(std::span(bytes)), "picture").size();
}

/// A Huffman table of one code: DC tables are numbered from 0x00, AC tables from 0x10.
std::string table_numbered(char number) {
  return std::string("\xFF\xC4\0\x14", 4) + number + '\1' + std::string(16, '\0');
}
/// A scan of one component, with tables 0, from coefficient `first`.
std::string scan_from(char first) { return std::string("\xFF\xDA\0\x08\1\1\0", 7) + first + std::string("\x3F\0", 2); }

TEST(decode_image, keeps_scans_of_undefined_huffman_tables_from_the_decoder) {
  const std::string start = "\xFF\xD8", dc = table_numbered('\0'), ac = table_numbered('\x10');
  const std::string progressive = std::string("\xFF\xC2\0\x0B", 4) + std::string(9, '\0');
  EXPECT_EQ(safe(start + dc + ac + scan_from('\0')), 2u + 22u + 22u + 10u);
  EXPECT_EQ(safe(start + scan_from('\0')), 2u);
  EXPECT_EQ(safe(start + dc + scan_from('\0')), 2u + 22u);
  EXPECT_EQ(safe(start + dc + table_numbered('\x11') + scan_from('\0')), 2u + 22u + 22u);
  EXPECT_EQ(safe(start + progressive + dc + scan_from('\0')), 2u + 13u + 22u + 10u);
  EXPECT_EQ(safe(start + progressive + dc + scan_from('\1')), 2u + 13u + 22u);
}

TEST(decode_image, refuses_a_jpeg_of_very_many_scans) {
  std::string scans = "\xFF\xD8" + table_numbered('\0') + table_numbered('\x10');
  for (int i = 0; i < 100; ++i) scans += scan_from('\0');
  EXPECT_EQ(safe(scans), scans.size());
  EXPECT_THAT(clipt_test::why([&] { safe(scans + scan_from('\0')); }),
              HasSubstr("picture: a progressive JPEG of more than 100 scans"));
}

TEST(decode_image, keeps_overfull_huffman_tables_from_the_decoder) {
  // Start, a comment that looks like a table, a table of 16 x 255 codes.
  const std::string comment = std::string("\xFF\xFE\0\x15\xFF\xC4\x10\0", 8) + std::string(15, '\xFF');
  const std::string table = std::string("\xFF\xC4\x10\x03\0", 5) + std::string(16, '\xFF') + std::string(4080, '\1');
  const std::string start = "\xFF\xD8";
  EXPECT_EQ(safe(start + comment), 25u);
  EXPECT_EQ(safe(start + comment + table), 25u);
  const std::string scan = table_numbered('\0') + table_numbered('\x10') + scan_from('\0');
  EXPECT_EQ(safe(start + comment + scan + comment), 25u + 54u + 4u);
  EXPECT_THAT(why(start + comment + table),
              testing::AnyOf(HasSubstr("picture: the header cannot be read"), HasSubstr("picture: cannot be decoded")));
}

TEST(read_image, names_the_file) {
  const clipt_test::temporary_folder folder;
  for (const std::filesystem::path& path : {folder / "absent.png", folder / "."}) {
    try {
      clipt::read_image(path);
      ADD_FAILURE() << "accepted " << path;
    } catch (const clipt::io_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
    }
  }
  clipt::write_file_atomically(folder / "text.png", "not a picture");
  EXPECT_THROW(clipt::read_image(folder / "text.png"), clipt::io_error);
}

/// A file of a gigabyte that begins so, almost all of it a hole.
std::filesystem::path large_file(const std::filesystem::path& path, const std::string& beginning) {
  clipt::write_file_atomically(path, beginning);
  std::filesystem::resize_file(path, 1 << 30);
  return path;
}

TEST(read_image, reads_only_the_beginning_of_what_it_refuses) {
  const clipt_test::temporary_folder folder;
  const std::string wide = "P6 40000 40000 255\n";
  for (const auto& [beginning, reason] : {std::pair<std::string, const char*>{"RIFF....AVI ", "not a PNG, JPEG"},
                                          {wide, "40000 x 40000 pixels are more"}}) {
    const auto path = large_file(folder / "film.png", beginning);
    const std::size_t before = clipt_test::detail::allocated_bytes;
    EXPECT_THAT(clipt_test::why([&] { clipt::read_image(path); }), HasSubstr(reason));
    EXPECT_LT(clipt_test::detail::allocated_bytes - before, std::size_t{1} << 20);
  }
}

TEST(read_image, survives_any_single_damage) {
  std::vector<std::string> files = {clipt::encode_png(noise(9, 7, 4)), small_bmp(), "P6 2 2 255\nabcdefghijkl",
                                    std::string("\0\0\2\0\0\0\0\0\0\0\0\0\2\0\1\0\x18\x20", 18) + "abcdef",
                                    small_gif()};
  for (const std::string& whole : files)
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const int bit : {1, 16, 128}) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ bit);
        why(damaged, 1'000'000);
      }
      why(whole.substr(0, i), 1'000'000);
    }
}

/// Reads every file below `folder`: a picture that fits its own size, or an io_error.
std::map<std::string, int> read_all(const std::filesystem::path& folder) {
  std::map<std::string, int> counts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    try {
      const image picture = clipt::read_image(entry.path(), {.pixel_limit = 50'000'000});
      EXPECT_EQ(picture.pixels.size(), picture.stride() * static_cast<std::size_t>(picture.height)) << entry.path();
      ++counts["read"];
    } catch (const clipt::io_error&) {
      ++counts["refused"];
    }
  }
  std::cout << folder.filename().string() << ": " << counts["read"] << " read, " << counts["refused"] << " refused\n";
  return counts;
}

TEST(read_image, survives_the_fuzzing_corpus) {
  CLIPT_NEEDS_SHARED("data/fuzz");
  const auto counts = read_all(clipt_test::shared("data/fuzz"));
  EXPECT_GT(counts.at("read") + counts.at("refused"), 500);
}

TEST(read_image, survives_corrupt_files) {
  CLIPT_NEEDS_SHARED("data/decode/corrupt");
  read_all(clipt_test::shared("data/decode/corrupt"));
}

TEST(read_image, reads_good_files) {
  CLIPT_NEEDS_SHARED("data/decode");
  for (const char* folder : {"pngsuite", "libjpeg-turbo"})
    EXPECT_GT(read_all(clipt_test::shared("data/decode") / folder).at("read"), 5) << folder;
}

}  // namespace
