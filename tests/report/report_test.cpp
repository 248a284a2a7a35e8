// The report: complete, well formed, loading nothing, and safe whatever the texts hold.
#include <clipt/report/report.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using clipt::report;
using clipt::detail::base64;
using clipt::detail::chart_axis;
using clipt::detail::plain_number;
using clipt_test::why;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++out;
  return out;
}

/// A report that uses every section, with `word` in every text.
report full(const std::string& word) {
  const clipt::report_picture a{"\x89PNG-a", "a " + word}, b{"\x89PNG-b", "b " + word}, text{"", "text " + word};
  report r;
  r.title = "run " + word;
  r.figures = {{"top-1 " + word, "55 % (chance 2 %)"}, {"plain", "7 (of 9) " + word}};
  r.configuration = {{"lr " + word, "1e-3 " + word}};
  for (long step = 1; step <= 1000; ++step) {
    const auto s = static_cast<double>(step);
    r.curve.push_back({step, 4 / (1 + s / 100), s / 1000, 14 + s / 50, 1e-3 * s, 100 + s});
  }
  const double none = std::nan("");
  r.validation = {{500, 1.5, 0.4, none, none, none}, {1000, 1.2, 0.5, none, none, none}};
  r.pairs = {a, b, text};
  r.similarity = {0.9f, 0.1f, -0.2f, 0.2f, 0.3f, 0.4f, 0.0f, 0.1f, 0.8f};
  r.best = {{a, {text, b}, {0.9f, 0.5f}, 1}};
  r.worst = {{text, {a, b}, {0.4f, 0.3f}, 57}};
  r.confusions = {{"cat " + word, "dog " + word, 4, a}, {"dog", "cat", 1, b}};
  return r;
}

TEST(report_text, escapes_everything_that_html_would_read) {
  EXPECT_EQ(clipt::detail::escape_html("a\xff\x1b\xc2\x9b"
                                       "b"),
            "a\uFFFD  b");
  EXPECT_EQ(clipt::detail::escape_html("<a href=\"x\" title='y'>&\n</a>é"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp; &lt;/a&gt;é");
}

TEST(report_text, base64_of_rfc_4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd\xfb"), "//79+w==");
}

TEST(report_text, templates_are_filled_once) {
  EXPECT_EQ(clipt::detail::fill_template("{{a}} and {{b}}, {{a}}", {{"a", "{{b}}"}, {"b", "2"}}), "{{b}} and 2, {{b}}");
  EXPECT_THAT(why([] { clipt::detail::fill_template("{{c}}", {{"a", ""}}); }), HasSubstr("the place called 'c'"));
  EXPECT_THAT(why([] { clipt::detail::fill_template("{{a", {{"a", ""}}); }), HasSubstr("the place called 'a'"));
}

TEST(report_text, numbers_for_people) {
  EXPECT_EQ(plain_number(0), "0");
  EXPECT_EQ(plain_number(5e-4), "5e-4");
  EXPECT_EQ(plain_number(1e-3), "1e-3");
  EXPECT_EQ(plain_number(-3.25e-8), "-3.25e-8");
  EXPECT_EQ(plain_number(0.05), "0.05");
  EXPECT_EQ(plain_number(14.285), "14.3");
  EXPECT_EQ(plain_number(2500), "2500");
  EXPECT_EQ(plain_number(12500), "12.5k");
  EXPECT_EQ(plain_number(std::nan("")), "–");
}

TEST(report_chart, axes_hold_the_curve_between_round_ticks) {
  for (double low : {-3.7, 0.0, 0.013, 4.0, 1e-7})
    for (double span : {0.0, 1e-9, 0.4, 7.0, 9999.0}) {
      const chart_axis axis(low, low + span, 5);
      EXPECT_LE(axis.first, low + 1e-12);
      EXPECT_GE(axis.last, low + span - 1e-6 * span);
      EXPECT_GE(axis.ticks(), 2) << low << " " << span;
      EXPECT_LE(axis.ticks(), 8) << low << " " << span;
    }
  const chart_axis axis(0, 93, 5);
  EXPECT_EQ(axis.step, 20);
  EXPECT_EQ(axis.last, 100);
  EXPECT_EQ(axis.ticks(), 6);
}

TEST(report_chart, thins_to_means_and_ranges_and_leaves_out_what_is_no_number) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6},
                            y = {1, 3, std::nan(""), 7, std::nan(""), std::numeric_limits<double>::infinity()};
  const auto curve = clipt::detail::thin_curve(x, y, 3);
  ASSERT_EQ(curve.points.size(), 2u);
  EXPECT_EQ(curve.points[0].x, 1.5);
  EXPECT_EQ(curve.points[0].y, 2);
  EXPECT_EQ(curve.points[0].low, 1);
  EXPECT_EQ(curve.points[0].high, 3);
  EXPECT_EQ(curve.points[1].y, 7);
}

