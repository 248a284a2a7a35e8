// CLIP's tokenizer: text to ids and back, alone or many captions at once.
#pragma once
#include <algorithm>    // min, copy
#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <filesystem>   // path
#include <limits>       // numeric_limits
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <type_traits>  // is_same_v
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>  // messages

#include <clipt/text/byte_pairs.hpp>     // byte_pairs
#include <clipt/text/merges_text.hpp>    // parse_merges, format_merges, text_rules
#include <clipt/text/text_cleaning.hpp>  // clean_text, normalised_by_transformers
#include <clipt/text/word_split.hpp>     // for_each_piece, next_special, token_rules
#include <clipt/core/error.hpp>          // shape_error
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/io/gzip.hpp>             // read_gzip_file

namespace clipt::inline CLIPT_BUILD {

/// CLIP's byte-pair tokenizer: cleaning, splitting, merging of byte pairs by rank.
/// Ids 0..511 are the bytes inside and at the end of a word, 512 + k what merge k makes, the last two the start and the
/// end of a text. Every text has ids; there is no unknown symbol. Immutable: any number of threads may use it at once.
/// Source: Radford et al. 2021, section 2.4; Sennrich et al. 2016 for the byte pairs.
class tokenizer {
 public:
  /// The bytes alone, without merges: 514 ids.
  tokenizer() { pairs_.finish(); }

  /// Reads a merges file, gzip or plain: a header line, then one merge a line. Of CLIP's own file (its header says
  /// `bpe_simple_vocab_16e6`) the first 48,894 merges, of any other all. Throws io_error with the line's number.
  /// A template for the same reason as read_image.
  template <class Path>
  static tokenizer from_file(const Path& path);

  /// Reads the same format from memory, for instance from a checkpoint's metadata.
  static tokenizer from_merges_text(std::string_view text) { return tokenizer(text, "the merges text"); }

  /// The merges themselves, each "left right" as in a line of a file; `source` is what messages call them. Throws
  /// io_error with the merge's number.
  static tokenizer from_merges(std::span<const std::string> merges, const std::string& source) {
    tokenizer made;
    made.pairs_ = detail::parse_merges(merges, source);
    return made;
  }

  /// The same vocabulary for texts that are cleaned in another way; a merges file keeps it in its header.
  /// Python equivalent: open_clip.SimpleTokenizer(clean="canonicalize").
  tokenizer with_cleaning(text_cleaning how) const {
    tokenizer other = *this;
    other.how_.cleaning = how;
    return other;
  }

  /// The same vocabulary by another library's rules, which go into a header as well. With rules of hugging_face and
  /// text_cleaning::none it is transformers' CLIPTokenizer, with open_clip's cleanings its HFTokenizer.
  tokenizer with_rules(token_rules rules) const {
    tokenizer other = *this;
    other.how_.rules = rules;
    return other;
  }

  text_cleaning cleaning() const { return how_.cleaning; }
  token_rules rules() const { return how_.rules; }

  /// What `from_merges_text` reads: a header line and every merge of this vocabulary.
  std::string merges_text() const { return detail::format_merges(pairs_, how_); }

  /// Writes the merges as a gzip file that `from_file` reads back equal. Whole or not at all; throws io_error.
  void save(const std::filesystem::path& path) const { write_gzip_file(path, merges_text()); }

  std::int32_t vocabulary_size() const { return pairs_.size() + 2; }
  std::int32_t start_of_text() const { return pairs_.size(); }
  std::int32_t end_of_text() const { return pairs_.size() + 1; }

  /// A text's ids without the two ends. `<|startoftext|>` and `<|endoftext|>` written in the text, in any case, become
  /// the special ids, as in CLIP: take them out of untrusted text if that matters. See token_rules for other rules.
  std::vector<std::int32_t> encode(std::string_view text) const {
    std::string scratch;
    std::vector<std::int32_t> ids;
    append(text, scratch, ids);
    return ids;
  }

  /// The same appended to `ids`; `scratch` holds the cleaned text, so that a loop over captions allocates nothing.
  void append(std::string_view text, std::string& scratch, std::vector<std::int32_t>& ids) const {
    clean_text(text, scratch, how_.cleaning);
    if (how_.rules != token_rules::hugging_face) return append_pieces(scratch, ids);
    for (std::string_view rest = scratch; !rest.empty();) {
      const std::size_t at = detail::next_special(rest);
      append_pieces(detail::normalised_by_transformers(rest.substr(0, at)), ids);
      if (at == std::string_view::npos) return;
      const bool start = rest.substr(at).starts_with(start_of_text_literal);
      ids.push_back(start ? start_of_text() : end_of_text());
      rest.remove_prefix(at + (start ? start_of_text_literal : end_of_text_literal).size());
    }
  }

