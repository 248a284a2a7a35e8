// A checkpoint's tensors for a configuration of another picture size or context: position tables are interpolated.
#pragma once
#include <cmath>    // lround, sqrt
#include <cstddef>  // byte
#include <deque>    // deque
#include <span>     // span
#include <string>   // string
#include <utility>  // move, pair
#include <variant>  // visit
#include <vector>   // vector

#include <clipt/state/state_dict.hpp>          // state_dict
#include <clipt/weights/any_config.hpp>        // any_clip_config
#include <clipt/weights/resize_positions.hpp>  // resize_grid_positions, resize_text_positions

namespace clipt::inline CLIPT_BUILD {

/// A state dictionary whose position tables have as many rows as a configuration asks for; all else is as it was.
///
/// PyTorch equivalent: open_clip's resize_pos_embed and resize_text_pos_embed.
class fitted_state {
 public:
  fitted_state(state_dict state, const any_clip_config& config) : state_(std::move(state)) {
    std::visit(
        [&](const auto& c) {
          resize_grid("visual.positional_embedding", c.vision.grid());
          resize_grid("visual.attnpool.positional_embedding", c.vision.grid());
          resize_text("positional_embedding", c.text.context);
        },
        config);
  }
  fitted_state(const fitted_state&) = delete;  // the dictionary refers to the tables
  fitted_state& operator=(const fitted_state&) = delete;

  /// Valid as long as this and the checkpoint are.
  const state_dict& state() const { return state_; }

 private:
  /// Resizes a table [1 + side², width] to another side, if it is there and has one.
  void resize_grid(const std::string& name, dim_t side) {
    const auto [rows, width] = extents_of(name);
    const auto from = static_cast<dim_t>(std::lround(std::sqrt(static_cast<double>(rows - 1))));
    if (rows > 1 && from * from + 1 == rows && from != side)
      replace(name, {side * side + 1, width}, resize_grid_positions(values_of(name), from, side, width));
  }
  void resize_text(const std::string& name, dim_t context) {
    const auto [rows, width] = extents_of(name);
    if (rows > 0 && rows != context)
      replace(name, {context, width}, resize_text_positions(values_of(name), rows, context, width));
  }
  std::pair<dim_t, dim_t> extents_of(const std::string& name) const {
    const auto found = state_.find(name);
    if (found == state_.end()) return {0, 0};
    const auto shape = found->second.shape();
    return shape.size() == 2 ? std::pair(shape[0], shape[1]) : std::pair<dim_t, dim_t>(0, 0);
  }
  std::vector<double> values_of(const std::string& name) const {
    return to_vector<double>(*state_.at(name).parts.front());
  }
  /// The new table has the old one's type, as in PyTorch.
  void replace(const std::string& name, std::vector<std::int64_t> shape, const std::vector<double>& values) {
    const tensor_entry exact = make_entry<double>(name, std::move(shape), values);
    switch (state_.at(name).parts.front()->dtype) {
      case dtype_code::f32: return keep<float>(exact);
      case dtype_code::f16: return keep<float16>(exact);
      case dtype_code::bf16: return keep<bfloat16>(exact);
      default: return keep<double>(exact);
    }
  }
  template <class T>
  void keep(const tensor_entry& exact) {
    std::vector<std::byte>& table = tables_.emplace_back(element_count(exact) * sizeof(T));
    const std::span<T> values(reinterpret_cast<T*>(table.data()), element_count(exact));
    copy_to(exact, values);
    state_[exact.name] = {{&entries_.emplace_back(make_entry<T>(exact.name, exact.shape, std::span<const T>(values)))}};
  }

  state_dict state_;
  std::deque<std::vector<std::byte>> tables_;  // never moved: entries and the state refer to them
  std::deque<tensor_entry> entries_;
};

}  // namespace clipt::inline CLIPT_BUILD
