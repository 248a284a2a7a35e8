// Feeds bytes to checkpoint_file: as weights, as the pickle of an archive, as an index of several files, or as the
// configuration beside weights.
#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/evaluate/costs.hpp>
#include <clipt/weights/tensor_list.hpp>
#include <clipt/train/training_checkpoint.hpp>

#include <cstdlib>

#include "io/made_archive.hpp"
#include "weights/tiny_checkpoint.hpp"
#include "scratch_folder.hpp"

namespace {

struct weights_on_disk {
  clipt_test::scratch_folder openai, hugging_face;

  weights_on_disk() {
    clipt::write_safetensors(openai.path() / "open_clip_model.safetensors", clipt_test::tiny_checkpoint());
    clipt::write_safetensors(hugging_face.path() / "part.safetensors",
                             clipt::to_hugging_face(clipt_test::tiny_checkpoint()).entries());
    std::filesystem::copy_file(hugging_face.path() / "part.safetensors", hugging_face.path() / "model.safetensors");
  }
};

/// Everything that clip_inspect and clip_convert ask of a checkpoint.
void use(const std::filesystem::path& path) {
  const clipt::checkpoint_file file(path);
  for (const auto& [name, source] : file.state()) static_cast<void>(source.shape());
  const clipt::any_clip_config config = file.config();
  static_cast<void>(clipt::costs_of(config));
  static_cast<void>(clipt::to_cpp(config, "model"));
  const clipt::tensor_list tensors = clipt::tensors_of(file.state());
  static_cast<void>(clipt::to_hugging_face(tensors.entries()));
}

void read(char kind, std::string_view bytes) {
  static const weights_on_disk made;
  static const clipt_test::scratch_folder other;
  switch (kind) {
    case 'c': made.hugging_face.fill("config.json", bytes); return use(made.hugging_face.path() / "model.safetensors");
    case 'o': made.openai.fill("open_clip_config.json", bytes); return use(made.openai.path());
    case 'i':
      std::filesystem::remove(made.hugging_face.path() / "config.json");
      return use(made.hugging_face.fill("model.safetensors.index.json", bytes));
    case 'p': return use(other.fill("model.pt", clipt_test::archive_of(std::string(bytes), std::string(256, '\1'))));
    case 't': static_cast<void>(clipt::read_training_state(other.fill("run.safetensors", bytes))); return;
    default: return use(other.fill("model.safetensors", bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    read(static_cast<char>(data[0]), {reinterpret_cast<const char*>(data + 1), size - 1});
  } catch (const clipt::error&) {
  }
  return 0;
}
