// clip_search: finds pictures by words or by pictures, in an index on disk.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/io/json_text.hpp>
#include <clipt/io/utf8_text.hpp>

#include <algorithm>
#include <functional>
#include <iostream>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "../common/picture_list.hpp"
#include "index.hpp"
#include "page.hpp"
#include "queries.hpp"

namespace {

namespace fs = std::filesystem;

using weighted = std::vector<std::pair<double, std::string>>;

struct search_command {
  command_line::model_flags model;
  fs::path index, html, queries;
  std::vector<fs::path> folders;
  std::string words;
  std::vector<std::string> texts, images, unwanted_texts, unwanted_images;
  weighted weighted_texts, weighted_images;
  search_options how;
  double alike = 0.95;
  bool json = false;
};

models::model open_model(const search_command& c) {
  if (c.model.path.empty()) throw CLI::RequiredError("--model");
  return command_line::open_model(c.model);
}

picture_index open_index(const search_command& c, const models::model& model, index_access access) {
  return {c.index, index_maker{model.name, command_line::fingerprint(c.model, model), model.encode.embed}, access};
}

/// Names what is damaged, and turns it into the exit code.
int exit_code(const std::vector<std::string>& complaints) {
  for (const std::string& why : complaints) command_line::complain("clip_search", why);
  return complaints.empty() ? 0 : 1;
}

/// The same beside the count of what is found to be damaged.
int exit_code(const picture_index& index) {
  std::vector<std::string> complaints = index.complaints();
  if (complaints.size() > 1)
    complaints.push_back(fmt::format("{} pictures have no embedding any more", complaints.size()));
  return exit_code(complaints);
}

int add(const search_command& c) {
  std::error_code absent;
  if (std::none_of(c.folders.begin(), c.folders.end(), [&](const fs::path& f) { return fs::exists(f, absent); }))
    throw clipt::io_error(fmt::format("add: {}: there is no such file or folder", c.folders.front().string()));
  const models::model model = open_model(c);
  picture_index index = open_index(c, model, index_access::change);
  update_counts n = index.update(c.folders, model.encode);
  for (const std::string& why : index.complaints()) n.reasons.push_back(why);
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
  return exit_code(n.reasons);
}

/// The query that the command line is made of.
search_query query_of_flags(const search_command& c) {
  std::vector<query_part> parts;
  if (!c.words.empty()) parts.push_back({false, c.words, 1});
  for (const auto& [picture, weight, all] :
       {std::tuple(false, 1, &c.texts), std::tuple(true, 1, &c.images), std::tuple(false, -1, &c.unwanted_texts),
        std::tuple(true, -1, &c.unwanted_images)})
    for (const std::string& what : *all) parts.push_back({picture, what, static_cast<double>(weight)});
  for (const auto& [picture, all] : {std::pair(false, &c.weighted_texts), std::pair(true, &c.weighted_images)})
    for (const auto& [weight, what] : *all) parts.push_back({picture, what, weight});
  for (const query_part& part : parts)
    if (!part.picture) (void)clipt::detail::text_of(part.what, "query");
  return {name_of(parts), name_of(parts), parts};
}

void show(const search_command& c, const search_query& query, const std::vector<found_picture>& found) {
  const bool many = !c.queries.empty();
  if (many && !c.json) fmt::print("{}\n", command_line::shown(query.name));
  for (const found_picture& f : found)
    if (c.json) {
      nlohmann::ordered_json object = {{"cosine", f.cosine}, {"file", f.path}};
      if (many) object["query"] = query.name;
      fmt::print("{}\n", clipt::json_text(object));
    } else {
      fmt::print("{:6.3f}  {}\n", f.cosine, command_line::shown(f.path));
    }
  std::fflush(stdout);  // who asks line by line waits for it
  if (!c.html.empty()) write_results_page(c.html, query.name, found);
}

/// Answers some queries together; the reasons of those that cannot be answered.
std::vector<std::string> answer(const search_command& c, const clipt::encoders& encode, picture_index& index,
                                const std::vector<search_query>& queries) {
  clipt::file_embeddings asked = embed_queries(encode, queries);
  std::vector<std::string> reasons;
  std::vector<search_query> good;
  clipt::embeddings rows{0, encode.embed, {}};
  for (std::size_t q = 0; q < queries.size(); ++q) {
    if (!asked.reasons[q].empty()) {
      reasons.push_back(fmt::format("{}: {}", queries[q].where, asked.reasons[q]));
      continue;
    }
    const auto row = asked.values.row(static_cast<clipt::dim_t>(q));
    rows.values.insert(rows.values.end(), row.begin(), row.end());
    good.push_back(queries[q]);
    ++rows.count;
  }
  if (good.empty()) return reasons;
  const auto found = index.nearest(rows, c.how);
  for (std::size_t q = 0; q < good.size(); ++q) show(c, good[q], found[q]);
  return reasons;
}

/// Calls `take` with each line of a file, or of standard input for `-`, as it comes.
void for_each_line(const fs::path& file, const std::function<void(const std::string&)>& take) {
  if (file != "-") {
    for (const std::string& line : command_line::lines_of(file)) take(line);
    return;
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    take(line);
  }
}

/// Queries line by line: those of a file together, so that the index is read once for many of them; those that are typed
/// at once. Returns the exit code of what cannot be answered.
int answer_lines(const search_command& c, const clipt::encoders& encode, picture_index& index) {
  const std::size_t at_once = c.queries == "-" ? 1 : 32;
  std::vector<search_query> waiting;
  int number = 0, bad = 0;
  const auto refuse = [&](const std::string& why) { command_line::complain("clip_search", why), ++bad; };
  const auto answer_waiting = [&] {
    for (const std::string& why : answer(c, encode, index, waiting)) refuse(why);
    waiting.clear();
  };
  for_each_line(c.queries, [&](const std::string& line) {
    const std::string where =
        fmt::format("{}: line {}", c.queries == "-" ? "standard input" : c.queries.string(), ++number);
    try {
      const std::string text = clipt::detail::text_of(line, where);
      if (text.empty()) throw clipt::io_error(fmt::format("{}: expected a query, found an empty line", where));
      waiting.push_back(query_of_line(text, where));
    } catch (const clipt::io_error& e) {
      refuse(e.what());
    }
    if (waiting.size() == at_once) answer_waiting();
  });
  if (!waiting.empty()) answer_waiting();
  if (number == 0) throw clipt::io_error(fmt::format("{}: there is no query in it", c.queries.string()));
  if (bad == number)
    throw clipt::io_error(fmt::format("{}: none of {} queries can be answered", c.queries.string(), bad));
  return bad == 0 ? 0 : 1;
}

int query(const search_command& c) {
  const search_query asked = query_of_flags(c);
  if (asked.parts.empty() && c.queries.empty())
    throw clipt::io_error("query: give words, or a picture with --image, or many queries with --queries");
  if (!asked.parts.empty() && !c.queries.empty())
    throw clipt::io_error(
        "query: --queries excludes words and pictures on the command line: each of its lines is a query");
  std::error_code other;
  if (fs::is_regular_file(c.words, other))
    command_line::complain("clip_search",
                           fmt::format("'{0}' is taken as words; --image {0} asks with the file", c.words));
  const models::model model = open_model(c);
  picture_index index = open_index(c, model, index_access::read);
  if (index.size() == 0) throw clipt::io_error(fmt::format("{}: the index is empty; add a folder", c.index.string()));
  if (index.embedded() == 0)
    throw clipt::io_error(fmt::format("{}: none of its {} pictures has an embedding; add them again, or others",
                                      c.index.string(), index.size()));
  int code = 0;
  if (!c.queries.empty())
    code = answer_lines(c, model.encode, index);
  else if (const auto reasons = answer(c, model.encode, index, {asked}); !reasons.empty())
    throw clipt::io_error(reasons.front());
  return std::max(code, exit_code(index));
}

int duplicates(const search_command& c) {
  picture_index index(c.index, std::nullopt, index_access::read);
  for (const auto& group : index.alike(c.alike, c.model.threads)) {
    auto files = nlohmann::ordered_json::array();
    for (const found_picture& f : group) files.push_back({{"cosine", f.cosine}, {"file", f.path}});
    if (c.json) {
      fmt::print("{}\n", clipt::json_text(nlohmann::ordered_json{{"files", files}}));
      continue;
    }
    fmt::print("{} pictures\n", group.size());
    for (const found_picture& f : group) fmt::print("{:6.3f}  {}\n", f.cosine, command_line::shown(f.path));
  }
  return exit_code(index);
}

int say_forgotten(const search_command& c, const picture_index& index, int count) {
  if (c.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"pictures", index.size()}, {"forgotten", count}}.dump());
  else
    fmt::print("{}: {} pictures; {} forgotten\n", command_line::shown(c.index.string()), index.size(), count);
  return exit_code(index);
}

