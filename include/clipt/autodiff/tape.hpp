// The tape: a list of nodes in an arena, each a function pointer and what its backward needs; who writes which gradient.
#pragma once
#include <atomic>   // atomic, atomic_ref
#include <cstdint>  // uint64_t

#include <clipt/core/error.hpp>   // error
#include <clipt/memory/view.hpp>  // gradient

namespace clipt::inline CLIPT_BUILD {

/// One recorded statement: its backward, the statement before it, and the gradient of its result.
template <class Context>
struct tape_node {
  void (*run)(tape_node*, Context&);
  tape_node* previous;
  gradient result;
};

namespace detail {

/// A number that no other tape of the process has.
inline std::uint64_t next_tape() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

/// A tape that runs backwards, and the one whose part it computes again.
struct running_tape {
  std::uint64_t number;
  const running_tape* outer;
};

/// The gradients that belong to one backward, parts that it computes again included, until it ends: of two recordings of
/// one model one is refused.
class claims {
 public:
  void add(gradient& slot) {
    void* owner = nullptr;
    if (std::atomic_ref(slot.claimed_by).compare_exchange_strong(owner, this)) {
      slot.next_claimed = first_;
      first_ = &slot;
    } else if (owner != this) {
      throw error(
          "clipt::backward: two backwards write to the gradient of one parameter at the same time: let one wait for "
          "the other, or give each thread a model of its own");
    }
  }

  /// Gives all of them free.
  void release() {
    while (first_ != nullptr) {
      gradient* const next = first_->next_claimed;
      std::atomic_ref(first_->claimed_by).store(nullptr);
      first_ = next;
    }
  }

 private:
  gradient* first_ = nullptr;
};

/// A node with what its backward captured. The arena never runs destructors.
template <class Context, class Result, class Backward>
struct recorded : tape_node<Context> {
  Result out;
  Backward backward;
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
