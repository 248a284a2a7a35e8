// A folder for each label: order, labels, nested and hidden files, an empty folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/data/folder_dataset.hpp>
#include <clipt/io/png.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;

TEST(folder_dataset, takes_labels_from_folders) {
  const clipt_test::temporary_folder folder;
  const std::string png = encode_png(blank_image(2, 3, 3, pixel_mode::rgb));
  for (const char* file : {"dog/b.png", "dog/more/a.png", "cat/z.png", "cat/.hidden", "loose.png"}) {
    std::filesystem::create_directories((folder / file).parent_path());
    write_file_atomically(folder / file, png);
  }
  const folder_dataset data(folder.path());
  std::vector<std::string> labels, names;
  for (int i = 0; i < data.size(); ++i) {
    labels.push_back(data.label(i));
    names.push_back(std::filesystem::path(data.name(i)).filename().string());
  }
  EXPECT_THAT(labels, testing::ElementsAre("cat", "dog", "dog"));
  EXPECT_THAT(names, testing::ElementsAre("z.png", "b.png", "a.png"));
  EXPECT_EQ(data.load(1).height, 3);
}

TEST(folder_dataset, says_what_is_missing) {
  const clipt_test::temporary_folder folder;
  EXPECT_THAT(clipt_test::why([&] { folder_dataset data(folder.path()); }),
              testing::HasSubstr("expected a folder for each label"));
}

}  // namespace
