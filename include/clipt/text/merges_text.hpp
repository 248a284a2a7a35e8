// The merges file of a byte-pair vocabulary as text: a header line, then one merge a line, in CLIP's spelling of bytes.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>  // messages

#include <clipt/text/byte_pairs.hpp>     // byte_pairs
#include <clipt/text/text_cleaning.hpp>  // text_cleaning
#include <clipt/text/unicode.hpp>        // next, append
#include <clipt/text/word_split.hpp>     // token_rules
#include <clipt/core/error.hpp>          // io_error

namespace clipt::inline CLIPT_BUILD::detail {

/// Our header. Readers that skip a `#version` line (transformers) and those that skip the first line (CLIP) both fit.
inline constexpr std::string_view merges_header = "#version: 0.2 - clipt byte-pair merges";

/// What follows our header where texts are cleaned in another way than CLIP's, or cut by other rules: this and a name.
inline constexpr std::string_view cleaning_mark = ", cleaning: ";
inline constexpr std::string_view rules_mark = ", rules: ";

/// CLIP's own file holds 262,144 merges, of which its vocabulary of 49,152 symbols uses the first ones.
inline constexpr std::string_view clip_file_mark = "bpe_simple_vocab_16e6";
inline constexpr std::size_t clip_merges = 49152 - 256 - 2;

inline std::string spelled(const byte_pairs& pairs, std::int32_t id) {
  std::string out;
  for (const char c : pairs.bytes(id)) unicode::append(out, alphabet.symbol[static_cast<std::uint8_t>(c)]);
  if (pairs.ends_word(id)) out += end_of_word;
  return out;
}

/// The symbol that is spelled `word`, -1 if there is none.
inline std::int32_t symbol_spelled(const byte_pairs& pairs, std::string_view word) {
  const bool end = word.size() > end_of_word.size() && word.ends_with(end_of_word);
  if (end) word.remove_suffix(end_of_word.size());
  std::string bytes;
  for (std::size_t at = 0; at < word.size();) {
    const char32_t c = unicode::next(word, at);
    const std::int32_t byte = c < alphabet.byte_of_symbol.size() ? alphabet.byte_of_symbol[c] : -1;
    if (byte < 0) return -1;
    bytes.push_back(static_cast<char>(byte));
  }
  return pairs.find(bytes, end);
}

/// Adds the merge that is spelled `line`; it is the `number`-th line, or another `unit`, of what messages call `name`.
inline void append_merge(byte_pairs& pairs, std::string_view line, std::string_view unit, std::size_t number,
                         const std::string& name) {
  const auto fail = [&](const std::string& found) {
    throw io_error(
        fmt::format("clipt::tokenizer: {}, {} {}: expected two known symbols and a space between them, found {}", name,
                    unit, number, found));
  };
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos)
    fail(fmt::format("'{}'", unicode::valid_utf8(line.substr(0, 80))));
  const std::string_view parts[] = {line.substr(0, space), line.substr(space + 1)};
  std::int32_t ids[2];
  for (int i = 0; i < 2; ++i) {
    ids[i] = symbol_spelled(pairs, parts[i]);
    if (ids[i] < 0)
      fail(fmt::format("'{}', which is neither a byte's symbol nor made by a line before",
                       unicode::valid_utf8(parts[i].substr(0, 80))));
  }
  if (pairs.ends_word(ids[0]))
    fail(fmt::format("'{}' on the left, which ends a word", unicode::valid_utf8(parts[0].substr(0, 80))));
  if (pairs.append(ids[0], ids[1]) < 0)
    fail(fmt::format("'{}', whose result an earlier line makes already", unicode::valid_utf8(line.substr(0, 80))));
}

/// Reads a merges text; `name` stands for the file in messages. Throws io_error with the line's number.
inline byte_pairs parse_merges(std::string_view text, const std::string& name) {
  byte_pairs pairs;
  std::size_t most = ~std::size_t(0);
  for (std::size_t number = 1; !text.empty() && pairs.merges().size() < most; ++number) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1) {
      if (line.find(clip_file_mark) != std::string_view::npos) most = clip_merges;
    } else if (!line.empty() || !text.empty()) {
      append_merge(pairs, line, "line", number, name);
    }
  }
  pairs.finish();
  return pairs;
}

/// The merges of a list, each as a line of a merges text. Throws io_error with the merge's number, from 1.
inline byte_pairs parse_merges(std::span<const std::string> merges, const std::string& name) {
  byte_pairs pairs;
  for (std::size_t i = 0; i < merges.size(); ++i) append_merge(pairs, merges[i], "merge", i + 1, name);
  pairs.finish();
  return pairs;
}

/// How the texts of a vocabulary become words.
struct text_rules {
  text_cleaning cleaning = text_cleaning::lower;
  token_rules rules = token_rules::openai;
  friend bool operator==(const text_rules&, const text_rules&) = default;
};

/// Takes `mark` and one of `names`, which is returned by its number, from the front of a header; 0 without the mark.
template <std::size_t N>
std::size_t take_setting(std::string_view& header, std::string_view mark, const std::array<std::string_view, N>& names,
                         const std::string& source) {
  if (!header.starts_with(mark)) return 0;
  header.remove_prefix(mark.size());
  const std::string_view found = header.substr(0, header.find(','));
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (found == names[i]) {
      header.remove_prefix(found.size());
      return i;
    }
    known += (i == 0 ? "" : " or ") + std::string(names[i]);
  }
  throw io_error(fmt::format("clipt::tokenizer: {}, line 1: expected {} {}, found '{}'", source,
                             mark.substr(2, mark.size() - 3), known, unicode::valid_utf8(found.substr(0, 80))));
}

/// How the texts of a merges text's vocabulary become words: as its header says, and by other headers in CLIP's way.
inline text_rules parse_rules(std::string_view text, const std::string& name) {
  std::string_view header = text.substr(0, text.find('\n'));
  if (header.ends_with('\r')) header.remove_suffix(1);
  if (!header.starts_with(merges_header)) return {};
  header.remove_prefix(merges_header.size());
  const auto cleaning = static_cast<text_cleaning>(take_setting(header, cleaning_mark, text_cleaning_names, name));
  return {cleaning, static_cast<token_rules>(take_setting(header, rules_mark, token_rules_names, name))};
}

/// No newline at the end: CLIP's own reader would make a symbol of the empty line behind it.
inline std::string format_merges(const byte_pairs& pairs, const text_rules& how = {}) {
  std::string out(merges_header);
  if (how.cleaning != text_cleaning::lower)
    out.append(cleaning_mark).append(text_cleaning_names[static_cast<std::size_t>(how.cleaning)]);
  if (how.rules != token_rules::openai)
    out.append(rules_mark).append(token_rules_names[static_cast<std::size_t>(how.rules)]);
  for (const auto& [left, right] : pairs.merges()) {
    out += '\n';
    out += spelled(pairs, left);
    out += ' ';
    out += spelled(pairs, right);
  }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
