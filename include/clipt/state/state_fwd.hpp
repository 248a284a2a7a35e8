// Writing a model, declared: enough for users of precompiled models, who need no JSON writer.
#pragma once
#include <filesystem>  // path
#include <map>         // map
#include <string>      // string

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// Writes any model to a safetensors file under the names of its members, whole or not at all.
///
/// Errors: `io_error` if it cannot be written. Defined in `<clipt/state/state_file.hpp>`.
/// PyTorch equivalent: `safetensors.torch.save_file(model.state_dict(), path, metadata)`.
template <class Model>
void save_state(const Model& model, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata = {});

}  // namespace clipt::inline CLIPT_BUILD
