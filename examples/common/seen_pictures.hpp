// What a run was trained on: a digest that its checkpoints keep, and which pictures of an evaluation are among it.
#pragma once
#include <clipt/data/any_dataset.hpp>
#include <clipt/data/csv_dataset.hpp>
#include <clipt/train/training_checkpoint.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace command_line {

/// What the checkpoint of a run says of its training.
struct trained_run {
  std::filesystem::path checkpoint;
  clipt::training_state state;
  nlohmann::ordered_json options = nlohmann::ordered_json::object();

  /// A text of the options; empty if there is none of that name.
  std::string option(const char* name) const;
};

/// The run that `--model` names; none for weights of another origin. Errors: io_error of the file.
std::optional<trained_run> run_of(const std::filesystem::path& model);

/// A digest of the rows that are trained on: names of files and captions in their order.
std::string digest_of(const clipt::any_dataset& data);

/// How many of the evaluated pictures are files that are trained on.
int trained_on(const clipt::any_dataset& evaluated, const clipt::any_dataset& training);

/// The same for the model of a run, whose table is looked for where it was and at `path`, as `csv` reads tables;
/// 0 if it is no longer there or has changed.
int trained_on(const clipt::any_dataset& evaluated, const std::string& path, const clipt::csv_options& csv,
               const trained_run& run);

}  // namespace command_line
