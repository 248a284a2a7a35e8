// Where a run begins: weights of another model, its vocabulary, a teacher; a new state, or that of a checkpoint.
#pragma once
#include <clipt/data/any_dataset.hpp>
#include <clipt/train/run_folder.hpp>

#include "../models/training.hpp"
#include "command.hpp"

/// Where a run begins: what it is given of other models, and digests of these.
struct origin {
  std::unique_ptr<const clipt::checkpoint_file> file;  // --pretrained
  std::optional<clipt::tokenizer> words;               // its own
  std::optional<models::model> teacher_model;          // --distill-model
  std::string weights, teacher;                        // digests; empty where there is none
};

/// Opens what a run begins with, and takes from it what the command line leaves open: preset, vocabulary, preprocessing.
origin open_origin(train_command& c);

/// The state of a run that has not begun, of a model with room for so many symbols.
clipt::training_state new_state(const train_command& c, const origin& begun, const clipt::any_dataset& data, int room);

/// The state of a checkpoint, with the options and the data of now. Errors: io_error where these are others.
clipt::training_state resumed_state(const train_command& c, const origin& begun, const clipt::any_dataset& data,
                                    const std::filesystem::path& checkpoint);

/// The checkpoint to go on from, if any. Errors: io_error where the folder has a run that was not asked for.
std::filesystem::path checkpoint_to_resume(const train_command& c, const clipt::run_folder& folder);

/// Brings a training to its first step.
void begin(const train_command& c, const origin& begun, models::training& training,
           const std::filesystem::path& resumed);
