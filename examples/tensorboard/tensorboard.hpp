// A run's figures as TensorBoard reads them: files of events, which are records with checksums.
#pragma once
#include <clipt/train/metrics_log.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace tensorboard {

/// Refuses names of reports that are not there: `tensorboard`, `none` or nothing is meant. Errors: io_error, also where
/// this program was built without the libraries.
void check_report_to(const std::string& names);

/// Writes the figures of a run, each line at once, to a new file in a folder; see open.
class event_log {
 public:
  virtual ~event_log() = default;

  /// A line of metrics.jsonl: its numbers as `train/NAME`, of a validation as `val/NAME`, at its step; null is not a number.
  /// Errors: io_error if it cannot be written.
  virtual void write(const clipt::metrics_line& line) = 0;
};

/// Begins a file of events behind those that are in the folder. TensorBoard reads all of them; after `resumed_step`, the
/// last one that a resumed run keeps, it forgets what other files say. Without it the folder's event files are removed.
///
/// Errors: io_error where the file cannot be written, or this program was built without the libraries.
std::unique_ptr<event_log> open(const std::filesystem::path& folder, std::optional<std::int64_t> resumed_step);

}  // namespace tensorboard
