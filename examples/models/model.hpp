// Models for the programs, whatever their origin, behind one interface: those of other libraries and those of train_clip.
#pragma once
#include <clipt/data/any_dataset.hpp>
#include <clipt/evaluate/encoders.hpp>
#include <clipt/train/training_checkpoint.hpp>
#include <clipt/train/training_options.hpp>
#include <clipt/weights/checkpoint_file.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace models {

/// A loaded model; copies share it.
struct model {
  std::string name;        // vit_b_32, basic_64
  clipt::encoders encode;  // texts and pictures to unit embeddings
  std::shared_ptr<const void> kept;
};

/// What stands beside weights: how texts and pictures are prepared.
struct preparation {
  clipt::tokenizer words;
  clipt::preprocessing pictures;
  int threads = 0;
};

class training;  // see training.hpp

/// A configuration that is compiled into the programs.
struct architecture {
  std::string name;
  int vocabulary = 0;                            // symbols that there is room for
  std::optional<clipt::any_clip_config> config;  // none: a basic_resnet, which no other library has
  std::function<model(const clipt::checkpoint_file&, preparation how)> load;
  std::function<std::vector<std::string>(const clipt::checkpoint_file&)> mismatches;  // see state_mismatches
  std::function<std::shared_ptr<training>(const clipt::any_dataset&, const clipt::tokenizer&,
                                          const clipt::training_options&, const std::filesystem::path& output,
                                          const clipt::training_state&)>
      train;
};

std::vector<architecture> vision_transformers();
std::vector<architecture> resnets();

/// All of them.
const std::vector<architecture>& all();

/// The one of that configuration; null if none is compiled.
const architecture* find(const clipt::any_clip_config& config);

/// The one of that name; clipt::io_error that begins with `who` and lists the names if there is none.
const architecture& find(const std::string& name, const std::string& who);

/// The one that weights are of. Errors: io_error as of checkpoint_file::config, and for one that is not compiled, with
/// the line that adds it.
const architecture& architecture_of(const clipt::checkpoint_file& file);

/// A run's folder stands for its latest checkpoint.
std::filesystem::path weights_of(const std::filesystem::path& path);

/// How texts and pictures are prepared, by the files beside weights (read_tokenizer, read_preprocessing); `vocabulary` is
/// a file of merges instead of theirs, but a checkpoint of train_clip has its own.
///
/// Errors: io_error, also for a vocabulary that has more symbols than the model.
preparation preparation_of(const clipt::checkpoint_file& file, const std::filesystem::path& vocabulary, int threads);

/// Opens a checkpoint of train_clip (a file, or the folder of a run), or weights of OpenAI, open_clip or Hugging Face;
/// see preparation_of. Errors: io_error.
model open(const std::filesystem::path& path, const std::filesystem::path& vocabulary, int threads);

/// A digest of what decides the embeddings of the model that `open` opens: weights, tokenizer, and what is done to pictures.
std::string fingerprint(const std::filesystem::path& path, const std::filesystem::path& vocabulary,
                        const clipt::preprocessing& pictures);

/// The preset of train_clip that a file is a checkpoint of; empty for other weights.
std::string preset_of(const clipt::checkpoint_file& file);

/// What is wrong with weights, a line each: no CLIP, or tensors that do not fit the model of their configuration.
std::vector<std::string> obstacles(const clipt::checkpoint_file& file);

}  // namespace models
