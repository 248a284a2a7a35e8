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

}  // namespace clipt::detail