  /// Start, ids, end; not padded. Longer than `context_length` (at least 2): cut to it with the end as the last id if
  /// `truncate`, else shape_error.
  std::vector<std::int32_t> encode_with_specials(std::string_view text, int context_length,
                                                 bool truncate = true) const {
    std::string scratch;
    std::vector<std::int32_t> ids;
    append_with_specials(text, context_length, truncate, scratch, ids);
    return ids;
  }

  /// The same appended to `ids`.
  void append_with_specials(std::string_view text, int context_length, bool truncate, std::string& scratch,
                            std::vector<std::int32_t>& ids) const {
    if (context_length < 2)
      throw shape_error(fmt::format("clipt::tokenizer: context_length is {}, must be at least 2: start and end of text",
                                    context_length));
    const std::size_t first = ids.size();
    ids.push_back(start_of_text());
    append(text, scratch, ids);
    ids.push_back(end_of_text());
    const std::size_t count = ids.size() - first;
    if (count <= static_cast<std::size_t>(context_length)) return;
    if (!truncate) {
      ids.resize(first);
      throw shape_error(fmt::format(
          "clipt::tokenizer: '{}...' has {} ids with start and end, context_length is {}; shorten it or truncate",
          unicode::valid_utf8(text.substr(0, 40)), count, context_length));
    }
    ids.resize(first + static_cast<std::size_t>(context_length));
    ids.back() = end_of_text();
  }

  /// The text of the ids: words followed by one space each, bytes that make no UTF-8 as U+FFFD, the special ids as
  /// they are written. Throws shape_error for an id outside [0, vocabulary_size()).
  std::string decode(std::span<const std::int32_t> ids) const {
    std::string bytes;
    for (const std::int32_t id : ids) {
      if (id < 0 || id >= vocabulary_size())
        throw shape_error(fmt::format("clipt::tokenizer::decode: id {} is outside [0, {})", id, vocabulary_size()));
      if (id >= start_of_text()) {
        bytes += id == start_of_text() ? start_of_text_literal : end_of_text_literal;
        continue;
      }
      bytes += pairs_.bytes(id);
      if (pairs_.ends_word(id)) bytes += detail::end_of_word;
    }
    // As in CLIP the marks become spaces once the bytes are text: a word's broken last byte cannot swallow its mark.
    const std::string marked = unicode::valid_utf8(bytes);
    std::string text;
    for (std::size_t at = 0; at < marked.size();) {
      const std::size_t mark = std::min(marked.find(detail::end_of_word, at), marked.size());
      text.append(marked, at, mark - at);
      if (mark < marked.size()) text += ' ';
      at = mark + detail::end_of_word.size();
    }
    return text;
  }

  /// How CLIP's files spell a symbol: printable characters for its bytes, `</w>` behind the last of a word.
  std::string symbol(std::int32_t id) const {
    if (id == start_of_text()) return std::string(start_of_text_literal);
    if (id == end_of_text()) return std::string(end_of_text_literal);
    return detail::spelled(pairs_, id);
  }

  /// Whether both have the same merges in the same order and treat texts alike.
  friend bool operator==(const tokenizer& a, const tokenizer& b) {
    return a.pairs_.merges() == b.pairs_.merges() && a.how_ == b.how_;
  }

 private:
  tokenizer(std::string_view merges, const std::string& source)
      : pairs_(detail::parse_merges(merges, source)), how_(detail::parse_rules(merges, source)) {}

  /// The ids of a text that is ready to be cut.
  void append_pieces(std::string_view text, std::vector<std::int32_t>& ids) const {
    const special_literals literals = literals_of(how_.rules);
    const auto append_piece = [&](std::string_view piece) {
      const bool start = piece[0] == '<' && piece == literals.start;
      if (!start && !(piece[0] == '<' && piece == literals.end))
        pairs_.append_word(piece, ids);
      else if (how_.rules != token_rules::hugging_face)
        ids.push_back(start ? start_of_text() : end_of_text());
      else  // written in capitals it was not found before; it is cut once more where letters begin and end
        for (const std::string_view part :
             {piece.substr(0, 2), piece.substr(2, piece.size() - 4), piece.substr(piece.size() - 2)})
          pairs_.append_word(part, ids);
    };
    for_each_piece(text, append_piece, how_.rules);
  }

