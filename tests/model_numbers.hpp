// A model's numbers in a row, to compare whole models.
#pragma once
#include <string>
#include <vector>

#include <clipt/nn/reflect.hpp>

namespace clipt_test {

/// All parameters and buffers, one after the other.
template <class Model>
std::vector<double> numbers(const Model& model) {
  std::vector<double> all;
  clipt::for_each_state(model, [&](const std::string&, const clipt::state_member& member) {
    member.with_elements([&](auto elements) { all.insert(all.end(), elements.begin(), elements.end()); });
  });
  return all;
}

}  // namespace clipt_test
