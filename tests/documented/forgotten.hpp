// Names for the check of comments: one has a comment, two have none, and detail's need none.
#pragma once

namespace clipt::inline CLIPT_BUILD {

/// One sentence.
int told();

struct bare_type {
  int member;
};

template <class T>
int bare_function(T) {
  return 0;
}

namespace detail {

int of_no_interest();

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
