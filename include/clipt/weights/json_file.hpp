// The JSON files that libraries put beside a model's weights: values by their place, and what is said of a wrong one.
#pragma once
#include <algorithm>         // all_of
#include <array>             // array
#include <cmath>             // isfinite
#include <filesystem>        // path
#include <initializer_list>  // initializer_list
#include <string>            // string
#include <string_view>       // string_view
#include <utility>           // pair, move

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/core/error.hpp>    // io_error
#include <clipt/io/file.hpp>       // read_file
#include <clipt/io/json_text.hpp>  // json_text, parse_json

namespace clipt::inline CLIPT_BUILD::detail {

/// A JSON object, or null if there is no such file. Errors: io_error for a file that is no JSON object, or one so deeply
/// nested that printing it would take the whole stack.
inline nlohmann::json json_of_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};
  nlohmann::json json = parse_json(read_file(path));
  if (!json.is_object()) throw io_error(fmt::format("{}: expected a JSON object of at most 16 levels", path.string()));
  return json;
}

/// A number, text or list as it stands in the file, cut where it is long.
inline std::string shown(const nlohmann::json& value) {
  const std::string text = json_text(value);
  return text.size() <= 80 ? text : text.substr(0, 77) + "...";
}

/// One object of a file: the whole, or what lies at `below`, for instance "/image_processor".
///
/// A place in it is a JSON pointer such as "/crop_size/height"; null is as good as nothing there. Each function that reads
/// one says in an io_error which file, place and value it does not understand, and what it would.
class json_file {
 public:
  explicit json_file(std::filesystem::path path, std::string below = {})
      : path_(std::move(path)), below_(std::move(below)), values_(json_of_file(path_)) {
    if (exists() && !at("").is_object()) refuse("", "expected an object");
  }
  /// An object that stands in another file.
  static json_file within(std::filesystem::path path, nlohmann::json values) {
    json_file file;
    file.path_ = std::move(path);
    file.values_ = std::move(values);
    return file;
  }

  /// The object at a place in this one.
  json_file section(const std::string& place) const {
    json_file inner(*this);
    inner.below_ += place;
    if (inner.exists() && !inner.at("").is_object()) inner.refuse("", "expected an object");
    return inner;
  }

  const std::filesystem::path& path() const { return path_; }
  bool exists() const { return has(""); }

  bool has(const std::string& place) const { return !at(place).is_null(); }
  const nlohmann::json& at(const std::string& place) const {
    static const nlohmann::json nothing;
    const nlohmann::json::json_pointer pointer(below_ + place);
    return values_.contains(pointer) ? values_.at(pointer) : nothing;
  }

  [[noreturn]] void refuse(const std::string& place, std::string_view understood) const {
    std::string key = below_ + place;
    for (char& c : key)
      if (c == '/') c = '.';
    throw io_error(fmt::format("{}: {} is {}: {}", path_.string(), key.substr(1), shown(at(place)), understood));
  }

  bool flag(const std::string& place, bool otherwise) const {
    if (!has(place)) return otherwise;
    if (!at(place).is_boolean()) refuse(place, "expected true or false");
    return at(place).get<bool>();
  }

  int integer(const std::string& place, int otherwise, int least, int most) const {
    if (!has(place)) return otherwise;
    const nlohmann::json& value = at(place);
    if (!value.is_number_integer() || value < least || value > most)
      refuse(place, fmt::format("expected a whole number from {} to {}", least, most));
    return value.get<int>();
  }

  /// Three numbers, or one for all three.
  std::array<float, 3> three_numbers(const std::string& place, const std::array<float, 3>& otherwise,
                                     bool positive) const {
    if (!has(place)) return otherwise;
    nlohmann::json value = at(place);
    if (value.is_number()) value = {value, value, value};
    const auto fits = [&](const nlohmann::json& v) {
      return v.is_number() && std::isfinite(v.get<float>()) && (!positive || v.get<float>() > 0);
    };
    if (!value.is_array() || value.size() != 3 || !std::ranges::all_of(value, fits))
      refuse(place, fmt::format("expected three {}numbers", positive ? "positive " : ""));
    return {value[0].get<float>(), value[1].get<float>(), value[2].get<float>()};
  }

  std::string text(const std::string& place) const {
    if (!has(place)) return {};
    if (!at(place).is_string()) refuse(place, "expected a text");
    return at(place).get<std::string>();
  }

  /// What the value there stands for, one of a list of values and their meanings.
  template <class Value, class Meaning>
  Meaning one_of(const std::string& place, Meaning otherwise,
                 std::initializer_list<std::pair<Value, Meaning>> known) const {
    if (!has(place)) return otherwise;
    std::string names;
    for (const auto& [value, meaning] : known) {
      if (at(place) == nlohmann::json(value)) return meaning;
      names += (names.empty() ? "" : ", ") + nlohmann::json(value).dump();
    }
    refuse(place, "understood: " + names);
  }

 private:
  json_file() = default;

  std::filesystem::path path_;
  std::string below_;
  nlohmann::json values_;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
