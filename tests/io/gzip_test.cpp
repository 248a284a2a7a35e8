// Tests of gzip files: round trips, limits, damage.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include <clipt/core/error.hpp>  // io_error
#include <clipt/io/file.hpp>     // write_file_atomically
#include <clipt/io/gzip.hpp>     // gzip, gunzip

namespace {

std::string message_of(auto&& f) {
  try {
    f();
  } catch (const clipt::io_error& e) {
    return e.what();
  }
  return "no error";
}

std::string noise(std::size_t size) {
  std::string out;
  unsigned x = 1;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>((x = x * 1664525u + 1013904223u) >> 24));
  return out;
}

std::filesystem::path folder() {
  const auto path = std::filesystem::path(testing::TempDir()) / "clipt_gzip_test";
  std::filesystem::create_directories(path);
  return path;
}

TEST(gzip, round_trips) {
  for (const std::string& content : {std::string(), std::string("a"), std::string(1 << 20, 'x'), noise(300000)})
    EXPECT_EQ(clipt::gunzip(clipt::gzip(content)), content);
}

TEST(gzip, same_content_same_bytes) { EXPECT_EQ(clipt::gzip("caption"), clipt::gzip("caption")); }

TEST(gzip, reads_what_gzip_wrote) {
  // printf 'hello\n' | gzip -n | xxd -i
  const std::string bytes(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00\x20\x30\x3a\x36\x06\x00\x00\x00", 26);
  EXPECT_EQ(clipt::gunzip(bytes), "hello\n");
}

TEST(gzip, reads_several_members_and_padding) {
  EXPECT_EQ(clipt::gunzip(clipt::gzip("one ") + clipt::gzip("two") + std::string(512, '\0')), "one two");
}

TEST(gzip, every_cut_is_an_error) {
  const std::string whole = clipt::gzip(noise(100));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(clipt::gunzip(whole.substr(0, size)), clipt::io_error) << size;
}

TEST(gzip, every_flipped_byte_of_the_data_is_an_error) {
  const std::string whole = clipt::gzip("some text to protect");
  for (std::size_t i = 10; i < whole.size(); ++i) {  // behind the header, whose time and flags nothing protects
    std::string bad = whole;
    bad[i] = static_cast<char>(~bad[i]);  // all bits: the last byte of the data has some that mean nothing
    EXPECT_THROW(clipt::gunzip(bad), clipt::io_error) << i;
  }
}

TEST(gzip, messages_say_where_and_what) {
  const std::string whole = clipt::gzip("text");
  EXPECT_EQ(message_of([&] { clipt::gunzip(whole + "rest", 100, "words.gz"); }),
            "clipt::gunzip: words.gz has 4 bytes after the end of its compressed data, at byte " +
                std::to_string(whole.size()));
  EXPECT_EQ(message_of([&] { clipt::gunzip("plain", 100, "words.gz"); }),
            "clipt::gunzip: words.gz does not begin with gzip's bytes 1f 8b");
  EXPECT_NE(message_of([&] {
              clipt::gunzip(whole.substr(0, 12), 100, "words.gz");
            }).find("words.gz is damaged at byte 12 of 12"),
            std::string::npos);
}

TEST(gzip, a_bomb_stops_at_the_limit) {
  const std::string bomb = clipt::gzip(std::string(std::size_t(64) << 20, '\0'));
  EXPECT_LT(bomb.size(), 100000u);
  EXPECT_EQ(message_of([&] { clipt::gunzip(bomb, 1000000, "bomb.gz"); }),
            "clipt::gunzip: bomb.gz unpacks to more than the limit of 1000000 bytes");
  EXPECT_EQ(clipt::gunzip(clipt::gzip("12345"), 5), "12345");
  EXPECT_THROW(clipt::gunzip(clipt::gzip("123456"), 5), clipt::io_error);
  EXPECT_THROW(clipt::gunzip(clipt::gzip("123") + clipt::gzip("456"), 5), clipt::io_error);
}

TEST(gzip, files_packed_and_plain) {
  const auto path = folder() / "text.gz";
  clipt::write_gzip_file(path, "words\n");
  EXPECT_TRUE(clipt::is_gzip(clipt::read_file(path)));
  EXPECT_EQ(clipt::read_gzip_file(path), "words\n");
  clipt::write_file_atomically(path, "plain");
  EXPECT_EQ(clipt::read_gzip_file(path), "plain");
  EXPECT_THROW(clipt::read_gzip_file(path, 4), clipt::io_error);
  EXPECT_THROW(clipt::read_gzip_file(folder() / "absent"), clipt::io_error);
  EXPECT_THROW(clipt::read_gzip_file(folder()), clipt::io_error);
  std::filesystem::remove_all(folder());
}

}  // namespace
