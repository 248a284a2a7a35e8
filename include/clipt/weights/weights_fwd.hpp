// Reading and writing CLIPs, declared: enough for users of precompiled models, who need no JSON reader.
#pragma once
#include <filesystem>  // path

#include <clipt/clip/model.hpp>       // clip
#include <clipt/state/state_fwd.hpp>  // save_state

namespace clipt::inline CLIPT_BUILD {

/// Fills a CLIP from a checkpoint: see `checkpoint_file` for the formats and the names of libraries that are read.
///
/// Errors: `io_error` that lists everything that is missing, unexpected or of another shape, or, where a configuration file
/// lies beside the weights, what that says and the model is not; the model is then unchanged. Defined in `<clipt/weights/weights.hpp>`.
template <auto Config, class Policy>
void load_state(clip<Config, Policy>& model, const std::filesystem::path& path);

/// A model of a known configuration: `load<vit_b_32>("ViT-B-32.pt")`. Formats and errors as of load_state.
template <auto Config, class Policy = fp32>
clip<Config, Policy> load(const std::filesystem::path& path) {
  clip<Config, Policy> model;
  load_state(model, path);
  return model;
}

}  // namespace clipt::inline CLIPT_BUILD