int prune(const search_command& c) {
  picture_index index(c.index, std::nullopt, index_access::change);
  int count = 0;
  for (const fs::path& folder : c.folders.empty() ? std::vector<fs::path>{"/"} : c.folders)
    count += index.forget(folder, true);
  return say_forgotten(c, index, count);
}

int remove(const search_command& c) {
  picture_index index(c.index, std::nullopt, index_access::change);
  int count = 0, code = 0;
  for (const fs::path& path : c.folders) {
    const int here = index.forget(path, false);
    if (here == 0) code = exit_code(std::vector{fmt::format("{}: the index has no picture there", path.string())});
    count += here;
  }
  return std::max(code, say_forgotten(c, index, count));
}

void add_query_flags(CLI::App& asking, search_command& c) {
  asking.add_option("query", c.words, "words, also where a file has that name");
  const auto part = [&](const char* name, auto& values, const char* help) {
    asking.add_option(name, values, help)->allow_extra_args(false)->group("Parts of a query, each as often as wanted");
  };
  part("--text", c.texts, "words besides");
  part("--image", c.images, "a picture file instead of words, or besides");
  part("--not", c.unwanted_texts, "words that are not wanted");
  part("--not-image", c.unwanted_images, "a picture that is not wanted");
  part("--weighted-text", c.weighted_texts, "a weight, 1 for --text and -1 for --not, and words");
  part("--weighted-image", c.weighted_images, "a weight and a picture");
  asking.add_option("--queries", c.queries,
                    "a file with a query a line, words or {\"texts\": {\"a dog\": 1, \"snow\": -0.5}, \"images\": "
                    "{\"dog.jpg\": 1}}; -: standard input");
  asking.add_option("--top", c.how.most, "pictures shown, at most")
      ->capture_default_str()
      ->check(command_line::in_range({.least = 1}));
  asking.add_option("--threshold", c.how.threshold, "least cosine of what is shown")
      ->check(command_line::in_range({.least = -1, .most = 1}));
  asking.add_option("--html", c.html, "write a page with thumbnails to this file")->excludes("--queries");
  asking.add_flag("--faiss", c.how.by_faiss, "by faiss, for millions of pictures: sooner, but may miss some");
}

