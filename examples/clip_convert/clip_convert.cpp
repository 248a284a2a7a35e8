// clip_convert: a CLIP's weights for another library, bit for bit.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/weights/fitted_state.hpp>
#include <clipt/weights/merged_additions.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include <clipt/weights/read_tokenizer.hpp>
#include <clipt/weights/save.hpp>
#include <clipt/weights/tensor_names.hpp>
#include <clipt/io/json_text.hpp>
#include <clipt/io/printable.hpp>

#include "../common/command_line.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace {

const std::map<std::string, clipt::library> libraries{{"openai", clipt::library::openai},
                                                      {"open_clip", clipt::library::open_clip},
                                                      {"huggingface", clipt::library::hugging_face}};

struct convert_command {
  std::string from, to, vocabulary, additions;
  clipt::library library = clipt::library::openai;
  bool json = false, drop_unknown = false;
};

/// Writes what is in the file; with a bar on standard error where that takes a while.
void write(const convert_command& c, const clipt::checkpoint_file& file, std::span<const clipt::tensor_entry> tensors,
           const clipt::tokenizer* words) {
  constexpr std::size_t megabyte = 1000000;
  std::size_t size = 0, done = 0;
  for (const clipt::tensor_entry& tensor : tensors) size += tensor.bytes.size();
  clipt::progress bar({.name = "writing", .total = static_cast<std::int64_t>(size / megabyte), .unit = "MB"},
                      clipt::standard_progress_output(2));
  const bool is_long = size > 100 * megabyte;
  const auto advance = [&](const clipt::tensor_entry& tensor) {
    done += tensor.bytes.size();
    if (is_long) bar.update(static_cast<std::int64_t>(done / megabyte));
  };
  clipt::write_checkpoint(c.to, c.library, tensors, file.config(), words, clipt::read_preprocessing(file).how, advance);
  if (is_long) bar.finish();
}

/// The tensors that the model has. What it does not know is refused, or dropped and named in `dropped`.
std::vector<clipt::tensor_entry> known_tensors(const convert_command& c, const clipt::checkpoint_file& file,
                                               const clipt::tensor_list& all, std::vector<std::string>& dropped) {
  for (const std::string& name : clipt::unknown_tensors(all.entries(), file.config()))
    dropped.push_back(clipt::detail::printable(name));
  if (file.logit_bias()) dropped.push_back("logit_bias");
  if (!dropped.empty() && !c.drop_unknown)
    throw clipt::io_error(
        fmt::format("{}: {} tensors are none of a CLIP's, and no library would load a file with them: {}; "
                    "--drop-unknown leaves them out",
                    c.from, dropped.size(), fmt::join(dropped, ", ")));
  std::vector<clipt::tensor_entry> kept;
  const std::vector<std::string> known = clipt::names_of_tensors(file.config());
  for (const clipt::tensor_entry& tensor : all.entries())
    if (std::ranges::binary_search(known, tensor.name)) kept.push_back(tensor);
  return kept;
}

/// How many of the file's other tensors lie below which first key, as text.
std::string left_out_text(const clipt::checkpoint_file& file) {
  std::map<std::string, int> counts;
  for (const std::string& name : file.left_out())
    if (name != "logit_bias") ++counts[clipt::detail::printable(name.substr(0, name.find('.')))];
  std::string text;
  for (const auto& [key, count] : counts) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", key, count);
  return text;
}

/// Refuses to replace the weights that are read: what else lies in their file, as a run's optimiser, would be gone.
void check_apart(const convert_command& c, const std::filesystem::path& from) {
  std::error_code not_there;
  if (std::filesystem::equivalent(clipt::weights_file(c.to, c.library), from, not_there))
    throw clipt::io_error(fmt::format("{}: its weights are those that are read; write to another place", c.to));
}

void convert(const convert_command& c) {
  const clipt::checkpoint_file file(c.from);
  check_apart(c, file.path());
  const clipt::fitted_state fitted(file.state(), file.config());
  const clipt::tensor_list all = clipt::tensors_of(fitted.state());
  std::vector<std::string> dropped;
  const std::vector<clipt::tensor_entry> tensors = known_tensors(c, file, all, dropped);
  const auto found = clipt::find_tokenizer(file, c.vocabulary);
  const auto* const words = found ? &found->words : nullptr;
  if (c.additions.empty())
    write(c, file, tensors, words);
  else
    write(c, file, clipt::merged_additions(tensors, c.additions).entries(), words);
  const std::string tokenizer = found ? found->file.string() : "", left_out = left_out_text(file);
  if (c.json) {
    fmt::print("{}\n", clipt::json_text(nlohmann::ordered_json{{"out", c.to},
                                                               {"tensors", tensors.size()},
                                                               {"tokenizer", tokenizer},
                                                               {"dropped", dropped},
                                                               {"left_out", file.left_out().size()}}));
    return;
  }
  fmt::print("{}: {} tensors, {}\n", c.to, tensors.size(), found ? "the tokenizer of " + tokenizer : "no tokenizer");
  if (!dropped.empty()) fmt::print("dropped: {}\n", fmt::join(dropped, ", "));
  if (!left_out.empty()) fmt::print("left out, with nothing of the model: {}\n", left_out);
}

}  // namespace

int main(int argc, char** argv) {
  convert_command c;
  CLI::App app(
      "Writes a CLIP's weights as another library names them; numbers and their types stay as they are. Tokenizer and\n"
      "preprocessing go with them, as the files beside the weights hold them. The model is found by its tensors' "
      "names, below\n"
      "whatever keys and prefixes; what a training program saved beside it is left out, and counted.\n"
      "  clip_convert ViT-B-32.pt vit-b-32-hf --to huggingface --vocabulary bpe_simple_vocab_16e6.txt.gz\n"
      "openai writes a file (.pt or .safetensors) and merges.txt beside it, open_clip and huggingface a folder. Exit\n"
      "codes: 0 done, 2 for what cannot be done.",
      "clip_convert");
  app.add_option("in", c.from, "weights: a file or a folder")->required()->check(CLI::ExistingPath);
  app.add_option("out", c.to, "file or folder to write")->required();
  app.add_option("--to", c.library, "openai, open_clip or huggingface")
      ->required()
      ->transform(CLI::CheckedTransformer(libraries));
  app.add_option("--vocabulary", c.vocabulary, "a file of merges instead of the tokenizer beside the weights")
      ->check(CLI::ExistingFile);
  app.add_option("--lora", c.additions, "merge these additions, a run's lora.safetensors, into the weights")
      ->check(CLI::ExistingFile);
  app.add_flag("--drop-unknown", c.drop_unknown, "leave out tensors that no CLIP has, instead of refusing the file");
  app.add_flag("--json", c.json, "one JSON object instead of text");
  return command_line::run(app, argc, argv, [&] {
    convert(c);
    return 0;
  });
}
