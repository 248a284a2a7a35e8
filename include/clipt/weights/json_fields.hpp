// Fields of a configuration file in both directions: a table that names them is run to read a file or to write one.
#pragma once
#include <algorithm>         // find_if
#include <array>             // array
#include <initializer_list>  // initializer_list
#include <string>            // string
#include <string_view>       // string_view
#include <type_traits>       // type_identity_t
#include <utility>           // pair, move

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json, ordered_json

#include <clipt/core/config.hpp>        // CLIPT_ASSERT
#include <clipt/weights/json_file.hpp>  // json_file

namespace clipt::inline CLIPT_BUILD::detail {

using ordered_json = nlohmann::ordered_json;

// A table is a function that takes a field_reader or a field_writer and the variables that the fields stand for:
//
//   template <class Fields>
//   void texts(Fields json, text_config& c) {
//     json.write("width", c.width);
//     json.number("heads", c.heads, 8);
//   }
//
// The two classes have the same members but for those by which a reader looks. Errors: io_error as of json_file, of the reader alone.
//
// write(key, value)                   written only: what a reader knows from elsewhere, or does not need
// size(key, value, absent)            always written; if it is missing it is 0, not said, or `absent` of `with_defaults`
// number(key, value, absent, ...)     always written
// flag, word, three                   always written; if it is missing the value stays
// option                              written where it is not the usual; if it is missing it is that
// always, constant                    one value alone is understood, or none; written
// never, usual, unset                 the same, not written

/// Words or numbers of a file and what they mean; of several with one meaning the first is written.
template <class Meaning>
using meanings = std::initializer_list<std::pair<nlohmann::json, std::type_identity_t<Meaning>>>;

inline constexpr int most_of_a_size = 1 << 24;

/// Reads fields of one object of a file.
class field_reader {
 public:
  static constexpr bool reads = true;

  explicit field_reader(json_file file) : file_(std::move(file)) {}

  bool exists() const { return file_.exists(); }
  bool has(const std::string& key) const { return file_.has('/' + key); }
  const nlohmann::json& at(const std::string& key) const { return file_.at('/' + key); }
  field_reader object(const std::string& key) const { return field_reader(file_.section('/' + key)); }

  void write(const std::string&, const ordered_json&) const {}

  /// The same fields; sizes that are missing have the library's defaults.
  field_reader with_defaults() const {
    field_reader all(*this);
    all.defaults_ = true;
    return all;
  }
  void size(const std::string& key, int& value, int absent) const {
    value = file_.integer('/' + key, defaults_ ? absent : 0, 1, most_of_a_size);
  }
  void number(const std::string& key, int& value, int absent, int least = 1, int most = most_of_a_size) const {
    value = file_.integer('/' + key, absent, least, most);
  }
  void flag(const std::string& key, bool& value) const { value = file_.flag('/' + key, value); }
  template <class Meaning>
  void word(const std::string& key, Meaning& value, meanings<Meaning> words) const {
    value = file_.one_of('/' + key, value, words);
  }
  void three(const std::string& key, std::array<float, 3>& value, bool positive) const {
    value = file_.three_numbers('/' + key, value, positive);
  }

  void option(const std::string& key, bool& value) const { value = file_.flag('/' + key, false); }
  void option(const std::string& key, std::string& value) const { value = file_.text('/' + key); }
  template <class Meaning>
  void option(const std::string& key, Meaning& value, std::type_identity_t<Meaning> usual,
              meanings<Meaning> words) const {
    value = file_.one_of('/' + key, usual, words);
  }
  /// An option that is alone in an object of its own.
  template <class Meaning>
  void option_in(const std::string& outer, const std::string& key, Meaning& value, std::type_identity_t<Meaning> usual,
                 meanings<Meaning> words) const {
    value = usual;
    if (!has(outer) || at(outer) == nlohmann::json::object()) return;
    for (const auto& [word, meaning] : words)
      if (file_.at('/' + outer + '/' + key) == word) {
        value = meaning;
        return;
      }
    refuse(outer);
  }

