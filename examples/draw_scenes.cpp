// Draws scenes of the embedded data set: one PNG each and captions.tsv beside them, to look at or to train on.
#include <CLI/CLI.hpp>  // App
#include <algorithm>    // copy_n
#include <filesystem>   // create_directories
#include <fstream>      // ofstream
#include <string>       // string

#include <fmt/format.h>  // format, print

#include <clipt/data/scenes.hpp>  // draw_scene
#include <clipt/core/error.hpp>   // io_error
#include <clipt/io/png.hpp>       // encode_png

namespace {

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary);
  if (!out.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
    throw clipt::io_error(fmt::format("{}: cannot be written", path.string()));
}

/// The scenes side by side, two pixels apart.
clipt::image contact_sheet(std::uint64_t seed, int count, clipt::scene_split split) {
  const int columns = std::min(count, 16), rows = (count + columns - 1) / columns, pitch = clipt::scene_side + 2;
  clipt::image sheet = clipt::blank_image(columns * pitch, rows * pitch, 3, clipt::pixel_mode::rgb);
  for (int i = 0; i < count; ++i) {
    const clipt::image picture = clipt::draw_scene(seed, i, split).picture;
    for (int y = 0; y < clipt::scene_side; ++y)
      std::copy_n(picture.row(y), picture.stride(), sheet.row(i / columns * pitch + y) + i % columns * pitch * 3);
  }
  return sheet;
}

void draw(const std::filesystem::path& folder, std::uint64_t seed, int count, clipt::scene_split split) {
  std::filesystem::create_directories(folder);
  std::string table = "filepath\ttitle\tlabel\n";
  for (int i = 0; i < count; ++i) {
    const clipt::scene scene = clipt::draw_scene(seed, i, split);
    const std::string name = fmt::format("{:06}.png", i);
    write_file(folder / name, clipt::encode_png(scene.picture));
    table += fmt::format("{}\t{}\t{}\n", name, scene.caption, scene.label);
  }
  write_file(folder / "captions.tsv", table);
  write_file(folder / "sheet.png", clipt::encode_png(contact_sheet(seed, std::min(count, 160), split)));
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Draws scenes of the embedded data set as PNG files, with captions.tsv and a contact sheet."};
  std::string folder = "scenes";
  int count = 100;
  std::uint64_t seed = 0;
  std::string split = "training";
  app.add_option("folder", folder, "where to write")->capture_default_str();
  app.add_option("--count", count, "number of scenes")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--seed", seed, "the same seed draws the same scenes on every machine")
      ->check([](const std::string& text) { return text.starts_with('-') ? text + " is negative" : std::string(); })
      ->capture_default_str();
  app.add_option("--split", split, "held_out: pairs of colour and shape that training never shows")
      ->check(CLI::IsMember({"training", "validation", "held_out"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    throw clipt::io_error(fmt::format("{}; --help lists the options", e.what()));
  }
  draw(folder, seed, count,
       split == "held_out"     ? clipt::scene_split::held_out
       : split == "validation" ? clipt::scene_split::validation
                               : clipt::scene_split::training);
  fmt::print("{} scenes in {}; captions in captions.tsv, an overview in sheet.png\n", count, folder);
} catch (const std::exception& e) {
  fmt::print(stderr, "draw_scenes: {}\n", e.what());
  return 2;
}