  detail::byte_pairs pairs_;
  detail::text_rules how_;
};

/// Outside the class it is not inline, so that a program that finds it in clipt::models compiles none of it.
template <class Path>
tokenizer tokenizer::from_file(const Path& path) {
  if constexpr (std::is_same_v<Path, std::filesystem::path>)
    return tokenizer(read_gzip_file(path), path.string());
  else
    return from_file(std::filesystem::path(path));
}

/// Captions back to back, each from its start to its end of text: caption i is ids[offsets[i], offsets[i + 1]).
struct packed_tokens {
  std::vector<std::int32_t> ids;      // [tokens]
  std::vector<std::int32_t> offsets;  // [captions + 1]
};

namespace detail {

inline constexpr std::size_t captions_per_piece = 256;

/// Tokenizes pieces of captions in parallel; piece p holds its captions back to back and their lengths.
struct token_piece {
  std::vector<std::int32_t> ids, lengths;
};
inline std::vector<token_piece> tokenize_pieces(const tokenizer& t, std::span<const std::string> captions,
                                                int context_length, int threads) {
  std::vector<token_piece> pieces((captions.size() + captions_per_piece - 1) / captions_per_piece);
  on_cpu::parallel_for(threads, static_cast<dim_t>(pieces.size()), [&](dim_t p) {
    const std::size_t first = static_cast<std::size_t>(p) * captions_per_piece;
    const auto mine = captions.subspan(first, std::min(captions_per_piece, captions.size() - first));
    token_piece piece;
    piece.ids.reserve(mine.size() * 16);
    std::string scratch;
    for (const std::string& caption : mine) {
      const std::size_t before = piece.ids.size();
      t.append_with_specials(caption, context_length, true, scratch, piece.ids);
      piece.lengths.push_back(static_cast<std::int32_t>(piece.ids.size() - before));
    }
    pieces[static_cast<std::size_t>(p)] = std::move(piece);
  });
  return pieces;
}

}  // namespace detail

/// All captions with start and end, cut to `context_length`, back to back in their order.
/// `threads`: 0 means all; the result does not depend on it. Throws shape_error beyond 2^31 - 1 ids in all.
inline packed_tokens tokenize_packed(const tokenizer& t, std::span<const std::string> captions, int context_length,
                                     int threads = 0) {
  const auto pieces = detail::tokenize_pieces(t, captions, context_length, threads);
  std::size_t total = 0;
  for (const auto& piece : pieces) total += piece.ids.size();
  if (total > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw shape_error(
        fmt::format("clipt::tokenize_packed: {} ids in all, at most 2147483647; pack fewer captions at once", total));
  packed_tokens packed;
  packed.ids.reserve(total);
  packed.offsets.reserve(captions.size() + 1);
  packed.offsets.push_back(0);
  for (const auto& piece : pieces) {
    packed.ids.insert(packed.ids.end(), piece.ids.begin(), piece.ids.end());
    for (const std::int32_t length : piece.lengths) packed.offsets.push_back(packed.offsets.back() + length);
  }
  return packed;
}

/// The same as a matrix [captions, context_length], zeros behind each end of text. Zero is also the id of `!`: the end
/// of a caption is where its largest id stands, not where zeros begin.
/// PyTorch equivalent: clip.tokenize(captions, context_length, truncate=True).
inline std::vector<std::int32_t> tokenize_padded(const tokenizer& t, std::span<const std::string> captions,
                                                 int context_length, int threads = 0) {
  const auto pieces = detail::tokenize_pieces(t, captions, context_length, threads);
  std::vector<std::int32_t> padded(captions.size() * static_cast<std::size_t>(context_length), 0);
  auto row = padded.begin();
  for (const auto& piece : pieces) {
    auto ids = piece.ids.begin();
    for (const std::int32_t length : piece.lengths) {
      std::copy(ids, ids + length, row);
      ids += length;
      row += context_length;
    }
  }
  return padded;
}

}  // namespace clipt::inline CLIPT_BUILD
