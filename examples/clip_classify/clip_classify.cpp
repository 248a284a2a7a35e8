// clip_classify: names pictures by words alone, with probabilities.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/evaluate/encode_files.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/evaluate/prompt_files.hpp>
#include <clipt/evaluate/zero_shot.hpp>
#include <clipt/io/json_text.hpp>
#include <clipt/io/picture_walk.hpp>

#include <algorithm>
#include <iterator>
#include <optional>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"

namespace {

namespace fs = std::filesystem;

struct classify_command {
  command_line::model_flags model;
  std::vector<std::string> labels, templates;
  std::string labels_file, templates_file;
  std::vector<fs::path> images;
  std::size_t top = 5;
  bool json = false;
};

/// The labels between commas, without the blanks around them.
std::vector<std::string> labels_in(const std::vector<std::string>& lists) {
  std::vector<std::string> labels;
  for (const std::string& list : lists)
    for (std::size_t at = 0, end = 0; at <= list.size(); at = end + 1) {
      end = std::min(list.find(',', at), list.size());
      labels.emplace_back(clipt::detail::without_blanks(std::string_view(list).substr(at, end - at)));
      if (labels.back().empty())
        throw clipt::io_error(
            fmt::format("--labels: label {} of '{}' is empty; a label is text between commas",
                        std::count(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(at), ',') + 1, list));
    }
  return labels;
}

clipt::prompt_set prompts_of(const classify_command& c) {
  clipt::prompt_set prompts;
  prompts.labels = c.labels_file.empty() ? labels_in(c.labels) : clipt::labels_from_file(c.labels_file);
  auto labels = prompts.labels;
  std::ranges::sort(labels);
  if (const auto twice = std::ranges::adjacent_find(labels); twice != labels.end())
    throw clipt::io_error(fmt::format("'{}' is given twice as a label; the two would share its probability", *twice));
  if (!c.templates.empty()) prompts.templates = c.templates;
  if (!c.templates_file.empty()) prompts.templates = clipt::templates_from_file(c.templates_file);
  return prompts;
}

void print_text(const fs::path& file, const std::vector<std::string>& labels, std::span<const double> probabilities,
                std::size_t top) {
  fmt::print("{}\n", command_line::shown(file.string()));
  for (const int k : clipt::largest_positions(probabilities, top))
    fmt::print("  {:7.2f} %  {}\n", 100 * probabilities[static_cast<std::size_t>(k)],
               command_line::shown(labels[static_cast<std::size_t>(k)]));
}

void print_json(const fs::path& file, const std::vector<std::string>& labels, std::span<const double> probabilities,
                std::size_t top) {
  nlohmann::ordered_json line = {{"file", file.string()}, {"labels", nlohmann::ordered_json::array()}};
  for (const int k : clipt::largest_positions(probabilities, top))
    line["labels"].push_back(
        {{"label", labels[static_cast<std::size_t>(k)]}, {"probability", probabilities[static_cast<std::size_t>(k)]}});
  fmt::print("{}\n", clipt::json_text(line));
}

void print_bad(const fs::path& file, const std::string& why) {
  fmt::print("{}\n", clipt::json_text(nlohmann::ordered_json{{"file", file.string()}, {"error", why}}));
}

/// Says of a picture that it has no labels.
void refuse_picture(const classify_command& c, std::optional<clipt::progress>& bar, const fs::path& file,
                    const std::string& why) {
  if (c.json) print_bad(file, why);
  bar ? bar->note("clip_classify: " + command_line::shown(why)) : command_line::complain("clip_classify", why);
}

/// Folders become the pictures below them.
clipt::picture_walk pictures_of(const std::vector<fs::path>& given) {
  clipt::picture_walk all;
  for (const fs::path& path : given) {
    clipt::picture_walk found = clipt::find_pictures(path);
    std::move(found.files.begin(), found.files.end(), std::back_inserter(all.files));
    std::move(found.left_out.begin(), found.left_out.end(), std::back_inserter(all.left_out));
  }
  return all;
}

/// Returns the exit code.
int classify(const classify_command& c) {
  constexpr std::size_t at_once = 64;
  const models::model model = command_line::open_model(c.model);
  const clipt::prompt_set prompts = prompts_of(c);
  const clipt::embeddings labels = clipt::embed_prompts(prompts, model.encode.texts);
  const auto [images, left_out, again] = pictures_of(c.images);
  if (images.empty() && left_out.empty())
    throw clipt::io_error(fmt::format("{}: there are no pictures", c.images.front().string()));
  std::optional<clipt::progress> bar;  // on a terminal the lines themselves show how far it is
  if (images.size() > at_once && isatty(STDOUT_FILENO) == 0)
    bar.emplace(
        clipt::progress_options{
            .name = "naming", .total = static_cast<std::int64_t>(images.size()), .unit = "pictures"},
        clipt::standard_progress_output(2));
  std::size_t bad = left_out.size();
  for (std::size_t begin = 0; begin < images.size(); begin += at_once) {
    const auto files = std::span(images).subspan(begin, std::min(at_once, images.size() - begin));
    const clipt::file_embeddings pictures = clipt::encode_files(model.encode, files);
    const auto all = clipt::label_probabilities(pictures.values, labels, model.encode.scale, c.model.threads);
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (const std::string& why = pictures.reasons[i]; !why.empty()) {
        refuse_picture(c, bar, files[i], why);
        continue;
      }
      const auto row = std::span(all).subspan(i * prompts.labels.size(), prompts.labels.size());
      (c.json ? print_json : print_text)(files[i], prompts.labels, row, c.top);
    }
    bad += pictures.bad();
    if (bar) bar->update(static_cast<std::int64_t>(begin + files.size()));
  }
  for (const clipt::left_out_path& path : left_out) refuse_picture(c, bar, path.path, path.text());
  if (bar) bar->finish();
  return bad == 0 ? 0 : bad < images.size() + left_out.size() ? 1 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  classify_command c;
  CLI::App app(
      "Names pictures by words alone: probabilities over the labels that are given.\n"
      "  clip_classify --model ViT-B-32.pt --labels \"a diagram,a dog,a cat\" CLIP.png\n"
      "Exit codes: 0 done, 1 some pictures could not be read, 2 none could, and for what cannot be done.",
      "clip_classify");
  command_line::add_model_flags(app, c.model);
  auto* labels = app.add_option("--labels", c.labels, "labels, separated by commas; blanks around them do not count");
  labels->allow_extra_args(false);
  app.add_option("--labels-file", c.labels_file, "a label a line")->check(CLI::ExistingFile)->excludes(labels);
  app.add_option("--template", c.templates, "sentence for a label, {} in its place; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--templates", c.templates_file, "a sentence a line")->check(CLI::ExistingFile);
  app.add_option("--top", c.top, "labels shown for each picture")
      ->capture_default_str()
      ->check(command_line::in_range({.least = 1}));
  app.add_flag("--json", c.json, "one JSON object a line instead of text");
  app.add_option("image", c.images, "pictures, or folders of them")->required();
  return command_line::run(app, argc, argv, [&] {
    if (c.labels.empty() && c.labels_file.empty()) throw clipt::io_error("give --labels or --labels-file");
    return classify(c);
  });
}
