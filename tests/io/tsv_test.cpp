// Tables: separators, quotes, line ends, encodings, and what is said about broken ones; and text for terminals.
#include <clipt/io/json_text.hpp>
#include <clipt/io/printable.hpp>
#include <clipt/io/tsv.hpp>
#include <gtest/gtest.h>

#include <cstdio>

#include "shared.hpp"
#include "why.hpp"

namespace {

std::string refusal(const std::string& content, std::string_view separator = "\t") {
  return clipt_test::why<clipt::io_error>([&] { clipt::parse_table(content, "t.tsv", separator); });
}

TEST(table, tabs_are_quoted_as_commas_are) {
  const auto t = clipt::parse_table("path\tname\na.png\t\"quoted\" \tb.png\n\"c\t5\"\n", "t.tsv", "\t ");
  EXPECT_EQ(t.columns().size(), 1u);  // the separator is a tab and a blank here
  const auto u =
      clipt::parse_table("path\tname\na.png\t\"a \"\"b\"\"\tand\r\n\"\"c\"\n\t\nb.png\tsay \"hi\"\n", "t.tsv");
  ASSERT_EQ(u.rows(), 3u);
  EXPECT_EQ(u.cell(0, 1), "a \"b\"\tand\r\n\"c");
  EXPECT_EQ(u.cell(1, 0), "");
  EXPECT_EQ(u.cell(1, 1), "");
  EXPECT_EQ(u.cell(2, 1), "say \"hi\"");
  EXPECT_EQ(u.line(1), 4u);
}

TEST(table, text_behind_a_closing_quote_belongs_to_the_cell) {
  const auto t = clipt::parse_table("a,b\n\"1\"2 \"\"3\"\",\"x\" \"y\"\n", "t.csv", ",");
  EXPECT_EQ(t.cell(0, 0), "12 \"\"3\"\"");  // as pandas
  EXPECT_EQ(t.cell(0, 1), "x \"y\"");
}

TEST(table, all_line_ends) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const std::string e = end;
    const auto t = clipt::parse_table("a\tb" + e + e + "1\t\"2" + e + "3\"" + e + "4\t5", "t.tsv");
    ASSERT_EQ(t.rows(), 2u);
    EXPECT_EQ(t.cell(0, 1), "2" + e + "3");
    EXPECT_EQ(t.cell(1, 1), "5");
    EXPECT_EQ(t.line(0), 3u);
    EXPECT_EQ(t.line(1), 5u);
  }
}

TEST(table, utf_16_by_its_mark) {
  using namespace std::string_literals;
  const std::string little = "\xFF\xFE"s + "a\0\n\0\xE9\0\x3D\xD8\x00\xDE\n\0"s;
  const std::string big = "\xFE\xFF"s + "\0a\0\n\0\xE9\xD8\x3D\xDE\x00\0\n"s;
  for (const std::string& bytes : {little, big}) {
    const auto t = clipt::parse_table(bytes, "t.tsv");
    ASSERT_EQ(t.rows(), 1u);
    EXPECT_EQ(t.cell(0, 0), "é😀");
  }
  EXPECT_EQ(refusal(little.substr(0, 9)),
            "clipt::read_table: t.tsv: line 2, column 2: expected UTF-16, as its mark says, found half a character at "
            "the end");
  EXPECT_EQ(refusal(little.substr(0, 10)),
            "clipt::read_table: t.tsv: line 2, column 2: expected UTF-16, as its mark says, found half a pair, D83D");
  EXPECT_EQ(refusal(big.substr(0, 6) + "\xDC\x00"s),
            "clipt::read_table: t.tsv: line 2, column 1: expected UTF-16, as its mark says, found half a pair, DC00");
}

TEST(text_of, other_bytes_are_refused_with_their_place) {
  EXPECT_EQ(refusal("a\tb\r\n1\tr\xC3\xA9"
                    "d\xE9sol\xE9\n"),
            "clipt::read_table: t.tsv: line 2, column 6: expected UTF-8, found the byte E9; save it as UTF-8");
  EXPECT_EQ(refusal("\xEF\xBB\xBF"
                    "a\xED\xA0\x80\n"),  // a surrogate in UTF-8
            "clipt::read_table: t.tsv: line 1, column 2: expected UTF-8, found the byte ED; save it as UTF-8");
  EXPECT_EQ(clipt::detail::text_of("a\xE9", "t", clipt::detail::other_bytes::kept), "a\xE9");
}

TEST(list_of, lines_of_any_end_and_no_empty_one) {
  const auto list = [](std::string_view text) {
    return clipt::detail::list_of(text, "t", "a path", [](std::string_view line) { return line; });
  };
  const std::vector<std::string> two = {"dog", " cat"};
  for (const char* text : {"dog\n cat", "dog\r\n cat\r\n", "dog\r cat\r", "dog\n cat\n\n\n"})
    EXPECT_EQ(list(text), two);
  EXPECT_EQ(clipt_test::why([&] { list("dog\r\rcat"); }),
            "t: line 2: expected a path, found an empty line in the middle; remove it");
  EXPECT_EQ(clipt_test::why([&] { list("\n"); }), "t: line 1: expected a path, found an empty file");
}

