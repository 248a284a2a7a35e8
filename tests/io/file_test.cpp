// Files: whole reads, mappings, and writes that happen whole or not at all.
#include <clipt/io/file.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sys/resource.h>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using clipt_test::why;
using testing::HasSubstr;

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string content(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

TEST(file, what_was_written_is_read) {
  const clipt_test::temporary_folder folder;
  for (const std::size_t size : {0u, 1u, 4096u, 1'000'003u}) {
    clipt::write_file_atomically(folder / "a", content(size));
    EXPECT_TRUE(clipt::read_file(folder / "a") == content(size)) << size;
    EXPECT_TRUE(clipt::read_file(folder / "a", 4096) == content(size).substr(0, 4096)) << size;
    EXPECT_TRUE(text(clipt::mapped_file(folder / "a").bytes()) == content(size)) << size;
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

TEST(file, reads_what_has_no_size) {
  EXPECT_THAT(clipt::read_file("/proc/self/status"), HasSubstr("Name:"));
  EXPECT_EQ(clipt::read_file("/proc/self/status", 5), "Name:");
}

TEST(file, a_mapping_survives_replacement_and_moves) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "a", "old");
  clipt::mapped_file map(folder / "a");
  clipt::write_file_atomically(folder / "a", "newer");
  clipt::mapped_file moved = std::move(map);
  EXPECT_EQ(text(moved.bytes()), "old");
  moved = clipt::mapped_file(folder / "a");
  EXPECT_EQ(text(moved.bytes()), "newer");
}

TEST(file, without_commit_nothing_happened) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "a", "old");
  {
    clipt::atomic_file file(folder / "a");
    file.write("half of the n");
    EXPECT_EQ(file.size(), 13u);
    EXPECT_EQ(clipt::read_file(folder / "a"), "old");
    EXPECT_EQ(folder.names().size(), 2u);
  }
  EXPECT_EQ(clipt::read_file(folder / "a"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

// A limit on the size of files stands in for a full disk.
TEST(file, a_write_that_fails_leaves_the_old_file) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "a", "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{65536, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = why([&] { clipt::write_file_atomically(folder / "a", content(100'000)); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, HasSubstr("a: cannot be written at byte 65536: File too large"));
  EXPECT_EQ(clipt::read_file(folder / "a"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

TEST(file, a_link_stays_a_link) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "a", "old");
  std::filesystem::create_symlink("a", folder / "link");
  clipt::write_file_atomically(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(clipt::read_file(folder / "a"), "new");
}

TEST(file, rights_and_links_stay_and_leftovers_do_not_block) {
  const clipt_test::temporary_folder folder;
  const auto mode = [](const std::filesystem::path& path) { return std::filesystem::status(path).permissions(); };
  using std::filesystem::perms;
  clipt::write_file_atomically(folder / "a", "1");
  const perms usual = mode(folder / "a");
  EXPECT_NE(usual & perms::owner_write, perms::none);
  std::ofstream(folder / "plain") << "1";
  EXPECT_EQ(usual, mode(folder / "plain"));  // as any file that a program writes
  std::filesystem::permissions(folder / "a", perms::owner_read | perms::owner_write);
  clipt::write_file_atomically(folder / "a", "2");
  EXPECT_EQ(mode(folder / "a"), perms::owner_read | perms::owner_write);

  std::filesystem::create_symlink("later", folder / "link");  // leads nowhere yet
  clipt::write_file_atomically(folder / "link", "3");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(clipt::read_file(folder / "later"), "3");
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_THROW(clipt::write_file_atomically(folder / "loop", "4"), clipt::io_error);

  // A container gives each run the same process number: names made of it are there already.
  for (int i = 0; i < 20; ++i)
    std::ofstream(folder / ("a." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".tmp"));
  clipt::write_file_atomically(folder / "a", "5");
  EXPECT_EQ(clipt::read_file(folder / "a"), "5");
}

TEST(file, errors_name_the_file_and_the_reason) {
  const clipt_test::temporary_folder folder;
  EXPECT_THAT(why([&] { clipt::read_file(folder / "none"); }), HasSubstr("none: cannot be opened: No such file"));
  EXPECT_THAT(why([&] { clipt::read_file(folder / ""); }), HasSubstr("Is a directory"));
  EXPECT_THAT(why([&] { clipt::mapped_file(folder / "none"); }), HasSubstr("none: cannot be opened: No such file"));
  EXPECT_THAT(why([&] { clipt::mapped_file(folder / ""); }), HasSubstr("Is a directory"));
  EXPECT_THAT(why([&] { clipt::write_file_atomically(folder / "none" / "a", "x"); }),
              HasSubstr("a: cannot be written: No such file"));
  EXPECT_THAT(why([&] { clipt::write_file_atomically("/dev/null", "x"); }), HasSubstr("found a folder or a device"));
  EXPECT_THAT(why([&] { clipt::write_file_atomically(folder / "", "x"); }), HasSubstr("found a folder or a device"));
}

}  // namespace
