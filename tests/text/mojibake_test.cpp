// Tests of mojibake repair; expected values are those of ftfy 6.3.1.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <clipt/text/mojibake.hpp>  // repair_mojibake

namespace {

namespace detail = clipt::detail;
namespace unicode = clipt::unicode;
using namespace std::string_literals;

std::string repaired(const std::string& text) {
  return unicode::to_utf8(clipt::repair_mojibake(unicode::to_utf32(text)));
}

/// UTF-8 read as if it were the charset of that index.
std::string misread(std::string_view text, std::size_t charset) {
  std::u32string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back(byte < 0x80 ? byte : detail::charsets[charset].high[byte - 0x80]);
  }
  return unicode::to_utf8(out);
}

TEST(charsets, every_byte_is_a_character_and_back) {
  for (std::size_t i = 0; i < detail::charsets.size(); ++i) {
    std::string bytes;
    std::u32string text;
    for (char32_t b = 0x80; b <= 0xFF; ++b) {
      bytes.push_back(static_cast<char>(b));
      text.push_back(detail::charsets[i].high[b - 0x80]);
    }
    EXPECT_EQ(detail::encode_in_charset(text, i), bytes) << i;
    EXPECT_EQ(detail::encode_in_charset(U"plain\n\0"s + text, i)->size(), 7 + 128u) << i;
    EXPECT_EQ(detail::encode_in_charset(U"你", i), std::nullopt) << i;
  }
}

TEST(charsets, lossy_ones_write_the_replacement_as_substitute) {
  EXPECT_EQ(detail::encode_in_charset(U"\x1A", 0), "\x1A");
  EXPECT_EQ(detail::encode_in_charset(U"\uFFFD", 0), std::nullopt);
  EXPECT_EQ(detail::encode_in_charset(U"\x1A", 1), std::nullopt);
  EXPECT_EQ(detail::encode_in_charset(U"€\uFFFD\u0081", 1), "\x80\x1A\x81");
}

TEST(utf8_repair, spaces_that_were_no_break_spaces) {
  EXPECT_EQ(detail::restore_spaces("d\xC3 "), "d\xC3\xA0 ");  // à and the space behind it had fallen together
  EXPECT_EQ(detail::restore_spaces("\xC3 la"), "\xC3\xA0 la");
  EXPECT_EQ(detail::restore_spaces("\xC3 s \xC3 quele"), "\xC3\xA0s \xC3\xA0quele");  // às, àquele
  EXPECT_EQ(detail::restore_spaces("\xC3  x"), "\xC3\xA0 x");
  EXPECT_EQ(detail::restore_spaces("\xE2 \x81 \xE2\x81 "), "\xE2\xA0\x81 \xE2\x81\xA0");
  EXPECT_EQ(detail::restore_spaces("\xF0\x9F \x80"), "\xF0\x9F\xA0\x80");
  EXPECT_EQ(detail::restore_spaces("\xC4 \xE4 \x81 \xE2 \x85 "), "\xC4 \xE4 \x81 \xE2 \x85 ");  // not likely ones
}

