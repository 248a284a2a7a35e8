// Tests of text cleaning; expected values are those of ftfy 6.3.1, open_clip 3.3, html and str.lower of Python 3.11.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include <shared.hpp>  // CLIPT_NEEDS_SHARED

#include <clipt/text/text_cleaning.hpp>  // clean_text

namespace {

using clipt::clean_text;
using cleaning = clipt::text_cleaning;

constexpr cleaning every_cleaning[] = {cleaning::lower, cleaning::whitespace, cleaning::canonicalize};

TEST(text_cleaning, white_space_and_case) {
  EXPECT_EQ(clean_text(""), "");
  EXPECT_EQ(clean_text(" \t\n\r\f "), "");
  EXPECT_EQ(clean_text("  A photo   of\ta\r\nCAT. "), "a photo of a cat.");
  EXPECT_EQ(clean_text("nbsp\u00A0space\u3000x\u2003y"), "nbsp space x y");
  EXPECT_EQ(clean_text("line\u2028sep\u2029para"), "line sep para");
  EXPECT_EQ(clean_text("zero\u200Bwidth"), "zero\u200Bwidth");
  EXPECT_EQ(clean_text("ÅNGSTRÖM İ ẞ ΟΔΟΣ"), "ångström i\u0307 ß οδος");
}

TEST(text_cleaning, ascii_goes_the_same_way_as_the_rest) {
  // A trailing character beyond ASCII takes the general path; the ASCII part must come out the same.
  for (const cleaning how : every_cleaning) {
    for (int a = 1; a < 128; ++a) {
      for (int b = 1; b < 128; ++b) {
        const std::string text = std::string(" X") + char(a) + char(b) + "y ";
        std::string general = clean_text(text + "é", how);
        general.resize(general.size() - 2);
        if (general.ends_with(' ')) general.pop_back();
        ASSERT_EQ(clean_text(text, how), general) << a << " " << b;
      }
    }
  }
}

TEST(text_cleaning, case_is_kept_where_only_white_space_is_cleaned) {
  EXPECT_EQ(clean_text("  It's  a\tCAT &amp; “Dog”. ", cleaning::whitespace), "It's a CAT & \"Dog\".");
  EXPECT_EQ(clean_text("ΟΔΟΣ  É", cleaning::whitespace), "ΟΔΟΣ É");
}

TEST(text_cleaning, canonical_text_has_no_punctuation) {
  EXPECT_EQ(clean_text("It's a_CAT -- 5.99 (really!)", cleaning::canonicalize), "its a cat 599 really");
  EXPECT_EQ(clean_text("__init__.py", cleaning::canonicalize), "init py");
  EXPECT_EQ(clean_text("“Œuvre” « – … ¿qué?", cleaning::canonicalize), "œuvre « – … ¿qué");  // only ASCII's
  EXPECT_EQ(clean_text("ΟΔΟΣ.Α", cleaning::canonicalize), "οδοσα");  // case comes after punctuation
  EXPECT_EQ(clean_text("&lt;b&gt; <|endoftext|>", cleaning::canonicalize), "b endoftext");
  EXPECT_EQ(clean_text("!?", cleaning::canonicalize), "");
}

TEST(text_cleaning, mojibake_is_repaired_before_its_traces_are_cleaned) {
  EXPECT_EQ(clean_text("Ã©tÃ© â€œmojibakeâ€\u009D"), "été \"mojibake\"");
  EXPECT_EQ(clean_text("ËˆLATIN &Atilde;&copy;"), "ˈlatin é");  // references first
  EXPECT_EQ(clean_text("sch\u00C3\u00B6n \x1b[1mÃœber\x1b[0m"), "schön über");
  EXPECT_EQ(clean_text("ï¬\u0081ne ｃａｆÃ©"), "fine café");
}

TEST(text_cleaning, quotes_ligatures_width) {
  EXPECT_EQ(clean_text("\u201Csmart\u201D \u2018quotes\u2019 \u201Alow\u201B \u201Ex\u201F \u02BCn"),
            "\"smart\" 'quotes' 'low' \"x\" 'n");
  EXPECT_EQ(clean_text("ﬁne ﬂow ﬀ ﬃ ﬄ ﬅ ﬆ Ĳ ĳ ŉ"), "fine flow ff ffi ffl ſt st ij ij 'n");
  EXPECT_EQ(clean_text("Ǆǅǆ Ǉǈǉ Ǌǋǌ Ǳǲǳ"), "dždždž ljljlj njnjnj dzdzdz");
  EXPECT_EQ(clean_text("ＦＵＬＬ－ｗｉｄｔｈ　１２！"), "full-width 12!");
  EXPECT_EQ(clean_text("ﾊﾝｶｸ ｶﾞ"), "ハンカク ガ");
  EXPECT_EQ(clean_text("￦￡￩"), "₩£←");
  EXPECT_EQ(clean_text("\u201C\u00AB"), "\"«");
}

TEST(text_cleaning, controls_and_escapes) {
  EXPECT_EQ(clean_text(std::string("nul\0byte", 8)), "nulbyte");
  EXPECT_EQ(clean_text("bell\x07 esc\x1b[31mred\x1b[0;1m!"), "bell escred!");
  EXPECT_EQ(clean_text("\x1b[31"), "[31");
  EXPECT_EQ(clean_text("vt\x0B"
                       "ff\x0C."),
            "vtff .");
  EXPECT_EQ(clean_text("\uFEFFbom\u206A\uFFF9\uFFFC\x7F."), "bom.");
  EXPECT_EQ(clean_text("\u202ERTL\u202C soft\u00ADhyphen"), "\u202Ertl\u202C soft\u00ADhyphen");
  EXPECT_EQ(clean_text("\u0085nel \u0096 \u0081"), "…nel – \u0081");  // C1 controls as Windows-1252
}

TEST(text_cleaning, composition_after_the_rest) {
  EXPECT_EQ(clean_text("cafe\u0301"), "café");
  EXPECT_EQ(clean_text("e\x07\u0301"), "é");
  EXPECT_EQ(clean_text("\u212A \u212B"), "k å");
  EXPECT_EQ(clean_text("I\u0307"), "i\u0307");
}

TEST(text_cleaning, character_references) {
  EXPECT_EQ(clean_text("&lt;b&gt;"), "<b>");
  EXPECT_EQ(clean_text("&amp;amp;lt;"), "<");
  EXPECT_EQ(clean_text("&amp;amp;amp;amp;amp;amp;lt;"), "<");
  EXPECT_EQ(clean_text("< &amp;amp;amp;lt;"), "< &amp;lt;");  // with a `<` only the two plain passes
  EXPECT_EQ(clean_text("&amp;amp;amp;lt;\n< &amp;amp;amp;lt;\n&amp;amp;amp;lt;"), "< < &amp;lt; &amp;lt;");
  EXPECT_EQ(clean_text("&nbsp;x&nbsp;"), "x");
  EXPECT_EQ(clean_text("P&EACUTE;REZ STRA&SZLIG;E &FFILIG; &SIGMAF;A"),
            "pérez strasse ffi σa");  // capitals: ftfy's own
  EXPECT_EQ(clean_text("&#39;q&#39; &#0; &#8220;x&#8221; AT&T"), "'q' \uFFFD \"x\" at&t");
  EXPECT_EQ(clean_text("this&not that"), "this¬ that");
}

TEST(text_cleaning, long_lines_are_cleaned_in_pieces) {
  std::string text(999999, 'x');
  EXPECT_EQ(clean_text(text + "Ã©."), text + "ã©.");  // the cut at a million goes through it, as in ftfy
  text.pop_back();
  EXPECT_EQ(clean_text(text + "Ã©."), text + "é.");
}

TEST(text_cleaning, long_chains_of_references_take_bounded_time) {
  std::string text = "&";
  for (int i = 0; i < 100000; ++i) text += "amp;";
  EXPECT_FALSE(clean_text(text + "lt;").empty());
}

TEST(text_cleaning, bytes_that_are_no_text) {
  EXPECT_EQ(clean_text("a\xFF\xC3 b"), "a\uFFFD\uFFFD b");
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(char(i));
  const std::string cleaned = clean_text(all + all);
  EXPECT_EQ(clipt::unicode::valid_utf8(cleaned), cleaned);
}

TEST(text_cleaning, broken_texts_come_out_as_in_ftfy_and_open_clip) {
  std::ifstream file(CLIPT_TEST_DIR "/golden/text_cleaning.jsonl");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto reference = nlohmann::json::parse(line);
    const std::string text = reference["text"];
    const std::u32string repaired = clipt::repair_text(clipt::unicode::to_utf32(text));
    EXPECT_EQ(clipt::unicode::to_utf8(repaired), reference["repaired"]) << line;
    for (const cleaning how : every_cleaning)
      EXPECT_EQ(clean_text(text, how), reference[clipt::text_cleaning_names[static_cast<std::size_t>(how)]]) << line;
  }
  EXPECT_EQ(count, 1000u);
}

TEST(text_cleaning, reference_strings) {
  CLIPT_NEEDS_SHARED("golden/tokenizer/strings.jsonl");
  std::ifstream file(clipt_test::golden("tokenizer/strings.jsonl"));
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto reference = nlohmann::json::parse(line);
    EXPECT_EQ(clean_text(reference["text"].get<std::string>()), reference["cleaned"]) << line;
  }
  EXPECT_EQ(count, 358u);
}

}  // namespace
