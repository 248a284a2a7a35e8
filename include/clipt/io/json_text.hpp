// JSON as text: what comes from elsewhere may be anything, and so may the bytes in what is written.
#pragma once
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// A value as text on one line, or with `indent` spaces a level; what is no UTF-8, as file names may be, is replaced,
/// and every control character is escaped: JSON allows those behind ASCII's first, which terminals obey as well.
template <class Json>
std::string json_text(const Json& value, int indent = -1) {
  const std::string text = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0x7F)
      out += "\\u007f";
    else if (byte == 0xC2 && next < 0xA0 && ++i > 0)
      out += fmt::format("\\u{:04x}", next);
    else
      out += text[i];
  }
  return out;
}

namespace detail {

/// A document, or a value that `is_discarded()` for what is no JSON or has more than `most` brackets around a value:
/// to print or to copy it would take as many nested calls.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text, int most = 16) {
  bool deep = false;
  const auto watch = [&](int depth, typename Json::parse_event_t, Json&) {
    deep = deep || depth > most;
    return !deep;
  };
  Json document = Json::parse(text.begin(), text.end(), watch, false);
  return deep ? Json(Json::value_t::discarded) : document;
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
