// The sentence with which clipt refuses something, or "accepted"; other errors than the expected kind go on.
#pragma once
#include <string>

#include <clipt/core/error.hpp>

namespace clipt_test {

template <class Error = clipt::error, class Function>
std::string why(Function f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace clipt_test
