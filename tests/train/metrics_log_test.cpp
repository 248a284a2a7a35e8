// The log of a run: written, read back, and cut upon resume so that no step is there twice.
#include <clipt/train/metrics_log.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using clipt::metrics_line;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int> steps(const std::filesystem::path& path) {
  std::vector<int> out;
  for (const auto& line : clipt::read_metrics(path)) out.push_back(line["step"]);
  return out;
}

void append(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

std::string refusal(const std::filesystem::path& path) {
  return clipt_test::why<clipt::io_error>([&] { clipt::read_metrics(path); });
}

TEST(metrics_log, is_on_disk_after_every_line) {
  const clipt_test::temporary_folder folder;
  clipt::metrics_log log(folder / "m");
  log.write({{"step", 1}, {"loss", 2.5}, {"split", "train \"a\"\n"}});
  EXPECT_EQ(clipt::read_file(folder / "m"), "{\"step\":1,\"loss\":2.5,\"split\":\"train \\\"a\\\"\\n\"}\n");
  log.write({{"step", 2}, {"loss", 0.1 + 0.2}, {"bad", std::nan("")}});
  const auto lines = clipt::read_metrics(folder / "m");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(clipt::metric(lines[1], "loss"), 0.1 + 0.2);  // every bit
  EXPECT_TRUE(std::isnan(clipt::metric(lines[1], "bad")));
  EXPECT_TRUE(std::isnan(clipt::metric(lines[1], "absent")));
  EXPECT_THROW(log.write({{"loss", 1}}), clipt::shape_error);
}

TEST(metrics_log, a_new_run_starts_a_new_log) {
  const clipt_test::temporary_folder folder;
  append(folder / "m", "{\"step\":7}\n");
  clipt::metrics_log log(folder / "m");
  log.write({{"step", 1}});
  EXPECT_THAT(steps(folder / "m"), ElementsAre(1));
}

TEST(metrics_log, a_resumed_run_lists_no_step_twice) {
  const clipt_test::temporary_folder folder;
  {
    clipt::metrics_log log(folder / "m");
    for (int step : {10, 20, 20, 30, 40}) log.write({{"step", step}, {"run", 1}});
  }
  append(folder / "m", "{\"step\":50,\"lo");  // killed while writing
  EXPECT_THAT(steps(folder / "m"), ElementsAre(10, 20, 20, 30, 40));
  clipt::metrics_log log(folder / "m", 25);
  log.write({{"step", 30}, {"run", 2}});
  EXPECT_THAT(steps(folder / "m"), ElementsAre(10, 20, 20, 30));
  EXPECT_EQ(clipt::read_metrics(folder / "m").back()["run"], 2);
  clipt::metrics_log absent(folder / "n", 25);
  EXPECT_TRUE(steps(folder / "n").empty());
}

TEST(metrics_log, says_which_line_is_broken) {
  const clipt_test::temporary_folder folder;
  append(folder / "m", "{\"step\":1}\n\n{\"step\":\n");
  EXPECT_THAT(refusal(folder / "m"),
              HasSubstr("line 3: expected a JSON object with an integer \"step\", found {\"step\":"));
  append(folder / "n", "{\"step\":1.5}\n");
  EXPECT_THAT(refusal(folder / "n"), HasSubstr("line 1: expected"));
  EXPECT_THAT(refusal(folder / "none"), HasSubstr("cannot be opened"));
}

TEST(metrics_log, shows_others_what_was_written) {
  const clipt_test::temporary_folder folder;
  std::vector<int> seen;
  clipt::metrics_log log(folder / "m", {}, [&](const metrics_line& line) {
    seen.push_back(line["step"]);
    EXPECT_EQ(steps(folder / "m"), seen);
  });
  log.write({{"step", 1}});
  EXPECT_THROW(log.write({{"loss", 1}}), clipt::shape_error);
  log.write({{"step", 2}});
  EXPECT_THAT(seen, ElementsAre(1, 2));
}

}  // namespace
