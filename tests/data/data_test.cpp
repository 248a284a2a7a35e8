// Data sets from tables: conditions, caption columns, labels, and what is said about mistakes.
#include <clipt/data/data.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

#include "shared.hpp"
#include "why.hpp"

namespace {

/// A folder that goes away with the test.
struct folder {
  std::filesystem::path path;
  folder() : path(std::filesystem::temp_directory_path() / ("clipt_data_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path / name, std::ios::binary) << content;
    return path / name;
  }
};

const std::string animals =
    "path\tname\tkeywords\tvendor\tcore\n"
    "a.png\tcat\tpet|whiskers|meow|paws|fur\tnoto\t1\n"
    "b.png\tdog\t\ttwemoji\t1\n"
    "/tmp/c.png\tcow\tfarm | milk\tblob\t0\n"
    "d.png\t\t\tnoto\t1\n"
    "\tgoat\tfarm\tblob\t1\n";

clipt::csv_options keys(const std::string& captions, const std::string& where = "",
                        const std::string& separator = "|") {
  return {
      .img_key = "path", .caption_key = captions, .caption_separator = separator, .where = where, .label_key = "name"};
}

TEST(csv_dataset, rows_paths_labels) {
  const folder here;
  const clipt::csv_dataset data(here.write("t.tsv", animals), keys("name"));
  ASSERT_EQ(data.size(), 3);
  EXPECT_EQ(data.incomplete(), 2);
  EXPECT_EQ(data.path(0), here.path / "a.png");
  EXPECT_EQ(data.path(2), "/tmp/c.png");
  EXPECT_EQ(data.label(1), "dog");
  EXPECT_EQ(data.value(2, "vendor"), "blob");
  EXPECT_EQ(data.caption(1, {1, 2, 3}), "dog");
  EXPECT_EQ(clipt::labels_of(data), (std::vector<std::string>{"cat", "dog", "cow"}));
  EXPECT_THROW(data.load(0), clipt::io_error);
}

TEST(csv_dataset, image_folder) {
  const folder here;
  std::filesystem::create_directories(here.path / "images");
  auto how = keys("name");
  how.img_folder = "images";
  EXPECT_EQ(clipt::csv_dataset(here.write("t.tsv", animals), how).path(0), here.path / "images" / "a.png");
  how.img_folder = (here.path / "images").string();
  EXPECT_EQ(clipt::csv_dataset(here.path / "t.tsv", how).path(0), here.path / "images" / "a.png");
  how.img_folder = "nowhere";
  EXPECT_EQ(clipt::csv_dataset(here.path / "t.tsv", how).path(0), "nowhere/a.png");
}

TEST(csv_dataset, captions_by_weight) {
  const folder here;
  const clipt::csv_dataset data(here.write("t.tsv", animals), keys("name:0.7,keywords*4:0.3"));
  std::map<std::size_t, int> commas;
  std::set<std::string> words;
  int names = 0;
  const int count = 4000;
  for (std::uint32_t step = 0; step < count; ++step) {
    const std::string caption = data.caption(0, {5, 0, step});
    if (caption == "cat") {
      ++names;
      continue;
    }
    const auto parts = clipt::detail::parts_of(caption, ",");
    ++commas[parts.size()];
    EXPECT_EQ(std::set<std::string_view>(parts.begin(), parts.end()).size(), parts.size());  // none twice
    for (const auto part : parts) words.emplace(part);
    EXPECT_EQ(data.caption(1, {5, 0, step}), "dog");  // its keywords are empty
  }
  EXPECT_NEAR(names / double(count), 0.7, 0.03);
  EXPECT_EQ(commas.size(), 4u);
  EXPECT_EQ(words, (std::set<std::string>{"pet", "whiskers", "meow", "paws", "fur"}));
  EXPECT_EQ(data.caption(0, {5, 0, 9}), data.caption(0, {5, 0, 9}));
  EXPECT_EQ(data.captions(2), (std::vector<std::string>{"cow", "farm", "milk"}));
  const clipt::csv_dataset single(here.write("t.tsv", animals), keys("keywords"));
  for (std::uint32_t step = 0; step < 50; ++step)
    EXPECT_EQ(single.caption(0, {5, 0, step}).find(','), std::string::npos);
}

TEST(csv_dataset, captions_are_separated_where_that_is_asked_for) {
  const folder here;
  const auto file = here.write("t.tsv", animals);
  const clipt::csv_dataset whole(file, keys("keywords", "", ""));
  EXPECT_EQ(whole.captions(0), (std::vector<std::string>{"pet|whiskers|meow|paws|fur"}));
  EXPECT_EQ(whole.captions(1), (std::vector<std::string>{"farm | milk"}));
  const clipt::csv_dataset spaced(file, keys("keywords", "", " | "));
  EXPECT_EQ(spaced.captions(1), (std::vector<std::string>{"farm", "milk"}));
  EXPECT_NE(why([&] { clipt::csv_dataset(file, keys("keywords*4", "", "")); }).find("--csv-caption-separator"),
            std::string::npos);
}

TEST(csv_dataset, conditions) {
  const folder here;
  const auto file = here.write("t.tsv", animals);
  const auto size = [&](const std::string& where) { return clipt::csv_dataset(file, keys("name", where)).size(); };
  EXPECT_EQ(size("vendor=noto,twemoji"), 2);
  EXPECT_EQ(size("vendor!=noto"), 2);
  EXPECT_EQ(size("vendor=noto,blob;core=1"), 1);
  EXPECT_EQ(size(" core!=0 ; vendor=twemoji"), 1);
  EXPECT_EQ(size("keywords="), 1);
  EXPECT_EQ(size("keywords!="), 2);
  const auto others = here.write("others.tsv", "x\tname\n1\tcat\n2\tunknown\n");
  EXPECT_EQ(size("name=@" + others.string()), 1);
  EXPECT_EQ(size("name!=@" + others.string()), 2);
}

TEST(csv_dataset, says_what_is_wrong) {
  const folder here;
  const auto file = here.write("t.tsv", animals);
  const auto said = [&](const std::string& captions, const std::string& where = "") {
    const std::string what = why([&] { clipt::csv_dataset(file, keys(captions, where)); });
    return what.substr(what.find("t.tsv: ") + 7);
  };
  EXPECT_EQ(said("title"), "no column 'title'; there are: path, name, keywords, vendor, core");
  EXPECT_EQ(said("name:x"), "no column 'name:x'; there are: path, name, keywords, vendor, core");
  EXPECT_EQ(said("name:-1"), "caption key 'name:-1': weight and count must be positive");
  EXPECT_EQ(said("name*0"), "caption key 'name*0': weight and count must be positive");
  EXPECT_EQ(said(","), "the caption key names no column");
  EXPECT_EQ(said("name", "family=google"), "no column 'family'; there are: path, name, keywords, vendor, core");
  EXPECT_EQ(said("name", "vendor=noto,tweemoji"),
            "condition 'vendor=noto,tweemoji': no row has the value 'tweemoji'; there are: blob, noto, twemoji");
  EXPECT_EQ(said("name", "vendor"), "condition 'vendor': expected column=value,... or column!=value,...");
  EXPECT_EQ(said("name", "=3"), "condition '=3': expected column=value,... or column!=value,...");
  EXPECT_EQ(said("name", "vendor=twemoji;core=0"), "no row of 5 satisfies 'vendor=twemoji;core=0'");
  EXPECT_EQ(said("keywords", "vendor=twemoji"), "none of 1 rows has a path and a caption");
}

TEST(csv_dataset, commas_and_open_clip_names) {
  const folder here;
  const auto file = here.write("t.csv", "filepath,title\r\nx.png,\"red, round\"\r\n");
  const clipt::csv_dataset data(file, {.separator = ","});
  EXPECT_EQ(data.caption(0, {}), "red, round");
}

TEST(csv_dataset, emoji) {
  CLIPT_NEEDS_SHARED("data/emoji/emoji.tsv");
  const auto file = clipt_test::shared("data/emoji/emoji.tsv");
  const auto held_out = clipt_test::shared("data/emoji/heldout_concepts.tsv").string();
  const clipt::csv_dataset blob(file, keys("name", "vendor=blob;core=1"));
  EXPECT_EQ(clipt::labels_of(blob).size(), 1206u);
  EXPECT_EQ(clipt::labels_of(clipt::csv_dataset(file, keys("name", "core=1"))).size(), 1271u);
  const clipt::csv_dataset train(file,
                                 keys("name:0.7,keywords*4:0.3", "vendor=noto,twemoji,openmoji,fxemoji,emojitwo"));
  const clipt::csv_dataset less(file, keys("name", "vendor=noto,twemoji,openmoji,fxemoji,emojitwo;id!=@" + held_out));
  EXPECT_GT(train.size(), less.size());
  EXPECT_GE(train.size() - less.size(), 125);
  const auto picture = train.load(0);
  EXPECT_EQ(picture.channels, 3);
  EXPECT_EQ(picture.pixels[0], 255);  // transparent corner over white
}

TEST(scenes_dataset, draws_what_scenes_draw) {
  const clipt::scenes_dataset data(42, 100, clipt::scene_split::held_out);
  const auto scene = clipt::draw_scene(42, 7, clipt::scene_split::held_out);
  EXPECT_EQ(data.size(), 100);
  EXPECT_EQ(data.load(7).pixels, scene.picture.pixels);
  EXPECT_EQ(data.label(7), scene.label);
  EXPECT_EQ(data.name(7), "scene 7");
  std::set<std::string> captions;
  for (std::uint32_t step = 0; step < 20; ++step) captions.insert(data.caption(7, {1, 1, step}));
  EXPECT_GT(captions.size(), 3u);
}

}  // namespace
