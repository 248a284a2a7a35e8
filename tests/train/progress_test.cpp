// The progress display: what it draws, how often, and that it fits, with clock, width and stream of the test's own.
#include <clipt/train/progress.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <sstream>

namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct screen {
  std::ostringstream stream;
  double time = 100;
  int columns = 100;
  int asked = 0;

  clipt::progress_output output(bool terminal) {
    return {&stream, terminal, [this] { return columns; }, [this] { return time; }};
  }
  auto fields() {
    return [this] {
      ++asked;
      return clipt::progress_fields{{"loss", "2.341"}, {"acc", "0.412"}, {"scale", "14.3"}, {"lr", "4.8e-04"}};
    };
  }
  /// What was written since the last call.
  std::string taken() {
    const std::string out = stream.str();
    stream.str("");
    return out;
  }
};

/// The columns that the last drawing takes on a terminal.
int width(const std::string& drawn) {
  const std::size_t start = drawn.rfind('\r');
  return clipt::detail::columns_of(drawn.substr(start + 1)) - 3;  // less the escape sequence at the end
}

TEST(progress, formats_durations_and_amounts) {
  EXPECT_EQ(clipt::format_duration(0), "0:00");
  EXPECT_EQ(clipt::format_duration(59.6), "1:00");
  EXPECT_EQ(clipt::format_duration(3751), "1:02:31");
  EXPECT_EQ(clipt::format_duration(-1), "-:--");
  EXPECT_EQ(clipt::format_duration(std::nan("")), "-:--");
  EXPECT_EQ(clipt::format_amount(0.421), "0.42");
  EXPECT_EQ(clipt::format_amount(0.999), "1.0");
  EXPECT_EQ(clipt::format_amount(9.96), "10");
  EXPECT_EQ(clipt::format_amount(9999), "9999");
  EXPECT_EQ(clipt::format_amount(9999.7), "10.0k");
  EXPECT_EQ(clipt::format_amount(123456), "123k");
  EXPECT_EQ(clipt::format_amount(999960), "1.0M");
}

TEST(progress, a_bar_fills_by_eighths) {
  EXPECT_EQ(clipt::detail::draw_bar(0, 4), "    ");
  EXPECT_EQ(clipt::detail::draw_bar(1, 4), "████");
  EXPECT_EQ(clipt::detail::draw_bar(0.5, 4), "██  ");
  EXPECT_EQ(clipt::detail::draw_bar(0.53125, 4), "██▏ ");
  EXPECT_EQ(clipt::detail::draw_bar(7, 4), "████");
}

TEST(progress, a_terminal_line_is_rewritten) {
  screen s;
  s.columns = 120;
  clipt::progress bar({.name = "train", .total = 200, .unit = "pairs", .units_per_step = 64}, s.output(true));
  bar.update(0, s.fields());
  EXPECT_THAT(s.taken(), StartsWith("\rtrain  ▕ "));
  s.time += 5;
  bar.update(50, s.fields());
  const std::string drawn = s.taken();
  EXPECT_THAT(
      drawn,
      HasSubstr("▏  25%  0:15 left  loss 2.341  acc 0.412  scale 14.3  lr 4.8e-04    640 pairs/s   50/200\x1b[K"));
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 0);
  EXPECT_EQ(width(drawn), 119);
  s.time += 5;
  bar.update(200, s.fields());
  bar.finish();
  EXPECT_THAT(s.taken(),
              EndsWith("took 0:10  loss 2.341  acc 0.412  scale 14.3  lr 4.8e-04   1280 pairs/s  200/200\x1b[K\n"));
}

TEST(progress, is_drawn_ten_times_a_second_at_most) {
  screen s;
  s.columns = 120;
  clipt::progress bar({.total = 1000}, s.output(true));
  for (int i = 1; i <= 1000; ++i) {
    s.time += 0.001;
    bar.update(i, s.fields());
  }
  EXPECT_GE(s.asked, 10);
  EXPECT_LE(s.asked, 11);
  bar.finish(s.fields());  // the last state was not due, and is shown now
  EXPECT_THAT(s.taken(), HasSubstr("1000/1000"));
}

TEST(progress, fits_every_window) {
  for (int columns = 1; columns < 150; ++columns) {
    screen s;
    s.columns = columns;
    clipt::progress bar({.name = "épreuve", .total = 200}, s.output(true));
    s.time += 1;
    bar.update(50, s.fields());
    EXPECT_LE(width(s.taken()), std::max(columns - 1, 1)) << columns;
  }
  screen s;
  s.columns = 50;  // the important is kept
  clipt::progress bar({.total = 200}, s.output(true));
  s.time += 1;
  bar.update(50, s.fields());
  const std::string drawn = s.taken();
  EXPECT_THAT(drawn, HasSubstr("0:03 left  loss 2.341"));
  EXPECT_THAT(drawn, Not(HasSubstr("lr")));
}

TEST(progress, the_bar_keeps_its_length) {
  screen s;
  s.columns = 110;
  clipt::progress bar({.total = 12000}, s.output(true));
  std::set<int> ends;
  for (int i = 100; i < 12000; i += 100) {
    s.time += 10;
    bar.update(i, s.fields());
    const std::string drawn = s.taken();
    ends.insert(clipt::detail::columns_of(drawn.substr(0, drawn.rfind("▏ "))));
  }
  EXPECT_EQ(ends.size(), 1u);
}

TEST(progress, elsewhere_a_line_per_interval) {
  screen s;
  {
    clipt::progress bar({.name = "train", .total = 100, .line_seconds = 10}, s.output(false));
    for (int i = 1; i <= 100; ++i) {
      s.time += 1;
      bar.update(i, s.fields());
    }
    bar.note("saved");
    bar.finish(s.fields());
  }
  const std::string text = s.taken();
  EXPECT_THAT(text,
              StartsWith("train  1/100 (1%)  loss 2.341  acc 0.412  scale 14.3  lr 4.8e-04  1.0 steps/s  1:39 left\n"));
  EXPECT_THAT(
      text,
      EndsWith(
          "saved\ntrain  100/100 (100%)  loss 2.341  acc 0.412  scale 14.3  lr 4.8e-04  1.0 steps/s  took 1:40\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);  // steps 1, 11, ..., 91, a note, the end
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(progress, a_resumed_run_is_timed_from_where_it_starts) {
  screen s;
  clipt::progress bar({.total = 1000, .first = 900}, s.output(false));
  s.time += 10;
  bar.update(910);
  EXPECT_DOUBLE_EQ(bar.steps_per_second(), 1);
  EXPECT_THAT(s.taken(), HasSubstr("1:30 left"));
}

TEST(progress, the_rate_follows_changes) {
  screen s;
  clipt::progress bar({.total = 100000}, s.output(true));
  int done = 0;
  for (int i = 0; i < 100; ++i) s.time += 1, bar.update(done += 10);
  EXPECT_NEAR(bar.steps_per_second(), 10, 1e-9);
  for (int i = 0; i < 60; ++i) s.time += 1, bar.update(done += 2);
  EXPECT_NEAR(bar.steps_per_second(), 2, 0.3);
}

TEST(progress, notes_stand_above_the_bar_and_errors_below) {
  screen s;
  {
    clipt::progress bar({.total = 10}, s.output(true));
    bar.update(5);
    s.taken();
    bar.note("epoch 1 done");
    EXPECT_THAT(s.taken(), StartsWith("\r\x1b[Kepoch 1 done\n▕"));
  }
  EXPECT_EQ(s.taken(), "\n");
}

}  // namespace
