// Learns a byte-pair vocabulary from captions, so that training needs no download.
#pragma once
#include <algorithm>      // sort
#include <cstddef>        // size_t
#include <cstdint>        // int32_t, int64_t
#include <queue>          // priority_queue
#include <span>           // span
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // pair
#include <vector>         // vector

#include <fmt/format.h>  // messages

#include <clipt/text/byte_pairs.hpp>     // byte_pairs
#include <clipt/text/merges_text.hpp>    // format_merges
#include <clipt/text/text_cleaning.hpp>  // clean_text
#include <clipt/text/tokenizer.hpp>      // tokenizer
#include <clipt/text/word_split.hpp>     // for_each_piece
#include <clipt/core/error.hpp>          // shape_error

namespace clipt::inline CLIPT_BUILD {

/// How many merges to learn at most, how often a pair must occur to be merged, and how captions are cleaned.
struct bpe_options {
  int merges = 8192;
  int min_count = 2;
  text_cleaning cleaning = text_cleaning::lower;
};

namespace detail {

/// Words with their counts, and for each pair of adjacent symbols how often it occurs and in which words.
class pair_counter {
 public:
  struct pair_record {
    std::int64_t count = 0;
    std::vector<std::uint32_t> words;  // every word that holds the pair, and some that no longer do
  };
  /// A pair that had `count` when it was put on the heap.
  struct candidate {
    std::int64_t count;
    std::int32_t left, right;
    /// The heap's top: the highest count, then the lowest ids.
    friend bool operator<(const candidate& a, const candidate& b) {
      if (a.count != b.count) return a.count < b.count;
      return std::pair(a.left, a.right) > std::pair(b.left, b.right);
    }
  };

  void add_word(std::string_view word, std::int64_t count) {
    const auto index = static_cast<std::uint32_t>(words_.size());
    words_.push_back({{}, count});
    auto& ids = words_.back().ids;
    for (const char c : word) ids.push_back(alphabet.id[static_cast<std::uint8_t>(c)]);
    ids.back() += 256;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) change(ids[i], ids[i + 1], count, index);
  }

  /// Puts every pair on the heap; to be called once, after the last word.
  void start() {
    for (const auto& [key, record] : pairs_) heap_.push({record.count, left_of(key), right_of(key)});
    changed_.clear();
  }

  /// The most frequent pair, which leaves the heap; count 0 if there is none.
  candidate pop() {
    while (!heap_.empty()) {
      const candidate top = heap_.top();
      heap_.pop();
      const std::int64_t now = pairs_[key_of(top.left, top.right)].count;
      if (now == top.count) return top;
      // Counts that grew were put on the heap when they did; one that shrank is put back with what is left of it.
      if (now > 0 && now < top.count) heap_.push({now, top.left, top.right});
    }
    return {0, 0, 0};
  }

  /// Replaces the pair by `merged` in every word and counts the pairs anew that this makes and breaks.
  void merge(std::int32_t left, std::int32_t right, std::int32_t merged) {
    const std::vector<std::uint32_t> words = std::move(pairs_[key_of(left, right)].words);
    for (const std::uint32_t w : words) merge_in(w, left, right, merged);
    pairs_.erase(key_of(left, right));
    for (const std::uint64_t key : changed_) {
      const auto found = pairs_.find(key);
      if (found != pairs_.end() && found->second.count > 0)
        heap_.push({found->second.count, left_of(key), right_of(key)});
    }
    changed_.clear();
  }

 private:
  struct counted_word {
    std::vector<std::int32_t> ids;
    std::int64_t count;
  };

  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return std::uint64_t(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }
  static std::int32_t left_of(std::uint64_t key) { return static_cast<std::int32_t>(key >> 32); }
  static std::int32_t right_of(std::uint64_t key) { return static_cast<std::int32_t>(key & 0xFFFFFFFFu); }

  void change(std::int32_t left, std::int32_t right, std::int64_t by, std::uint32_t word) {
    const std::uint64_t key = key_of(left, right);
    pair_record& record = pairs_[key];
    record.count += by;
    if (by < 0) return;
    if (record.words.empty() || record.words.back() != word) record.words.push_back(word);
    changed_.push_back(key);
  }

  void merge_in(std::uint32_t w, std::int32_t left, std::int32_t right, std::int32_t merged) {
    auto& ids = words_[w].ids;
    const std::int64_t count = words_[w].count;
    std::size_t write = 0;
    for (std::size_t read = 0; read < ids.size(); ++write) {
      if (read + 1 == ids.size() || ids[read] != left || ids[read + 1] != right) {
        ids[write] = ids[read++];
        continue;
      }
      if (write > 0) {
        change(ids[write - 1], left, -count, w);
        change(ids[write - 1], merged, count, w);
      }
      if (read + 2 < ids.size()) {
        change(right, ids[read + 2], -count, w);
        change(merged, ids[read + 2], count, w);
      }
      ids[write] = merged;
      read += 2;
    }
    ids.resize(write);
  }

  std::vector<counted_word> words_;
  std::unordered_map<std::uint64_t, pair_record> pairs_;
  std::priority_queue<candidate> heap_;
  std::vector<std::uint64_t> changed_;  // pairs that became more frequent since the last merge
};

/// The pieces of all captions with their counts, sorted; the special literals are no words.
inline std::vector<std::pair<std::string, std::int64_t>> count_words(std::span<const std::string> captions,
                                                                     text_cleaning how) {
  std::unordered_map<std::string, std::int64_t> counts;
  std::string cleaned, word;
  for (const std::string& caption : captions) {
    clean_text(caption, cleaned, how);
    for_each_piece(cleaned, [&](std::string_view piece) {
      if (piece == start_of_text_literal || piece == end_of_text_literal) return;
      word = piece;
      ++counts[word];
    });
  }
  std::vector<std::pair<std::string, std::int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace detail

/// Learns merges from captions that are cleaned and split as for encoding: again and again the most frequent pair of
/// adjacent symbols (lowest ids first among equals) becomes a symbol. Deterministic; stops early when no pair occurs
/// `min_count` times. A pair whose text is a symbol already is passed over, so that texts and ids stay one to one.
/// Source: Sennrich, Haddow, Birch 2016, "Neural machine translation of rare words with subword units", algorithm 1.
inline tokenizer train_tokenizer(std::span<const std::string> captions, const bpe_options& options) {
  if (options.merges < 0 || options.min_count < 1)
    throw shape_error(fmt::format("clipt::train_tokenizer: merges is {} and min_count {}, must be at least 0 and 1",
                                  options.merges, options.min_count));
  detail::pair_counter counter;
  for (const auto& [word, count] : detail::count_words(captions, options.cleaning)) counter.add_word(word, count);
  counter.start();
  detail::byte_pairs pairs;
  while (pairs.merges().size() < static_cast<std::size_t>(options.merges)) {
    const auto best = counter.pop();
    if (best.count < options.min_count) break;
    if (const std::int32_t merged = pairs.append(best.left, best.right); merged >= 0)
      counter.merge(best.left, best.right, merged);
  }
  return tokenizer::from_merges_text(detail::format_merges(pairs, {options.cleaning}));
}

}  // namespace clipt::inline CLIPT_BUILD
