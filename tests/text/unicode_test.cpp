// Tests of UTF-8, character classes, NFC and lower case; expected values are Python 3.11's.
#include <gtest/gtest.h>

#include <string>

#include <checksum.hpp>  // checksum

#include <clipt/text/unicode.hpp>  // next, nfc, lower_case

namespace {

namespace unicode = clipt::unicode;

std::string lower(const std::string& text) { return unicode::to_utf8(unicode::lower_case(unicode::to_utf32(text))); }
std::string nfc(const std::string& text) { return unicode::to_utf8(unicode::nfc(unicode::to_utf32(text))); }

/// The checksum of f(c) for every code point below `end` that is a character and not `but`.
template <class F>
std::uint64_t checksum_of_all(F&& f, char32_t end = 0x110000, char32_t but = 0xD800) {
  clipt_test::checksum sum;
  for (char32_t c = 0; c < end; ++c)
    if ((c < 0xD800 || c > 0xDFFF) && c != but) sum.add(unicode::to_utf8(f(c)));
  return sum.value();
}

/// Newer versions know more letters than the reference values.
#define CLIPT_NEEDS_UNICODE_15()                                \
  if (std::string_view(utf8proc_unicode_version()) != "15.0.0") \
  GTEST_SKIP() << "skipped: the reference values are of Unicode 15, utf8proc has " << utf8proc_unicode_version()

TEST(unicode, every_character_round_trips) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    unicode::append(bytes, c);
    std::size_t at = 0;
    ASSERT_EQ(unicode::next(bytes, at), c);
    ASSERT_EQ(at, bytes.size());
  }
}

