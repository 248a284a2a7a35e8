// Tables: separators, quotes, line ends, byte order marks, and what is said about broken ones.
#include <clipt/io/tsv.hpp>
#include <gtest/gtest.h>

#include <cstdio>

#include "shared.hpp"
#include "why.hpp"

namespace {

std::string why(const std::string& content, std::string_view separator = "\t") {
  return clipt_test::why<clipt::io_error>([&] { clipt::parse_table(content, "t.tsv", separator); });
}

TEST(table, tabs_are_raw) {
  const auto t = clipt::parse_table("path\tname\na.png\t\"quoted\" \tb.png\n\"c\t5\"\n", "t.tsv", "\t ");
  EXPECT_EQ(t.columns().size(), 1u);  // the separator is a tab and a blank here
  const auto u = clipt::parse_table("path\tname\na.png\t\"a \"\"b\"\n\t\n", "t.tsv");
  ASSERT_EQ(u.rows(), 2u);
  EXPECT_EQ(u.cell(0, 1), "\"a \"\"b\"");
  EXPECT_EQ(u.cell(1, 0), "");
  EXPECT_EQ(u.cell(1, 1), "");
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
  EXPECT_EQ(why("a\tb\n1\t2\n\n3\n"), "clipt::read_table: t.tsv: line 4: expected 2 cells as in the header, found 1");
  EXPECT_EQ(why("a,b\n\"1\n2\",\"3\n4\n", ","),
            "clipt::read_table: t.tsv: line 3: a quoted cell begins here and never ends");
  EXPECT_EQ(why("a,b\n\"1\"2,3\n", ","),
            "clipt::read_table: t.tsv: line 2: expected a separator after a closing quote, found more text");
  EXPECT_EQ(why("a,b\n1,\"", ","), "clipt::read_table: t.tsv: line 2: a quoted cell begins here and never ends");
  EXPECT_EQ(why(""), "clipt::read_table: t.tsv: expected a header line, found nothing");
  EXPECT_EQ(why("\n\n"), "clipt::read_table: t.tsv: expected a header line, found nothing");
  EXPECT_EQ(why(std::string("a\tb\n1\t\0\n", 8)), "clipt::read_table: t.tsv: line 2: expected text, found a zero byte");
  EXPECT_EQ(why("\xFF\xFE"
                "a"),
            "clipt::read_table: t.tsv: expected UTF-8, found UTF-16; save it as UTF-8");
  EXPECT_EQ(why("a\n", ""), "clipt::read_table: t.tsv: '' cannot separate cells; use a tab or a comma");
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
