// The list of released models, and how a path becomes a model.
#include <fmt/format.h>

#include <clipt/clip/training_checkpoint.hpp>

#include "../presets/preset.hpp"
#include "model.hpp"

namespace {

namespace fs = std::filesystem;

/// A run's folder stands for its latest checkpoint.
fs::path file_of(const fs::path& path) {
  const fs::path latest = path / "epoch_latest.safetensors";
  return fs::exists(latest) ? latest : path;
}

bool is_of_train_clip(const fs::path& path) {
  return path.extension() == ".safetensors" && clipt::safetensors_file(path).metadata().contains("clipt.preset");
}

models::model open_trained(const fs::path& path, int threads) {
  const std::string preset = clipt::read_training_state(path).preset;
  const std::shared_ptr<const presets::trained> trained = presets::find(preset, path.string()).load(path);
  return {preset, trained->encoders(threads), trained};
}

/// The vocabulary that was given, or the one beside the weights.
clipt::tokenizer vocabulary_of(const fs::path& weights, const fs::path& given) {
  if (!given.empty()) return clipt::tokenizer::from_file(given);
  const fs::path folder = weights.parent_path();
  for (const char* name : {"bpe_simple_vocab_16e6.txt.gz", "merges.txt"})
    if (fs::exists(folder / name)) return clipt::tokenizer::from_file(folder / name);
  throw clipt::io_error(fmt::format(
      "{}: the model's vocabulary is not beside it (bpe_simple_vocab_16e6.txt.gz or merges.txt); give it by "
      "--vocabulary",
      weights.string()));
}

}  // namespace

const std::vector<models::released>& models::all() {
  static const std::vector<released> list{rn50(),     rn101(),    rn50x4(),   rn50x16(),       rn50x64(),
                                          vit_b_32(), vit_b_16(), vit_l_14(), vit_l_14_336px()};
  return list;
}

models::model models::open(const fs::path& path, const fs::path& vocabulary, int threads) {
  const fs::path given = file_of(path);
  if (!fs::exists(given)) throw clipt::io_error(fmt::format("{}: there is no such file or folder", given.string()));
  if (is_of_train_clip(given)) return open_trained(given, threads);
  const clipt::checkpoint_file file(given);
  const clipt::any_clip_config config = file.config();
  for (const released& r : all())
    if (r.config == config) return r.load(file, vocabulary_of(file.path(), vocabulary), threads);
  throw clipt::io_error(fmt::format(
      "{}: this program is not compiled for its configuration; add a source file to examples/models with\n  {}",
      given.string(), clipt::to_cpp(config, "my_model")));
}