TEST(unicode, broken_bytes_become_one_replacement_for_each_longest_beginning) {
  const auto repaired = [](const char* bytes) { return unicode::to_utf32(bytes); };
  EXPECT_EQ(repaired("a\x80z"), U"a\uFFFDz");
  EXPECT_EQ(repaired("\xC3"), U"\uFFFD");
  EXPECT_EQ(repaired("\xE2\x82z"), U"\uFFFDz");                // a cut euro sign
  EXPECT_EQ(repaired("\xF0\x9F\x98"), U"\uFFFD");              // a cut emoji
  EXPECT_EQ(repaired("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(repaired("\xC0\x80"), U"\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(repaired("\xE0\x80\x80"), U"\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(repaired("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(repaired("\xF5\xFF"), U"\uFFFD\uFFFD");
  EXPECT_EQ(repaired("\xE2\xE2\x82\xAC"), U"\uFFFD\u20AC");
  EXPECT_EQ(unicode::valid_utf8("ok\xFF"), "ok\xEF\xBF\xBD");
}

TEST(unicode, classes) {
  for (const char32_t c : {U'a', U'É', U'ª', U'你', U'ʼ', U'ـ', U'ǅ'})
    EXPECT_TRUE(unicode::is_letter(c)) << std::hex << int(c);
  for (const char32_t c : {U'1', U'²', U'½', U'①', U'Ⅷ', U'٣'})
    EXPECT_TRUE(unicode::is_number(c)) << std::hex << int(c);
  for (const char32_t c : {U'!', U'\u0301', U'😀', U'\u200D', U'_', U'\u200B'}) {
    EXPECT_FALSE(unicode::is_letter(c) || unicode::is_number(c) || unicode::is_white_space(c)) << std::hex << int(c);
  }
  std::size_t spaces = 0;
  for (char32_t c = 0; c < 0x110000; ++c) spaces += unicode::is_white_space(c);
  EXPECT_EQ(spaces, 25u);  // White_Space of PropList.txt
}

TEST(unicode, lower_case_of_single_characters) {
  EXPECT_EQ(lower("ABCÉÅŽ ΑΒΓ ПРИВЕТ Ⅷ Ⓐ ẞ Ǆ"), "abcéåž αβγ привет ⅷ ⓐ ß ǆ");
  EXPECT_EQ(lower("İstanbul"), "i\u0307stanbul");
  EXPECT_EQ(lower("𐐀"), "𐐨");
}

TEST(unicode, final_sigma) {
  EXPECT_EQ(lower("ΟΔΟΣ"), "οδος");
  EXPECT_EQ(lower("Σ"), "σ");  // no letter before
  EXPECT_EQ(lower("ΣΑΣ ΣΑΣ."), "σας σας.");
  EXPECT_EQ(lower("ΑΣ'Α"), "ασ'α");  // the apostrophe is ignored: a letter follows
  EXPECT_EQ(lower("ΑΣ-Α"), "ας-α");
  EXPECT_EQ(lower("Α\u0301\u00ADΣ"), "α\u0301\u00ADς");
  EXPECT_EQ(lower("1Σ"), "1σ");
  EXPECT_EQ(lower("ⒶΣ"), "ⓐς");  // cased though no letter
}

TEST(unicode, every_character_as_in_python) {
  CLIPT_NEEDS_UNICODE_15();
  // checksum(c.lower() for c in every character), and unicodedata.normalize("NFC", c)
  EXPECT_EQ(checksum_of_all([](char32_t c) { return unicode::lower_case({&c, 1}); }), 0x45C0F3D4D1933888u);
  EXPECT_EQ(checksum_of_all([](char32_t c) { return unicode::nfc({&c, 1}); }), 0x3CE40516AAB8CAE9u);
}

TEST(unicode, every_character_beside_a_sigma_as_in_python) {
  CLIPT_NEEDS_UNICODE_15();
  // ("Α" + c + "Σ").lower() and ("ΑΣ" + c + "Α").lower() up to U+FFFF but for U+0ECE, which is new in Unicode 15
  const auto before = [](char32_t c) { return unicode::lower_case(std::u32string(U"Α") + c + U"Σ"); };
  const auto behind = [](char32_t c) { return unicode::lower_case(std::u32string(U"ΑΣ") + c + U"Α"); };
  EXPECT_EQ(checksum_of_all(before, 0x10000, 0xECE), 0x79F6890E966C4BFBu);
  EXPECT_EQ(checksum_of_all(behind, 0x10000, 0xECE), 0x7BE11491B5D04B03u);
}

TEST(unicode, composition) {
  EXPECT_EQ(nfc("cafe\u0301"), "café");
  EXPECT_EQ(nfc("a\u0323\u0302"), "ậ");
  EXPECT_EQ(nfc("a\u0302\u0323"), "ậ");  // marks are put in order first
  EXPECT_EQ(nfc("\u1112\u1161\u11AB"), "한");
  EXPECT_EQ(nfc("\u212A \u212B \u2126"), "K Å Ω");
  EXPECT_EQ(nfc("\u0344"), "\u0308\u0301");  // excluded from composition
  EXPECT_EQ(nfc(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(nfc("\uAC00\u11A8"), "\uAC01");
  EXPECT_EQ(nfc("\uAC00\u11A7e\u0301\u11A7"), "\uAC00\u11A7é\u11A7");  // no final consonant
}

TEST(unicode, many_marks_take_bounded_time) {
  std::u32string marks = U"a";
  for (int i = 0; i < 100000; ++i) marks += U"\u0301\u0323";
  const std::u32string composed = unicode::nfc(marks);
  EXPECT_EQ(composed.size(), marks.size() - 1);
  EXPECT_EQ(composed.substr(0, 2), U"\u1EA1\u0323");  // one mark below goes into the letter, the others stay in front
  EXPECT_EQ(composed.back(), U'\u0301');
}

TEST(unicode, windows_1252) {
  EXPECT_EQ(unicode::from_windows_1252(0x80), 0x20ACu);
  EXPECT_EQ(unicode::from_windows_1252(0x85), 0x2026u);
  EXPECT_EQ(unicode::from_windows_1252(0x81), 0x81u);
  EXPECT_EQ(unicode::from_windows_1252(0xE9), 0xE9u);
}

}  // namespace
