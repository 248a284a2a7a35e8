// The digest of texts whose digests are known, and of every length around a block's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/io/sha256.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

std::string digest(std::string_view text) { return clipt::sha256(std::as_bytes(std::span(text))); }

TEST(sha256, knows_the_standards_examples) {
  EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(sha256, pads_every_length) {  // the digest of all digests of 0 to 200 letters, from Python's hashlib
  std::string all;
  for (std::size_t length = 0; length <= 200; ++length) all += digest(std::string(length, 'a'));
  EXPECT_EQ(digest(all), "eb555248bd20c7831e511d4461b42c9b084e3a64b44d57b00051172f8afe03ff");
}

TEST(sha256, says_how_far_it_is) {
  const std::vector<std::byte> bytes(std::size_t{33} << 20);
  std::vector<std::size_t> told;
  static_cast<void>(clipt::sha256(bytes, [&](std::size_t done) { told.push_back(done >> 20); }));
  EXPECT_EQ(told, (std::vector<std::size_t>{16, 32}));
}

TEST(sha256, of_a_file) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "abc", "abc");
  EXPECT_EQ(clipt::sha256_of_file(folder / "abc"), digest("abc"));
  clipt::write_file_atomically(folder / "empty", "");
  EXPECT_EQ(clipt::sha256_of_file(folder / "empty"), digest(""));
  EXPECT_EQ(clipt::sha256_of_file("/dev/null"), digest(""));
}

TEST(sha256, a_file_that_becomes_shorter_is_an_error) {
  const clipt_test::temporary_folder folder;
  clipt::write_file_atomically(folder / "f", "");
  std::filesystem::resize_file(folder / "f", 40 << 20);
  std::size_t told = 0;
  EXPECT_THAT(clipt_test::why([&] {
                clipt::sha256_of_file(folder / "f", [&](std::size_t done) {
                  told = done;
                  std::filesystem::resize_file(folder / "f", 20 << 20);
                });
              }),
              testing::HasSubstr("41943040 bytes when it was opened, 20971520 could be read: it was shortened"));
  EXPECT_EQ(told, std::size_t{16} << 20);
  EXPECT_EQ(clipt::sha256_of_file(folder / "f"), digest(std::string(20 << 20, '\0')));
}

}  // namespace