TEST(report, shows_everything) {
  const std::string page = clipt::render_report(full("word"));
  for (const char* part :
       {"<h1>run word</h1>", "<dd>55 %</dd>", "<span>chance 2 %</span>", "<dd>7 (of 9) word</dd>",
        "1000 steps at 601 pairs per second", "<b>Loss</b>", "<b>Accuracy in the batch</b>",
        "<b>Logit scale (1 / temperature)</b>", "<b>Learning rate</b>", "2 of 3 pictures", "its own at rank 57",
        "✓ 0.900", "<td>cat word</td>", "<td class=\"said\">dog word</td>", "<td>1e-3 word</td>"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(count(page, "class=\"cell\""), 9u);
  EXPECT_EQ(count(page, "class=\"wrong\""), 1u);  // the picture b is most similar to the third text
  EXPECT_THAT(page, HasSubstr(R"(<rect class="wrong" x="78" y="54")"));
  EXPECT_EQ(count(page, "<article"), 2u);
  EXPECT_EQ(count(page, "class=\"truth\""), 1u);
  EXPECT_EQ(count(page, base64("\x89PNG-b")),
            4u);  // once for both edges of the matrix, in two retrievals, in a confusion
  EXPECT_THAT(page, HasSubstr("validation from 1.5 at step 500 to 1.2 at step 1000"));
}

TEST(report, loads_nothing_and_every_picture_has_a_text) {
  const std::string page = clipt::render_report(full("word"));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("//")));
  EXPECT_EQ(count(page, " src="), count(page, " src=\"data:image/png;base64,"));
  EXPECT_EQ(count(page, "href="), count(page, "href=\"data:") + count(page, "href=\"#p"));
  EXPECT_EQ(count(page, "<img"), count(page, " alt="));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  for (const char* tag :
       {"section", "div", "figure", "svg", "g", "span", "article", "ol", "li", "table", "tr", "td", "dl", "p"})
    EXPECT_EQ(count(page, std::string("<") + tag + ">") + count(page, std::string("<") + tag + " "),
              count(page, std::string("</") + tag + ">"))
        << tag;
}

TEST(report, texts_stay_texts) {
  const std::string page = clipt::render_report(full("</script><img src=x onerror=alert(1)>\"'&\xff"));
  EXPECT_THAT(page, Not(HasSubstr("<img src=x")));
  EXPECT_EQ(count(page, "</script>"), 2u);
  EXPECT_THAT(page, HasSubstr("\\u003c/script>"));
}

TEST(report, leaves_out_what_it_was_not_given) {
  report r;
  r.title = "nothing yet";
  const std::string page = clipt::render_report(r);
  EXPECT_THAT(page, HasSubstr("<h1>nothing yet</h1>"));
  for (const char* part : {"<section", "<dl", "<details", "<svg"}) EXPECT_THAT(page, Not(HasSubstr(part)));
  r.curve = {{1, 2.5, std::nan(""), std::nan(""), std::nan(""), std::nan("")}};  // a single step, a single quantity
  EXPECT_EQ(count(clipt::render_report(r), "<figure"), 1u);
  r.pairs = {{"", "alone"}};
  r.similarity = {std::nanf("")};
  EXPECT_THAT(clipt::render_report(r), HasSubstr("fill-opacity=\"0.00\""));
}

TEST(report, counts_must_fit) {
  report r = full("word");
  r.similarity.pop_back();
  EXPECT_THAT(why([&] { clipt::render_report(r); }), HasSubstr("3 pairs need 9 similarities, found 8"));
  r = full("word");
  r.best[0].scores.pop_back();
  EXPECT_THAT(why([&] { clipt::render_report(r); }), HasSubstr("query 'a word': 2 results with 1 scores"));
}

TEST(report, curves_come_from_a_log) {
  const clipt_test::temporary_folder folder;
  clipt::metrics_log log(folder / "m");
  log.write({{"step", 1}, {"loss", 2.5}, {"learning_rate", 1e-3}});
  log.write({{"step", 1}, {"split", "validation"}, {"loss", 3}, {"accuracy", 0.5}});
  const auto lines = clipt::read_metrics(folder / "m");
  const auto train = clipt::report_curve(lines), validation = clipt::report_curve(lines, "validation");
  ASSERT_EQ(train.size(), 1u);
  ASSERT_EQ(validation.size(), 1u);
  EXPECT_EQ(train[0].learning_rate, 1e-3);
  EXPECT_TRUE(std::isnan(train[0].accuracy));
  EXPECT_EQ(validation[0].accuracy, 0.5);
  clipt::write_report(folder / "report.html", full("word"));
  EXPECT_EQ(clipt::read_file(folder / "report.html"), clipt::render_report(full("word")));
}

}  // namespace
