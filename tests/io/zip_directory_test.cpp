// Zip files: what is written is found and unpacked, ZIP64 too, and every damage is refused with its place.
#include <clipt/io/zip_directory.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "made_archive.hpp"
#include "why.hpp"

namespace {

using clipt_test::members;
using clipt_test::patched;
using clipt_test::why;
using clipt_test::zip_of;
using testing::HasSubstr;

const members two = {{"a/first", "hello"}, {"second", std::string(1000, 'x')}};

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string verdict_on_zip(const std::string& zip) {
  return why([&] { clipt::zip_directory("t.zip", clipt_test::bytes_of(zip)); });
}

constexpr std::string_view local = "PK\3\4", central = "PK\1\2", end_of = "PK\5\6", end_64 = "PK\6\6",
                           locator = "PK\6\7";

/// A zip file of one member that is packed and claims `size` bytes.
std::string deflated(const std::string& content, std::uint32_t size) {
  return patched(patched(zip_of({{"m", clipt_test::deflate(content)}}), central, 10, std::uint16_t(8)), central, 24,
                 size);
}

TEST(zip_directory, finds_what_was_written) {
  const std::string zip = zip_of(two);
  const clipt::zip_directory directory("t.zip", clipt_test::bytes_of(zip));
  ASSERT_EQ(directory.members().size(), 2u);
  EXPECT_EQ(directory.members()[0].name, "a/first");
  EXPECT_EQ(text_of(directory.members()[0].packed), "hello");
  EXPECT_EQ(directory.find("second")->size, 1000u);
  EXPECT_EQ(directory.find("third"), nullptr);
  EXPECT_EQ(directory.read(directory.members()[0], 5), "hello");
  for (const auto& member : directory.members())
    EXPECT_EQ((text_of(member.packed).data() - zip.data()) % 64, 0) << member.name;
  EXPECT_EQ(verdict_on_zip(zip_of({})), "accepted");
  EXPECT_EQ(verdict_on_zip(zip_of({{"empty", ""}, {"folder/", ""}})), "accepted");
}

TEST(zip_directory, zip64) {
  const std::string zip = zip_of(two, 6);  // the first member fits 32 bits, the second does not; neither do the places
  const clipt::zip_directory directory("t.zip", clipt_test::bytes_of(zip));
  ASSERT_EQ(directory.members().size(), 2u);
  EXPECT_EQ(text_of(directory.find("a/first")->packed), "hello");
  EXPECT_EQ(text_of(directory.find("second")->packed), two[1].second);
  members many;
  for (int i = 0; i < 66'000; ++i) many.emplace_back(std::to_string(i), "");
  const std::string long_zip = zip_of(many);
  EXPECT_EQ(clipt::zip_directory("t.zip", clipt_test::bytes_of(long_zip)).members().size(), many.size());
}

TEST(zip_directory, refuses_wrong_zip64) {
  const std::string zip = zip_of(two, 6);
  const std::uint64_t most = ~std::uint64_t(0);
  EXPECT_THAT(verdict_on_zip(patched(zip, locator, 8, most)),
              HasSubstr("end of the directory (ZIP64): expected 56 bytes at"));
  EXPECT_THAT(verdict_on_zip(patched(zip, locator, 8, std::uint64_t(0))), HasSubstr("expected its record"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_64, 48, most)), HasSubstr("directory: expected"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_64, 40, most - 5)), HasSubstr("directory: expected"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_64, 32, most)),
              HasSubstr("expected 18446744073709551615 members, found 2"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 46 + 6 + 2, std::uint16_t(8), 2)), HasSubstr("member 'second'"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 46 + 6 + 4, most, 2)), HasSubstr("member 'second': expected"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 46 + 6 + 4 + 16, most, 2)),
              HasSubstr("member 'second': expected 30 bytes"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 46 + 6, std::uint16_t(2), 2)),
              HasSubstr("expected a ZIP64 field with the sizes, found none"));
}

