// The folder of a run: its latest checkpoint, those that are kept beside it, and what a kill has left.
#pragma once
#include <algorithm>     // max_element, sort
#include <charconv>      // from_chars
#include <cstdint>       // int64_t, uintmax_t
#include <filesystem>    // path
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // error_code
#include <utility>       // move, pair
#include <vector>        // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // io_error
#include <clipt/io/file.hpp>     // remove_unfinished

namespace clipt::inline CLIPT_BUILD {

/// The files of a run; names are open_clip's. Errors of all functions: io_error with the file and the system's reason.
class run_folder {
 public:
  explicit run_folder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path latest() const { return folder_ / "epoch_latest.safetensors"; }
  std::filesystem::path best() const { return folder_ / "epoch_best.safetensors"; }
  std::filesystem::path of_epoch(std::int64_t epoch) const {
    return folder_ / fmt::format("epoch_{}.safetensors", epoch);
  }
  std::filesystem::path metrics() const { return folder_ / "metrics.jsonl"; }
  /// Additions of low rank, apart from the weights that they are made to.
  std::filesystem::path additions() const { return folder_ / "lora.safetensors"; }

  /// Whether there is anything that a new run would replace: a checkpoint, or figures of a step.
  bool holds_run() const {
    std::error_code unreadable;
    const bool checkpoint =
        std::filesystem::exists(latest(), unreadable) || std::filesystem::exists(best(), unreadable);
    const std::uintmax_t figures = std::filesystem::file_size(metrics(), unreadable);
    return checkpoint || (!unreadable && figures > 0) || !numbered().empty();
  }

  /// The checkpoint of the last epoch that was kept, or else the best one; an empty path if there is neither.
  std::filesystem::path kept() const {
    const auto epochs = numbered();
    if (!epochs.empty()) return std::max_element(epochs.begin(), epochs.end())->second;
    std::error_code unreadable;
    return std::filesystem::exists(best(), unreadable) ? best() : std::filesystem::path();
  }

  /// Removes a run's checkpoints and metrics.
  void clear() const {
    for (const auto& [epoch, file] : numbered()) remove(file);
    for (const auto& file : {latest(), best(), metrics(), additions()}) remove(file);
  }

  /// Removes what programs that were killed have left half written of a run's files; others' files are left alone.
  void remove_unfinished() const {
    clipt::remove_unfinished(folder_, [](std::string_view name) {
      return (name.starts_with("epoch_") && name.ends_with(".safetensors")) || name == "metrics.jsonl" ||
             name == "report.html" || name == "lora.safetensors";
    });
  }

  /// Keeps the latest checkpoint as that of an epoch, too, and of these the `most` last ones.
  void keep_of_epoch(std::int64_t epoch, int most) const {
    copy_latest(of_epoch(epoch));
    auto kept = numbered();
    std::sort(kept.begin(), kept.end());
    for (std::size_t i = 0; i + static_cast<std::size_t>(most) < kept.size(); ++i) remove(kept[i].second);
  }

  /// Keeps the latest checkpoint as the best one, too.
  void keep_as_best() const { copy_latest(best()); }

 private:
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    std::error_code unreadable;
    for (std::filesystem::directory_iterator at(folder_, unreadable), end; !unreadable && at != end;
         at.increment(unreadable))
      found.push_back(at->path());
    return found;
  }

  /// The files epoch_N.safetensors with their numbers.
  std::vector<std::pair<std::int64_t, std::filesystem::path>> numbered() const {
    std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
    for (const auto& file : files()) {
      const std::string name = file.filename().string();
      constexpr std::string_view begin = "epoch_";
      if (!name.starts_with(begin)) continue;
      std::int64_t epoch = 0;
      std::from_chars(name.data() + begin.size(), name.data() + name.size(), epoch);
      if (of_epoch(epoch).filename() == name) found.emplace_back(epoch, file);
    }
    return found;
  }

  /// Checkpoints are never written to, only replaced: another name for the same file is a copy.
  void copy_latest(const std::filesystem::path& to) const {
    std::filesystem::path unfinished = to;
    unfinished += ".linked.tmp";  // a name such as atomic_file gives
    std::error_code failure;
    std::filesystem::remove(unfinished, failure);
    std::filesystem::create_hard_link(latest(), unfinished, failure);
    if (failure) std::filesystem::copy_file(latest(), unfinished, failure);  // not all file systems have links
    if (!failure) std::filesystem::rename(unfinished, to, failure);
    if (failure) refuse(to, "cannot be written", failure);
  }

  static void remove(const std::filesystem::path& file) {
    std::error_code failure;
    std::filesystem::remove(file, failure);
    if (failure) refuse(file, "cannot be removed", failure);
  }
  [[noreturn]] static void refuse(const std::filesystem::path& file, const char* what, std::error_code failure) {
    throw io_error(fmt::format("clipt::run_folder: {}: {}: {}", file.string(), what, failure.message()));
  }

  std::filesystem::path folder_;
};

}  // namespace clipt::inline CLIPT_BUILD
