// Every file of data/decode against its manifest: pixels as Pillow's by their digest, as they are and turned by EXIF.
#include <gtest/gtest.h>
#include <map>

#include <clipt/pictures/colours.hpp>
#include <clipt/io/image_file.hpp>
#include <clipt/io/sha256.hpp>
#include <clipt/io/tsv.hpp>

#include "shared.hpp"

namespace {

const std::string other_format = "a format that is not read";
const std::string pillow_13 = "what Pillow 13 does; the manifest is of an earlier one";
#ifndef CLIPT_GIFLIB
const std::string by_stb = "stb_image reads GIF where there is no giflib";
#endif

/// What is known to differ, and why.
const std::map<std::string, std::string> known = {
    {"bmpsuite_good/pal4rle.bmp", pillow_13},
    {"corrupt/bmpsuite_bad/badrle.bmp", pillow_13},
    {"corrupt/bmpsuite_bad/pal8badindex.bmp", pillow_13},
    {"corrupt/pillow/truncated_exif_dpi.jpg", pillow_13},
#ifndef CLIPT_GIFLIB
    {"corrupt/pillow/no_palette.gif", by_stb},
    {"pillow/iss634.gif", by_stb},
#endif
#ifndef CLIPT_LIBTIFF
    {"pillow/g4_orientation_1.tif", other_format},
#endif
#ifndef CLIPT_LIBWEBP
    {"pillow/hopper.webp", other_format},
#endif
    {"pillow/rgb_trns_ycbc.j2k", other_format},
};

/// The first half of the digest of the picture as RGB, as the manifest has it; "error" if it cannot be read.
std::string digest(const std::filesystem::path& path, const clipt::decoding& how) {
  try {
    const clipt::image rgb = clipt::to_rgb(clipt::read_image(path, how));
    return clipt::sha256(std::as_bytes(std::span(rgb.pixels))).substr(0, 16);
  } catch (const clipt::io_error&) {
    return "error";
  }
}

/// Which files differ from a column of the manifest, by name; JPEG files only where libjpeg-turbo reads them.
std::map<std::string, std::string> differences(const std::string& column, const clipt::decoding& how) {
  const std::filesystem::path folder = clipt_test::shared("data/decode");
  const clipt::table manifest = clipt::read_table(folder / "manifest.tsv");
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < manifest.rows(); ++i) {
    const std::string name(manifest.cell(i, manifest.column("path")));
#ifndef CLIPT_LIBJPEG
    if (name.ends_with(".jpg") || name.ends_with(".jpeg")) continue;
#endif
    const std::string error(manifest.cell(i, manifest.column("error")));
    const std::string expected = error.empty() ? std::string(manifest.cell(i, manifest.column(column))) : "error";
    const std::string found = digest(folder / name, how);
    if (found != expected) out[name] = found + " instead of " + expected + " " + error;
  }
  return out;
}

void expect_only_known(const std::map<std::string, std::string>& different) {
  for (const auto& [name, what] : different)
    if (!known.contains(name)) ADD_FAILURE() << name << ": " << what;
  for (const auto& [name, reason] : known)
    if (!different.contains(name) && !name.ends_with(".jpg"))
      ADD_FAILURE() << name << ": no longer differs: " << reason;
}

TEST(decode_manifest, pixels_are_pillows) {
  CLIPT_NEEDS_SHARED("data/decode/manifest.tsv");
  expect_only_known(differences("pillow_rgb_sha256", {}));
}

TEST(decode_manifest, turned_pixels_are_pillows) {
  CLIPT_NEEDS_SHARED("data/decode/manifest.tsv");
  expect_only_known(differences("pillow_exif_transposed_rgb_sha256", {.exif_orientation = true}));
}

}  // namespace