  void always(const std::string& key) const { require(file_.flag('/' + key, true), key, "understood: true"); }
  void never(const std::string& key) const { require(!file_.flag('/' + key, false), key, "understood: false"); }
  void constant(const std::string& key, const nlohmann::json& value) const { usual(key, value); }
  void usual(const std::string& key, const nlohmann::json& value) const { require(!has(key) || at(key) == value, key); }
  /// The same in an object of its own, whatever else it holds.
  void usual_in(const std::string& outer, const std::string& key, const nlohmann::json& value) const {
    if (!has(outer)) return;
    const std::string place = '/' + outer + '/' + key;
    require(at(outer).is_object() && (!file_.has(place) || file_.at(place) == value), outer);
  }
  /// Options that no model of clipt has; false, zero and null do not set one.
  void unset(std::initializer_list<const char*> keys) const {
    for (const std::string key : keys) require(!has(key) || at(key) == false || at(key) == 0, key);
  }

  void require(bool holds, const std::string& key, std::string_view understood = "no model of clipt has this") const {
    if (!holds) refuse(key, understood);
  }
  [[noreturn]] void refuse(const std::string& key, std::string_view understood = "no model of clipt has this") const {
    file_.refuse('/' + key, understood);
  }

 private:
  json_file file_;
  bool defaults_ = false;
};

/// Writes the same fields, in the order in which a table names them.
class field_writer {
 public:
  static constexpr bool reads = false;

  /// Into `all`, which outlives the writer; objects below it come into being with their first field.
  explicit field_writer(ordered_json& all, std::string below = {}) : all_(&all), below_(std::move(below)) {}

  field_writer object(const std::string& key) const { return field_writer(*all_, below_ + '/' + key); }

  void write(const std::string& key, const ordered_json& value) const {
    (*all_)[ordered_json::json_pointer(below_ + '/' + key)] = value;
  }

  void size(const std::string& key, int value, int) const { write(key, value); }
  void number(const std::string& key, int value, int, int = 1, int = most_of_a_size) const { write(key, value); }
  void flag(const std::string& key, bool value) const { write(key, value); }
  template <class Meaning>
  void word(const std::string& key, Meaning value, meanings<Meaning> words) const {
    write(key, word_for(value, words));
  }
  /// As the floats that they are: as doubles they would show 16 digits.
  void three(const std::string& key, const std::array<float, 3>& v, bool) const {
    write(key, ordered_json::parse(fmt::format("[{}, {}, {}]", v[0], v[1], v[2])));
  }

  void option(const std::string& key, bool value) const {
    if (value) write(key, value);
  }
  void option(const std::string& key, const std::string& value) const {
    if (!value.empty()) write(key, value);
  }
  template <class Meaning>
  void option(const std::string& key, Meaning value, std::type_identity_t<Meaning> usual,
              meanings<Meaning> words) const {
    if (value != usual) word(key, value, words);
  }
  template <class Meaning>
  void option_in(const std::string& outer, const std::string& key, Meaning value, std::type_identity_t<Meaning> usual,
                 meanings<Meaning> words) const {
    object(outer).option(key, value, usual, words);
  }

  void always(const std::string& key) const { write(key, true); }
  void constant(const std::string& key, const nlohmann::json& value) const { write(key, value); }
  void never(const std::string&) const {}
  void usual(const std::string&, const nlohmann::json&) const {}
  void usual_in(const std::string&, const std::string&, const nlohmann::json&) const {}
  void unset(std::initializer_list<const char*>) const {}
  void require(bool, const std::string&, std::string_view = {}) const {}

 private:
  template <class Meaning>
  static const nlohmann::json& word_for(Meaning value, meanings<Meaning> words) {
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& pair) { return pair.second == value; });
    CLIPT_ASSERT(found != words.end());
    return found->first;
  }

  ordered_json* all_;
  std::string below_;
};

/// The side of square pictures: a number, or a pair of it.
template <class Fields>
void picture_side(const Fields& fields, const char* key, int& side, int absent) {
  if constexpr (Fields::reads) {
    if (const nlohmann::json& pair = fields.at(key); pair.is_array()) {
      fields.require(pair.size() == 2 && pair[0] == pair[1] && pair[0].is_number_unsigned() && pair[0] >= 1 &&
                         pair[0] <= most_of_a_size,
                     key, "understood: square pictures; clipt has no models of others");
      side = pair[0].template get<int>();
      return;
    }
  }
  fields.size(key, side, absent);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
