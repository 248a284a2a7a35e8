// Progress of long work: one line that is rewritten on a terminal, a line now and then anywhere else.
#pragma once
#include <sys/ioctl.h>  // TIOCGWINSZ
#include <unistd.h>     // isatty

#include <algorithm>    // clamp, count_if, max, min
#include <chrono>       // steady_clock
#include <cmath>        // exp, floor
#include <cstdint>      // int64_t
#include <cstdlib>      // getenv
#include <functional>   // function
#include <iostream>     // cout, cerr
#include <iterator>     // size
#include <ostream>      // ostream
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// Where progress is written and how it is timed; all of it can be replaced, as tests do.
struct progress_output {
  std::ostream* stream;
  bool terminal;                 ///< a bar, rewritten in place; otherwise lines
  std::function<int()> columns;  ///< the terminal's width, asked anew each time: windows change
  std::function<double()> now;   ///< seconds, from any origin
};

/// Standard output (1) or standard error (2); a bar if it is a terminal that can go back to the start of a line.
inline progress_output standard_progress_output(int descriptor = 1) {
  const char* kind = std::getenv("TERM");
  const bool terminal = ::isatty(descriptor) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
  const auto columns = [descriptor] {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? int(size.ws_col) : 80;
  };
  const auto now = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  return {descriptor == 2 ? &std::cerr : &std::cout, terminal, columns, now};
}

/// What is shown beside the bar: names and formatted values, the most important first; a narrow window drops the last.
using progress_fields = std::vector<std::pair<std::string, std::string>>;

/// A duration as 0:07, 12:31 or 1:02:31.
inline std::string format_duration(double seconds) {
  if (!(seconds >= 0 && seconds < 1e8)) return "-:--";
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

/// A rate or an amount in at most five characters: 0.42, 7.3, 853, 12.3k, 4.5M.
inline std::string format_amount(double value) {
  if (!(value >= 0 && value < 1e15)) return "-";
  constexpr std::string_view suffixes[] = {"", "k", "M", "G", "T"};
  std::size_t i = 0;
  while (i + 1 < std::size(suffixes) && value >= (i == 0 ? 9999.5 : 999.95)) {
    value /= 1000;
    ++i;
  }
  if (i > 0) return fmt::format("{:.{}f}{}", value, value < 99.95 ? 1 : 0, suffixes[i]);
  return fmt::format("{:.{}f}", value, value < 0.995 ? 2 : value < 9.95 ? 1 : 0);
}

namespace detail {

/// Columns that UTF-8 text takes if every character takes one.
inline int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// A bar of `columns` columns, filled to an eighth of a column.
inline std::string draw_bar(double fraction, int columns) {
  constexpr std::string_view parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::floor(std::clamp(fraction, 0.0, 1.0) * columns * 8));
  const int full = eighths / 8;
  std::string out;
  for (int i = 0; i < full; ++i) out += "█";
  out += parts[eighths % 8];
  out.append(static_cast<std::size_t>(columns - full - (eighths % 8 != 0)), ' ');
  return out;
}

}  // namespace detail

/// What a progress display is about.
struct progress_options {
  std::string name = {};        ///< in front of the line
  std::int64_t total = 0;       ///< steps in all
  std::int64_t first = 0;       ///< steps already done when it starts, as after a resume: they do not count as fast
  std::string unit = "steps";   ///< of the rate
  double units_per_step = 1;    ///< for instance the batch size, with unit "pairs"
  double redraw_seconds = 0.1;  ///< on a terminal: more often only costs time
  double line_seconds = 10;     ///< elsewhere: one line each
};

/// Shows how far steps have come, how fast they go and how long the rest will take.
///
/// `update` costs a look at the clock unless the display is due; only then are the fields asked for.
class progress {
 public:
  explicit progress(progress_options options, progress_output output = standard_progress_output())
      : options_(std::move(options)), output_(std::move(output)), done_(options_.first) {
    started_ = measured_at_ = output_.now();
    measured_done_ = done_;
  }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  /// Ends the line, so that what is said next, such as an error, has its own.
  ~progress() {
    if (on_screen_) *output_.stream << '\n' << std::flush;
  }

  /// `done` steps of all are done; `fields()` returns progress_fields and is called only if they will be shown.
  template <class Fields>
  void update(std::int64_t done, Fields&& fields) {
    done_ = done;
    const double now = output_.now();
    if (drawn_once_ && now - drawn_at_ < (output_.terminal ? options_.redraw_seconds : options_.line_seconds)) {
      stale_ = true;
      return;
    }
    fields_ = fields();
    show(now);
  }
  void update(std::int64_t done) {
    update(done, [] { return progress_fields{}; });
  }

