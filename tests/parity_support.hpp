// Comparison of results with reference tensors: relative errors by name.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include <clipt/io/safetensors.hpp>

namespace clipt_test {

/// |a - b| / |b| over all elements; of a reference of zeros |a|.
template <class T>
double relative_error(const T* a, const std::vector<double>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
    norm += b[i] * b[i];
  }
  return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

inline std::vector<double> values(const clipt::safetensors_file& file, const std::string& name) {
  return clipt::to_vector<double>(file.at(name));
}

}  // namespace clipt_test
