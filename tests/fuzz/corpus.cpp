// Makes the fuzzers' first inputs: corpus <folder to fill> <folder with reference files>...
//
// Fuzzers want small files. Small ones are taken as they are; of large ones, their small tensors are written anew, and
// the pickles of archives are taken out.
#include <clipt/io/safetensors.hpp>
#include <clipt/io/torch_archive.hpp>
#include <clipt/io/torch_archive_writer.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t small_file = 32 * 1024, small_tensor = 256, few = 12;

std::vector<clipt::tensor_entry> small_tensors(std::span<const clipt::tensor_entry> entries) {
  std::vector<clipt::tensor_entry> out;
  for (const clipt::tensor_entry& entry : entries)
    if (entry.bytes.size() <= small_tensor && out.size() < few) out.push_back(entry);
  return out;
}

void add_safetensors(const fs::path& source, const fs::path& folder, const std::string& name) {
  const clipt::safetensors_file file(source);
  clipt::write_safetensors(folder / name, small_tensors(file.entries()), file.metadata());
  if (fs::file_size(source) <= small_file) fs::copy_file(source, folder / ("whole_" + name));
}

void add_torch_archive(const fs::path& source, const fs::path& folder, const std::string& name) {
  const clipt::torch_archive archive(source);
  clipt::write_torch_archive(folder / name, small_tensors(archive.entries()));
  if (fs::file_size(source) <= small_file) fs::copy_file(source, folder / ("whole_" + name));
  const clipt::mapped_file file(source);
  const clipt::zip_directory members(source.string(), file.bytes());
  for (const clipt::zip_member& member : members.members())
    if (member.name.ends_with("/data.pkl"))
      clipt::write_file_atomically(folder / ("pickle_" + name), members.read(member, 1 << 20));
}

bool is_a_picture(const fs::path& file) {
  for (const char* extension : {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tga", ".ppm", ".pgm", ".pbm"})
    if (file.extension() == extension) return true;
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  const fs::path out(arguments[1]);
  fs::remove_all(out);
  for (const char* kind : {"safetensors_fuzz", "torch_archive_fuzz", "image_file_fuzz", "merges_fuzz"})
    fs::create_directories(out / kind);
  clipt::write_file_atomically(out / "merges_fuzz" / "few", "#version: 0.2\nt h\nth e</w>\ni n</w>\nr e\nre d</w>");
  int made = 0;
  for (int i = 2; i < count; ++i) {
    if (!fs::exists(arguments[i])) continue;
    for (const auto& place : fs::recursive_directory_iterator(arguments[i])) {
      const std::string name = std::to_string(made++);
      if (place.path().extension() == ".safetensors") add_safetensors(place.path(), out / "safetensors_fuzz", name);
      if (place.path().extension() == ".pt") add_torch_archive(place.path(), out / "torch_archive_fuzz", name);
      if (is_a_picture(place.path()) && place.file_size() <= small_file)
        fs::copy_file(place.path(), out / "image_file_fuzz" / name);
    }
  }
}