TEST(utf8_repair, lost_bytes) {
  EXPECT_EQ(detail::replace_lossy_sequences("a\x1A"
                                            "b"),
            "a\uFFFDb");
  EXPECT_EQ(detail::replace_lossy_sequences("\xC3\x1A\xE2\x80\x1A\xE2?\x9D"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(detail::replace_lossy_sequences("\xC3?\xC4?"), "\uFFFD\xC4?");  // `?` counts behind two leads only
  EXPECT_EQ(detail::replace_lossy_sequences("\xF0\x9F\x1A?"), "\uFFFD");
  EXPECT_EQ(detail::replace_lossy_sequences("\xF0\x1A\x98\x80\xF0\x9F\x98\x1A"), "\uFFFD\uFFFD");
  EXPECT_EQ(detail::replace_lossy_sequences("\xF0\x9F??"), "\xF0\x9F??");  // and once
  EXPECT_EQ(detail::replace_lossy_sequences("\xED\xA0\x1A\xED\xB8\x80"), "\uFFFD");
}

TEST(utf8_repair, decoding_is_strict_but_for_java_and_surrogate_pairs) {
  using detail::decode_utf8_variants;
  EXPECT_EQ(decode_utf8_variants("aé你😀\uFFFD"), U"aé你😀\uFFFD");
  EXPECT_EQ(decode_utf8_variants("a\xC0\x80z"), U"a\0z"s);
  EXPECT_EQ(decode_utf8_variants("\xED\xA0\xBD\xED\xB8\x80"), U"😀");
  EXPECT_EQ(decode_utf8_variants("x\xC0\n"), U"x\0"s);                       // ftfy's `$`
  EXPECT_EQ(decode_utf8_variants("\xED\xA0\xBD\xED\xB8\n"), U"\U0001F60A");  // the same
  EXPECT_EQ(decode_utf8_variants("\xED\xA0\xBD\xED\xB8\n."), std::nullopt);
  for (const char* broken : {"\x80", "\xC3", "\xC3z", "\xC0\x81", "\xE2\x82", "\xED\xA0\xBD", "\xED\xB8\x80", "\xFF"})
    EXPECT_EQ(decode_utf8_variants(broken), std::nullopt) << broken;
}

TEST(mojibake_signs, text_of_many_languages_has_none) {
  for (const char32_t* text :
       {U"", U"a photo of a cat", U"Übergröße, naïve café, señor, œuvre", U"l’été — “déjà vu”", U"Łódź, žluťoučký kůň",
        U"Привет, мир! Їжак", U"Αθήνα, ΟΔΟΣ", U"你好，世界", U"日本語テスト", U"한국어", U"مرحبا", U"हिन्दी",
        U"😀 👩‍🚀", U"20 °C, ½ × 3² = 4.5 €", U"© 2021 «Ædes»™", U"┌─┐", U"(╯°□°)╯︵ ┻━┻", U"À la carte",
        U"Ångström"})
    EXPECT_FALSE(detail::looks_like_mojibake(text)) << unicode::to_utf8(text);
}

TEST(mojibake_signs, each_is_the_only_one_in_its_example) {
  const std::u32string_view examples[] = {
      U"\u0085", U"ś˜",  U"ƒă",  U"xж¤", U"зË",  U"╖ł",      U"╟¢",  U" Ē€",  U"╓∞",  U"Ģ¿÷",  U"â™“", U"№¿",
      U"xÍ€",    U"║Ú",  U"Ľ╦",  U"┬›",  U"Ä‘ď", U"Œ”",      U"Ğ°",  U"Â·",   U"×³",  U"Ù®ÙŸ", U"à¾",  U"√≥",
      U"≈¢",     U"‚Ä¢", U"‚âê", U"вЂ",  U"ВµВ", U"ГўВЂВλ ", U"xÃ ", U"a Ã ", U"!Â ", U"β€°",  U"Ο°Β"};
  ASSERT_EQ(std::size(examples), std::size(detail::mojibake::signs));
  for (std::size_t i = 0; i < std::size(examples); ++i) {
    std::vector<std::uint32_t> bits;
    for (const char32_t c : examples[i]) bits.push_back(detail::mojibake::kinds_of(c));
    for (std::size_t k = 0; k < std::size(examples); ++k)
      for (std::size_t at = 0; at < bits.size(); ++at)
        EXPECT_EQ(detail::mojibake::stands_at(detail::mojibake::signs[k], examples[i], bits, at), k == i && at == 0);
    EXPECT_TRUE(detail::looks_like_mojibake(examples[i])) << unicode::to_utf8(examples[i]);
  }
}

TEST(mojibake_signs, places_matter) {
  EXPECT_TRUE(detail::looks_like_mojibake(U"Â x"));  // a beginning
  EXPECT_FALSE(detail::looks_like_mojibake(U"XYZ Â x"));
  EXPECT_FALSE(detail::looks_like_mojibake(U"œuvre"));
  EXPECT_TRUE(detail::looks_like_mojibake(U"œ."));
  EXPECT_FALSE(detail::looks_like_mojibake(U"œ"));
  EXPECT_FALSE(detail::looks_like_mojibake(U"ГўВЂВ\na"));
}

TEST(mojibake, each_charset_is_undone) {
  for (std::size_t i = 0; i < detail::charsets.size(); ++i) {
    const std::string text = i == 2 ? "“Привет” – мир" : i == 4 ? "“Αθήνα” – καλημέρα" : "“naïve” – café, à côté…";
    EXPECT_NE(misread(text, i), text);
    EXPECT_EQ(repaired(misread(text, i)), text) << i;
    EXPECT_EQ(repaired(misread(misread(text, i), i)), text) << i << ", twice";
  }
}

TEST(mojibake, reference_words) {
  EXPECT_EQ(repaired("schÃ¶n"), "schön");
  EXPECT_EQ(repaired("dÃ©jÃ\u00A0 vu"), "déjà vu");
  EXPECT_EQ(repaired("voilÃ le travail, Ã la mode, Ã s 8"), "voilà le travail, à la mode, às 8");
  EXPECT_EQ(repaired("â€œ like this â€\uFFFD"), "“ like this \uFFFD");
  EXPECT_EQ(repaired("ðŸ˜€ í\u00A0½í¸\u0080"), "😀 😀");
  EXPECT_EQ(repaired("Ø§Ù„Ø³Ù„Ø§Ù…"), "السلام");
  EXPECT_EQ(repaired("lÃ¢â‚¬â„¢ÃƒÂ©tÃƒÂ©"), "l’été");
}

TEST(mojibake, inside_a_text_that_is_fine_otherwise) {
  EXPECT_EQ(repaired("你好 schÃ¶n"), "你好 schön");
  EXPECT_EQ(repaired("“quoted” by FranÃ§ois — 2 Â£"), "“quoted” by François — 2 £");
  EXPECT_EQ(repaired("ȘÃ£o lÃ¢â‚¬â„¢ÃƒÂ©tÃƒÂ©"), "Ș\u00E3o l’été");
}

TEST(mojibake, an_island_does_not_begin_inside_a_garble) {
  EXPECT_EQ(repaired("你ŸÃ©"), "你ŸÃ©");
  EXPECT_EQ(repaired("你–Ã©"), "你–é");  // a dash may stand for itself
  EXPECT_EQ(repaired("你 ó\u00A0\u0081¿"), "你 \U000E007F");
}

TEST(mojibake, controls_of_latin_1_are_windows_1252) {
  EXPECT_EQ(repaired("\u0093x\u0094 \u0096 \u0081"), "“x” – \u0081");
  EXPECT_EQ(repaired("你\u0085"), "你…");
}

TEST(mojibake, what_is_no_mojibake_stays) {
  EXPECT_EQ(repaired("caf√© – x"), "caf√© – x");  // not MacRoman: the dash would be a lead and the space its tail
  for (const char* text : {"", "plain", "naïve café", "ÃÃÃ", "Ã", "\uFFFD", "© ® ™", "═╬═", "IL Y MARQUÉ…"})
    EXPECT_EQ(repaired(text), text);
}

TEST(mojibake, long_texts_take_bounded_time) {
  const auto many = [](const std::string& part) {
    std::string text;
    while (text.size() < 300000) text += part;
    return text;
  };
  for (const char* part : {"Ã", "Ã ", "Ã©你", "Ã©你Â©š", "╬Ò你", "\uFFFDÂ", "ГўВЂВ", "Ã ÃÂ ", "\u0085\u0081"})
    EXPECT_FALSE(repaired(many(part)).empty());
  std::string nested = "é";
  for (int depth = 0; depth < 16; ++depth) nested = misread(nested, 0);
  EXPECT_EQ(repaired(nested), "é");
  EXPECT_EQ(repaired(nested + "你"), "é你");
}

}  // namespace
