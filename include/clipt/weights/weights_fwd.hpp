// Reading and writing models, declared: enough for users of precompiled models, who need no JSON reader.
#pragma once
#include <filesystem>  // path
#include <map>         // map
#include <string>      // string

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// Fills a model from a checkpoint: see `checkpoint_file` for the formats and names that are read.
///
/// Errors: `io_error` that lists everything that is missing, unexpected or of another shape; the model is then
/// unchanged. Defined in `<clipt/weights/weights.hpp>`.
template <class Model>
void load_state(Model& model, const std::filesystem::path& path);

/// Writes a model to a safetensors file with OpenAI's names, whole or not at all.
///
/// Errors: `io_error` if it cannot be written. Defined in `<clipt/weights/weights.hpp>`.
template <class Model>
void save_state(const Model& model, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata = {});

}  // namespace clipt::inline CLIPT_BUILD
