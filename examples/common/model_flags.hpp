// The flags of the programs that use a model, and the model that they name.
#pragma once
#include <CLI/CLI.hpp>

#include "../models/model.hpp"
#include "with_progress.hpp"

namespace command_line {

struct model_flags {
  std::string path, vocabulary;
  int threads = 0;
  bool exif_orientation = false;  // even if the model was trained without
};

/// `name` is that of the weights' option, for a program that has several.
inline void add_model_flags(CLI::App& app, model_flags& flags, const std::string& name = "--model") {
  app.add_option(name, flags.path,
                 "weights of OpenAI, open_clip or Hugging Face (file or folder), or a run of train_clip")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--vocabulary", flags.vocabulary, "a file of merges instead of the tokenizer beside the weights")
      ->check(CLI::ExistingFile);
  app.add_flag("--exif-orientation", flags.exif_orientation,
               "turn pictures as their EXIF data say (what the model's files say)");
  app.add_option("--threads", flags.threads, "threads that compute; 0: all")
      ->capture_default_str()
      ->check(command_line::in_range({}));
}

inline models::model open_model(const model_flags& flags) {
  models::model model = models::open(flags.path, flags.vocabulary, flags.threads);
  model.encode.preprocess.exif_orientation |= flags.exif_orientation;
  model.encode = with_progress(std::move(model.encode));
  return model;
}

/// A digest of what decides the embeddings of the model that `open_model` opened.
inline std::string fingerprint(const model_flags& flags, const models::model& model) {
  return models::fingerprint(flags.path, flags.vocabulary, model.encode.preprocess);
}

}  // namespace command_line
