// What a training run says about itself, step by step: a file of one JSON object per line.
#pragma once
#include <fcntl.h>   // open
#include <unistd.h>  // fdatasync, write

#include <algorithm>    // min
#include <cerrno>       // errno
#include <cstdint>      // int64_t
#include <filesystem>   // path
#include <functional>   // function
#include <limits>       // numeric_limits
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // ordered_json

#include <clipt/core/error.hpp>    // io_error
#include <clipt/io/file.hpp>       // descriptor, read_file, write_file_atomically
#include <clipt/io/json_text.hpp>  // json_text, parse_json

namespace clipt::inline CLIPT_BUILD {

/// One line of a log: an object with an integer "step"; keys keep the order in which they were put in.
using metrics_line = nlohmann::ordered_json;

/// What else happens to the lines of a log.
using metrics_observer = std::function<void(const metrics_line&)>;

/// The lines of a log; an unfinished last line, as a killed program leaves it, is passed over.
/// Errors: io_error with file and line for anything else that is no JSON object with an integer "step".
inline std::vector<metrics_line> read_metrics(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<metrics_line> lines;
  std::size_t number = 0;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++number;
    if (text.find_first_not_of(" \t\r", begin) == end) continue;
    metrics_line line = detail::parse_json<metrics_line>(std::string_view(text).substr(begin, end - begin));
    if (!line.is_object() || !line.contains("step") || !line["step"].is_number_integer())
      throw io_error(
          fmt::format("clipt::read_metrics: {}: line {}: expected a JSON object with an integer \"step\", found {}",
                      path.string(), number, text.substr(begin, std::min<std::size_t>(end - begin, 60))));
    lines.push_back(std::move(line));
  }
  return lines;
}

/// The number under `key`, or not-a-number where there is none; JSON knows no NaN, which is written as null.
inline double metric(const metrics_line& line, std::string_view key) {
  const auto found = line.find(std::string(key));
  return found != line.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// Writes a log, one line at a time; each is handed to the system at once, so that a program that is killed loses none.
class metrics_log {
 public:
  /// Starts a new log, or, after a run was resumed at `resumed_step`, goes on with the old one: its lines of later
  /// steps go, so that no step is there twice. Errors: io_error for a file that cannot be written, or read where it
  /// goes on. `observe` is given each line that was written.
  explicit metrics_log(const std::filesystem::path& path, std::optional<std::int64_t> resumed_step = {},
                       metrics_observer observe = {})
      : path_(path), observe_(std::move(observe)) {
    std::string kept;
    if (resumed_step && std::filesystem::exists(path))
      for (const metrics_line& line : read_metrics(path))
        if (line["step"].get<std::int64_t>() <= *resumed_step) kept += text_of(line);
    write_file_atomically(path, kept);
    file_ = detail::descriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!file_) detail::refuse_file("metrics_log", path_, "cannot be opened", errno);
  }

  /// Appends a line. Errors: shape_error without an integer "step"; io_error if it cannot be written.
  void write(const metrics_line& line) {
    if (!line.is_object() || !line.contains("step") || !line["step"].is_number_integer())
      throw shape_error("clipt::metrics_log: a line is an object with an integer \"step\"");
    const std::string text = text_of(line);
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t count = ::write(file_.number(), rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) detail::refuse_file("metrics_log", path_, "cannot be written", errno);
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (observe_) observe_(line);
  }

  /// Brings what was written to the disk: before a checkpoint, which so has no steps that the log has not.
  void sync() const {
    if (::fdatasync(file_.number()) != 0)
      detail::refuse_file("metrics_log", path_, "cannot be brought to the disk", errno);
  }

 private:
  static std::string text_of(const metrics_line& line) { return json_text(line) + '\n'; }

  std::filesystem::path path_;
  metrics_observer observe_;
  detail::descriptor file_;
};

}  // namespace clipt::inline CLIPT_BUILD
