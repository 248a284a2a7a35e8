// What a pickle holds, as inert data: constants, and objects that are told apart by how they were made.
#pragma once
#include <cstdint>      // int64_t
#include <string>       // string
#include <string_view>  // string_view
#include <variant>      // variant
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

struct pickle_object;

/// None, a number, text (a view of the pickle's bytes) or an object, which several places may share.
using pickle_value = std::variant<std::monostate, bool, std::int64_t, double, std::string_view, pickle_object*>;

/// What the kinds hold in `items`: a list, tuple or set its elements; a dictionary key, value, key, value, ...;
/// bytes one text; a global (a class or function) module and name; a persistent object its id;
/// a call what is called, its arguments, the state set afterwards, and then key, value, ... as a dictionary.
struct pickle_object {
  enum class kind { list, tuple, dictionary, global, persistent, call, set, bytes };
  kind what;
  std::vector<pickle_value> items;
};

/// The object in `value` if it is one of this kind, or nullptr.
inline const pickle_object* object_in(const pickle_value& value, pickle_object::kind what) {
  const auto* object = std::get_if<pickle_object*>(&value);
  return object != nullptr && (*object)->what == what ? *object : nullptr;
}

/// What a global is called, as in Python: module.name.
inline std::string name_of(const pickle_object& global) {
  return fmt::format("{}.{}", std::get<std::string_view>(global.items[0]), std::get<std::string_view>(global.items[1]));
}

}  // namespace clipt::inline CLIPT_BUILD
