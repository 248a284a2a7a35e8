// Merging the symbols of a word: of all adjacent pairs the one of lowest rank becomes one symbol, until none is left.
#pragma once
#include <algorithm>   // remove
#include <array>       // array
#include <cstddef>     // size_t
#include <cstdint>     // int32_t
#include <functional>  // greater
#include <queue>       // priority_queue
#include <span>        // span
#include <utility>     // pair
#include <vector>      // vector

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

// Both ways give the same symbols: `merged(left, right)` is what a pair becomes, -1 if nothing, and at once its rank;
// what a merge makes ranks behind its parts, so a pair with a new symbol ranks behind it, too. Both work in place and
// return how many symbols are left.

inline constexpr std::size_t short_word = 48;

/// Merges at most `short_word` symbols: in each round the pair of lowest rank wherever it occurs, left to right.
template <class Merged>
std::size_t merge_in_rounds(std::int32_t* ids, std::size_t count, const Merged& merged) {
  std::array<std::int32_t, short_word> pair;  // what ids[i], ids[i + 1] would become, -1: nothing
  for (std::size_t i = 0; i + 1 < count; ++i) pair[i] = merged(ids[i], ids[i + 1]);
  for (;;) {
    std::int32_t best = -1;  // as an unsigned number the largest
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

/// A word's symbols at their first places, of which any may take in the one behind it.
class symbol_chain {
 public:
  static constexpr std::size_t none = ~std::size_t(0);

  explicit symbol_chain(std::span<std::int32_t> ids) : ids_(ids), next_(ids.size()), previous_(ids.size()) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      next_[i] = i + 1 < ids.size() ? i + 1 : none;
      previous_[i] = i > 0 ? i - 1 : none;
    }
  }

  std::size_t previous(std::size_t at) const { return previous_[at]; }

  /// What the symbol at a place and the one behind it become; -1 if they are no merge or one of them is not there.
  template <class Merged>
  std::int32_t merged_at(std::size_t at, const Merged& merged) const {
    if (at == none || ids_[at] == taken || next_[at] == none) return -1;
    return merged(ids_[at], ids_[next_[at]]);
  }

  /// The symbol at a place becomes `id`, and the one behind it goes.
  void take_in_next(std::size_t at, std::int32_t id) {
    const std::size_t gone = next_[at];
    ids_[at] = id;
    ids_[gone] = taken;
    next_[at] = next_[gone];
    if (next_[at] != none) previous_[next_[at]] = at;
  }

  /// Moves what is left to the front and returns how many these are.
  std::size_t close_gaps() {
    return static_cast<std::size_t>(std::remove(ids_.begin(), ids_.end(), taken) - ids_.begin());
  }

 private:
  static constexpr std::int32_t taken = -1;

  std::span<std::int32_t> ids_;
  std::vector<std::size_t> next_, previous_;
};

/// Merges any number of symbols through a heap of (rank, place): n log n instead of n squared.
template <class Merged>
std::size_t merge_by_heap(std::int32_t* ids, std::size_t count, const Merged& merged) {
  symbol_chain chain({ids, count});
  using candidate = std::pair<std::int32_t, std::size_t>;
  std::priority_queue<candidate, std::vector<candidate>, std::greater<>> heap;
  const auto offer = [&](std::size_t at) {
    if (const std::int32_t id = chain.merged_at(at, merged); id >= 0) heap.emplace(id, at);
  };
  for (std::size_t at = 0; at < count; ++at) offer(at);
  while (!heap.empty()) {
    const auto [id, at] = heap.top();
    heap.pop();
    if (chain.merged_at(at, merged) != id) continue;  // another merge took one of its parts
    chain.take_in_next(at, id);
    offer(chain.previous(at));
    offer(at);
  }
  return chain.close_gaps();
}

}  // namespace clipt::inline CLIPT_BUILD::detail
