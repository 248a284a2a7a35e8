// A model from a file: of a known configuration, or of whichever one the file has.
#pragma once
#include <cmath>       // lround, sqrt
#include <deque>       // deque
#include <filesystem>  // path
#include <utility>     // move, pair
#include <vector>      // vector

#include <clipt/weights/any_config.hpp>        // any_clip_config, to_cpp
#include <clipt/weights/checkpoint_file.hpp>   // checkpoint_file
#include <clipt/clip/model.hpp>                // clip
#include <clipt/weights/resize_positions.hpp>  // resize_grid_positions, resize_text_positions
#include <clipt/weights/weights.hpp>           // load_state

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// A state dictionary in which position tables have other numbers of rows.
class resized_state {
 public:
  explicit resized_state(state_dict state) : state_(std::move(state)) {}
  const state_dict& state() const { return state_; }

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

 private:
  std::pair<dim_t, dim_t> extents_of(const std::string& name) const {
    const auto found = state_.find(name);
    if (found == state_.end()) return {0, 0};
    const auto shape = found->second.shape();
    return shape.size() == 2 ? std::pair(shape[0], shape[1]) : std::pair<dim_t, dim_t>(0, 0);
  }
  std::vector<double> values_of(const std::string& name) const {
    return to_vector<double>(*state_.at(name).parts.front());
  }
  void replace(const std::string& name, std::vector<std::int64_t> shape, std::vector<double> values) {
    const std::vector<double>& kept = tables_.emplace_back(std::move(values));
    const tensor_entry& entry = entries_.emplace_back(make_entry<double>(name, std::move(shape), kept));
    state_[name] = {{&entry}};
  }

  state_dict state_;
  std::deque<std::vector<double>> tables_;  // never moved: entries and the state refer to them
  std::deque<tensor_entry> entries_;
};

}  // namespace detail

/// A model of another picture size or context than the checkpoint's: its position tables are interpolated.
///
/// For fine-tuning, or for pictures of more detail than the model was trained on. Errors as of load_state: everything
/// else must fit. PyTorch equivalent: what open_clip does when `force_image_size` differs from the weights'.
template <auto Config, class Policy = fp32>
clip<Config, Policy> load_resized(const std::filesystem::path& path) {
  const checkpoint_file file(path);
  detail::resized_state resized(file.state());
  resized.resize_grid("visual.positional_embedding", Config.vision.grid());
  resized.resize_grid("visual.attnpool.positional_embedding", Config.vision.grid());
  resized.resize_text("positional_embedding", Config.text.context);
  clip<Config, Policy> model;
  load_state(model, resized.state(), file.path().string());
  return model;
}

/// The models that a program is compiled for.
template <auto... Configs>
struct model_list {};

/// The nine that OpenAI has released.
using released_models = model_list<rn50, rn101, rn50x4, rn50x16, rn50x64, vit_b_32, vit_b_16, vit_l_14, vit_l_14_336px>;

namespace detail {

/// Calls f with the model of the list that the checkpoint is for; false if none is.
template <class Policy, class F, auto... Configs>
bool visit_listed(model_list<Configs...>, const checkpoint_file& file, const any_clip_config& found, F& f) {
  const auto visit_if_equal = [&]<auto Config>() {
    if (found != any_clip_config(Config)) return false;
    clip<Config, Policy> model;
    load_state(model, file.state(), file.path().string());
    f(model);
    return true;
  };
  return (visit_if_equal.template operator()<Configs>() || ...);
}

}  // namespace detail

/// Reads a checkpoint of whichever configuration and calls `f(model)`, which is compiled for every model of the list.
///
/// Errors: io_error as of the file; for a configuration that is not in the list, with the line that adds it.
template <class Models = released_models, class Policy = fp32, class F>
void visit_model(const std::filesystem::path& path, F&& f) {
  const checkpoint_file file(path);
  const any_clip_config found = file.config();
  if (!detail::visit_listed<Policy>(Models{}, file, found, f))
    throw io_error(
        fmt::format("clipt::visit_model: {}: this program is not compiled for its configuration; define\n"
                    "  {}\nand add it to the model_list",
                    file.path().string(), to_cpp(found, "my_model")));
}

}  // namespace clipt::inline CLIPT_BUILD
