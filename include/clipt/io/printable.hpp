// Text out of a file, and names of files, as a message may show them: without what would confuse a terminal.
#pragma once
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>  // format
#include <utf8proc.h>    // utf8proc_iterate, utf8proc_category

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

/// At most `most` bytes of `text`, control characters and what is not ASCII as question marks.
inline std::string printable(std::string_view text, std::size_t most = 80) {
  std::string out(text.substr(0, most));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > out.size() ? out + "..." : out;
}

/// The bytes of the character that `text` begins with, 0 if they are no UTF-8.
inline std::size_t utf8_length(std::string_view text, utf8proc_int32_t& character) {
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &character);
  return length > 0 ? static_cast<std::size_t>(length) : 0;
}

/// Whether a character moves the cursor, ends a line or turns the direction of writing instead of being seen.
inline bool is_control(utf8proc_int32_t character) {
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return true;
    default: return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
  }
}

/// How `on_one_line` writes backslashes.
enum class backslashes { as_they_are, doubled };

/// A message, a label or the name of a file on one line of UTF-8: line breaks are written `\n`, the bytes of other
/// control characters and of what is no UTF-8 `\x1b`, `\xff`. With its backslashes doubled a name can be read back.
inline std::string on_one_line(std::string_view text, backslashes how = backslashes::as_they_are) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    utf8proc_int32_t character = 0;
    const std::size_t length = utf8_length(text, character);
    const std::string_view bytes = text.substr(0, length > 0 ? length : 1);
    text.remove_prefix(bytes.size());
    if (bytes == "\n") {
      out += "\\n";
    } else if (bytes == "\\" && how == backslashes::doubled) {
      out += "\\\\";
    } else if (length > 0 && !is_control(character)) {
      out += bytes;
    } else {
      for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
    }
  }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
