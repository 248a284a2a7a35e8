// A checkpoint on disk, whichever library wrote it: its tensors by OpenAI's names.
#pragma once
#include <deque>        // deque
#include <filesystem>   // path
#include <memory>       // unique_ptr
#include <set>          // set
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/weights/any_config.hpp>        // any_clip_config, read_config
#include <clipt/weights/checkpoint_names.hpp>  // naming, from_hugging_face, from_openai
#include <clipt/weights/library_hints.hpp>     // hints_beside
#include <clipt/io/file.hpp>                   // read_file
#include <clipt/io/json_text.hpp>              // parse_json
#include <clipt/io/safetensors.hpp>            // safetensors_file
#include <clipt/io/torch_archive.hpp>          // torch_archive

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The files that are looked for in a folder, in this order. Source: open_clip and transformers; the last is train_clip's.
inline constexpr std::string_view files_of_a_folder[] = {
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin",
    "model.safetensors",           "model.safetensors.index.json",        "pytorch_model.bin",
    "epoch_latest.safetensors"};

/// The file itself, or the one in a folder that holds the weights. Errors: io_error that lists what was looked for.
inline std::filesystem::path weights_in(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return path;
  for (const std::string_view name : files_of_a_folder)
    if (std::filesystem::exists(path / name)) return path / name;
  std::string names;
  for (const std::string_view name : files_of_a_folder) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  throw io_error(
      fmt::format("clipt::checkpoint_file: {}: no weights in this folder; expected one of {}", path.string(), names));
}

/// The files that an index (model.safetensors.index.json) names, each once.
inline std::vector<std::filesystem::path> shards(const std::filesystem::path& index) {
  const auto refuse = [&](std::string_view what) {
    throw io_error(
        fmt::format("clipt::checkpoint_file: {}: expected an index {{\"weight_map\": {{tensor: file}}}}, found {}",
                    index.string(), what));
  };
  const nlohmann::json json = parse_json(read_file(index));
  if (json.is_discarded()) refuse("no JSON");
  const auto map = json.find("weight_map");
  if (!json.is_object() || map == json.end() || !map->is_object()) refuse("no weight_map");
  std::set<std::filesystem::path> files;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || std::filesystem::path(name).filename() != name)
      refuse(fmt::format("'{}' for '{}', which is no file beside it", file.dump(), tensor));
    files.insert(index.parent_path() / name);
  }
  return {files.begin(), files.end()};
}

}  // namespace detail

/// A checkpoint: OpenAI's TorchScript archive, a torch.save of a state dictionary or of open_clip's training, or
/// safetensors (one file, an index of several, or a folder) in OpenAI's, open_clip's or Hugging Face's names.
///
/// Files stay mapped into memory as long as this object lives. Errors: io_error as of the file's own format.
class checkpoint_file {
 public:
  explicit checkpoint_file(const std::filesystem::path& path) : path_(detail::weights_in(path)) {
    std::vector<tensor_entry> entries;
    if (path_.string().ends_with(".index.json")) {
      for (const auto& shard : detail::shards(path_)) add(entries, safetensors_.emplace_back(shard).entries());
    } else if (detail::is_torch_archive(path_)) {
      archive_ = std::make_unique<torch_archive>(path_);
      add(entries, archive_->entries());
    } else {
      add(entries, safetensors_.emplace_back(path_).entries());
    }
    entries_ = detail::unwrapped(std::move(entries));
    naming_ = detail::naming_of(entries_);
    state_ = naming_ == naming::hugging_face ? from_hugging_face(entries_) : from_openai(entries_);
  }

  const std::filesystem::path& path() const { return path_; }
  naming names() const { return naming_; }

  /// The tensors by OpenAI's names; buffers that say a model's size are left out, they are read from the shapes.
  const state_dict& state() const { return state_; }

  /// What kind of model it is. Errors: io_error for what is no CLIP, naming what is missing, and for what the
  /// configuration file beside it says that no model of clipt has.
  any_clip_config config() const { return read_config(state_, detail::hints_beside(path_, naming_), path_.string()); }

 private:
  static void add(std::vector<tensor_entry>& all, std::span<const tensor_entry> more) {
    all.insert(all.end(), more.begin(), more.end());
  }

  std::filesystem::path path_;
  std::deque<safetensors_file> safetensors_;  // never moved: entries refer to them
  std::unique_ptr<torch_archive> archive_;
  std::vector<tensor_entry> entries_;  // under the file's names, without prefixes of wrappers
  naming naming_;
  state_dict state_;
};

}  // namespace clipt::inline CLIPT_BUILD
