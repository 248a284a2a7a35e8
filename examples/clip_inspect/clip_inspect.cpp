// clip_inspect: what is in a file of weights, which model it is, and why it would not load.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/evaluate/costs.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include <clipt/weights/read_tokenizer.hpp>
#include <clipt/weights/released_files.hpp>
#include <clipt/io/json_text.hpp>
#include <clipt/io/printable.hpp>
#include <clipt/io/sha256.hpp>

#include "../common/command_line.hpp"
#include "../models/model.hpp"

namespace {

struct inspect_command {
  std::string file;
  bool tensors = false, digest = false, json = false;
};

std::string_view text_of(clipt::naming names) {
  return names == clipt::naming::hugging_face ? "Hugging Face" : "OpenAI or open_clip";
}

nlohmann::ordered_json tensors_json(const clipt::state_dict& state) {
  nlohmann::ordered_json tensors = nlohmann::ordered_json::object();
  for (const auto& [name, source] : state)
    tensors[name] = {{"type", clipt::name_of(source.parts.front()->dtype)}, {"shape", source.shape()}};
  return tensors;
}

/// What read_preprocessing finds, and where.
nlohmann::ordered_json preprocessing_json(const clipt::preprocessing_source& found) {
  constexpr std::string_view modes[] = {"shortest", "longest", "squash"}, filters[] = {"bicubic", "bilinear"},
                             orders[] = {"openai", "hugging_face"};
  const clipt::preprocessing& how = found.how;
  return {{"from", found.file.empty() ? "no file, so as OpenAI's" : found.file.string()},
          {"resize", modes[static_cast<int>(how.resize)]},
          {"interpolation", filters[static_cast<int>(how.filter)]},
          {"order", orders[static_cast<int>(how.order)]},
          {"resized", how.resized},
          {"fill", how.fill},
          {"over_white", how.over_white},
          {"exif_orientation", how.exif_orientation},
          {"mean", how.statistics.mean},
          {"std", how.statistics.std}};
}

/// What find_tokenizer finds, and where.
nlohmann::ordered_json tokenizer_json(const std::optional<clipt::tokenizer_source>& found) {
  if (!found) return {{"from", "no file beside the weights"}};
  return {{"from", found->file.string()},
          {"ids", found->words.vocabulary_size()},
          {"cleaning", clipt::text_cleaning_names[static_cast<std::size_t>(found->words.cleaning())]},
          {"rules", clipt::token_rules_names[static_cast<std::size_t>(found->words.rules())]}};
}

std::string digest_of(const std::filesystem::path& file) {
  constexpr std::int64_t megabyte = 1'000'000;
  std::error_code failure;  // what has no size is refused where it is read
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file, failure));
  clipt::progress bar({.name = "sha256", .total = size / megabyte, .unit = "MB"}, clipt::standard_progress_output(2));
  return clipt::sha256_of_file(file, [&](std::size_t done) { bar.update(static_cast<std::int64_t>(done) / megabyte); });
}

/// What the configuration and the files beside the weights say, and what stands in the way of loading them.
void add_model(nlohmann::ordered_json& facts, const clipt::checkpoint_file& file) {
  std::vector<std::string> obstacles = models::obstacles(file);
  if (const std::string preset = models::preset_of(file); !preset.empty()) facts["preset"] = preset;
  try {
    const clipt::any_clip_config config = file.config();
    const clipt::forward_costs costs = clipt::costs_of(config);
    const models::architecture* known = models::find(config);
    facts["configuration"] = clipt::to_cpp(config, "my_model");
    facts["compiled_as"] = known != nullptr ? known->name : "none of the programs' models";
    facts["gmac_per_picture"] = costs.image;
    facts["gmac_per_caption_of_77"] = costs.text;
    facts["preprocessing"] = preprocessing_json(clipt::read_preprocessing(file));
    facts["tokenizer"] = tokenizer_json(clipt::find_tokenizer(file));
  } catch (const clipt::io_error& e) {  // for a preset of train_clip that only it knows, no obstacle
    if (obstacles.empty() && !facts.contains("preset")) obstacles.push_back(e.what());
  }
  if (!obstacles.empty()) facts["would_not_load"] = obstacles;
}

