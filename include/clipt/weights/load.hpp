// A model from a file: of a known configuration, or of whichever one the file has.
#pragma once
#include <filesystem>  // path

#include <clipt/weights/any_config.hpp>        // any_clip_config, to_cpp
#include <clipt/weights/checkpoint_file.hpp>   // checkpoint_file
#include <clipt/clip/model.hpp>                // clip
#include <clipt/weights/fitted_state.hpp>      // fitted_state
#include <clipt/weights/weights.hpp>           // load_state

namespace clipt::inline CLIPT_BUILD {

/// A model of another picture size or context than the checkpoint's: its position tables are interpolated.
///
/// For fine-tuning, or for pictures of more detail than the model was trained on. Errors as of load_state: everything
/// else must fit. PyTorch equivalent: what open_clip does when `force_image_size` differs from the weights'.
template <auto Config, class Policy = fp32>
clip<Config, Policy> load_resized(const std::filesystem::path& path) {
  const checkpoint_file file(path);
  clip<Config, Policy> model;
  load_state(model, fitted_state(file.state(), any_clip_config(Config)).state(), file.path().string());
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
    load_state(model, fitted_state(file.state(), found).state(), file.path().string());
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
