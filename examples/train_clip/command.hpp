// What the command line of train_clip says.
#pragma once
#include <clipt/train/trainer.hpp>

#include <string>

#include "../common/command_line.hpp"

struct train_command {
  std::string preset;                     // empty: that of `pretrained`, or basic_64
  std::string pretrained, distill_model;  // files or folders of weights
  std::string dataset;  // "csv" or "scenes"
  std::string train_data, vocabulary, output = "checkpoints/run", resume, precision = "fp32", report_to;
  clipt::csv_options csv;
  command_line::evaluation_flags evaluation;
  int scenes = 20000;
  bool overwrite = false, allow_new_data = false;
  clipt::training_options options;
};

/// The exit code of a run that was interrupted and saved.
inline constexpr int exit_interrupted = 130;

/// Trains, evaluates and reports; the program's exit code. Errors: clipt::error.
int run_training(train_command command);
