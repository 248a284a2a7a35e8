// The tape: a list of nodes in an arena, each a function pointer and what its backward needs.
#pragma once
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

/// A node with what its backward captured. The arena never runs destructors.
template <class Context, class Result, class Backward>
struct recorded : tape_node<Context> {
  Result out;
  Backward backward;
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
