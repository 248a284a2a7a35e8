// PNG files that end early or strangely, laid out anew from the pixels that they have.
#pragma once
#include <zlib.h>       // inflate
#include <array>        // array
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>     // big_endian, byte_at
#include <clipt/io/image_guards.hpp>   // refuse_image
#include <clipt/io/image_headers.hpp>  // png_chunk_data
#include <clipt/io/png.hpp>            // png_chunk, deflate

namespace clipt::inline CLIPT_BUILD::detail {

/// Rows of the same size, each with its filter's number.
struct png_pass {
  std::size_t row, rows;  // bytes in one, and how many there are
};

/// All rows of a PNG; of seven smaller pictures if it is interlaced.
inline std::vector<png_pass> png_passes(std::span<const std::byte> bytes) {
  constexpr std::array<std::size_t, 7> channels{1, 0, 3, 1, 2, 0, 4};  // by colour type
  const auto width = static_cast<std::size_t>(big_endian(bytes, 16, 4)),
             height = static_cast<std::size_t>(big_endian(bytes, 20, 4));
  const std::size_t bits =
      channels[static_cast<std::size_t>(byte_at(bytes, 25)) % 7] * static_cast<std::size_t>(byte_at(bytes, 24));
  const auto rows = [bits](std::size_t w, std::size_t h) { return png_pass{1 + (w * bits + 7) / 8, w == 0 ? 0 : h}; };
  if (byte_at(bytes, 28) == 0) return {rows(width, height)};
  struct grid {
    std::size_t left, top, right, down;  // the first pixel, and how far it is to the next ones
  };
  constexpr grid grids[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},  //
                            {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  std::vector<png_pass> passes;
  for (const grid& g : grids)
    passes.push_back(rows((width + g.right - 1 - g.left) / g.right, (height + g.down - 1 - g.top) / g.down));
  return passes;
}

/// Whether the first `count` bytes, not none, are whole rows.
inline bool are_whole_rows(const std::vector<png_pass>& passes, std::size_t count) {
  if (count == 0) return false;
  for (const png_pass& pass : passes) {
    if (count <= pass.row * pass.rows) return count % pass.row == 0;
    count -= pass.row * pass.rows;
  }
  return false;
}

/// The rows that the compressed data stands for; refused where it is damaged, or ends, before them.
///
/// Where it ends in order behind a row, those that miss are black, as in Pillow. Of the data the first `least` bytes
/// are of whole chunks; where they are all that is needed, a further chunk is not one of the pixels, and may not be cut short.
inline std::string inflate_rows(const std::string& data, std::size_t least, const std::vector<png_pass>& passes,
                                std::string_view name) {
  std::size_t size = 0;
  for (const png_pass& pass : passes) size += pass.row * pass.rows;
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) refuse_image(name, "zlib cannot be started");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(size);
  const int status = inflate(&stream, Z_SYNC_FLUSH);
  const std::size_t found = size - stream.avail_out;
  const std::string reason = stream.msg != nullptr ? stream.msg : "";
  inflateEnd(&stream);
  if (stream.total_in <= least) refuse_image(name, "cut short: the last chunk ends too early");
  if (status == Z_DATA_ERROR) refuse_image(name, fmt::format("cannot be decoded: {}", reason));
  if (found < size && (status != Z_STREAM_END || !are_whole_rows(passes, found)))
    refuse_image(name, fmt::format("cut short: {} of {} bytes of pixels are there", found, size));
  return out;
}

/// The same file with a palette of as many colours as pixels can name, if it has one.
///
/// Numbers beyond the palette are black to Pillow; stb_image takes their colours from uninitialised memory.
inline std::string with_whole_palette(std::span<const std::byte> bytes) {
  std::string out(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::span<const std::byte> palette = png_chunk_data(bytes, "PLTE");
  const std::size_t size = std::size_t{3} << byte_at(bytes, 24);
  if (palette.empty() || palette.size() >= size) return out;
  const auto at = static_cast<std::size_t>(palette.data() - bytes.data()) - 8;
  std::string chunk, colours = out.substr(at + 8, palette.size());
  colours.resize(size);
  png_chunk(chunk, "PLTE", colours);
  return out.replace(at, 12 + palette.size(), chunk);
}

/// The same picture as a PNG of header, palette, transparency and pixels.
///
/// Pillow reads what it needs for the pixels and cares little for what follows: a check sum, the end of a chunk or of the
/// file may be missing. stb_image wants all of it. The sizes in the header have been checked.
inline std::string plain_png(std::span<const std::byte> bytes, std::string_view name) {
  std::string out = "\x89PNG\r\n\x1a\n", pixels;
  std::size_t least = 0;  // before a chunk of pixels that is cut short, the bytes of the others
  for (std::size_t at = 8; at + 8 <= bytes.size();) {
    const auto length = static_cast<std::size_t>(big_endian(bytes, at, 4));
    const auto kind = bytes.subspan(at + 4), data = part_of(bytes, at + 8, length);
    const std::string text(reinterpret_cast<const char*>(data.data()), data.size());
    for (const char* kept : {"IHDR", "PLTE", "tRNS"})
      if (starts_with(kind, kept) && data.size() == length && pixels.empty()) png_chunk(out, kept, text);
    if (starts_with(kind, "IDAT")) {
      if (data.size() < length) least = pixels.size();
      pixels += text;
    } else if (!pixels.empty()) {
      break;
    }
    at += 12 + length;
  }
  png_chunk(out, "IDAT", deflate(inflate_rows(pixels, least, png_passes(bytes), name), 1));
  png_chunk(out, "IEND", "");
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
