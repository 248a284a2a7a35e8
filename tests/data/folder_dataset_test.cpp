// A folder for each label: order, labels, nested and hidden files, an empty folder; and walks: whatever looks like a
// picture is read or named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clipt/data/folder_dataset.hpp>
#include <clipt/io/picture_walk.hpp>
#include <clipt/io/png.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;

const std::string png = encode_png(blank_image(2, 3, 3, pixel_mode::rgb));

void write(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  write_file_atomically(file, bytes);
}

/// What a walk finds below a folder: names relative to it.
std::vector<std::string> names(const std::vector<std::filesystem::path>& files, const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.lexically_relative(folder).string());
  return out;
}

TEST(picture_walk, reads_or_names_what_looks_like_a_picture) {
  const clipt_test::temporary_folder folder;
  for (const char* file :
       {"a.JPG", "b.jfif", "c.webp", "d.tiff", "e.avif", "f.pbm", ".hidden.png", "by_content", "part.download"})
    write(folder / file, png);
  for (const char* file : {"x.heic", "y.svg", "z.NEF"}) write(folder / file, "?");
  write(folder / "heic_by_content", std::string("\0\0\0\x18", 4) + "ftypheic");
  for (const char* file : {"notes.txt", "table.tsv", "empty"}) write(folder / file, "");
  ASSERT_EQ(::mkfifo((folder / "pipe.png").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const picture_walk found = find_pictures(folder.path());
  EXPECT_THAT(names(found.files, folder.path()),
              testing::ElementsAre(".hidden.png", "a.JPG", "b.jfif", "by_content", "c.webp", "d.tiff", "e.avif",
                                   "f.pbm", "part.download"));
  ASSERT_EQ(found.left_out.size(), 5u);
  EXPECT_THAT(found.left_out[0].text(), testing::HasSubstr("heic_by_content: pictures of this kind"));
  EXPECT_THAT(found.left_out[1].text(), testing::HasSubstr("pipe.png: expected a file, found a pipe"));
  EXPECT_THAT(found.left_out[2].text(), testing::HasSubstr("x.heic: pictures of the kind .heic are not read"));
  EXPECT_THAT(found.left_out[4].text(), testing::HasSubstr("z.NEF"));
}

TEST(picture_walk, follows_links_once) {
  const clipt_test::temporary_folder folder;
  write(folder / "outside/far.png", png);
  write(folder / "set/sub/near.png", png);
  namespace fs = std::filesystem;
  fs::create_symlink("near.png", folder / "set/sub/other name.png");  // a picture of its own
  fs::create_directory_symlink("../outside", folder / "set/linked");
  fs::create_directory_symlink("../outside", folder / "set/linked again");
  fs::create_directory_symlink("sub", folder / "set/early");  // the real folder comes first all the same
  fs::create_directory_symlink("..", folder / "set/sub/up");
  fs::create_symlink("absent", folder / "set/nowhere");
  fs::create_symlink("loop.png", folder / "set/loop.png");
  const picture_walk found = find_pictures(folder / "set");
  EXPECT_THAT(names(found.files, folder / "set"),
              testing::ElementsAre("linked/far.png", "sub/near.png", "sub/other name.png"));
  EXPECT_THAT(names(found.again, folder / "set"), testing::ElementsAre("early", "linked again", "sub/up"));
  ASSERT_EQ(found.left_out.size(), 2u);
  EXPECT_EQ(found.left_out[0].text(), (folder / "set/loop.png").string() + ": a link that leads nowhere");
  EXPECT_EQ(found.left_out[1].path, folder / "set/nowhere");
}

TEST(picture_walk, names_folders_that_cannot_be_read) {
  const clipt_test::temporary_folder folder;
  write(folder / "a.png", png);
  write(folder / "closed/b.png", png);
  namespace fs = std::filesystem;
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder / "closed", fs::perms::none);
  const bool root = ::geteuid() == 0;
  if (root) {  // who reads everything
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const picture_walk found = find_pictures(folder.path());
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  fs::permissions(folder / "closed", fs::perms::all);
  EXPECT_EQ(found.files.size(), 1u);
  ASSERT_EQ(found.left_out.size(), 1u);
  EXPECT_EQ(found.left_out[0].text(), (folder / "closed").string() + ": this folder cannot be read: Permission denied");
}

TEST(picture_walk, what_is_no_folder_is_itself) {
  EXPECT_THAT(find_pictures("no/such/file").files, testing::ElementsAre("no/such/file"));
  const std::string long_name(5000, 'x');
  EXPECT_THAT(find_pictures(long_name).files, testing::ElementsAre(long_name));
}

TEST(folder_dataset, takes_labels_from_folders) {
  const clipt_test::temporary_folder folder;
  const std::string png = encode_png(blank_image(2, 3, 3, pixel_mode::rgb));
  for (const char* file : {"dog/b.png", "dog/more/a.png", "cat/z.png", "loose.png"}) write(folder / file, png);
  write(folder / "cat/notes.txt", "no picture");
  const folder_dataset data(folder.path());
  std::vector<std::string> labels, names;
  for (int i = 0; i < data.size(); ++i) {
    labels.push_back(data.label(i));
    names.push_back(std::filesystem::path(data.name(i)).filename().string());
  }
  EXPECT_THAT(labels, testing::ElementsAre("cat", "dog", "dog"));
  EXPECT_THAT(names, testing::ElementsAre("z.png", "b.png", "a.png"));
  EXPECT_EQ(data.load(1).height, 3);
  ASSERT_EQ(data.left_out().size(), 1u);
  EXPECT_EQ(data.left_out()[0].text(), (folder / "loose.png").string() + ": lies in no label's folder");
}

TEST(folder_dataset, a_link_is_a_label_but_no_second_one) {
  const clipt_test::temporary_folder folder;
  write(folder / "elsewhere/a.png", png);
  write(folder / "set/dog/b.png", png);
  std::filesystem::create_directory_symlink("../elsewhere", folder / "set/cat");
  std::filesystem::create_directory_symlink("dog", folder / "set/hound");
  std::filesystem::create_directory_symlink(".", folder / "set/loop");
  const folder_dataset data(folder / "set");
  ASSERT_EQ(data.size(), 2);
  EXPECT_EQ(data.label(0), "cat");
  ASSERT_EQ(data.left_out().size(), 1u);
  EXPECT_THAT(data.left_out()[0].text(), testing::AllOf(testing::HasSubstr("hound"), testing::HasSubstr("one label")));
}

TEST(folder_dataset, says_what_is_missing) {
  const clipt_test::temporary_folder folder;
  EXPECT_THAT(clipt_test::why([&] { folder_dataset data(folder.path()); }),
              testing::HasSubstr("expected a folder for each label"));
}

}  // namespace
