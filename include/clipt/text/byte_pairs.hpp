// The vocabulary of a byte-pair encoding (bytes, and pairs merged in order of rank) and a word's way through it.
#pragma once
#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

#include <clipt/text/byte_alphabet.hpp>  // alphabet
#include <clipt/text/id_table.hpp>       // id_table, hash_bytes
#include <clipt/text/pair_merging.hpp>   // merge_in_rounds, merge_by_heap

namespace clipt::inline CLIPT_BUILD::detail {

/// Symbols 0..255 are the bytes, 256..511 the same at a word's end, 512 + k what merge k makes.
/// Their texts differ from each other, and a merge's parts come before it; so ids are ranks too.
/// Once built it is only read: any number of threads may use it.
class byte_pairs {
 public:
  static constexpr std::int32_t byte_symbols = 512;

  byte_pairs() {
    for (std::int32_t id = 0; id < byte_symbols; ++id) {
      const char byte = static_cast<char>(alphabet.byte[static_cast<std::size_t>(id % 256)]);
      insert(std::string_view(&byte, 1), id >= 256);
    }
  }

  std::int32_t size() const { return static_cast<std::int32_t>(ends_.size()); }
  const std::vector<std::pair<std::int32_t, std::int32_t>>& merges() const { return merges_; }

  /// A symbol's bytes, and whether it ends a word.
  std::string_view bytes(std::int32_t id) const {
    const auto i = static_cast<std::size_t>(id);
    return std::string_view(texts_).substr(starts_[i], starts_[i + 1] - starts_[i]);
  }
  bool ends_word(std::int32_t id) const { return ends_[static_cast<std::size_t>(id)] != 0; }

  /// The symbol with these bytes, -1 if there is none.
  std::int32_t find(std::string_view bytes_of, bool end) const {
    return by_text_.find(hash_bytes(bytes_of, end),
                         [&](std::int32_t id) { return ends_word(id) == end && bytes(id) == bytes_of; });
  }

  /// What the pair becomes, -1 if it is no merge.
  std::int32_t merged(std::int32_t left, std::int32_t right) const {
    const std::pair pair(left, right);
    return by_pair_.find(hash_pair(pair), [&](std::int32_t id) { return parts(id) == pair; });
  }

  /// Adds the next merge and returns its symbol; -1, and nothing changes, if its text is there already.
  std::int32_t append(std::int32_t left, std::int32_t right) {
    const std::string text = std::string(bytes(left)) + std::string(bytes(right));
    if (find(text, ends_word(right)) >= 0) return -1;
    merges_.emplace_back(left, right);
    by_pair_.add(size(), [this](std::int32_t id) { return hash_pair(parts(id)); });
    insert(text, ends_word(right));
    return size() - 1;
  }

  /// Notes which symbols are what their own text comes out as, so that words that are one symbol need no merging.
  void finish() {
    whole_.assign(ends_.size(), 0);
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 256; id < size(); ++id) {
      if (!ends_word(id)) continue;
      ids.clear();
      merge_word(bytes(id), ids);
      whole_[static_cast<std::size_t>(id)] = ids.size() == 1;
    }
  }

  /// Appends the symbols of a word that is not empty: of all adjacent pairs the one of lowest rank is merged wherever
  /// it occurs, left to right, until none is left.
  void append_word(std::string_view word, std::vector<std::int32_t>& out) const {
    const std::int32_t whole = find(word, true);
    if (whole >= 0 && whole_[static_cast<std::size_t>(whole)] != 0)
      out.push_back(whole);
    else
      merge_word(word, out);
  }

  /// The same by merging alone. Short words go round by round, long ones through a heap: n log n instead of n squared.
  void merge_word(std::string_view word, std::vector<std::int32_t>& out) const {
    const std::size_t first = out.size();
    for (const char c : word) out.push_back(alphabet.id[static_cast<std::uint8_t>(c)]);
    out.back() += 256;
    const std::size_t left = word.size() <= short_word ? merge_short(out.data() + first, word.size())
                                                       : merge_long(out.data() + first, word.size());
    out.resize(first + left);
  }

  static constexpr std::size_t short_word = detail::short_word;

  /// Merges `ids[0, count)` in place and returns how many are left; short: at most `short_word` of them.
  std::size_t merge_short(std::int32_t* ids, std::size_t count) const {
    return merge_in_rounds(ids, count, [this](std::int32_t left, std::int32_t right) { return merged(left, right); });
  }
  std::size_t merge_long(std::int32_t* ids, std::size_t count) const {
    return merge_by_heap(ids, count, [this](std::int32_t left, std::int32_t right) { return merged(left, right); });
  }

 private:
  static std::uint64_t hash_pair(const std::pair<std::int32_t, std::int32_t>& pair) {
    return mix(std::uint64_t(static_cast<std::uint32_t>(pair.first)) << 32 | static_cast<std::uint32_t>(pair.second));
  }

  /// Of the symbol of a merge.
  const std::pair<std::int32_t, std::int32_t>& parts(std::int32_t id) const {
    return merges_[static_cast<std::size_t>(id - byte_symbols)];
  }

  void insert(std::string_view text, bool end) {
    texts_ += text;
    starts_.push_back(static_cast<std::uint32_t>(texts_.size()));
    ends_.push_back(end ? 1 : 0);
    by_text_.add(size() - 1, [this](std::int32_t id) { return hash_bytes(bytes(id), ends_word(id)); });
  }

  std::string texts_;                       // all symbols' bytes, one behind the other
  std::vector<std::uint32_t> starts_{0};    // where each begins, and the end
  std::vector<std::uint8_t> ends_, whole_;  // by symbol: ends a word; its text comes out as itself
  std::vector<std::pair<std::int32_t, std::int32_t>> merges_;
  id_table by_text_, by_pair_;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
