// Labels and templates from files: a list with one a line, or JSON with the prompts of several data sets.
#pragma once
#include <algorithm>    // count
#include <filesystem>   // path
#include <map>          // map
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <fmt/ranges.h>       // join
#include <nlohmann/json.hpp>  // json

#include <clipt/evaluate/prompts.hpp>  // prompt_set
#include <clipt/core/error.hpp>        // io_error
#include <clipt/io/file.hpp>           // read_file
#include <clipt/io/utf8_text.hpp>      // text_of, list_of

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// What a file is called in messages, and how they look.
struct prompt_source {
  const char* function;
  std::string file;

  [[noreturn]] void refuse(std::string_view where, std::string_view expected, std::string_view found) const {
    throw io_error(fmt::format("clipt::{}: {}: {}: expected {}, found {}", function, file, where, expected, found));
  }
};

inline std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The text of the file, whichever way it is encoded.
inline std::string text_of(const prompt_source& source) {
  return text_of(read_file(source.file), fmt::format("clipt::{}: {}", source.function, source.file));
}

/// The lines of the file without the blanks around them; empty ones only at the end. `what` is a line to messages.
inline std::vector<std::string> read_list(const prompt_source& source, std::string_view what) {
  return list_of(text_of(source), fmt::format("clipt::{}: {}", source.function, source.file), what, without_blanks);
}

inline bool has_one_place(std::string_view sentence) {
  const std::size_t at = sentence.find("{}");
  return at != sentence.npos && sentence.find("{}", at + 2) == sentence.npos;
}

/// JSON without deep nesting, which could take more memory than the file.
inline nlohmann::json read_prompt_json(const prompt_source& source, std::string_view text) {
  const auto line_of = [&](std::size_t byte) {
    return fmt::format("line {}", 1 + std::count(text.begin(), text.begin() + std::min(byte, text.size()), '\n'));
  };
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
    using happened = nlohmann::json::parse_event_t;
    if (depth > 3 && (event == happened::object_start || event == happened::array_start))
      source.refuse("the document", "objects of lists of names", "deeper nesting");
    return true;
  };
  try {
    return nlohmann::json::parse(text.begin(), text.end(), watch);
  } catch (const nlohmann::json::parse_error& problem) {
    const std::string_view what = problem.what();  // [json.exception.parse_error.101] parse error at line ...: ...
    const std::size_t reason = what.find(": ");
    source.refuse(line_of(problem.byte), "JSON", reason == what.npos ? what : what.substr(reason + 2));
  } catch (const nlohmann::json::out_of_range&) {
    source.refuse("the document", "numbers that a double can hold", "one that none can");
  }
}

inline const nlohmann::json& list_in(const prompt_source& source, const std::string& name, const nlohmann::json& set,
                                     const char* key) {
  const auto where = fmt::format("set '{}'", name);
  if (!set.is_object()) source.refuse(where, "an object with \"classes\" and \"templates\"", set.type_name());
  const auto found = set.find(key);
  if (found == set.end()) source.refuse(where, fmt::format("\"{}\"", key), "no such key");
  if (!found->is_array() || found->empty())
    source.refuse(where, fmt::format("\"{}\" to be a list that is not empty", key),
                  found->is_array() ? "an empty one" : found->type_name());
  return *found;
}

/// The names of one class: text, or a list of texts.
inline std::vector<std::string> names_of_class(const prompt_source& source, const std::string& where,
                                               const nlohmann::json& value) {
  std::vector<std::string> names;
  const auto add = [&](const nlohmann::json& name) {
    if (!name.is_string()) source.refuse(where, "text", name.type_name());
    names.push_back(name.get<std::string>());
  };
  if (value.is_array())
    for (const auto& name : value) add(name);
  else
    add(value);
  if (names.empty()) source.refuse(where, "at least one name", "an empty list");
  return names;
}

inline prompt_set prompt_set_of(const prompt_source& source, const std::string& name, const nlohmann::json& value) {
  prompt_set result{{}, {}, {}};
  for (const auto& item : list_in(source, name, value, "classes")) {
    auto names = names_of_class(source, fmt::format("set '{}', class {}", name, result.labels.size()), item);
    result.labels.push_back(names.front());
    result.synonyms.emplace_back(names.begin() + 1, names.end());
  }
  for (const auto& item : list_in(source, name, value, "templates")) {
    const auto where = fmt::format("set '{}', template {}", name, result.templates.size());
    if (!item.is_string() || !has_one_place(item.get_ref<const std::string&>()))
      source.refuse(where, "text with one {}",
                    item.is_string() ? "'" + item.get<std::string>() + "'" : item.type_name());
    result.templates.push_back(item.get<std::string>());
  }
  return result;
}

}  // namespace detail

/// Labels, one a line, in the order of the file. UTF-8, or UTF-16 by its mark; blanks around a label and empty lines at
/// the end do not count.
///
/// Errors: io_error with the line for an empty line in the middle, which would shift all numbers after it, and with the
/// column for bytes that are no text.
inline std::vector<std::string> labels_from_file(const std::filesystem::path& path) {
  return detail::read_list({"labels_from_file", path.string()}, "a label");
}

/// Templates, one a line, each with one {} for the label. Errors: io_error with the line where that is not so.
inline std::vector<std::string> templates_from_file(const std::filesystem::path& path) {
  const detail::prompt_source source{"templates_from_file", path.string()};
  auto lines = detail::read_list(source, "a template");
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!detail::has_one_place(lines[i]))
      source.refuse(fmt::format("line {}", i + 1), "a template with one {}", "'" + lines[i] + "'");
  return lines;
}

/// The prompts of each data set in a JSON file: `{"CIFAR10": {"classes": [...], "templates": [...]}, ...}`.
///
/// A class is text or a list of names, of which the first is the label. Errors: io_error with the line of what is no
/// JSON, or the set and the place in it of what is no prompt.
inline std::map<std::string, prompt_set> prompt_sets_from_file(const std::filesystem::path& path) {
  const detail::prompt_source source{"prompt_sets_from_file", path.string()};
  const nlohmann::json document = detail::read_prompt_json(source, detail::text_of(source));
  if (!document.is_object()) source.refuse("the document", "an object of prompt sets", document.type_name());
  std::map<std::string, prompt_set> sets;
  for (const auto& [name, value] : document.items()) sets.emplace(name, detail::prompt_set_of(source, name, value));
  return sets;
}

/// The prompts called `name` of such a file. Errors: io_error with the names that there are.
inline prompt_set prompts_from_file(const std::filesystem::path& path, const std::string& name) {
  auto sets = prompt_sets_from_file(path);
  const auto found = sets.find(name);
  if (found != sets.end()) return std::move(found->second);
  std::vector<std::string> names;
  for (const auto& [known, set] : sets) names.push_back(known);
  throw io_error(fmt::format("clipt::prompts_from_file: {}: no set '{}'; there are: {}", path.string(), name,
                             fmt::join(names, ", ")));
}

}  // namespace clipt::inline CLIPT_BUILD