void add_commands(CLI::App& app, search_command& c, std::function<int(const search_command&)>& chosen) {
  const auto command = [&](const char* name, const char* help, int (*work)(const search_command&)) {
    CLI::App* const added = app.add_subcommand(name, help);
    added->callback([&chosen, work] { chosen = work; });
    return added;
  };
  command("add", "embeds what is new or changed below folders, and forgets what is gone", add)
      ->add_option("folder", c.folders,
                   "folders or pictures (JPEG, PNG, GIF, WebP, TIFF, AVIF, BMP, TGA, PBM, PGM, PPM)")
      ->required();
  add_query_flags(*command("query", "finds the pictures most like words, pictures or sums of them", query), c);
  command("duplicates", "finds groups of pictures that are alike; needs no model", duplicates)
      ->add_option("--threshold", c.alike, "least cosine of two pictures that are alike")
      ->capture_default_str()
      ->check(command_line::in_range({.least = -1, .most = 1}));
  command("remove", "forgets pictures, which stay on the disk; needs no model", remove)
      ->add_option("path", c.folders, "pictures, or folders of them")
      ->required();
  command("prune", "forgets pictures that are gone from the disk; needs no model", prune)
      ->add_option("folder", c.folders, "only below these (everywhere)");
}

}  // namespace

int main(int argc, char** argv) {
  search_command c;
  CLI::App app(
      "Finds pictures by words or by pictures.\n"
      "  clip_search --model ViT-B-32.pt --index photos.index add photos\n"
      "  clip_search --model ViT-B-32.pt --index photos.index query \"a dog on a beach\" --html found.html\n"
      "  clip_search --model ViT-B-32.pt --index photos.index query --image dog.jpg --text \"in the snow\" --not \"a "
      "cat\"\n"
      "  clip_search --model ViT-B-32.pt --index photos.index query --queries list.txt --top 3 --threshold 0.25\n"
      "  clip_search --index photos.index duplicates --threshold 0.97\n"
      "Exit codes: 0 done, 1 some pictures could not be read, queries not answered or embeddings are damaged, 2 for "
      "what "
      "cannot be done.",
      "clip_search");
  command_line::add_model_flags(app, c.model);
  app.get_option("--model")->required(false);
  app.add_option("--index", c.index, "folder of the index; made if there is none")->required();
  app.add_flag("--json", c.json, "JSON objects instead of text");
  app.require_subcommand(1);
  app.fallthrough();  // for the subcommands that follow: options may stand behind them
  std::function<int(const search_command&)> chosen;
  add_commands(app, c, chosen);
  return command_line::run(app, argc, argv, [&] {
    c.how.threads = c.model.threads;
    return chosen(c);
  });
}
