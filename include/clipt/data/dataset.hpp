// What a data set is: numbered pictures with captions, and perhaps labels.
#pragma once
#include <concepts>       // convertible_to, same_as
#include <string>         // string
#include <unordered_set>  // unordered_set
#include <utility>        // move
#include <vector>         // vector

#include <clipt/core/philox.hpp>  // random_stream
#include <clipt/io/pixels.hpp>    // image

namespace clipt::inline CLIPT_BUILD {

/// Samples 0 to size() - 1: a picture, what it is called in messages, and a caption drawn from a random stream.
///
/// All of it may be called from several threads at once. `load` throws io_error for a picture that cannot be used.
template <class D>
concept dataset = requires(const D& data, int i, random_stream random) {
  { data.size() } -> std::convertible_to<int>;
  { data.load(i) } -> std::same_as<image>;
  { data.name(i) } -> std::convertible_to<std::string>;
  { data.caption(i, random) } -> std::convertible_to<std::string>;
};

/// The different labels of a data set in the order of their first appearance, without the empty one.
template <dataset D>
std::vector<std::string> labels_of(const D& data) {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (int i = 0; i < data.size(); ++i)
    if (std::string label = data.label(i); !label.empty() && seen.insert(label).second) out.push_back(std::move(label));
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
