// The small change of a self-contained page: escaping, base64, numbers, and templates with named places.
#pragma once
#include <cmath>             // isfinite, abs, floor, log10, pow
#include <cstdint>           // int32_t, uint32_t
#include <initializer_list>  // initializer_list
#include <string>            // string
#include <string_view>       // string_view
#include <utility>           // pair

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>    // shape_error
#include <clipt/io/printable.hpp>  // utf8_length

namespace clipt::inline CLIPT_BUILD::detail {

/// Text as it may stand in HTML and SVG, between tags and within quoted attributes. Control characters become blanks,
/// bytes that are no UTF-8 U+FFFD.
inline std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    std::int32_t character = 0;
    const std::size_t length = utf8_length(text, character);
    const std::string_view bytes = text.substr(0, length > 0 ? length : 1);
    text.remove_prefix(bytes.size());
    switch (length > 0 ? character : 0xFFFD) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case 0xFFFD: out += "\uFFFD"; break;
      default: is_control(character) ? out += " " : out += bytes;
    }
  }
  return out;
}

/// Bytes as base64 (RFC 4648, section 4), padded.
inline std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : digits[three >> (18 - 6 * j) & 63];
  }
  return out;
}

/// A picture's bytes as an address that needs no network.
inline std::string picture_address(std::string_view png) { return "data:image/png;base64," + base64(png); }

/// A number for people, to `digits` significant ones: 5e-4, 0.042, 14.3, 12.5k; a dash for what is no number.
inline std::string plain_number(double value, int digits = 3) {
  if (!std::isfinite(value)) return "–";
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.{}g}M", value / 1e6, digits);
  if (size >= 1e4) return fmt::format("{:.{}g}k", value / 1e3, digits);
  if (size >= 1e3) return fmt::format("{:.0f}", value);
  if (size > 0 && size < 0.01) {
    const int exponent = static_cast<int>(std::floor(std::log10(size) + 1e-9));
    return fmt::format("{:.{}g}e{}", value / std::pow(10, exponent), digits, exponent);
  }
  return fmt::format("{:.{}g}", value, digits);
}

/// Names and what stands in their place.
using replacements = std::initializer_list<std::pair<std::string_view, std::string>>;

/// Replaces every `{{name}}` of a template; what is put in is not searched again.
/// Errors: shape_error for unknown names.
inline std::string fill_template(std::string_view text, replacements values) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("{{");
    out += text.substr(0, begin);
    if (begin == text.npos) return out;
    const std::size_t end = text.find("}}", begin);
    const std::string_view name = text.substr(begin + 2, end == text.npos ? end : end - begin - 2);
    const auto* found = values.begin();
    while (found != values.end() && found->first != name) ++found;
    if (end == text.npos || found == values.end())
      throw shape_error(
          fmt::format("clipt::fill_template: nothing to put in the place called '{}'", name.substr(0, 40)));
    out += found->second;
    text.remove_prefix(end + 2);
  }
}

}  // namespace clipt::inline CLIPT_BUILD::detail
