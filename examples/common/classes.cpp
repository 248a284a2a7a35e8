// Labelled data, and what their labels are called in words.
#include "classes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <clipt/data/folder_dataset.hpp>
#include <clipt/evaluate/prompt_files.hpp>

#include "command_line.hpp"

#include <algorithm>
#include <map>

void command_line::add_class_flags(CLI::App& app, class_flags& flags) {
  const std::string group = "Classes";
  app.add_option("--templates", flags.templates_file, "a sentence a line, {} in the place of the label")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option(
         "--class-names", flags.names,
         "names of labels: lines of label and name (n01440764 tench, Tinca tinca), imagenet_class_index.json, or "
         "a name a line in the order of the sorted folders")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option(
         "--prompts", flags.prompts,
         "file and name of a set of classes and templates, as OpenAI's prompts are kept; all its classes are ranked")
      ->expected(2)
      ->type_name("FILE NAME")
      ->group(group);
}

clipt::label_prompts command_line::classes_of(const class_flags& flags, std::vector<std::string> labels, bool folders) {
  if (folders) std::sort(labels.begin(), labels.end());
  std::vector<clipt::named_class> names;
  if (!flags.names.empty()) names = clipt::class_names_from_file(flags.names, labels);
  clipt::label_prompts result{labels, {labels}, {}};
  if (!flags.prompts.empty()) {
    const clipt::prompt_set set = clipt::prompts_from_file(flags.prompts.at(0), flags.prompts.at(1));
    result = clipt::match_prompts(labels, names, set, folders,
                                  fmt::format("--prompts {} {}", flags.prompts[0], flags.prompts[1]));
  } else if (!names.empty()) {
    result = clipt::name_labels(labels, names, folders, "--class-names " + flags.names);
  }
  if (!flags.templates.empty()) result.prompts.templates = flags.templates;
  if (!flags.templates_file.empty()) result.prompts.templates = clipt::templates_from_file(flags.templates_file);
  return result;
}

void command_line::tell_of(const clipt::label_prompts& classes, std::string_view program) {
  const auto& names = classes.prompts.labels;
  if (classes.by_place)
    complain(program, fmt::format("labels are told by their order: '{}' is '{}', ..., '{}' is '{}'",
                                  classes.labels.front(), names.front(), classes.labels.back(), names.back()));
  if (!classes.unmatched.empty())
    complain(program, fmt::format("{} labels of the data have no name or class, their pictures count as wrong: {}",
                                  classes.unmatched.size(), fmt::join(classes.unmatched, ", ")));
  std::map<std::vector<std::string>, std::string> label_of;
  for (std::size_t k = 0; k < names.size(); ++k) {
    std::vector<std::string> all{names[k]};
    if (!classes.prompts.synonyms.empty())
      all.insert(all.end(), classes.prompts.synonyms[k].begin(), classes.prompts.synonyms[k].end());
    if (const auto [at, fresh] = label_of.emplace(std::move(all), classes.labels[k]); !fresh)
      complain(program, fmt::format("'{}' and '{}' have the same names, '{}': pictures of both count as wrong",
                                    at->second, classes.labels[k], names[k]));
  }
}

bool command_line::is_folder(const std::string& path) {
  std::error_code failure;
  return std::filesystem::is_directory(path, failure);
}

clipt::any_dataset command_line::open_labelled(const std::string& path, clipt::csv_options csv,
                                               std::vector<clipt::left_out_path>& left_out) {
  if (is_folder(path)) {
    if (!csv.where.empty())
      throw clipt::io_error(fmt::format("{}: a folder has no columns to choose rows by ('{}')", path, csv.where));
    clipt::folder_dataset data(path);
    left_out.insert(left_out.end(), data.left_out().begin(), data.left_out().end());
    return data;
  }
  if (csv.label_key.empty()) throw clipt::io_error(fmt::format("{}: a table needs --csv-label-key", path));
  csv.caption_key = csv.label_key;
  return clipt::csv_dataset(path, csv);
}
