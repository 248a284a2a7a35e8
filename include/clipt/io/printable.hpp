// Text out of a file as a message may show it: short, and without what would confuse a terminal.
#pragma once
#include <cstddef>      // size_t
#include <string>       // string
#include <string_view>  // string_view

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

/// At most `most` bytes of `text`, control characters and what is not ASCII as question marks.
inline std::string printable(std::string_view text, std::size_t most = 80) {
  std::string out(text.substr(0, most));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > out.size() ? out + "..." : out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