TEST(on_one_line, nothing_raw_reaches_a_terminal) {
  using clipt::detail::backslashes;
  using clipt::detail::on_one_line;
  EXPECT_EQ(on_one_line("Größe ねこ 👩‍🚀.png"), "Größe ねこ 👩‍🚀.png");
  EXPECT_EQ(on_one_line("a\nb\r\x1b[31m\x7f\xff\xc2\x9b"
                        "c"),
            "a\\nb\\x0d\\x1b[31m\\x7f\\xff\\xc2\\x9bc");
  EXPECT_EQ(on_one_line("txt.\xE2\x80\xAEgnp \xE2\x80\xA8"), "txt.\\xe2\\x80\\xaegnp \\xe2\\x80\\xa8");
  EXPECT_EQ(on_one_line("a\\n"), "a\\n");
  EXPECT_EQ(on_one_line("a\\n\n", backslashes::doubled), "a\\\\n\\n");
  EXPECT_EQ(clipt::json_text(nlohmann::json("\x1b\x7f\xc2\x9b\xc2\xa0\xff")),
            "\"\\u001b\\u007f\\u009b\xc2\xa0\xEF\xBF\xBD\"");
}

TEST(table, commas_are_quoted_as_in_rfc_4180) {
  const auto t = clipt::parse_table(
      "a,b,c\r\n\"x, y\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n5\" disk,,\"\"\r\nlast,row,here", "t.csv", ",");
  ASSERT_EQ(t.rows(), 3u);
  EXPECT_EQ(t.cell(0, 0), "x, y");
  EXPECT_EQ(t.cell(0, 1), "say \"hi\"");
  EXPECT_EQ(t.cell(0, 2), "two\nlines");
  EXPECT_EQ(t.cell(1, 0), "5\" disk");
  EXPECT_EQ(t.cell(1, 2), "");
  EXPECT_EQ(t.cell(2, 2), "here");
  EXPECT_EQ(t.line(0), 2u);
  EXPECT_EQ(t.line(1), 4u);  // the row before took two lines
}

TEST(table, line_ends_marks_and_blank_lines) {
  const auto t = clipt::parse_table(
      "\xEF\xBB\xBF"
      "id\tname\r\n\r\n1\tone\r\n\n2\ttwo\r",
      "t.tsv");
  ASSERT_EQ(t.rows(), 2u);
  EXPECT_EQ(t.column("id"), 0u);
  EXPECT_EQ(t.cell(0, 1), "one");
  EXPECT_EQ(t.cell(1, 1), "two");
  EXPECT_EQ(t.line(0), 3u);
  EXPECT_EQ(clipt::parse_table("a||b\n1||2", "t", "||").cell(0, 1), "2");
  EXPECT_EQ(clipt::parse_table("only\theader", "t").rows(), 0u);
  const auto blanks = clipt::parse_table(" \na,b\n \t\n1,2\n ,\n  ", "t", ",");  // as in pandas
  ASSERT_EQ(blanks.rows(), 2u);
  EXPECT_EQ(blanks.line(0), 4u);
  EXPECT_EQ(blanks.cell(1, 0), " ");
  EXPECT_EQ(clipt::parse_table("a\tb\n \t\n", "t").cell(0, 0), " ");  // a tab separates here
}

TEST(table, survives_copy_and_move) {
  auto t = std::make_unique<clipt::table>(clipt::parse_table("a\n1\n", "t"));
  const clipt::table copy = *t;
  const clipt::table moved = std::move(*t);
  t.reset();
  EXPECT_EQ(copy.cell(0, 0), "1");
  EXPECT_EQ(moved.columns()[0], "a");
}

TEST(table, says_what_is_wrong) {
  EXPECT_EQ(refusal("a\tb\n1\t2\n\n3\n"),
            "clipt::read_table: t.tsv: line 4: expected 2 cells as in the header, found 1");
  EXPECT_EQ(refusal("a,b\n\"1\n2\",\"3\n4\n", ","),
            "clipt::read_table: t.tsv: line 3: a quoted cell begins here and never ends");
  EXPECT_EQ(refusal("a,b\n1,\"", ","), "clipt::read_table: t.tsv: line 2: a quoted cell begins here and never ends");
  EXPECT_EQ(refusal(""), "clipt::read_table: t.tsv: expected a header line, found nothing");
  EXPECT_EQ(refusal("\n\n"), "clipt::read_table: t.tsv: expected a header line, found nothing");
  EXPECT_EQ(refusal(std::string("a\tb\n1\t\0\n", 8)),
            "clipt::read_table: t.tsv: line 2, column 3: expected text, found a zero byte");
  EXPECT_EQ(refusal("a\n", ""), "clipt::read_table: t.tsv: '' cannot separate cells; use a tab or a comma");
}

TEST(table, columns_by_name) {
  const auto t = clipt::parse_table("path\tname\tx\tx\n", "t.tsv");
  EXPECT_EQ(t.column("name"), 1u);
  try {
    t.column("title");
    FAIL();
  } catch (const clipt::io_error& e) {
    EXPECT_STREQ(e.what(), "clipt::table: t.tsv: no column 'title'; there are: path, name, x, x");
  }
  EXPECT_THROW(t.column("x"), clipt::io_error);
}

TEST(table, files) {
  EXPECT_THROW(clipt::read_table("no/such/file.tsv"), clipt::io_error);
  EXPECT_THROW(clipt::read_table(std::filesystem::temp_directory_path()), clipt::io_error);
}

TEST(table, real_files) {
  CLIPT_NEEDS_SHARED("data/emoji/emoji.tsv");
  const auto t = clipt::read_table(clipt_test::shared("data/emoji/emoji.tsv"), "\\t");
  EXPECT_EQ(t.rows(), 8847u);
  EXPECT_EQ(t.cell(0, t.column("name")), "grinning face");
  const auto g = clipt::read_table(clipt_test::shared("data/grocery/classes.csv"), ",");
  EXPECT_EQ(g.cell(1, g.column("Class Name (str)")), "Granny-Smith");
}

}  // namespace
