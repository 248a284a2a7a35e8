// CLIPs in the files of other libraries, under OpenAI's names.
#pragma once
#include <string>       // string
#include <type_traits>  // is_constructible_v

#include <fmt/format.h>  // format

#include <clipt/state/state_file.hpp>         // load_state, save_state, state_of
#include <clipt/weights/any_config.hpp>       // any_clip_config, to_cpp
#include <clipt/weights/checkpoint_file.hpp>  // checkpoint_file
#include <clipt/weights/fitted_state.hpp>     // fitted_state
#include <clipt/weights/weights_fwd.hpp>      // load_state

namespace clipt::inline CLIPT_BUILD {

/// See weights_fwd.hpp.
template <auto Config, class Policy>
void load_state(clip<Config, Policy>& model, const std::filesystem::path& path) {
  const checkpoint_file file(path);
  file.check_both_towers();
  const std::string source = file.path().string();
  if constexpr (std::is_constructible_v<any_clip_config, decltype(Config)>) {
    if (file.has_config()) {
      const any_clip_config found = file.config();
      if (found != any_clip_config(Config))
        throw io_error(fmt::format(
            "clipt::load_state: {}: the configuration in it or beside it is of another model:\n  {}\nnot\n  {}", source,
            to_cpp(found, "found"), to_cpp(Config, "asked")));
      return load_state(model, fitted_state(file.state(), found).state(), source);
    }
  }
  load_state(model, file.state(), source);
}

}  // namespace clipt::inline CLIPT_BUILD
