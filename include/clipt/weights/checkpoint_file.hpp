// A checkpoint on disk, whichever library wrote it: its tensors by OpenAI's names.
#pragma once
#include <algorithm>    // count_if
#include <deque>        // deque
#include <filesystem>   // path
#include <map>          // map
#include <optional>     // optional
#include <set>          // set
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/weights/any_config.hpp>        // any_clip_config, read_config
#include <clipt/weights/checkpoint_names.hpp>  // naming, from_hugging_face, from_openai
#include <clipt/weights/library_hints.hpp>     // hints_beside
#include <clipt/weights/own_config.hpp>        // config_key, hints_of_text
#include <clipt/io/file.hpp>                   // read_file
#include <clipt/io/json_text.hpp>              // json_text, parse_json
#include <clipt/io/printable.hpp>              // printable
#include <clipt/io/safetensors.hpp>            // safetensors_file
#include <clipt/io/torch_archive.hpp>          // torch_archive
#include <clipt/weights/wrapped_tensors.hpp>   // held_tensor, model_search

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The files that are looked for in a folder, in this order. Source: open_clip and transformers; the last is train_clip's.
inline constexpr std::string_view files_of_a_folder[] = {
    "open_clip_model.safetensors",  "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",  "model.safetensors",
    "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json", "epoch_latest.safetensors"};

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

/// What an index (model.safetensors.index.json) says: the file that each tensor is in.
inline std::map<std::string, std::filesystem::path> shards(const std::filesystem::path& index) {
  const auto refuse = [&](std::string_view what) {
    throw io_error(
        fmt::format("clipt::checkpoint_file: {}: expected an index {{\"weight_map\": {{tensor: file}}}}, found {}",
                    index.string(), what));
  };
  const nlohmann::json json = parse_json(read_file(index));
  if (json.is_discarded()) refuse("no JSON");
  const auto map = json.find("weight_map");
  if (!json.is_object() || map == json.end() || !map->is_object()) refuse("no weight_map");
  std::map<std::string, std::filesystem::path> files;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || std::filesystem::path(name).filename() != name)
      refuse(fmt::format("'{}' for '{}', which is no file beside it", printable(clipt::json_text(file)),
                         printable(tensor)));
    files.emplace(tensor, index.parent_path() / name);
  }
  return files;
}

}  // namespace detail

/// A checkpoint: OpenAI's TorchScript archive, a torch.save of a state dictionary or of any training program's dictionary
/// around one, or safetensors (one file, or an index of several of either kind, or a folder) in OpenAI's, open_clip's or
/// Hugging Face's names.
///
/// The model is found by its tensors' names, whatever keys and prefixes stand before them. Files stay mapped into memory
/// as long as this object lives. Errors: io_error as of the file's own format, and where several models are in it.
class checkpoint_file {
 public:
  explicit checkpoint_file(const std::filesystem::path& path) : path_(detail::weights_in(path)) {
    std::vector<detail::held_tensor> tensors;
    if (path_.string().ends_with(".index.json"))
      add_shards(tensors);
    else
      add_file(tensors, path_);
    entries_ = detail::model_search(std::move(tensors), path_.string()).model(left_out_);
    for (tensor_entry& entry : entries_)
      if (entry.name == "logit_scale" && entry.shape == std::vector<std::int64_t>{1}) entry.shape.clear();
    naming_ = detail::naming_of(entries_);
    state_ = naming_ == naming::hugging_face ? from_hugging_face(entries_) : from_openai(entries_);
    take_bias();
  }

  const std::filesystem::path& path() const { return path_; }
  naming names() const { return naming_; }

  /// What safetensors of one file say beside the tensors; empty of other files.
  const std::map<std::string, std::string>& metadata() const {
    static const std::map<std::string, std::string> none;
    return safetensors_.size() == 1 ? safetensors_.front().metadata() : none;
  }

  /// The tensors by OpenAI's names; buffers that say a model's size are left out, they are read from the shapes.
  const state_dict& state() const { return state_; }

  /// SigLIP's bias, if the model was trained by that loss: it changes no order of similarities, and is no part of the state.
  std::optional<float> logit_bias() const { return bias_; }

  /// The names of the file's tensors that are not the model's: an optimiser's, averages beside it, a bias and the like.
  std::span<const std::string> left_out() const { return left_out_; }

