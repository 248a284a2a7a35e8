// clip_embed: unit embeddings of many pictures or texts as a file; goes on where it was stopped.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <clipt/evaluate/embedding_store.hpp>
#include <clipt/evaluate/encode_files.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/io/file.hpp>
#include <clipt/io/npy.hpp>
#include <clipt/io/printable.hpp>
#include <clipt/io/safetensors.hpp>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "../common/picture_list.hpp"

namespace {

namespace fs = std::filesystem;

struct embed_command {
  command_line::model_flags model;
  std::string images, texts;
  fs::path out;
  bool json = false;
};

/// What is to be embedded, in order.
struct inputs {
  std::vector<fs::path> files;
  std::vector<std::string> names;  // of the files, or the texts themselves
  std::vector<clipt::left_out_path> left_out;
};

inputs inputs_of(const embed_command& c) {
  inputs all;
  if (!c.texts.empty()) {
    all.names = command_line::lines_of(c.texts);
  } else {
    clipt::picture_walk found = command_line::pictures_of(c.images);
    all.files = std::move(found.files);
    all.left_out = std::move(found.left_out);
    for (const fs::path& file : all.files) all.names.push_back(file.string());
  }
  if (all.names.empty())
    throw clipt::io_error(fmt::format("{}: there are no pictures{}", c.images,
                                      all.left_out.empty() ? "" : "; left out: " + all.left_out.front().text()));
  return all;
}

/// The embeddings of the inputs [begin, end), and why some have none.
clipt::file_embeddings embed_part(const models::model& model, const inputs& all, std::size_t begin, std::size_t end) {
  if (!all.files.empty()) return clipt::encode_files(model.encode, std::span(all.files).subspan(begin, end - begin));
  return clipt::encode_lines(model.encode, std::span(all.names).subspan(begin, end - begin));
}

/// Refuses to go on with other inputs than those that were begun with.
void check_begun(const clipt::embedding_store& store, const inputs& all, const fs::path& folder) {
  const auto same = [&](const clipt::embedding_store::record& r, const std::string& name) {
    return r.contains("input") &&
           clipt::json_text(r["input"]) == clipt::json_text(clipt::embedding_store::record(name));
  };
  for (std::size_t i = 0; i < store.records().size(); ++i)
    if (i >= all.names.size() || !same(store.records()[i], all.names[i]))
      throw clipt::io_error(
          fmt::format("{}: was begun with other inputs (number {} is another one); remove this folder to begin anew",
                      folder.string(), i + 1));
}

void embed_the_rest(clipt::embedding_store& store, const models::model& model, const inputs& all) {
  constexpr std::size_t at_once = 64;
  const std::size_t first = store.records().size();
  clipt::progress bar({.name = "embedding",
                       .total = static_cast<std::int64_t>(all.names.size()),
                       .first = static_cast<std::int64_t>(first),
                       .unit = all.files.empty() ? "texts" : "pictures"},
                      clipt::standard_progress_output(2));
  for (std::size_t begin = first; begin < all.names.size(); begin += at_once) {
    const std::size_t end = std::min(begin + at_once, all.names.size());
    const clipt::file_embeddings part = embed_part(model, all, begin, end);
    std::vector<float> rows;
    std::vector<clipt::embedding_store::record> records;
    for (std::size_t i = 0; i < end - begin; ++i) {
      clipt::embedding_store::record r = {{"input", all.names[begin + i]}};
      if (part.reasons[i].empty()) {
        r["row"] = store.rows() + static_cast<clipt::dim_t>(rows.size()) / store.embed();
        const auto row = part.values.row(static_cast<clipt::dim_t>(i));
        rows.insert(rows.end(), row.begin(), row.end());
      } else {
        r["reason"] = part.reasons[i];
      }
      records.push_back(std::move(r));
    }
    store.append(rows, records);
    bar.update(static_cast<std::int64_t>(end));
  }
  bar.finish();
}

void write_result(const clipt::embedding_store& store, const inputs& all, const fs::path& out) {
  const clipt::mapped_file mapped = store.map_rows();
  const std::span values(reinterpret_cast<const float*>(mapped.bytes().data()),
                         static_cast<std::size_t>(store.rows() * store.embed()));
  if (out.extension() == ".npy")
    clipt::write_npy(out, store.rows(), store.embed(), values);
  else
    clipt::write_safetensors(
        out, std::vector{clipt::make_entry<float>("embeddings", {store.rows(), store.embed()}, values)});
  std::string names;
  const auto name_of = [&](std::size_t i) {  // texts are lines as they are
    using namespace clipt::detail;
    return all.files.empty() ? all.names[i] : on_one_line(all.names[i], backslashes::doubled);
  };
  for (std::size_t i = 0; i < all.names.size(); ++i)
    if (store.records()[i].contains("row")) names += name_of(i) + '\n';
  clipt::write_file_atomically(out.string() + ".txt", names);
}

/// Refuses at once what could not be written when all is done.
void check_out(const fs::path& out) {
  std::error_code absent;
  for (const fs::path& file : {out, fs::path(out.string() + ".txt")})
    if (fs::exists(file, absent) && !fs::is_regular_file(file, absent))
      throw clipt::io_error(fmt::format("--out {}: {} is there and no file", out.string(), file.string()));
}

/// What was done so far is not needed any more.
void remove_partial(const fs::path& folder) {
  std::error_code failure;
  fs::remove_all(folder, failure);
  if (failure)
    command_line::complain("clip_embed", fmt::format("{}: cannot be removed: {}", folder.string(), failure.message()));
}

/// Removes what a kill has left of files that were being written; the store's lock is held.
void remove_unfinished(const fs::path& out) {
  const std::string result = out.filename().string(), names = result + ".txt";
  clipt::remove_unfinished(out.has_parent_path() ? out.parent_path() : ".",
                           [&](std::string_view name) { return name == result || name == names; });
}

int run(const embed_command& c) {
  check_out(c.out);
  const inputs all = inputs_of(c);
  const models::model model = command_line::open_model(c.model);
  const fs::path folder = c.out.string() + ".partial";
  std::size_t bad = all.left_out.size();
  for (const clipt::left_out_path& path : all.left_out) command_line::complain("clip_embed", path.text());
  clipt::dim_t rows = 0;
  {
    clipt::embedding_store store(folder, model.encode.embed,
                                 {{"model", model.name}, {"fingerprint", command_line::fingerprint(c.model, model)}});
    check_begun(store, all, folder);
    remove_unfinished(c.out);
    embed_the_rest(store, model, all);
    for (const auto& r : store.records())
      if (r.contains("reason")) {
        ++bad;
        command_line::complain("clip_embed", r["reason"].get<std::string>());
      }
    rows = store.rows();
    if (rows > 0) write_result(store, all, c.out);
  }
  remove_partial(folder);
  if (rows == 0) throw clipt::io_error(fmt::format("{}: not written: all {} are left out", c.out.string(), bad));
  if (c.json)
    fmt::print("{}\n", clipt::json_text(nlohmann::ordered_json{
                           {"out", c.out.string()}, {"rows", rows}, {"embed", model.encode.embed}, {"bad", bad}}));
  else
    fmt::print("{0}: {1} x {2} floats, their inputs in {0}.txt; {3} left out\n", command_line::shown(c.out.string()),
               rows, model.encode.embed, bad);
  return bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  embed_command c;
  CLI::App app(
      "Unit embeddings of pictures or texts, in their order; what was done is kept in OUT.partial until all is.\n"
      "  clip_embed --model ViT-B-32.pt --images photos --out photos.npy\n"
      "Files are named one a line in OUT.txt, line breaks, control characters and bytes that are no UTF-8 as \\n and "
      "\\xff, "
      "backslashes doubled.\n"
      "Exit codes: 0 done, 1 some pictures could not be read and are left out, 2 none could and nothing is written, "
      "and for what cannot be done.",
      "clip_embed");
  command_line::add_model_flags(app, c.model);
  auto* images = app.add_option(
      "--images", c.images,
      "folder of pictures (JPEG, PNG, GIF, WebP, TIFF, AVIF, BMP, TGA, PBM, PGM, PPM), or a list with a path a line");
  images->check(CLI::ExistingPath);
  app.add_option("--texts", c.texts, "a text a line")->check(CLI::ExistingFile)->excludes(images);
  app.add_option("--out", c.out, "file to write, .npy or .safetensors")->required();
  app.add_flag("--json", c.json, "one JSON object instead of text");
  return command_line::run(app, argc, argv, [&] {
    if (c.images.empty() && c.texts.empty()) throw clipt::io_error("give --images or --texts");
    if (c.out.extension() != ".npy" && c.out.extension() != ".safetensors")
      throw clipt::io_error(fmt::format("--out {}: expected a name that ends in .npy or .safetensors", c.out.string()));
    return run(c);
  });
}
