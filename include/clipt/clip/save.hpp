// A model for other libraries: its weights in their names, with the files that they look for.
#pragma once
#include <filesystem>  // path, create_directories
#include <string>      // string

#include <clipt/clip/library_configs.hpp>     // open_clip_files, hugging_face_files
#include <clipt/clip/tensor_list.hpp>         // tensor_list, to_hugging_face
#include <clipt/clip/weights.hpp>             // state_of
#include <clipt/io/safetensors.hpp>           // write_safetensors
#include <clipt/io/torch_archive_writer.hpp>  // write_torch_archive

namespace clipt {

/// Whose files are written.
enum class library { openai, open_clip, hugging_face };

/// Writes tensors in OpenAI's names as the files of a library.
///
/// openai: one file, a state dictionary of torch.save if its name ends in `.pt`, else safetensors. open_clip,
/// hugging_face: a folder with the weights and the configuration, and the tokenizer's files for transformers. Each file
/// is written whole or not at all, the configuration last. Errors: io_error; hugging_face for a ResNet.
inline void write_checkpoint(const std::filesystem::path& path, library to, std::span<const tensor_entry> tensors,
                             const any_clip_config& config, const tokenizer* words = nullptr) {
  if (to == library::openai)
    return path.extension() == ".pt" ? write_torch_archive(path, tensors) : write_safetensors(path, tensors);
  const bool transformers = to == library::hugging_face;
  const file_texts files = transformers ? hugging_face_files(config, words) : open_clip_files(config);
  std::filesystem::create_directories(path);
  if (transformers)
    write_safetensors(path / "model.safetensors", to_hugging_face(tensors).entries(), {{"format", "pt"}});
  else
    write_safetensors(path / "open_clip_model.safetensors", tensors, {{"format", "pt"}});
  for (const auto& [name, text] : files) write_file_atomically(path / name, text);
}

/// Writes a model as the files of a library; errors and files as of write_checkpoint.
///
/// Python: `open_clip.create_model("local-dir:folder")`, `CLIPModel.from_pretrained("folder")`, `torch.load("m.pt")`.
template <class Model>
void save(const Model& model, const std::filesystem::path& path, library to, const tokenizer* words = nullptr) {
  write_checkpoint(path, to, state_of(model), any_clip_config(Model::config), words);
}

}  // namespace clipt
