// Digests of training data, and pictures that are evaluated after having been trained on.
#include "seen_pictures.hpp"

#include <fmt/format.h>

#include <clipt/io/json_text.hpp>
#include <clipt/io/sha256.hpp>
#include <clipt/weights/checkpoint_file.hpp>

#include "../models/model.hpp"
#include "classes.hpp"

#include <set>
#include <span>

namespace fs = std::filesystem;

namespace {

/// The table that the run was trained on, if one of two still is it.
std::optional<clipt::any_dataset> training_data(const command_line::trained_run& run, const std::string& path,
                                                const clipt::csv_options& read) {
  if (run.state.data.empty()) return {};
  clipt::csv_options csv = read;
  csv.img_key = run.option("csv_img_key");
  csv.caption_key = run.option("csv_caption_key");
  csv.where = run.option("csv_where");
  csv.label_key.clear();
  for (const std::string& table : {path, run.option("train_data")})
    for (const std::string& separator : {read.caption_separator, std::string("|")}) try {
        csv.caption_separator = separator;
        if (table.empty() || command_line::is_folder(table)) continue;
        clipt::any_dataset data = clipt::csv_dataset(table, csv);
        if (command_line::digest_of(data) == run.state.data) return data;
      } catch (const clipt::error&) {
        continue;  // another table
      }
  return {};
}

}  // namespace

std::string command_line::trained_run::option(const char* name) const {
  const auto found = options.find(name);
  return found != options.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<command_line::trained_run> command_line::run_of(const fs::path& model) {
  const fs::path file = models::weights_of(model);
  if (models::preset_of(clipt::checkpoint_file(file)).empty()) return {};
  trained_run run{file, clipt::read_training_state(file)};
  auto options = clipt::detail::parse_json<nlohmann::ordered_json>(run.state.options);
  if (options.is_object()) run.options = std::move(options);
  return run;
}

std::string command_line::digest_of(const clipt::any_dataset& data) {
  std::string rows;
  for (int i = 0; i < data.size(); ++i) {
    rows += fs::path(data.name(i)).filename().string() + '\0';
    for (const std::string& caption : data.captions(i)) rows += caption + '\0';
    rows += '\0';
  }
  return fmt::format("{} pairs, SHA-256 {}", data.size(), clipt::sha256(std::as_bytes(std::span(rows))));
}

int command_line::trained_on(const clipt::any_dataset& evaluated, const clipt::any_dataset& training) {
  const auto file = [](const clipt::any_dataset& of, int i) { return fs::absolute(of.name(i)).lexically_normal(); };
  std::set<fs::path> known;
  for (int i = 0; i < training.size(); ++i) known.insert(file(training, i));
  int count = 0;
  for (int i = 0; i < evaluated.size(); ++i) count += known.contains(file(evaluated, i));
  return count;
}

int command_line::trained_on(const clipt::any_dataset& evaluated, const std::string& path,
                             const clipt::csv_options& csv, const trained_run& run) {
  const auto training = training_data(run, path, csv);
  return training ? trained_on(evaluated, *training) : 0;
}
