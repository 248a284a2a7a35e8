// What is compiled of an architecture: its two encoders, and its training.
#pragma once
#include <clipt/clip/initialise.hpp>
#include <clipt/weights/fitted_state.hpp>
#include <clipt/weights/weights.hpp>

#include "training.hpp"

namespace models {

/// Whether other libraries have such models, and with them files of their weights.
template <auto Config>
inline constexpr bool is_known_elsewhere = std::is_constructible_v<clipt::any_clip_config, decltype(Config)>;

/// Reads weights of whichever origin.
template <auto Config>
void load_weights(const clipt::checkpoint_file& file, clipt::clip<Config>& model) {
  if (!preset_of(file).empty()) {
    clipt::load_trained(file.path(), model);
  } else if constexpr (is_known_elsewhere<Config>) {
    const clipt::fitted_state fitted(file.state(), clipt::any_clip_config(Config));
    clipt::load_state(model, fitted.state(), file.path().string());
  }
}

template <auto Config>
class training_of final : public training {
 public:
  training_of(const clipt::any_dataset& data, const clipt::tokenizer& words, const clipt::training_options& options,
              const std::filesystem::path& output, const clipt::training_state& state)
      : options_(options), data_(data), trainer_(data_, words, options, output, state) {}

  void load(const clipt::checkpoint_file& weights) override {
    load_weights<Config>(weights, trainer_.model());
    if (weights.logit_bias()) trainer_.begin_with_bias(*weights.logit_bias());
    loaded_ = true;
  }
  void learn_from(const clipt::encoders& teacher) override { trainer_.learn_from(teacher); }
  void start(std::uint64_t seed) override {
    if (!loaded_) clipt::initialise(trainer_.model(), seed);
    if (!loaded_ && options_.siglip) trainer_.model().logit_scale[0] = std::log(10.f);
    trainer_.start();
  }
  void resume(const std::filesystem::path& checkpoint) override { trainer_.resume(checkpoint); }
  clipt::training_end run(const std::atomic<bool>& stop, const clipt::progress_output& display,
                          const std::function<void(clipt::metrics_line&)>& validate) override {
    return trainer_.run(stop, display, validate);
  }
  std::int64_t total_steps() const override { return trainer_.total_steps(); }
  const clipt::training_state& state() const override { return trainer_.state(); }
  const std::string& bad_pictures() const override { return trainer_.bad_pictures(); }
  clipt::dim_t parameters() override { return clipt::parameter_count(trainer_.model()); }
  clipt::dim_t trained_parameters() override { return trainer_.trained_parameters(); }
  clipt::encoders encoders(const clipt::tokenizer& words) override {
    return clipt::encoders_of(trainer_.result(), words, options_.threads, trainer_.state().pictures);
  }

 private:
  clipt::training_options options_;
  clipt::any_dataset data_;
  clipt::trainer<clipt::clip<Config>, clipt::any_dataset> trainer_;
  bool loaded_ = false;
};

template <auto Config>
struct kept_model {
  clipt::clip<Config> weights;
  clipt::tokenizer words;
};

template <auto Config>
architecture define(const std::string& name) {
  architecture a{name, Config.text.vocabulary, std::nullopt, {}, {}, {}};
  if constexpr (is_known_elsewhere<Config>) {
    a.config = Config;
    a.mismatches = [](const clipt::checkpoint_file& file) {
      const clipt::fitted_state fitted(file.state(), clipt::any_clip_config(Config));
      return clipt::state_mismatches(clipt::clip<Config>{}, fitted.state());  // memory that nobody touches
    };
  }
  a.load = [name](const clipt::checkpoint_file& file, preparation how) {
    auto kept = std::make_shared<kept_model<Config>>();
    kept->words = std::move(how.words);
    load_weights<Config>(file, kept->weights);
    return model{name, clipt::encoders_of(kept->weights, kept->words, how.threads, how.pictures), kept};
  };
  a.train = [](const auto& data, const auto& words, const auto& options, const auto& output, const auto& state) {
    return std::make_shared<training_of<Config>>(data, words, options, output, state);
  };
  return a;
}

}  // namespace models
