// What classes are called: names for the labels of a data set from a file, and which class of a list each label is.
#pragma once
#include <algorithm>      // all_of, any_of, count, find_if, sort
#include <charconv>       // from_chars
#include <filesystem>     // path
#include <optional>       // optional
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // move
#include <vector>         // vector

#include <fmt/format.h>  // format

#include <clipt/evaluate/prompt_files.hpp>  // prompt_source, read_prompt_json, text_of
#include <clipt/data/option_lists.hpp>      // parts_of

namespace clipt::inline CLIPT_BUILD {

/// A class of a data set: what the data call it, or nothing where only its place says so, and its names in words.
struct named_class {
  std::string label;
  std::vector<std::string> names;
};

namespace detail {

/// How many characters of `line` are the number of a WordNet synset, such as n01440764: nine, or none.
inline std::size_t synset_length(std::string_view line) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool begins = line.size() >= 9 && line[0] == 'n' && std::all_of(line.begin() + 1, line.begin() + 9, is_digit);
  return begins && (line.size() == 9 || std::string_view(" \t,:").find(line[9]) != line.npos) ? 9 : 0;
}

/// The number that a whole text is, or none.
inline std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// The names in "great_white_shark, white shark": between commas, with blanks for underscores.
inline std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view part : parts_of(text, ",")) {
    names.emplace_back(part);
    std::replace(names.back().begin(), names.back().end(), '_', ' ');
  }
  return names;
}

/// Lines of labels with their names; of each line the first `label_length(line)` characters are the label.
template <class Length>
std::vector<named_class> keyed_lines(const prompt_source& source, const std::vector<std::string>& lines,
                                     Length&& label_length) {
  std::vector<named_class> classes;
  std::unordered_map<std::string, std::size_t> line_of;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const std::size_t length = label_length(line);
    const std::size_t name = std::min(line.find_first_not_of(" \t,:", length), line.size());
    const std::string where = fmt::format("line {}", i + 1);
    if (length == 0 || name == line.size())
      source.refuse(where, "a label and a name, as on the lines before", fmt::format("'{}'", line));
    classes.push_back({std::string(without_blanks(line.substr(0, length))), {}});
    if (const auto [at, fresh] = line_of.emplace(classes.back().label, i + 1); !fresh)
      source.refuse(where, "another label than on line " + std::to_string(at->second),
                    "'" + classes.back().label + "' again");
    names.push_back(line.substr(name));
  }
  const auto behind_number = [](std::string_view text) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    return whole_number(text.substr(0, blank)) ? without_blanks(text.substr(blank)) : std::string_view();
  };
  const bool numbered =
      std::all_of(names.begin(), names.end(), [&](auto text) { return !behind_number(text).empty(); });
  for (std::size_t i = 0; i < lines.size(); ++i) {
    classes[i].names = names_in(numbered ? behind_number(names[i]) : names[i]);
    if (classes[i].names.empty())
      source.refuse(fmt::format("line {}", i + 1), "a label and a name", fmt::format("'{}'", lines[i]));
  }
  return classes;
}

inline std::vector<named_class> classes_of_lines(const prompt_source& source, std::string_view text,
                                                 const std::vector<std::string>& labels) {
  const auto lines =
      list_of(text, fmt::format("clipt::{}: {}", source.function, source.file), "a name", without_blanks);
  const auto is_label = [&](std::string_view t) { return std::find(labels.begin(), labels.end(), t) != labels.end(); };
  const auto up_to = [](std::string_view ends) {
    return
        [ends](std::string_view line) { return line.find_first_of(ends) == line.npos ? 0 : line.find_first_of(ends); };
  };
  if (synset_length(lines.front()) > 0) return keyed_lines(source, lines, synset_length);
  if (lines.front().find('\t') != std::string::npos) return keyed_lines(source, lines, up_to("\t"));
  std::ptrdiff_t whole = 0, first = 0;
  for (const std::string_view line : lines) {
    whole += is_label(line);
    first += is_label(line.substr(0, std::min(line.find_first_of(" ,:"), line.size())));
  }
  if (first > whole) return keyed_lines(source, lines, up_to(" ,:"));
  std::vector<named_class> classes;
  for (const std::string& line : lines) {
    classes.push_back({"", names_in(line)});
    if (classes.back().names.empty())
      source.refuse(fmt::format("line {}", classes.size()), "a name", fmt::format("'{}'", line));
  }
  return classes;
}

