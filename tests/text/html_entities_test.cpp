// Tests of HTML's character references; expected values are those of Python 3.11's html.unescape.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>
#include <string>

#include <checksum.hpp>  // checksum

#include <clipt/text/html_entities.hpp>  // html_unescape

namespace {

using clipt::html_unescape;

TEST(html_entities, the_table_is_complete) {
  const auto entities = clipt::detail::parse_html_entities();
  std::size_t names = 0, characters = 0;
  for (const auto& [name, entity] : entities) {
    names += entity.needs_semicolon ? 1 : 2;
    characters += entity.text.size();
  }
  EXPECT_EQ(entities.size(), 2125u);
  EXPECT_EQ(names, 2231u);
  EXPECT_EQ(characters, 2125u + 93u);  // 93 names stand for two characters
}

TEST(html_entities, names) {
  EXPECT_EQ(html_unescape("&lt;b&gt; &amp; &quot;x&quot; &apos;"), "<b> & \"x\" '");
  EXPECT_EQ(html_unescape("&hearts;&eacute;&Eacute;&nbsp;"), "♥éÉ\u00A0");
  EXPECT_EQ(html_unescape("&CounterClockwiseContourIntegral;"), "\u2233");
  EXPECT_EQ(html_unescape("&NotEqualTilde; &fjlig;"), "≂̸ fj");
  EXPECT_EQ(html_unescape("&zwj;|&zwnj;"), "\u200D|\u200C");
}

TEST(html_entities, old_names_need_no_semicolon) {
  EXPECT_EQ(html_unescape("&copy2024 &reg"), "©2024 ®");
  EXPECT_EQ(html_unescape("&notanentity;"), "¬anentity;");
  EXPECT_EQ(html_unescape("&notin;"), "∉");
  EXPECT_EQ(html_unescape("&notin"), "¬in");
  EXPECT_EQ(html_unescape("&ampamp;"), "&amp;");
  EXPECT_EQ(html_unescape("&hearts"), "&hearts");
  EXPECT_EQ(html_unescape("&lté"), "<é");
}

TEST(html_entities, what_is_no_reference_stays) {
  for (const char* text :
       {"", "AT&T R&D", "&", "&;", "& lt;", "&l", "&unknown;", "&&", "&#;", "&#x;", "&#xg;", "&EACUTE;", "a&\nb;"})
    EXPECT_EQ(html_unescape(text), text);
  EXPECT_EQ(html_unescape("&&lt;&"), "&<&");
}

TEST(html_entities, once_only) {
  EXPECT_EQ(html_unescape("&amp;lt;"), "&lt;");
  EXPECT_EQ(html_unescape("&#38;lt;"), "&lt;");
}

TEST(html_entities, numbers) {
  EXPECT_EQ(html_unescape("&#39;&#x41;&#X42;&#67 &#x44z"), "'ABC Dz");
  EXPECT_EQ(html_unescape("&#128512;"), "😀");
  EXPECT_EQ(html_unescape("&#0;&#x110000;&#xD800;&#99999999999999999999;"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(html_unescape("&#150;&#x80;"), "–€");
  EXPECT_EQ(html_unescape("[&#1;&#11;&#31;&#127;&#xFDD0;&#xFFFE;&#x1FFFF;]"), "[]");
  EXPECT_EQ(html_unescape("&#13;&#9;&#10;&#12;"), "\r\t\n\f");
  EXPECT_EQ(html_unescape("&#x81;"), "\u0081");
}

TEST(html_entities, every_name_as_in_python) {
  // html.unescape of "&name;", "&name", "&namex;" and "&name " for the names of html.entities.html5 in their order
  std::set<std::string> names;
  for (const auto& [name, entity] : clipt::detail::parse_html_entities()) names.emplace(name);
  clipt_test::checksum sum;
  for (const std::string& name : names)
    for (const char* behind : {";", "", "x;", " "}) sum.add(html_unescape("&" + name + behind));
  EXPECT_EQ(sum.value(), 0x2E68F549A476ACA2u);
}

TEST(html_entities, every_number_as_in_python) {
  clipt_test::checksum decimal, hexadecimal;
  for (int i = 0; i < 0x110100; ++i) {
    decimal.add(html_unescape(fmt::format("&#{};", i)));
    hexadecimal.add(html_unescape(fmt::format("&#x{:X}", i)));
  }
  EXPECT_EQ(decimal.value(), 0xC74750E67DC252BFu);
  EXPECT_EQ(hexadecimal.value(), decimal.value());
}

TEST(html_entities, names_end_after_32_characters) {
  EXPECT_EQ(html_unescape("&CounterClockwiseContourIntegralx;"), "&CounterClockwiseContourIntegralx;");
  EXPECT_EQ(html_unescape("&amp" + std::string(40, 'x') + ";"), "&" + std::string(40, 'x') + ";");
}

}  // namespace
