// A model for other libraries: its weights in their names, with the files that they look for.
#pragma once
#include <filesystem>  // path, create_directories
#include <optional>    // optional
#include <span>        // span
#include <string>      // string
#include <system_error>  // error_code

#include <clipt/weights/checkpoint_names.hpp>  // from_openai
#include <clipt/weights/library_configs.hpp>   // open_clip_files, hugging_face_files
#include <clipt/weights/tensor_list.hpp>       // tensor_list, to_hugging_face
#include <clipt/weights/tensor_names.hpp>      // check_tensor_names
#include <clipt/weights/weights.hpp>           // state_of
#include <clipt/io/safetensors.hpp>            // write_safetensors
#include <clipt/io/torch_archive_writer.hpp>   // write_torch_archive

namespace clipt::inline CLIPT_BUILD {

/// Whose files are written.
enum class library { openai, open_clip, hugging_face };

namespace detail {

/// Whose rules a file of merges beside OpenAI's weights is used by: OpenAI's, of transformers' own cleaning as well.
inline tokenizer by_openais_rules(const tokenizer& words) {
  const bool none = words.cleaning() == text_cleaning::none;
  return words.with_rules(token_rules::openai).with_cleaning(none ? text_cleaning::lower : words.cleaning());
}

/// Whether a configuration is there that would hold for a file of weights which brings none.
inline bool is_configured(const std::filesystem::path& weights) {
  const auto is_there = [&](const char* name) { return std::filesystem::exists(weights.parent_path() / name); };
  return std::filesystem::exists(open_clip_config_beside(weights)) || is_there(hugging_face_pictures_file) ||
         is_there(hugging_face_processor_file);
}

/// What OpenAI's one file does not hold, for clipt: the folder's merges, and a configuration of the file's own where
/// shapes do not tell it, the preprocessing is another one, or another configuration would hold.
inline file_texts openai_files(const std::filesystem::path& path, const any_clip_config& config,
                               std::span<const tensor_entry> tensors, const tokenizer* words,
                               const preprocessing& how) {
  std::optional<tokenizer> theirs;
  if (words != nullptr) theirs = by_openais_rules(*words);
  file_texts files;
  if (how != preprocessing{} || !is_said_by_tensors(config, from_openai(tensors)) || is_configured(path))
    files[own_open_clip_config(path).filename().string()] =
        open_clip_texts(config, theirs ? &*theirs : nullptr, how).at(open_clip_config_file);
  if (theirs) files[merges_file] = theirs->merges_text() + '\n';
  return files;
}

/// Refuses to change the merges of other weights in the same folder.
inline void check_not_others(const std::filesystem::path& folder, const file_texts& files) {
  const auto merges = files.find(merges_file);
  const std::filesystem::path there = folder / merges_file;
  if (merges != files.end() && std::filesystem::exists(there) && read_file(there) != merges->second)
    throw io_error(
        fmt::format("{}: there already, for other weights; write these into a folder of their own", there.string()));
}

}  // namespace detail

/// The file of weights that is written for a library: `path` itself, or what the library looks for in that folder.
inline std::filesystem::path weights_file(const std::filesystem::path& path, library to) {
  if (to == library::openai) return path;
  return path / (to == library::open_clip ? "open_clip_model.safetensors" : "model.safetensors");
}

/// Writes tensors in OpenAI's names as the files of a library.
///
/// openai: a state dictionary of torch.save if the name ends in `.pt`, else safetensors; beside it what they do not
/// hold and clipt reads: merges.txt if there is a tokenizer, m.pt.open_clip_config.json if the model is not as OpenAI's.
/// open_clip, hugging_face: a folder with the weights, the configuration, the preprocessing and the tokenizer's files.
/// What the library does to pictures otherwise (alpha, orientation, order of steps) stands in an object "clipt" of its
/// file, which clipt reads and the library passes over. Each file is written whole or not at all, the configuration last.
/// Errors: io_error, for tensors that are missing or that the model does not have, and for what a library cannot be told
/// of.
inline void write_checkpoint(const std::filesystem::path& path, library to, std::span<const tensor_entry> tensors,
                             const any_clip_config& config, const tokenizer* words = nullptr,
                             const preprocessing& how = {}, const written_tensor& written = {}) {
  detail::check_stem(config);
  check_tensor_names(tensors, config, path.string());
  const file_texts files = to == library::openai      ? detail::openai_files(path, config, tensors, words, how)
                           : to == library::open_clip ? open_clip_files(config, words, how)
                                                      : hugging_face_files(config, words, how);
  const std::filesystem::path folder = to == library::openai ? path.parent_path() : path;
  if (to == library::openai) {
    detail::check_not_others(folder, files);
    path.extension() == ".pt" ? write_torch_archive(path, tensors, written)
                              : write_safetensors(path, tensors, {}, written);
  } else {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) throw io_error(fmt::format("{}: no folder to write to: {}", folder.string(), failure.message()));
    if (to == library::hugging_face)
      write_safetensors(weights_file(path, to), to_hugging_face(tensors).entries(), {{"format", "pt"}}, written);
    else
      write_safetensors(weights_file(path, to), tensors, {{"format", "pt"}}, written);
  }
  for (const auto& [name, text] : files) write_file_atomically(folder / name, text);
}

/// Writes a model as the files of a library; errors and files as of write_checkpoint.
///
/// Python: `open_clip.create_model("local-dir:folder")`, `CLIPModel.from_pretrained("folder")`, `torch.load("m.pt")`.
template <class Model>
void save(const Model& model, const std::filesystem::path& path, library to, const tokenizer* words = nullptr,
          const preprocessing& how = {}) {
  write_checkpoint(path, to, state_of(model), any_clip_config(Model::config), words, how);
}

}  // namespace clipt::inline CLIPT_BUILD