  /// Writes a line of its own, above the bar.
  void note(std::string_view line) {
    if (on_screen_) *output_.stream << "\r\x1b[K";
    *output_.stream << line << '\n';
    if (on_screen_) *output_.stream << last_;
    *output_.stream << std::flush;
  }

  /// Shows the last state, even if it is not due, and ends the line; no update may follow.
  template <class Fields>
  void finish(Fields&& fields) {
    if (stale_ || !drawn_once_) {
      fields_ = fields();
      show(output_.now());
    }
    if (on_screen_) *output_.stream << '\n' << std::flush;
    on_screen_ = false;
  }
  void finish() {
    finish([this] { return fields_; });
  }

  /// Steps per second, weighted towards the last quarter of a minute.
  double steps_per_second() const { return rate_; }

  /// Seconds since the display was made.
  double elapsed() const { return output_.now() - started_; }

 private:
  void measure(double now) {
    const double passed = now - measured_at_;
    if (passed <= 0 || done_ == measured_done_) return;
    const double rate = static_cast<double>(done_ - measured_done_) / passed;
    const double keep = std::exp(-passed / 15);
    // Until the average has seen enough it is the plain mean: the first steps are slow and must not linger.
    const double mean = static_cast<double>(done_ - options_.first) / (now - started_);
    rate_ = now - started_ < 15 ? mean : keep * rate_ + (1 - keep) * rate;
    measured_at_ = now;
    measured_done_ = done_;
  }

  void show(double now) {
    measure(now);
    // One write per redraw, no erasing beforehand: a terminal never shows half a line.
    last_ = output_.terminal ? bar_line(output_.columns()) : plain_line();
    *output_.stream << (output_.terminal ? "\r" + last_ + "\x1b[K" : last_ + '\n') << std::flush;
    on_screen_ = output_.terminal;
    drawn_once_ = true;
    stale_ = false;
    drawn_at_ = now;
  }

  double fraction() const {
    return options_.total > 0 ? static_cast<double>(done_) / static_cast<double>(options_.total) : 0;
  }
  /// Padded to `width`, so that a bar beside it keeps its length.
  std::string rate_text(int width = 0) const {
    return fmt::format("{:>{}} {}/s", format_amount(rate_ * options_.units_per_step), width, options_.unit);
  }
  std::string time_text(int width = 0) const {
    if (done_ >= options_.total) return fmt::format("took {}", format_duration(elapsed()));
    const double left = rate_ > 0 ? static_cast<double>(options_.total - done_) / rate_ : -1;
    return fmt::format("{:>{}} left", format_duration(left), width);
  }
  std::string head() const { return options_.name.empty() ? "" : options_.name + "  "; }

  std::string plain_line() const {
    std::string out = fmt::format("{}{}/{} ({:.0f}%)", head(), done_, options_.total, std::floor(100 * fraction()));
    for (const auto& [name, value] : fields_) out += fmt::format("  {} {}", name, value);
    return out + "  " + rate_text() + "  " + time_text();
  }

  /// Name, bar, percentage, time left, fields, rate, count: as much as fits in this order, one column spared, for
  /// writing into the last one makes some terminals go on to the next line.
  std::string bar_line(int columns) const {
    const int room = std::max(columns - 1, 1);
    const std::string percent = fmt::format(" {:3.0f}% ", std::floor(100 * fraction()));
    std::string tail = percent + time_text(5);
    constexpr int shortest = 10, longest = 40;
    const auto add = [&](const std::string& item) {
      const bool fits = detail::columns_of(head() + tail + item) + 2 + shortest + 2 <= room;
      if (fits) tail += "  " + item;
      return fits;
    };
    bool fits = true;
    for (const auto& [name, value] : fields_) fits = fits && add(name + " " + value);
    const std::string total = fmt::format("{}", options_.total);
    if (fits && add(rate_text(5))) add(fmt::format("{:>{}}/{}", done_, total.size(), total));
    const int bar = std::min(longest, room - 2 - detail::columns_of(head() + tail));
    if (bar >= shortest / 2) return head() + "▕" + detail::draw_bar(fraction(), bar) + "▏" + tail;
    return percent.substr(1, std::min<std::size_t>(percent.size() - 1, static_cast<std::size_t>(room)));
  }

  progress_options options_;
  progress_output output_;
  std::int64_t done_, measured_done_ = 0;
  double started_ = 0, measured_at_ = 0, drawn_at_ = 0, rate_ = 0;
  bool drawn_once_ = false, stale_ = false, on_screen_ = false;
  progress_fields fields_;
  std::string last_;
};

}  // namespace clipt::inline CLIPT_BUILD