/// How many tensors below which first key are not the model's.
std::map<std::string, int> left_out_of(const clipt::checkpoint_file& file) {
  std::map<std::string, int> counts;
  for (const std::string& name : file.left_out()) ++counts[clipt::detail::printable(name.substr(0, name.find('.')))];
  return counts;
}

/// All that is known; what fails is said in its place.
nlohmann::ordered_json facts_of(const inspect_command& c) {
  const clipt::checkpoint_file file(c.file);
  std::uint64_t numbers = 0, bytes = 0;
  std::map<std::string, int> types;
  for (const auto& [name, source] : file.state())
    for (const clipt::tensor_entry* part : source.parts) {
      bytes += part->bytes.size();
      numbers += clipt::element_count(*part);
      ++types[std::string(clipt::name_of(part->dtype))];
    }
  nlohmann::ordered_json facts = {{"file", file.path().string()},
                                  {"names", text_of(file.names())},
                                  {"tensors", file.state().size()},
                                  {"numbers", numbers},
                                  {"bytes", bytes},
                                  {"types", types}};
  if (!file.left_out().empty()) facts["left_out"] = left_out_of(file);
  add_model(facts, file);
  if (c.digest) {
    const std::string digest = digest_of(file.path());
    facts["sha256"] = digest;
    const std::string_view name = clipt::released_file(digest);
    facts["released_as"] = name.empty() ? "none of OpenAI's files" : name;
  }
  if (c.tensors) facts["state"] = tensors_json(file.state());
  return facts;
}

std::string text_of(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() || value.is_array()) {
    std::string text;
    for (const auto& [key, part] : value.items())
      text += fmt::format("{}{}{}", text.empty() ? "" : ", ", value.is_object() ? key + " " : "", text_of(part));
    return value.is_array() ? "[" + text + "]" : text;
  }
  return value.is_number_float() ? fmt::format("{:.4g}", value.get<double>()) : value.dump();
}

void print_text(const nlohmann::ordered_json& facts) {
  for (const auto& [key, value] : facts.items()) {
    if (key == "would_not_load") {
      for (const auto& line : value) fmt::print("{:<24}{}\n", key, text_of(line));
    } else if (key == "state") {
      for (const auto& [name, tensor] : value.items())
        fmt::print("  {:4} {:<60} [{}]\n", tensor["type"].get<std::string>(), clipt::detail::printable(name, 256),
                   fmt::join(tensor["shape"].get<std::vector<std::int64_t>>(), ", "));
    } else {
      fmt::print("{:<24}{}\n", key, text_of(value));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  inspect_command c;
  CLI::App app(
      "Tells what a file of weights holds: names, types, the model's configuration as C++, its costs, and the\n"
      "preprocessing and the tokenizer that the files beside it name.\n"
      "  clip_inspect ViT-B-32.pt --tensors --sha256\n"
      "Exit codes: 0 done, 1 it is no CLIP that can be loaded, 2 for what cannot be read.",
      "clip_inspect");
  app.add_option("file", c.file, "weights: a file or a folder")->required()->check(CLI::ExistingPath);
  app.add_flag("--tensors", c.tensors, "list all tensors");
  app.add_flag("--sha256", c.digest, "the file's SHA-256, and whether OpenAI has released it");
  app.add_flag("--json", c.json, "one JSON object instead of text");
  return command_line::run(app, argc, argv, [&] {
    const nlohmann::ordered_json facts = facts_of(c);
    if (c.json)
      fmt::print("{}\n", clipt::json_text(facts, 2));
    else
      print_text(facts);
    return facts.contains("would_not_load") ? 1 : 0;
  });
}
