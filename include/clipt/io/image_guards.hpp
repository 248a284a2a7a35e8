// Checks of damaged files that stb_image (2.27, Debian 12) does not make itself.
#pragma once
#include <cstddef>  // byte, size_t
#include <span>     // span

namespace clipt::detail {

/// The byte at a position, 0 behind the end.
inline int byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<int>(bytes[at]) : 0;
}

/// Whether the Huffman segment whose length field is at `at` has a table of more than 256 codes.
inline bool overfull_huffman_table(std::span<const std::byte> bytes, std::size_t at) {
  int left = byte_at(bytes, at) * 256 + byte_at(bytes, at + 1) - 2;
  for (at += 2; left > 0;) {
    int codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += byte_at(bytes, at + i);
    if (codes > 256) return true;
    left -= 17 + codes;
    at += static_cast<std::size_t>(17 + codes);
  }
  return false;
}

/// The next marker at or after `at` (its second byte), or the end.
inline std::size_t next_marker(std::span<const std::byte> bytes, std::size_t at) {
  while (at < bytes.size() && byte_at(bytes, at) != 0xFF) ++at;
  while (at < bytes.size() && byte_at(bytes, at) == 0xFF) ++at;
  return at;
}

/// How much of a JPEG file stb_image may see: all, or what lies before a Huffman table of more than 256 codes.
///
/// stb_image writes the codes of such a table over the rest of its decoder, pointers included.
/// Up to the first scan the segments are walked as stb_image walks them, so that metadata is not mistaken for markers;
/// behind it, where a damaged file can lead the decoder anywhere, every FF C4 counts. Sound files have none of these.
inline std::span<const std::byte> safe_part_of_jpeg(std::span<const std::byte> bytes) {
  bool scanning = false;
  for (std::size_t at = next_marker(bytes, 2); at < bytes.size();) {
    const int marker = byte_at(bytes, at);
    if (marker == 0xC4 && overfull_huffman_table(bytes, at + 1)) return bytes.first(at - 1);
    scanning = scanning || marker == 0xDA;
    const std::size_t length = static_cast<std::size_t>(byte_at(bytes, at + 1) * 256 + byte_at(bytes, at + 2));
    at = next_marker(bytes, scanning ? at + 1 : at + 1 + length);
  }
  return bytes;
}

/// Whether every chunk of a PNG file lies within it.
///
/// stb_image reserves memory for as much compressed data as a chunk announces, up to a gigabyte, before it looks.
inline bool png_chunks_fit(std::span<const std::byte> bytes) {
  for (std::size_t at = 8; at + 8 <= bytes.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length * 256 + static_cast<std::size_t>(byte_at(bytes, at + i));
    if (length > bytes.size() - at - 8) return false;
    if (byte_at(bytes, at + 4) == 'I' && byte_at(bytes, at + 5) == 'E') return true;  // IEND; what follows is not read
    at += 12 + length;
  }
  return true;
}

}  // namespace clipt::detail
