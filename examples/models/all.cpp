// The list of released models, and how a path becomes a model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <clipt/weights/fingerprint.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include <clipt/weights/read_tokenizer.hpp>
#include <clipt/train/run_folder.hpp>
#include <clipt/train/training_checkpoint.hpp>

#include "../presets/preset.hpp"
#include "model.hpp"

#include <algorithm>

namespace {

namespace fs = std::filesystem;

/// A run's folder stands for its latest checkpoint.
fs::path file_of(const fs::path& path) {
  const fs::path latest = clipt::run_folder(path).latest();
  std::error_code failure;
  return fs::exists(latest, failure) ? latest : path;
}

models::model open_trained(const fs::path& path, const std::string& preset, int threads) {
  const std::shared_ptr<const presets::trained> trained = presets::find(preset, path.string()).load(path);
  return {preset, trained->encoders(threads), trained};
}

/// A tokenizer for a model of that configuration: all its ids are rows of the model's table.
clipt::tokenizer fitting(const clipt::tokenizer_source& found, const clipt::any_clip_config& config) {
  const int rows = std::visit([](const auto& c) { return c.text.vocabulary; }, config);
  if (found.words.vocabulary_size() > rows)
    throw clipt::io_error(fmt::format("{}: a vocabulary of {} ids, the model has {}; it is another model's",
                                      found.file.string(), found.words.vocabulary_size(), rows));
  return found.words;
}

}  // namespace

const std::vector<models::released>& models::all() {
  static const std::vector<released> list = [] {
    std::vector<released> both = vision_transformers();
    for (released& r : resnets()) both.push_back(std::move(r));
    return both;
  }();
  return list;
}

const models::released* models::find(const clipt::any_clip_config& config) {
  const auto found = std::ranges::find(all(), config, &released::config);
  return found == all().end() ? nullptr : &*found;
}

std::string models::preset_of(const clipt::checkpoint_file& file) {
  const auto found = file.metadata().find("clipt.preset");
  return found == file.metadata().end() ? "" : found->second;
}

std::vector<std::string> models::obstacles(const clipt::checkpoint_file& file) {
  try {
    if (const std::string preset = preset_of(file); !preset.empty())
      presets::find(preset, file.path().string());
    else if (const released* known = find(file.config()))
      return known->mismatches(file);
  } catch (const clipt::io_error& e) {
    return {e.what()};
  }
  return {};
}

models::model models::open(const fs::path& path, const fs::path& vocabulary, int threads) {
  const fs::path given = file_of(path);
  if (std::error_code failure; !fs::exists(given, failure))
    throw clipt::io_error(fmt::format("{}: there is no such file or folder", given.string()));
  const clipt::checkpoint_file file(given);
  if (const std::string preset = preset_of(file); !preset.empty()) return open_trained(given, preset, threads);
  const clipt::any_clip_config config = file.config();
  if (const released* known = find(config))
    return known->load(
        file, {fitting(clipt::read_tokenizer(file, vocabulary), config), clipt::read_preprocessing(file).how, threads});
  throw clipt::io_error(fmt::format(
      "{}: this program is not compiled for its configuration; add it to the list in examples/models/{}.cpp:\n  {}",
      given.string(), config.index() == 0 ? "vision_transformers" : "resnets", clipt::to_cpp(config, "my_model")));
}

std::string models::fingerprint(const fs::path& path, const fs::path& vocabulary,
                                const clipt::preprocessing& pictures) {
  const clipt::checkpoint_file file(file_of(path));
  const bool trained = !preset_of(file).empty();
  const clipt::tokenizer words = clipt::read_tokenizer(file, trained ? fs::path() : vocabulary).words;
  const auto& [resize, filter, order, fill, statistics, resized, over_white, turned] = pictures;
  const std::string facts = fmt::format("{}\n{}\n{} {} {} {} {} {} {} {}{}\n", clipt::fingerprint(file.state()),
                                        words.merges_text(), static_cast<int>(resize), static_cast<int>(filter),
                                        static_cast<int>(order), fill, fmt::join(statistics.mean, " "),
                                        fmt::join(statistics.std, " "), resized, over_white, turned ? " turned" : "");
  return clipt::sha256(std::as_bytes(std::span(facts)));
}
