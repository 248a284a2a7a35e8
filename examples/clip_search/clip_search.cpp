// clip_search: finds pictures by words or by a picture, in an index on disk.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/evaluate/encode_files.hpp>
#include <clipt/io/json_text.hpp>

#include <algorithm>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "index.hpp"
#include "page.hpp"

namespace {

namespace fs = std::filesystem;

struct search_command {
  command_line::model_flags model;
  fs::path index, html, image;
  std::vector<fs::path> folders;
  std::string query;
  std::size_t top = 10;
  bool json = false, by_faiss = false;
};

picture_index open_index(const search_command& c, const models::model& model, clipt::store_access access) {
  return {c.index, model.name, command_line::fingerprint(c.model, model), model.encode.embed, access};
}

int add(const search_command& c) {
  std::error_code absent;
  if (std::none_of(c.folders.begin(), c.folders.end(), [&](const fs::path& f) { return fs::exists(f, absent); }))
    throw clipt::io_error(fmt::format("add: {}: there is no such file or folder", c.folders.front().string()));
  const models::model model = command_line::open_model(c.model);
  picture_index index = open_index(c, model, clipt::store_access::append);
  const update_counts n = index.update(c.folders, model.encode);
  for (const std::string& why : n.reasons) command_line::complain("clip_search", why);
  if (c.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"pictures", index.size()},
                                              {"embedded", n.embedded},
                                              {"moved", n.moved},
                                              {"unchanged", n.unchanged},
                                              {"gone", n.gone},
                                              {"bad", n.reasons.size()}}
                           .dump());
  else
    fmt::print("{}: {} pictures; {} embedded, {} moved or copied, {} unchanged, {} gone, {} cannot be read\n",
               command_line::shown(c.index.string()), index.size(), n.embedded, n.moved, n.unchanged, n.gone,
               n.reasons.size());
  return n.reasons.empty() ? 0 : 1;
}

/// The embedding of a picture file where one is given, or else of words.
clipt::embeddings embed_query(const clipt::encoders& encode, const search_command& c) {
  std::error_code other;
  if (c.image.empty() && fs::is_regular_file(c.query, other))
    command_line::complain("clip_search",
                           fmt::format("'{0}' is taken as words; --image {0} asks with the file", c.query));
  clipt::file_embeddings one = c.image.empty() ? clipt::encode_lines(encode, std::span(&c.query, 1))
                                               : clipt::encode_files(encode, std::span(&c.image, 1));
  if (one.bad() > 0) throw clipt::io_error(one.reasons.front());
  return std::move(one.values);
}

int query(const search_command& c) {
  const models::model model = command_line::open_model(c.model);
  const picture_index index = open_index(c, model, clipt::store_access::read);
  if (index.size() == 0) throw clipt::io_error(fmt::format("{}: the index is empty; add a folder", c.index.string()));
  const clipt::embeddings asked = embed_query(model.encode, c);
  const auto found = index.nearest(asked.row(0), c.top, c.model.threads, c.by_faiss);
  for (const found_picture& f : found)
    if (c.json)
      fmt::print("{}\n", clipt::json_text(nlohmann::ordered_json{{"cosine", f.cosine}, {"file", f.path}}));
    else
      fmt::print("{:6.3f}  {}\n", f.cosine, command_line::shown(f.path));
  if (!c.html.empty()) write_results_page(c.html, c.image.empty() ? c.query : c.image.string(), found);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  search_command c;
  CLI::App app(
      "Finds pictures by words or by a picture.\n"
      "  clip_search --model ViT-B-32.pt --index photos.index add photos\n"
      "  clip_search --model ViT-B-32.pt --index photos.index query \"a dog on a beach\" --html found.html\n"
      "  clip_search --model ViT-B-32.pt --index photos.index query --image dog.jpg\n"
      "Exit codes: 0 done, 1 some pictures could not be read, 2 for what cannot be done.",
      "clip_search");
  command_line::add_model_flags(app, c.model);
  app.add_option("--index", c.index, "folder of the index; made if there is none")->required();
  app.add_flag("--json", c.json, "JSON objects instead of text");
  app.require_subcommand(1);
  app.fallthrough();  // for the subcommands that follow: options may stand behind them
  auto* adding = app.add_subcommand("add", "embeds what is new or changed below folders, and forgets what is gone");
  adding
      ->add_option("folder", c.folders,
                   "folders or pictures (JPEG, PNG, GIF, WebP, TIFF, AVIF, BMP, TGA, PBM, PGM, PPM)")
      ->required();
  auto* asking = app.add_subcommand("query", "finds the pictures most like words or, with --image, a picture");
  auto* words = asking->add_option("query", c.query, "words, also where a file has that name");
  asking->add_option("--image", c.image, "a picture file instead of words")->excludes(words);
  asking->add_option("--top", c.top, "pictures shown")
      ->capture_default_str()
      ->check(command_line::in_range({.least = 1}));
  asking->add_option("--html", c.html, "write a page with thumbnails to this file");
  asking->add_flag("--faiss", c.by_faiss, "by faiss, for millions of pictures: sooner, but may miss some");
  return command_line::run(app, argc, argv, [&] {
    if (adding->parsed()) return add(c);
    if (c.query.empty() && c.image.empty()) throw clipt::io_error("query: give words, or a picture with --image");
    return query(c);
  });
}