/// A class of {"0": ["n01440764", "tench"]}, {"n01440764": "tench"} or {"0": "tench"}.
inline named_class class_of_json(const prompt_source& source, const std::string& key, const nlohmann::json& value) {
  std::vector<std::string> texts = names_of_class(source, fmt::format("entry '{}'", key), value);
  named_class result{key, {}};
  if (whole_number(key) && texts.size() > 1 && synset_length(texts.front()) == texts.front().size()) {
    result.label = texts.front();
    texts.erase(texts.begin());
  }
  for (const std::string& text : texts)
    for (std::string& name : names_in(text)) result.names.push_back(std::move(name));
  if (result.names.empty()) source.refuse(fmt::format("entry '{}'", key), "a name", "an empty one");
  return result;
}

inline std::vector<named_class> classes_of_json(const prompt_source& source, std::string_view text) {
  const nlohmann::json document = read_prompt_json(source, text);
  if (!document.is_structured() || document.empty())
    source.refuse("the document", "an object or a list of names", document.empty() ? "nothing" : document.type_name());
  std::vector<std::pair<std::string, named_class>> classes;
  for (const auto& [key, value] : document.items()) {
    classes.emplace_back(key, class_of_json(source, key, value));
    if (document.is_array() && classes.back().second.label == key) classes.back().second.label.clear();
  }
  const bool numbered = std::all_of(classes.begin(), classes.end(), [](auto& c) { return whole_number(c.first); });
  if (numbered)
    std::sort(classes.begin(), classes.end(),
              [](auto& a, auto& b) { return *whole_number(a.first) < *whole_number(b.first); });
  std::vector<named_class> result;
  for (auto& [key, one] : classes) result.push_back(std::move(one));
  return result;
}

}  // namespace detail

/// Names of classes out of a file, in its order; `labels` are those of the data that it is for.
///
/// Lines `n01440764 tench, Tinca tinca` (ImageNet's LOC_synset_mapping.txt; with a number before the name as in its
/// map_clsloc.txt), lines of any labels that the data have, or of label, tab and name, or of names alone; JSON as
/// {"0": ["n01440764", "tench"]} (imagenet_class_index.json), {"n01440764": "tench"}, or a list of names. Commas
/// separate the names of a class. Errors: io_error with the line or entry that is none of these.
inline std::vector<named_class> class_names_from_file(const std::filesystem::path& path,
                                                      const std::vector<std::string>& labels) {
  const detail::prompt_source source{"class_names_from_file", path.string()};
  const std::string text = detail::text_of(source);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != text.npos && (text[first] == '{' || text[first] == '[');
  return json ? detail::classes_of_json(source, text) : detail::classes_of_lines(source, text, labels);
}

/// Which of some classes each of some labels is.
struct class_match {
  std::vector<int> classes;  ///< [labels]: number of the class, -1 for none
  bool by_place = false;     ///< the order alone says so
};

