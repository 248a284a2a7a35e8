// Reading and writing CLIPs, declared: enough for users of precompiled models, who need no JSON reader.
#pragma once
#include <filesystem>  // path

#include <clipt/clip/model.hpp>       // clip
#include <clipt/state/state_fwd.hpp>  // save_state

namespace clipt::inline CLIPT_BUILD {

/// Fills a CLIP from a checkpoint: see `checkpoint_file` for the formats and the names of libraries that are read.
///
/// Errors: `io_error` that lists everything that is missing, unexpected or of another shape; the model is then
/// unchanged. Defined in `<clipt/weights/weights.hpp>`.
template <auto Config, class Policy>
void load_state(clip<Config, Policy>& model, const std::filesystem::path& path);

}  // namespace clipt::inline CLIPT_BUILD
