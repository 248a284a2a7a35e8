// CLIPs in the files of other libraries, under OpenAI's names.
#pragma once
#include <clipt/state/state_file.hpp>         // load_state, save_state, state_of
#include <clipt/weights/checkpoint_file.hpp>  // checkpoint_file
#include <clipt/weights/weights_fwd.hpp>      // load_state

namespace clipt::inline CLIPT_BUILD {

/// See weights_fwd.hpp.
template <auto Config, class Policy>
void load_state(clip<Config, Policy>& model, const std::filesystem::path& path) {
  const checkpoint_file file(path);
  file.check_both_towers();
  load_state(model, file.state(), file.path().string());
}

}  // namespace clipt::inline CLIPT_BUILD
