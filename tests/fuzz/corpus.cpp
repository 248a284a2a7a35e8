// Makes the fuzzers' first inputs: corpus <folder to fill> <folder with reference files>...
//
// Fuzzers want small files. Small ones are taken as they are; of large ones, their small tensors are written anew, and
// the pickles of archives are taken out.
#include <clipt/io/gzip.hpp>
#include <clipt/io/safetensors.hpp>
#include <clipt/io/torch_archive.hpp>
#include <clipt/io/torch_archive_writer.hpp>
#include <clipt/io/tsv.hpp>

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
  clipt::write_file_atomically(folder.parent_path() / "checkpoint_fuzz" / name, "s" + clipt::read_file(folder / name));
}

void add_torch_archive(const fs::path& source, const fs::path& folder, const std::string& name) {
  const clipt::torch_archive archive(source);
  clipt::write_torch_archive(folder / name, small_tensors(archive.entries()));
  if (fs::file_size(source) <= small_file) fs::copy_file(source, folder / ("whole_" + name));
  const clipt::mapped_file file(source);
  const clipt::zip_directory members(source.string(), file.bytes());
  for (const clipt::zip_member& member : members.members())
    if (member.name.ends_with("/data.pkl")) {
      const std::string pickle = members.read(member, 1 << 20);
      clipt::write_file_atomically(folder / ("pickle_" + name), pickle);
      clipt::write_file_atomically(folder.parent_path() / "checkpoint_fuzz" / name, "p" + pickle);
    }
}

/// What the fuzzers of small text files begin with: each reader's own format, once.
void add_texts(const fs::path& out) {
  const auto add = [&](const char* fuzzer, const char* name, std::string_view text) {
    fs::create_directories(out / fuzzer);
    clipt::write_file_atomically(out / fuzzer / name, text);
  };
  add("merges_fuzz", "few", "#version: 0.2\nt h\nth e</w>\ni n</w>\nr e\nre d</w>");
  add("tables_fuzz", "tabs",
      "\ttitle:0.7,words*2\tlabel\tset=a,b;label!=x\nfilepath\ttitle\twords\tlabel\tset\n"
      "1.png\ta dog\tdog|pet\tdog\ta\n2.png\t\tcat\tcat\tb\n3.png\tno\t\tx\ta\n");
  add("tables_fuzz", "commas", ",title\nfilepath,title\r\n\"1,\"\"2.png\",\"a\r\ndog\"\r\n2.png,a|b\r\n");
  const auto add_list = [&](const char* name, int reader, std::string_view text) {
    add("lists_fuzz", name, std::string(1, static_cast<char>(reader)).append(text));
  };
  add_list("labels", 0,
           "\xEF\xBB\xBF"
           "dog\r\n cat \n\n");
  add_list("templates", 1, "a photo of a {}.\n{}\n");
  add_list("prompts", 2, R"({"a": {"classes": ["dog", ["cat", "kitten"]], "templates": ["a {}."]}})");
  add_list("log", 3, "{\"step\": 7, \"loss\": 1.5}\n{\"step\": 9, \"loss\": null}\n{\"st");
  add_list("store", 4, "{\"input\": \"a\", \"row\": 0}\n{\"reason\": \"b\"}\n{\"row\": 7}\n{\"row\": 8}\n");
  add_list("other_store", 4, std::string_view("{\"model\": \"m\", \"embed\": 2}\0{\"row\": 0}\n", 38));
  add_list("gzip", 5, clipt::gzip("text text text"));
  clipt::write_safetensors(out / "run", {},
                           {{"clipt.preset", "tiny_64"},
                            {"clipt.config", R"({"model_cfg": {"quick_gelu": true}, "clipt": {"stem_pool": false}})"},
                            {"clipt.epoch", "1"},
                            {"clipt.step", "9"},
                            {"clipt.options", "{}"},
                            {"clipt.merges", ""}});
  add("checkpoint_fuzz", "run", "t" + clipt::read_file(out / "run"));
  add("checkpoint_fuzz", "transformers", R"(c{"text_config": {"hidden_act": "gelu", "num_attention_heads": 2},
    "vision_config": {"num_attention_heads": 4}})");
  add("checkpoint_fuzz", "open_clip", R"(o{"model_cfg": {"quick_gelu": true, "vision_cfg": {"width": 4, "head_width": 2,
    "pool_type": "avg", "final_ln_after_pool": true}, "text_cfg": {"heads": 2}}})");
  add("checkpoint_fuzz", "index", R"(i{"weight_map": {"visual_projection.weight": "part.safetensors"}})");
}

bool is_a_picture(const fs::path& file) {
  for (const char* extension : {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tga", ".ppm", ".pgm", ".pbm", ".webp",
                                ".tif", ".tiff", ".avif"})
    if (file.extension() == extension) return true;
  return false;
}

/// The files of golden/decoding.tsv, which stand there in hexadecimal digits.
void add_decoding_cases(const fs::path& source, const fs::path& folder) {
  const clipt::table cases = clipt::read_table(source);
  for (std::size_t i = 0; i < cases.rows(); ++i) {
    const std::string digits(cases.cell(i, 1));
    std::string bytes;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
      bytes.push_back(static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16)));
    clipt::write_file_atomically(folder / cases.cell(i, 0), bytes);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const fs::path out(arguments[1]);
  fs::remove_all(out);
  for (const char* kind : {"safetensors_fuzz", "torch_archive_fuzz", "image_file_fuzz"})
    fs::create_directories(out / kind);
  add_texts(out);
  int made = 0;
  for (int i = 2; i < count; ++i) {
    if (!fs::exists(arguments[i])) continue;
    for (const auto& place : fs::recursive_directory_iterator(arguments[i])) {
      const std::string name = std::to_string(made++);
      if (place.path().extension() == ".safetensors") add_safetensors(place.path(), out / "safetensors_fuzz", name);
      if (place.path().extension() == ".pt") add_torch_archive(place.path(), out / "torch_archive_fuzz", name);
      if (place.path().filename() == "decoding.tsv") add_decoding_cases(place.path(), out / "image_file_fuzz");
      if (is_a_picture(place.path()) && place.file_size() <= small_file)
        fs::copy_file(place.path(), out / "image_file_fuzz" / name);
    }
  }
  fs::copy(out / "image_file_fuzz", out / "image_libraries_fuzz");
}
