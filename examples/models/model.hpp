// Models for the programs, whatever their origin, behind one interface: released ones and those of train_clip.
#pragma once
#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/evaluate/encoders.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace models {

/// A loaded model; copies share it.
struct model {
  std::string name;        // vit_b_32, or a preset of train_clip
  clipt::encoders encode;  // texts and pictures to unit embeddings
  std::shared_ptr<const void> kept;
};

/// What stands beside weights: how texts and pictures are prepared.
struct preparation {
  clipt::tokenizer words;
  clipt::preprocessing pictures;
  int threads = 0;
};

/// A released configuration, compiled into the programs.
struct released {
  std::string name;
  clipt::any_clip_config config;
  std::function<model(const clipt::checkpoint_file&, preparation how)> load;
  std::function<std::vector<std::string>(const clipt::checkpoint_file&)> mismatches;  // see state_mismatches
};

std::vector<released> vision_transformers();
std::vector<released> resnets();

/// All of them.
const std::vector<released>& all();

/// The one of that configuration; null if none is compiled.
const released* find(const clipt::any_clip_config& config);

/// Opens a checkpoint of train_clip (a file, or the folder of a run), or weights of OpenAI, open_clip or Hugging Face
/// with the tokenizer and the preprocessing that the files beside them hold (read_tokenizer, read_preprocessing).
///
/// `vocabulary` is a file of merges instead of theirs; a checkpoint of train_clip has its own. Errors: io_error.
model open(const std::filesystem::path& path, const std::filesystem::path& vocabulary, int threads);

/// A digest of what decides the embeddings of the model that `open` opens: weights, tokenizer, and what is done to pictures.
std::string fingerprint(const std::filesystem::path& path, const std::filesystem::path& vocabulary,
                        const clipt::preprocessing& pictures);

/// The preset of train_clip that a file is a checkpoint of; empty for other weights.
std::string preset_of(const clipt::checkpoint_file& file);

/// What is wrong with weights, a line each: no CLIP, or tensors that do not fit the model of their configuration.
std::vector<std::string> obstacles(const clipt::checkpoint_file& file);

}  // namespace models
