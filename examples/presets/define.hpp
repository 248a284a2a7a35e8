// What is compiled of a preset: its training, and a trained model.
#pragma once
#include <clipt/clip/initialise.hpp>
#include <clipt/clip/presets.hpp>

#include "preset.hpp"

namespace presets {

template <auto Config>
class training_of final : public training {
 public:
  using model_type = clipt::clip<Config>;

  training_of(const clipt::any_dataset& data, const clipt::tokenizer& words, const clipt::training_options& options,
              const std::filesystem::path& output, const clipt::training_state& state)
      : threads_(options.threads), data_(data), trainer_(data_, words, options, output, state) {}

  void start(std::uint64_t seed) override {
    clipt::initialise(trainer_.model(), seed);
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
  clipt::encoders encoders(const clipt::tokenizer& words) override {
    return clipt::encoders_of(trainer_.result(), words, threads_, trainer_.state().pictures);
  }

 private:
  int threads_;
  clipt::any_dataset data_;
  clipt::trainer<model_type, clipt::any_dataset> trainer_;
};

template <auto Config>
class trained_of final : public trained {
 public:
  explicit trained_of(const std::filesystem::path& checkpoint)
      : state_(clipt::load_trained(checkpoint, model_)), words_(clipt::tokenizer::from_merges_text(state_.merges)) {}

  clipt::encoders encoders(int threads) const override {
    return clipt::encoders_of(model_, words_, threads, state_.pictures);
  }
  const clipt::training_state& state() const override { return state_; }

 private:
  clipt::clip<Config> model_;
  clipt::training_state state_;
  clipt::tokenizer words_;
};

template <auto Config>
preset define(const std::string& name) {
  return {name, Config.text.vocabulary,
          [](const auto& data, const auto& words, const auto& options, const auto& output, const auto& state) {
            return std::make_unique<training_of<Config>>(data, words, options, output, state);
          },
          [](const auto& checkpoint) { return std::make_unique<trained_of<Config>>(checkpoint); }};
}

}  // namespace presets
