// The vocabulary of a byte-pair encoding (bytes, and pairs merged in order of rank) and a word's way through it.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <cstring>      // memcpy
#include <functional>   // greater
#include <queue>        // priority_queue
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

/// Marks the last symbol of a word in CLIP's files.
inline constexpr std::string_view end_of_word = "</w>";

/// How CLIP writes a byte as a printable character, and in which order it numbers the bytes: first the 188 that are
/// printable in Latin-1, each as itself, then the others as U+0100, U+0101, ...
struct byte_alphabet {
  std::array<char32_t, 256> symbol{};
  std::array<std::int32_t, 256> id{};
  std::array<std::uint8_t, 256> byte{};              // of an id
  std::array<std::int32_t, 0x144> byte_of_symbol{};  // -1: stands for no byte
};

inline constexpr byte_alphabet alphabet = [] {
  byte_alphabet a;
  a.byte_of_symbol.fill(-1);
  std::int32_t id = 0;
  char32_t other = 0x100;
  for (const bool printable : {true, false}) {
    for (std::size_t b = 0; b < 256; ++b) {
      if (printable != ((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174)) continue;
      a.symbol[b] = printable ? static_cast<char32_t>(b) : other++;
      a.byte_of_symbol[a.symbol[b]] = static_cast<std::int32_t>(b);
      a.byte[static_cast<std::size_t>(id)] = static_cast<std::uint8_t>(b);
      a.id[b] = id++;
    }
  }
  return a;
}();

inline std::uint64_t mix(std::uint64_t h) {
  h *= 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}

inline std::uint64_t hash_bytes(std::string_view bytes, bool end) {
  std::uint64_t h = bytes.size() * 2 + (end ? 1 : 0);
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, p, 8);
    h = mix(h ^ eight);
  }
  std::uint64_t tail = 0;
  for (; left > 0; --left) tail = tail << 8 | static_cast<std::uint8_t>(*p++);
  return mix(h ^ tail);
}

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
    const std::uint64_t hash = hash_bytes(bytes_of, end);
    for (std::size_t at = hash & (by_text_.size() - 1);; at = (at + 1) & (by_text_.size() - 1)) {
      const text_slot& slot = by_text_[at];
      if (slot.id < 0) return -1;
      if (slot.tag == static_cast<std::uint32_t>(hash >> 32) && ends_word(slot.id) == end && bytes(slot.id) == bytes_of)
        return slot.id;
    }
  }

  /// What the pair becomes, -1 if it is no merge.
  std::int32_t merged(std::int32_t left, std::int32_t right) const {
    const std::uint64_t key = key_of(left, right);
    for (std::size_t at = mix(key) & (by_pair_.size() - 1);; at = (at + 1) & (by_pair_.size() - 1)) {
      if (by_pair_[at].key == key) return by_pair_[at].id;
      if (by_pair_[at].id < 0) return -1;
    }
  }

  /// Adds the next merge and returns its symbol; -1, and nothing changes, if its text is there already.
  std::int32_t append(std::int32_t left, std::int32_t right) {
    const std::string text = std::string(bytes(left)) + std::string(bytes(right));
    if (find(text, ends_word(right)) >= 0) return -1;
    const std::int32_t id = size();
    insert(text, ends_word(right));
    merges_.emplace_back(left, right);
    if (merges_.size() * 2 > by_pair_.size()) {
      by_pair_.assign(by_pair_.size() * 2, pair_slot{});
      for (std::size_t k = 0; k < merges_.size(); ++k) place(merges_[k], byte_symbols + static_cast<std::int32_t>(k));
    } else {
      place(merges_.back(), id);
    }
    return id;
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

  static constexpr std::size_t short_word = 48;

  /// Merges `ids[0, count)` in place, round by round; returns how many are left. At most `short_word` of them.
  std::size_t merge_short(std::int32_t* ids, std::size_t count) const {
    std::array<std::int32_t, short_word> pair;  // what ids[i], ids[i + 1] would become, -1: nothing
    for (std::size_t i = 0; i + 1 < count; ++i) pair[i] = merged(ids[i], ids[i + 1]);
    for (;;) {
      std::int32_t best = -1;
      for (std::size_t i = 0; i + 1 < count; ++i)
        if (static_cast<std::uint32_t>(pair[i]) < static_cast<std::uint32_t>(best)) best = pair[i];
      if (best < 0) return count;
      std::size_t write = 0;
      for (std::size_t read = 0; read < count; ++write) {
        const bool hit = read + 1 < count && pair[read] == best;
        ids[write] = hit ? best : ids[read];
        pair[write] = pair[read];
        read += hit ? 2 : 1;
      }
      count = write;
      for (std::size_t i = 0; i + 1 < count; ++i)
        if (ids[i] == best || ids[i + 1] == best) pair[i] = merged(ids[i], ids[i + 1]);
    }
  }

  /// The same through a heap of (rank, place). It gives the same result: a pair with a new symbol ranks behind it.
  std::size_t merge_long(std::int32_t* ids, std::size_t count) const {
    constexpr std::size_t none = ~std::size_t(0);
    std::vector<std::size_t> next(count), previous(count);
    using entry = std::pair<std::int32_t, std::size_t>;
    std::priority_queue<entry, std::vector<entry>, std::greater<>> heap;
    const auto offer = [&](std::size_t i) {
      if (i == none || next[i] == none) return;
      if (const std::int32_t id = merged(ids[i], ids[next[i]]); id >= 0) heap.emplace(id, i);
    };
    for (std::size_t i = 0; i < count; ++i) next[i] = i + 1 < count ? i + 1 : none, previous[i] = i > 0 ? i - 1 : none;
    for (std::size_t i = 0; i < count; ++i) offer(i);
    while (!heap.empty()) {
      const auto [id, at] = heap.top();
      heap.pop();
      if (ids[at] < 0 || next[at] == none || merged(ids[at], ids[next[at]]) != id) continue;  // its parts are gone
      const std::size_t gone = next[at];
      ids[at] = id, ids[gone] = -1;
      next[at] = next[gone];
      if (next[at] != none) previous[next[at]] = at;
      offer(previous[at]), offer(at);
    }
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i)
      if (ids[i] >= 0) ids[left++] = ids[i];
    return left;
  }

 private:
  struct text_slot {
    std::uint32_t tag = 0;
    std::int32_t id = -1;
  };
  struct pair_slot {
    std::uint64_t key = ~std::uint64_t(0);
    std::int32_t id = -1;
  };

  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return std::uint64_t(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }

  void place(std::pair<std::int32_t, std::int32_t> pair, std::int32_t id) {
    const std::uint64_t key = key_of(pair.first, pair.second);
    std::size_t at = mix(key) & (by_pair_.size() - 1);
    while (by_pair_[at].id >= 0) at = (at + 1) & (by_pair_.size() - 1);
    by_pair_[at] = {key, id};
  }

  void place_text(std::int32_t id) {
    const std::uint64_t hash = hash_bytes(bytes(id), ends_word(id));
    std::size_t at = hash & (by_text_.size() - 1);
    while (by_text_[at].id >= 0) at = (at + 1) & (by_text_.size() - 1);
    by_text_[at] = {static_cast<std::uint32_t>(hash >> 32), id};
  }

  void insert(std::string_view text, bool end) {
    texts_ += text;
    starts_.push_back(static_cast<std::uint32_t>(texts_.size()));
    ends_.push_back(end ? 1 : 0);
    if (ends_.size() * 2 > by_text_.size()) {
      by_text_.assign(by_text_.size() * 2, text_slot{});
      for (std::int32_t id = 0; id < size(); ++id) place_text(id);
    } else {
      place_text(size() - 1);
    }
  }

  std::string texts_;                       // all symbols' bytes, one behind the other
  std::vector<std::uint32_t> starts_{0};    // where each begins, and the end
  std::vector<std::uint8_t> ends_, whole_;  // by symbol: ends a word; its text comes out as itself
  std::vector<std::pair<std::int32_t, std::int32_t>> merges_;
  std::vector<text_slot> by_text_ = std::vector<text_slot>(2048);  // open addressing, at most half full
  std::vector<pair_slot> by_pair_ = std::vector<pair_slot>(2048);
};

}  // namespace clipt::inline CLIPT_BUILD::detail
