// Event files of train_clip, read back: lengths and checksums of records, figures, steps; what a resumed run adds.
#include "../../examples/tensorboard/tensorboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.hpp"
#include "why.hpp"

#ifdef CLIPT_TENSORBOARD
#include <isa-l/crc.h>

#include "events.pb.h"

#include <algorithm>
#include <cmath>
#endif

namespace {

using testing::HasSubstr;

TEST(tensorboard_files, other_names_are_refused) {
  tensorboard::check_report_to("");
  tensorboard::check_report_to("none");
  EXPECT_THAT(clipt_test::why([] { tensorboard::check_report_to("wandb"); }),
              HasSubstr("--report-to wandb: there are tensorboard and none"));
}

#ifdef CLIPT_TENSORBOARD

class event_files : public testing::Test {
 protected:
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(logs)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }

  static std::uint64_t number(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }
  static std::uint32_t masked(std::string bytes) {
    const auto crc = ~crc32_iscsi(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), ~0u);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
  }

  /// The events of a file, whose records are checked.
  static std::vector<tensorboard_files::Event> events(const std::filesystem::path& file) {
    const std::string bytes = clipt::read_file(file);
    std::vector<tensorboard_files::Event> found;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::string length = bytes.substr(at, 8);
      EXPECT_EQ(number(std::string_view(bytes).substr(at + 8, 4)), masked(length));
      const std::string message = bytes.substr(at + 12, number(length));
      EXPECT_EQ(number(std::string_view(bytes).substr(at + 12 + message.size(), 4)), masked(message));
      EXPECT_TRUE(found.emplace_back().ParseFromString(message));
      at += 16 + message.size();
      if (found.size() > 100) break;
    }
    return found;
  }

  clipt_test::temporary_folder folder;
  const std::filesystem::path logs = folder / "run" / "tensorboard";
};

TEST_F(event_files, checksums_are_those_of_the_format) {
  std::string digits = "123456789";
  const auto crc = ~crc32_iscsi(reinterpret_cast<unsigned char*>(digits.data()), 9, ~0u);
  EXPECT_EQ(crc, 0xE3069283u);  // the check value of CRC-32C
}

TEST_F(event_files, figures_with_their_steps) {
  const auto log = tensorboard::open(logs, {});
  log->write({{"step", 7}, {"epoch", 0}, {"loss", 0.5}, {"rate", nullptr}, {"note", "no number"}});
  ASSERT_EQ(files().size(), 1u);  // what was written can be read at once
  log->write({{"step", 8}, {"split", "validation"}, {"top1", 0.25}});
  EXPECT_THAT(files()[0].filename().string(), testing::MatchesRegex("events\\.out\\.tfevents\\.[0-9]{10}\\..+"));
  const auto found = events(files()[0]);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].file_version(), "brain.Event:2");
  EXPECT_GT(found[1].wall_time(), 1.6e9);
  EXPECT_EQ(found[1].step(), 7);
  ASSERT_EQ(found[1].summary().value_size(), 3);
  EXPECT_EQ(found[1].summary().value(0).tag(), "train/epoch");
  EXPECT_EQ(found[1].summary().value(1).tag(), "train/loss");
  EXPECT_EQ(found[1].summary().value(1).simple_value(), 0.5f);
  EXPECT_TRUE(std::isnan(found[1].summary().value(2).simple_value()));
  EXPECT_EQ(found[2].step(), 8);
  EXPECT_EQ(found[2].summary().value(0).tag(), "val/top1");
  EXPECT_EQ(found[2].summary().value(0).simple_value(), 0.25f);
}

TEST_F(event_files, a_resumed_run_goes_on_in_a_later_file) {
  tensorboard::open(logs, {})->write({{"step", 1}, {"loss", 3}});
  tensorboard::open(logs, 4)->write({{"step", 5}, {"loss", 1}});
  tensorboard::open(logs, 6)->write({{"step", 7}, {"loss", 1}});
  ASSERT_EQ(files().size(), 3u);
  const auto second = events(files()[1]);
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(second[1].session_log().status(), tensorboard_files::SessionLog::START);
  EXPECT_EQ(second[1].step(), 5);
  EXPECT_EQ(events(files()[2])[1].step(), 7);  // in the order of their names, within a second as well
  tensorboard::open(logs, {});
  EXPECT_EQ(files().size(), 1u);  // a new run has nothing of the old one
}

TEST_F(event_files, a_folder_that_cannot_be_written) {
  clipt::write_file_atomically(folder / "run", "a file");
  EXPECT_THAT(clipt_test::why([&] { (void)tensorboard::open(logs, {}); }), HasSubstr("--report-to tensorboard: "));
}

#else

TEST(tensorboard_files, are_refused_without_the_libraries) {
  EXPECT_THAT(clipt_test::why([] { tensorboard::check_report_to("tensorboard"); }),
              HasSubstr("install libprotobuf-dev, protobuf-compiler and libisal-dev"));
}

#endif

}  // namespace
