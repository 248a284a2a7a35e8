// Text files as UTF-8: byte order marks, UTF-16, line ends, and where the bytes are that are no text.
#pragma once
#include <algorithm>    // min
#include <cstddef>      // size_t
#include <cstdint>      // uint32_t
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format
#include <utf8proc.h>    // utf8proc_encode_char

#include <clipt/core/error.hpp>    // io_error
#include <clipt/io/printable.hpp>  // utf8_length

namespace clipt::inline CLIPT_BUILD::detail {

/// Line and column, both from 1, of what follows `before`; columns are characters.
inline std::string place_behind(std::string_view before) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] == '\r' || before[i] == '\n') {
      if (before[i] == '\r' || i == 0 || before[i - 1] != '\r') ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(before[i]) & 0xC0) != 0x80) {
      ++column;
    }
  return fmt::format("line {}, column {}", line, column);
}

[[noreturn]] inline void refuse_text(std::string_view source, std::string_view before, std::string_view expected,
                                     std::string_view found) {
  throw io_error(fmt::format("{}: {}: expected {}, found {}", source, place_behind(before), expected, found));
}

/// UTF-8 of what stands behind the mark of UTF-16.
inline std::string from_utf16(std::string_view bytes, bool big_endian, std::string_view source) {
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]), second = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<std::uint32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  std::string out;
  std::size_t at = 0;
  for (; at + 2 <= bytes.size(); at += 2) {
    std::uint32_t character = unit(at);
    if (character >= 0xD800 && character < 0xDC00 && at + 4 <= bytes.size() && unit(at + 2) >> 10 == 0xDC00 >> 10) {
      character = 0x10000 + ((character & 0x3FF) << 10 | (unit(at + 2) & 0x3FF));
      at += 2;
    }
    if (character >= 0xD800 && character < 0xE000)
      refuse_text(source, out, "UTF-16, as its mark says", fmt::format("half a pair, {:04X}", character));
    utf8proc_uint8_t coded[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(character), coded);
    out.append(reinterpret_cast<const char*>(coded), static_cast<std::size_t>(length));
  }
  if (at < bytes.size()) refuse_text(source, out, "UTF-16, as its mark says", "half a character at the end");
  return out;
}

/// What becomes of bytes that are no UTF-8: the names of files may have any.
enum class other_bytes { refused, kept };

/// The text in `bytes`, UTF-8 with or without mark or UTF-16 with one, as UTF-8 without; `source` begins a message.
/// Errors: io_error with line and column for other bytes and for zero bytes.
inline std::string text_of(std::string bytes, std::string_view source, other_bytes others = other_bytes::refused) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    bytes = from_utf16(std::string_view(bytes).substr(2), bytes.front() == '\xFE', source);
  else if (bytes.starts_with("\xEF\xBB\xBF"))
    bytes.erase(0, 3);
  const std::string_view text = bytes;
  if (const std::size_t zero = text.find('\0'); zero != text.npos)
    refuse_text(source, text.substr(0, zero), "text", "a zero byte");
  utf8proc_int32_t character = 0;
  for (std::size_t at = 0, length = 0; at < text.size() && others == other_bytes::refused; at += length)
    if (length = utf8_length(text.substr(at), character); length == 0)
      refuse_text(source, text.substr(0, at), "UTF-8",
                  fmt::format("the byte {:02X}; save it as UTF-8", static_cast<unsigned char>(text[at])));
  return bytes;
}

/// The lines of a text, which end in LF, CR LF or CR; the last need not.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
  }
  return lines;
}

/// What a list has on its lines, which are empty only at its end. Errors: io_error with the line of an empty one in the
/// middle, which would shift all behind it, and for a list of nothing; `what` is a line to messages.
template <class Trim>
std::vector<std::string> list_of(std::string_view text, std::string_view source, std::string_view what, Trim&& trim) {
  std::vector<std::string> list;
  std::size_t line = 0, empty = 0;
  for (const std::string_view whole : lines_of(text)) {
    ++line;
    const std::string_view content = trim(whole);
    if (content.empty()) {
      if (empty == 0) empty = line;
      continue;
    }
    if (empty != 0)
      throw io_error(
          fmt::format("{}: line {}: expected {}, found an empty line in the middle; remove it", source, empty, what));
    list.emplace_back(content);
  }
  if (list.empty()) throw io_error(fmt::format("{}: line 1: expected {}, found an empty file", source, what));
  return list;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