namespace detail {

/// Classes by their names: the first ones or the others, folded ("Golden_Retriever" is "golden retriever") or not. A name
/// of several classes is that of none, -1.
inline std::unordered_map<std::string, int> name_index(const std::vector<named_class>& classes, bool further,
                                                       std::string (*fold)(std::string)) {
  std::unordered_map<std::string, int> index;
  for (std::size_t k = 0; k < classes.size(); ++k)
    for (std::size_t n = further; n < (further ? classes[k].names.size() : 1); ++n) {
      const auto [at, fresh] = index.emplace(fold(classes[k].names[n]), static_cast<int>(k));
      if (!fresh && at->second != static_cast<int>(k)) at->second = -1;
    }
  return index;
}

inline std::string folded(std::string text) {
  for (char& c : text) c = c == '_' || c == '-' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// The class that has one of the texts of each label as a name, -1 for none.
inline std::vector<int> match_names(const std::vector<std::vector<std::string>>& labels,
                                    const std::vector<named_class>& classes) {
  std::vector<int> result(labels.size(), -1);
  for (const auto fold : {+[](std::string text) { return text; }, +folded})
    for (const bool further : {false, true}) {
      const auto index = name_index(classes, further, fold);
      for (std::size_t i = 0; i < labels.size(); ++i)
        for (const std::string& text : labels[i])
          if (const auto found = index.find(fold(text)); result[i] < 0 && found != index.end())
            result[i] = found->second;
    }
  return result;
}

/// The class whose number each label is, from 0; -1 for all unless every label is such a number.
inline std::vector<int> match_numbers(const std::vector<std::vector<std::string>>& labels, std::size_t classes) {
  std::vector<int> result;
  for (const auto& texts : labels) {
    const auto number = texts.size() == 1 ? whole_number(texts.front()) : std::nullopt;
    if (!number || *number >= classes) return std::vector<int>(labels.size(), -1);
    result.push_back(static_cast<int>(*number));
  }
  return result;
}

inline bool any_matched(const std::vector<int>& classes) {
  return std::any_of(classes.begin(), classes.end(), [](int k) { return k >= 0; });
}

}  // namespace detail

/// Finds the class of each label, which has one text or several.
///
/// By the classes' own labels if one of these occurs; else by names, upper and lower case, `_` and `-` apart; else by
/// number, from 0, if all labels are numbers. With `in_order` the labels are in the order of the classes: where there
/// are as many, and no more names contradict than agree, their places decide.
inline class_match match_classes(const std::vector<std::vector<std::string>>& labels,
                                 const std::vector<named_class>& classes, bool in_order) {
  std::unordered_map<std::string, int> by_label;
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (!classes[k].label.empty()) by_label.emplace(classes[k].label, static_cast<int>(k));
  std::vector<int> matched;
  for (const auto& texts : labels) {
    const auto found = texts.empty() ? by_label.end() : by_label.find(texts.front());
    matched.push_back(found == by_label.end() ? -1 : found->second);
  }
  if (detail::any_matched(matched)) return {matched};
  matched = detail::match_names(labels, classes);
  const auto named = static_cast<std::ptrdiff_t>(labels.size()) - std::count(matched.begin(), matched.end(), -1);
  if (named == static_cast<std::ptrdiff_t>(labels.size())) return {matched};
  std::ptrdiff_t agree = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) agree += matched[i] == static_cast<int>(i);
  const bool numbers = std::all_of(labels.begin(), labels.end(), [](const auto& texts) {
    return texts.size() == 1 && detail::whole_number(texts.front());
  });
  if (in_order && !numbers && labels.size() == classes.size() && 2 * agree >= named) {
    for (std::size_t i = 0; i < labels.size(); ++i) matched[i] = static_cast<int>(i);
    return {matched, true};
  }
  return {named > 0 ? matched : detail::match_numbers(labels, classes.size())};
}

/// The classes that pictures are told apart by, and which labels of the data have none.
struct label_prompts {
  std::vector<std::string> labels;     ///< what the data call each class, or its name where they have none of it
  prompt_set prompts;                  ///< of the same classes
  std::vector<std::string> unmatched;  ///< labels of the data that are no class
  bool by_place = false;               ///< order alone says which label is which class
};

