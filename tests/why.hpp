// The sentence with which clipt refuses something, or "accepted".
#pragma once
#include <string>

#include <clipt/core/error.hpp>

namespace clipt_test {

template <class Function>
std::string why(Function f) {
  try {
    f();
  } catch (const clipt::error& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace clipt_test
