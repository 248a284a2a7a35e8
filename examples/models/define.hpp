// What is compiled of a released model: its two encoders, without anything of training.
#pragma once
#include <clipt/weights/fitted_state.hpp>
#include <clipt/weights/weights.hpp>

#include "model.hpp"

namespace models {

template <auto Config>
struct kept_model {
  clipt::clip<Config> weights;
  clipt::tokenizer words;
};

template <auto Config>
released define(const std::string& name) {
  return {name, clipt::any_clip_config(Config),
          [name](const clipt::checkpoint_file& file, preparation how) {
            auto kept = std::make_shared<kept_model<Config>>();
            kept->words = std::move(how.words);
            const clipt::fitted_state fitted(file.state(), clipt::any_clip_config(Config));
            clipt::load_state(kept->weights, fitted.state(), file.path().string());
            return model{name, clipt::encoders_of(kept->weights, kept->words, how.threads, how.pictures), kept};
          },
          [](const clipt::checkpoint_file& file) {
            const clipt::fitted_state fitted(file.state(), clipt::any_clip_config(Config));
            return clipt::state_mismatches(clipt::clip<Config>{}, fitted.state());  // memory that nobody touches
          }};
}

}  // namespace models
