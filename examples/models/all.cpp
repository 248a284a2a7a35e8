// The list of architectures, and how a path becomes a model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <clipt/weights/fingerprint.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include <clipt/weights/read_tokenizer.hpp>
#include <clipt/train/run_folder.hpp>
#include <clipt/train/training_checkpoint.hpp>

#include "model.hpp"

#include <algorithm>

namespace fs = std::filesystem;

const std::vector<models::architecture>& models::all() {
  static const std::vector<architecture> list = [] {
    std::vector<architecture> all;
    for (auto part : {resnets(), vision_transformers()}) all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return list;
}

const models::architecture* models::find(const clipt::any_clip_config& config) {
  const auto found = std::ranges::find(all(), config, &architecture::config);
  return found == all().end() ? nullptr : &*found;
}

const models::architecture& models::find(const std::string& name, const std::string& who) {
  if (const auto found = std::ranges::find(all(), name, &architecture::name); found != all().end()) return *found;
  std::string names;
  for (const architecture& a : all()) names += (names.empty() ? "" : ", ") + a.name;
  throw clipt::io_error(fmt::format("{}: there is no preset '{}'; there are {}", who, name, names));
}

const models::architecture& models::architecture_of(const clipt::checkpoint_file& file) {
  if (const std::string preset = preset_of(file); !preset.empty()) return find(preset, file.path().string());
  const clipt::any_clip_config config = file.config();
  if (const architecture* known = find(config)) return *known;
  throw clipt::io_error(fmt::format(
      "{}: this program is not compiled for its configuration; add it to the list in examples/models/{}.cpp:\n  {}",
      file.path().string(), config.index() == 0 ? "vision_transformers" : "resnets",
      clipt::to_cpp(config, "my_model")));
}

fs::path models::weights_of(const fs::path& path) {
  const fs::path latest = clipt::run_folder(path).latest();
  std::error_code failure;
  return fs::exists(latest, failure) ? latest : path;
}

models::preparation models::preparation_of(const clipt::checkpoint_file& file, const fs::path& vocabulary,
                                           int threads) {
  const bool trained = !preset_of(file).empty();
  clipt::tokenizer_source found = clipt::read_tokenizer(file, trained ? fs::path() : vocabulary);
  if (const int room = architecture_of(file).vocabulary; found.words.vocabulary_size() > room)
    throw clipt::io_error(fmt::format("{}: a vocabulary of {} ids, the model has {}; it is another model's",
                                      found.file.string(), found.words.vocabulary_size(), room));
  return {std::move(found.words), clipt::read_preprocessing(file).how, threads};
}

std::string models::preset_of(const clipt::checkpoint_file& file) {
  const auto found = file.metadata().find("clipt.preset");
  return found == file.metadata().end() ? "" : found->second;
}

std::vector<std::string> models::obstacles(const clipt::checkpoint_file& file) {
  try {
    if (const std::string preset = preset_of(file); !preset.empty())
      find(preset, file.path().string());
    else if (const architecture* known = find(file.config()))
      return known->mismatches(file);
  } catch (const clipt::io_error& e) {
    return {e.what()};
  }
  return {};
}

models::model models::open(const fs::path& path, const fs::path& vocabulary, int threads) {
  const fs::path given = weights_of(path);
  if (std::error_code failure; !fs::exists(given, failure))
    throw clipt::io_error(fmt::format("{}: there is no such file or folder", given.string()));
  const clipt::checkpoint_file file(given);
  return architecture_of(file).load(file, preparation_of(file, vocabulary, threads));
}

std::string models::fingerprint(const fs::path& path, const fs::path& vocabulary,
                                const clipt::preprocessing& pictures) {
  const clipt::checkpoint_file file(weights_of(path));
  const bool trained = !preset_of(file).empty();
  const clipt::tokenizer words = clipt::read_tokenizer(file, trained ? fs::path() : vocabulary).words;
  const auto& [resize, filter, order, fill, statistics, resized, over_white, turned] = pictures;
  const std::string weights =
      trained ? clipt::fingerprint(file.state()) : clipt::fingerprint(file.state(), file.config());
  const std::string facts =
      fmt::format("{}\n{}\n{} {} {} {} {} {} {} {}{}\n", weights, words.merges_text(), static_cast<int>(resize),
                  static_cast<int>(filter), static_cast<int>(order), fill, fmt::join(statistics.mean, " "),
                  fmt::join(statistics.std, " "), resized, over_white, turned ? " turned" : "");
  return clipt::sha256(std::as_bytes(std::span(facts)));
}