TEST(zip_directory, refuses_a_broken_frame) {
  EXPECT_THAT(verdict_on_zip(""),
              HasSubstr("t.zip: end of the file: expected the end record of a zip file, found none"));
  EXPECT_THAT(verdict_on_zip(std::string(100'000, 'x')), HasSubstr("has the file been cut short?"));
  const std::string zip = zip_of(two);
  EXPECT_THAT(verdict_on_zip(patched(zip, end_of, 4, std::uint16_t(1))), HasSubstr("a zip file in one part"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_of, 10, std::uint16_t(3))), HasSubstr("expected 3 members, found 2"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_of, 12, ~std::uint32_t(0))),
              HasSubstr("directory: expected it before its end"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_of, 16, std::uint32_t(0))), HasSubstr("the header of a member"));
  EXPECT_THAT(verdict_on_zip(patched(zip, end_of, 20, std::uint16_t(1))), HasSubstr("end of the file"));
  std::string commented = patched(zip, end_of, 20, std::uint16_t(3));
  EXPECT_EQ(verdict_on_zip(commented + "abc"), "accepted");
  EXPECT_THAT(verdict_on_zip("shifted" + zip), HasSubstr("expected"));
}

TEST(zip_directory, refuses_a_broken_member) {
  const std::string zip = zip_of(two);
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 8, std::uint16_t(1))),
              HasSubstr("member 'a/first': expected a member in"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 20, std::uint32_t(4))),
              HasSubstr("expected 5 stored bytes, found 4"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 28, std::uint16_t(60'000))), HasSubstr("goes beyond its end"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 42, std::uint32_t(1))), HasSubstr("its own header at 1"));
  EXPECT_THAT(verdict_on_zip(patched(zip, central, 42, std::uint32_t(zip.size()))),
              HasSubstr("member 'a/first': expected 30"));
  EXPECT_THAT(verdict_on_zip(patched(zip, local, 30, 'b')),
              HasSubstr("expected its own header at 0, found something else"));
  EXPECT_THAT(verdict_on_zip(patched(zip, local, 28, std::uint16_t(60'000))), HasSubstr("5 bytes at 60037"));
  EXPECT_THAT(verdict_on_zip(zip_of({{"same", "1"}, {"same", "2"}})), HasSubstr("every name once, found 'same' twice"));
  EXPECT_THAT(verdict_on_zip(patched(zip, local, 28, std::uint16_t(60), 2)), HasSubstr("an end before the directory"));
  // Two members that are the same bytes: the bomb that needs no packing.
  std::string bomb = patched(zip_of({{"aa", "data"}, {"aa", "data"}}), central, 42, std::uint32_t(0), 2);
  EXPECT_THAT(verdict_on_zip(bomb), HasSubstr("member 'aa': expected bytes from 68 on, found 0: it overlaps 'aa'"));
}

TEST(zip_directory, unpacks_within_limits) {
  const std::string content(100'000, 'y');
  const auto read = [](const std::string& zip, std::uint64_t limit) {
    const clipt::zip_directory directory("t.zip", clipt_test::bytes_of(zip));
    std::string out;
    const std::string said = why([&] { out = directory.read(directory.members()[0], limit); });
    return said == "accepted" ? out : said;
  };
  EXPECT_EQ(read(deflated(content, 100'000), 100'000), content);
  EXPECT_EQ(read(deflated("", 0), 2), "");
  EXPECT_THAT(read(deflated(content, 100'000), 99'999), HasSubstr("member 'm' holds 100000 bytes, the limit is 99999"));
  EXPECT_THAT(read(deflated(content, 99'999), 1'000'000), HasSubstr("is damaged"));
  EXPECT_THAT(read(deflated(content, 100'001), 1'000'000), HasSubstr("is damaged"));
  EXPECT_THAT(read(deflated("", 4'000'000'000), ~std::uint64_t(0)), HasSubstr("claims 4000000000 bytes, more than 2"));
  EXPECT_THAT(read(patched(deflated("a", 1), central, 10, std::uint16_t(93)), 99), HasSubstr("packed with method 93"));
}

TEST(zip_directory, every_cut_and_changed_byte_is_survived) {
  for (const std::uint32_t zip64_from : {0xffffffffu, 0u}) {
    const std::string good = zip_of({{"a/data.pkl", "1234"}, {"b", "5"}}, zip64_from);
    for (std::size_t i = 0; i < good.size(); ++i) {
      EXPECT_NE(verdict_on_zip(good.substr(0, i)), "accepted") << i;
      for (const char c : {'\0', '\1', '\x7f', '\xff'}) {
        std::string bad = good;
        bad[i] = c;
        verdict_on_zip(bad);  // either way, as long as the sanitizers have nothing to say
      }
    }
  }
}

}  // namespace
