// Zip files as they are written: checksums, padding and ZIP64 fields, byte by byte.
#include <clipt/io/zip_writer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "made_archive.hpp"
#include "why.hpp"

namespace {

using clipt_test::zip_of;

template <class T>
T number(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

TEST(zip_writer, checksums) {
  constexpr std::uint32_t check = 0xcbf43926;  // of these nine digits, in every description of CRC-32
  const std::string zip = zip_of({{"m", "123456789"}, {"n", ""}});
  const std::size_t central = zip.find("PK\1\2");
  EXPECT_EQ(number<std::uint32_t>(zip, 14), check);
  EXPECT_EQ(number<std::uint32_t>(zip, central + 16), check);
  EXPECT_EQ(number<std::uint32_t>(zip, zip.find("PK\3\4", 4) + 14), 0u);
}

TEST(zip_writer, padding) {
  for (std::size_t length = 1; length < 70; ++length) {
    const std::string zip = zip_of({{std::string(length, 'n'), "content"}});
    const std::size_t data = 30 + length + number<std::uint16_t>(zip, 28);
    EXPECT_EQ(data % 64, 0u) << length;
    EXPECT_EQ(zip.substr(data, 7), "content") << length;
  }
}

TEST(zip_writer, zip64_only_where_needed) {
  const std::string plain = zip_of({{"m", "12345"}}), wide = zip_of({{"m", "12345"}}, 5);
  EXPECT_EQ(plain.find("PK\6\6"), plain.npos);
  EXPECT_EQ(number<std::uint32_t>(plain, 18), 5u);
  EXPECT_NE(wide.find("PK\6\6"), wide.npos);
  EXPECT_NE(wide.find("PK\6\7"), wide.npos);
  EXPECT_EQ(number<std::uint16_t>(wide, 4), 45u);  // needs version 4.5
  EXPECT_EQ(number<std::uint32_t>(wide, 18), 0xffffffffu);
  EXPECT_EQ(number<std::uint64_t>(wide, 30 + 1 + 4), 5u);
}

TEST(zip_writer, refuses_long_names) {
  EXPECT_EQ(clipt_test::why([] { zip_of({{std::string(65'535, 'n'), ""}}); }), "accepted");
  EXPECT_THAT(clipt_test::why([] {
                zip_of({{std::string(65'536, 'n'), ""}});
              }),
              testing::HasSubstr("a name of 65536 bytes, at most 65535"));
}

}  // namespace
