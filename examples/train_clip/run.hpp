// One training run of one compiled configuration: data, vocabulary, model, loop, evaluation on the way.
#pragma once
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <set>

#include <clipt/clip/bpe_train.hpp>
#include <clipt/clip/initialise.hpp>
#include <clipt/clip/labelled_evaluation.hpp>
#include <clipt/clip/scenes.hpp>
#include <clipt/clip/trainer.hpp>

#include "command.hpp"

namespace train_clip {

inline std::atomic<bool> interrupted{false};

/// The captions that the vocabulary is learned from: every sample's, each once per sample.
inline std::vector<std::string> all_captions(const clipt::csv_dataset& data) {
  std::vector<std::string> texts;
  for (int i = 0; i < data.size(); ++i)
    for (auto& caption : data.captions(i)) texts.push_back(std::move(caption));
  return texts;
}
inline std::vector<std::string> all_captions(const clipt::scenes_dataset& data) {
  std::vector<std::string> texts;
  for (int i = 0; i < std::min(data.size(), 5000); ++i) texts.push_back(data.caption(i, {7, static_cast<std::uint32_t>(i)}));
  return texts;
}

template <auto Config, class Data>
clipt::tokenizer vocabulary_for(const train_command& command, const Data& data) {
  const clipt::tokenizer words = command.vocabulary.empty() ? clipt::train_tokenizer(all_captions(data), {Config.text.vocabulary - 514, 2})
                                                            : clipt::tokenizer::from_file(command.vocabulary);
  if (words.vocabulary_size() > Config.text.vocabulary)
    throw clipt::io_error(fmt::format("{}: {} symbols; the preset has room for {}", command.vocabulary, words.vocabulary_size(), Config.text.vocabulary));
  return words;
}

/// What makes a run this run: recorded in its checkpoints, and compared when it is resumed.
inline std::string options_text(const train_command& c) {
  const auto& o = c.options;
  const auto& a = *o.augment;
  return nlohmann::ordered_json{
      {"dataset", c.dataset}, {"train_data", c.train_data}, {"csv_caption_key", c.csv.caption_key}, {"csv_where", c.csv.where}, {"scenes", c.scenes},
      {"epochs", o.epochs}, {"batch_size", o.batch_size}, {"lr", o.lr}, {"warmup", o.warmup}, {"wd", o.wd}, {"average", o.average}, {"seed", o.seed},
      {"augmentation", {a.scale_min, a.degrees, a.translate, a.zoom_min, a.zoom_max, a.shear, a.flip, a.brightness, a.contrast, a.saturation, a.hue, a.grey, a.erase}}}
      .dump();
}

template <auto Config, class Data, class Validation>
int run(const train_command& command, const Data& data, const Validation& validation, const std::vector<std::string>& labels) {
  using Model = clipt::clip<Config>;
  std::filesystem::create_directories(command.output);
  const std::filesystem::path latest = std::filesystem::path(command.output) / "epoch_latest.safetensors";
  const std::filesystem::path from = command.resume == "latest" ? latest : std::filesystem::path(command.resume);
  const bool resumes = !command.resume.empty() && (command.resume != "latest" || std::filesystem::exists(latest));

  const std::string options = options_text(command);
  clipt::training_state state{command.preset, 0, 0, options, {}};
  if (resumes) {
    state = clipt::read_training_state(from);
    if (state.preset != command.preset) throw clipt::io_error(fmt::format("{}: of preset {}, not {}", from.string(), state.preset, command.preset));
    if (state.options != options)
      throw clipt::io_error(fmt::format("{}: of a run with other options; give the same:\n  {}\n  {}", from.string(), state.options, options));
  } else {
    state.merges = vocabulary_for<Config>(command, data).merges_text();
  }
  const auto words = clipt::tokenizer::from_merges_text(state.merges);

  const auto training = std::make_unique<clipt::trainer<Model, Data>>(data, words, command.options, command.output, state);
  if (resumes) {
    training->resume(from);
  } else {
    clipt::initialise(training->model(), command.options.seed);
    training->start();
  }
  fmt::print("{}: {} parameters, {} pairs, {} symbols, {} steps{}\n", command.preset, clipt::parameter_count(training->model()), data.size(),
             words.vocabulary_size(), training->total_steps(), resumes ? fmt::format(", from step {}", training->state().step) : "");
  std::signal(SIGINT, [](int) { interrupted = true; });

  const auto validate = [&](clipt::metrics_line& line) {
    if (labels.empty()) return;
    const auto result = clipt::evaluate_labels(training->result(), words, validation, labels, command.templates, command.options.threads);
    line["top1"] = result.top1;
    line["top5"] = result.top5;
  };
  const auto end = training->run(interrupted, clipt::standard_progress_output(1), validate);
  if (!training->bad_pictures().empty()) fmt::print("{}\n", training->bad_pictures());
  fmt::print("checkpoint: {}\n", training->latest().string());
  if (end == clipt::training_end::interrupted) {
    fmt::print("interrupted; the same command with --resume latest goes on\n");
    return 1;
  }
  return 0;
}

template <auto Config>
int run(const train_command& command) {
  if (command.dataset == "scenes") {
    const clipt::scenes_dataset data(command.options.seed, command.scenes);
    const clipt::scenes_dataset held_out(command.options.seed, 1000, clipt::scene_split::held_out);
    return run<Config>(command, data, held_out, clipt::all_labels());
  }
  const clipt::csv_dataset data(command.train_data, command.csv);
  clipt::csv_options validation_options = command.csv;
  validation_options.where = command.val_where;
  const std::string file = command.val_data.empty() ? command.train_data : command.val_data;
  if (command.csv.label_key.empty()) return run<Config>(command, data, data, {});
  const clipt::csv_dataset validation(file, validation_options);
  return run<Config>(command, data, validation, clipt::labels_of(validation));
}

}  // namespace train_clip