  /// What kind of model it is. Errors: io_error for what is no CLIP, naming what is missing, and for what the
  /// configuration in it or beside it says that no model of clipt has.
  any_clip_config config() const {
    if (metadata().contains("clipt.lora_scale"))
      throw io_error(fmt::format(
          "clipt::checkpoint_file: {}: no CLIP, but additions to one (--lora-rank of train_clip); use the run's "
          "checkpoint beside it, or merge them into the weights they are for by clip_convert --lora",
          path_.string()));
    check_both_towers();
    const auto own = metadata().find(detail::config_key);
    return read_config(
        state_,
        own != metadata().end() ? detail::hints_of_text(own->second, path_) : detail::hints_beside(path_, naming_),
        path_.string());
  }
  /// Whether the file, or one of the library that named the tensors beside it, says what shapes do not.
  bool has_config() const {
    return metadata().contains(detail::config_key) ||
           std::filesystem::exists(detail::config_file_beside(path_, naming_));
  }

  /// Refuses a file of one tower. Errors: io_error that says which is missing.
  void check_both_towers() const {
    const auto count = [&](auto is_one) {
      return std::count_if(state_.begin(), state_.end(), [&](const auto& item) { return is_one(item.first); });
    };
    const auto images = count([](const std::string& name) { return name.starts_with("visual."); });
    const auto texts = count([](const std::string& name) {
      return name.starts_with("token_embedding.") || name.starts_with("transformer.") || name.starts_with("ln_final.");
    });
    if ((images > 0) == (texts > 0)) return;
    throw io_error(fmt::format(
        "clipt::checkpoint_file: {}: only the {} tower is in it ({} tensors), the {} tower is missing ({}); take the "
        "file "
        "of the whole model, the folder if it is one of several files, or put both towers into one dictionary",
        path_.string(), images > 0 ? "image" : "text", images + texts, images > 0 ? "text" : "image",
        images > 0 ? "token_embedding.weight and what follows it" : "visual.conv1.weight and what follows it"));
  }

 private:
  /// The dictionaries of train_clip's files are told by their prefixes; others of safetensors are one dictionary.
  static std::size_t holder_of(std::string_view name) {
    for (const std::string_view prefix :
         {std::string_view(detail::average_prefix), std::string_view(detail::optimiser_prefix)})
      if (name.starts_with(prefix)) return prefix.size();
    return 0;
  }

  void take_bias() {
    const auto found = state_.find("logit_bias");
    if (found == state_.end()) return;
    const tensor_entry& entry = *found->second.parts.front();
    if (element_count(entry) != 1)
      throw io_error(fmt::format("clipt::checkpoint_file: {}: logit_bias is [{}]: expected one number", path_.string(),
                                 detail::joined(entry.shape)));
    bias_ = to_vector<float>(entry).front();
    left_out_.push_back("logit_bias");
    state_.erase(found);
  }

  void add_file(std::vector<detail::held_tensor>& all, const std::filesystem::path& path) {
    if (detail::is_torch_archive(path)) {
      const torch_archive& archive = archives_.emplace_back(path);
      for (std::size_t i = 0; i < archive.entries().size(); ++i)
        all.push_back({archive.entries()[i], archive.holders()[i]});
    } else {
      for (const tensor_entry& entry : safetensors_.emplace_back(path).entries())
        all.push_back({entry, holder_of(entry.name)});
    }
  }

  void add_shards(std::vector<detail::held_tensor>& all) {
    const auto places = detail::shards(path_);
    std::set<std::filesystem::path> files;
    for (const auto& [tensor, file] : places) files.insert(file);
    std::map<std::string, std::filesystem::path> found;
    for (const std::filesystem::path& file : files) {
      const std::size_t begin = all.size();
      add_file(all, file);
      for (std::size_t i = begin; i < all.size(); ++i)
        if (const auto [other, is_new] = found.emplace(all[i].entry.name, file); !is_new)
          throw io_error(fmt::format("clipt::checkpoint_file: {}: '{}' is in {} and in {}", path_.string(),
                                     detail::printable(all[i].entry.name), other->second.string(), file.string()));
    }
    for (const auto& [tensor, file] : places)
      if (!found.contains(tensor))
        throw io_error(
            fmt::format("clipt::checkpoint_file: {}: '{}' is not in {}, where it should be; fetch all files of "
                        "the model again",
                        path_.string(), detail::printable(tensor), file.string()));
  }

  std::filesystem::path path_;
  std::deque<safetensors_file> safetensors_;  // never moved: entries refer to them
  std::deque<torch_archive> archives_;
  std::vector<tensor_entry> entries_;  // under the model's names
  std::vector<std::string> left_out_;
  naming naming_;
  state_dict state_;
  std::optional<float> bias_;
};

}  // namespace clipt::inline CLIPT_BUILD