namespace detail {

inline std::vector<std::vector<std::string>> as_texts(const std::vector<std::string>& labels) {
  std::vector<std::vector<std::string>> texts;
  for (const std::string& label : labels) texts.push_back({label});
  return texts;
}

inline std::vector<named_class> classes_of(const prompt_set& set) {
  std::vector<named_class> classes;
  for (std::size_t k = 0; k < set.labels.size(); ++k) {
    classes.push_back({"", {set.labels[k]}});
    if (set.synonyms.empty()) continue;
    auto& names = classes.back().names;
    names.insert(names.end(), set.synonyms[k].begin(), set.synonyms[k].end());
  }
  return classes;
}

/// The class of a set that each label is, -1 for none: by its names among `names`, or, if these are empty, by itself.
inline class_match match_through(const std::vector<std::string>& labels, const std::vector<named_class>& names,
                                 const prompt_set& set, bool in_order) {
  const auto classes = classes_of(set);
  if (names.empty()) return match_classes(as_texts(labels), classes, in_order);
  std::vector<std::vector<std::string>> texts;
  for (const named_class& one : names) texts.push_back(one.names);
  class_match result = match_classes(as_texts(labels), names, in_order);
  const class_match of_name = match_classes(texts, classes, true);
  for (int& k : result.classes) k = k < 0 ? -1 : of_name.classes[static_cast<std::size_t>(k)];
  result.by_place |= of_name.by_place;
  return result;
}

}  // namespace detail

/// Names the labels of a data set out of `names`, as they are read from a file. With `in_order` the labels are those of
/// sorted folders. Errors: io_error, which begins with `source`, if no label has a name.
inline label_prompts name_labels(const std::vector<std::string>& labels, const std::vector<named_class>& names,
                                 bool in_order, const std::string& source) {
  const class_match match = match_classes(detail::as_texts(labels), names, in_order);
  label_prompts result;
  result.by_place = match.by_place;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (match.classes[i] < 0) {
      result.unmatched.push_back(labels[i]);
      continue;
    }
    const auto& all = names[static_cast<std::size_t>(match.classes[i])].names;
    result.labels.push_back(labels[i]);
    result.prompts.labels.push_back(all.front());
    result.prompts.synonyms.emplace_back(all.begin() + 1, all.end());
  }
  if (result.labels.empty())
    throw io_error(
        fmt::format("{}: {} names, {} labels of the data, such as '{}': none has a name here; give lines of "
                    "label and name, or for sorted folders as many names",
                    source, names.size(), labels.size(), labels.empty() ? "" : labels.front()));
  return result;
}

/// Finds the classes of `set` that labels are, by `names` (none: by themselves); all classes of the set are ranked.
/// Errors: io_error, which begins with `source`, if no label is a class, or two labels are the same.
inline label_prompts match_prompts(const std::vector<std::string>& labels, const std::vector<named_class>& names,
                                   const prompt_set& set, bool in_order, const std::string& source) {
  const class_match match = detail::match_through(labels, names, set, in_order);
  if (!detail::any_matched(match.classes))
    throw io_error(fmt::format(
        "{}: {} classes, such as '{}'; {} labels of the data, such as '{}': none is a class by name, by number from 0 "
        "or, "
        "of as many sorted folders, by place; --class-names gives labels their names",
        source, set.labels.size(), set.labels.front(), labels.size(), labels.empty() ? "" : labels.front()));
  label_prompts result{std::vector<std::string>(set.labels.size()), set, {}, match.by_place};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (match.classes[i] < 0) {
      result.unmatched.push_back(labels[i]);
      continue;
    }
    const auto k = static_cast<std::size_t>(match.classes[i]);
    if (!result.labels[k].empty())
      throw io_error(fmt::format("{}: labels '{}' and '{}' of the data are both '{}'; make them one", source,
                                 result.labels[k], labels[i], set.labels[k]));
    result.labels[k] = labels[i];
  }
  for (std::size_t k = 0; k < set.labels.size(); ++k)
    if (result.labels[k].empty()) {
      result.labels[k] = set.labels[k];
      // A label of the data is never another class's name.
      if (std::count(result.labels.begin(), result.labels.end(), set.labels[k]) > 1)
        result.labels[k] += fmt::format(" (class {})", k);
    }
  return result;
}

}  // namespace clipt::inline CLIPT_BUILD
