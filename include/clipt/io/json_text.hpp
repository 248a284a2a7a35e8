// JSON from elsewhere, which may be anything.
#pragma once
#include <string_view>  // string_view

#include <nlohmann/json.hpp>  // json

namespace clipt::detail {

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

/// What lies at a path such as "/text_config/hidden_act"; null where there is nothing.
inline const nlohmann::json& value_at(const nlohmann::json& document, const char* path) {
  static const nlohmann::json nothing;
  const nlohmann::json::json_pointer pointer(path);
  return document.contains(pointer) ? document.at(pointer) : nothing;
}

}  // namespace clipt::detail
