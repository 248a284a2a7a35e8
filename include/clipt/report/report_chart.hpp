// Curves over training steps, drawn as SVG that takes its colours from the page around it.
#pragma once
#include <algorithm>    // min, max
#include <cmath>        // isfinite, pow, floor, ceil, log10, lround, abs
#include <cstddef>      // size_t
#include <limits>       // numeric_limits
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/report/report_page.hpp>  // report_templates
#include <clipt/report/report_text.hpp>  // fill_template, plain_number

namespace clipt::inline CLIPT_BUILD::detail {

/// A curve thinned to what a chart can show: means over neighbouring steps, and the range of what they stand for.
struct chart_curve {
  struct point {
    double x, y, low, high;
  };
  std::vector<point> points;
};

/// At most `most` points; values that are no numbers are left out.
inline chart_curve thin_curve(std::span<const double> x, std::span<const double> y, std::size_t most = 160) {
  const std::size_t group = std::max<std::size_t>(1, (x.size() + most - 1) / most);
  chart_curve out;
  for (std::size_t begin = 0; begin < x.size(); begin += group) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    chart_curve::point sum{0, 0, infinity, -infinity};
    double count = 0;
    for (std::size_t i = begin; i < std::min(begin + group, x.size()); ++i) {
      if (!std::isfinite(y[i])) continue;
      sum = {sum.x + x[i], sum.y + y[i], std::min(sum.low, y[i]), std::max(sum.high, y[i])};
      count += 1;
    }
    if (count > 0) out.points.push_back({sum.x / count, sum.y / count, sum.low, sum.high});
  }
  return out;
}

/// An axis with ticks at multiples of 1, 2 or 5 times a power of ten, from the first to the last of them.
struct chart_axis {
  double first = 0, last = 1, step = 1;

  chart_axis(double low, double high, int ticks) {
    if (!(high > low)) {  // a constant stands in the middle
      const double room = low == 0 ? 1 : std::abs(low) / 2;
      low -= room;
      high += room;
    }
    const double rough = (high - low) / ticks;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double lead = rough / power;
    step = (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
    first = std::floor(low / step + 1e-9) * step;
    last = std::ceil(high / step - 1e-9) * step;
  }

  int ticks() const { return static_cast<int>(std::lround((last - first) / step)) + 1; }
  double tick(int i) const {
    const double value = first + i * step;
    return std::abs(value) < step * 1e-6 ? 0 : value;  // not 1e-17
  }
};

/// What one chart shows: a title, a training curve and perhaps a validation curve, over steps.
struct chart {
  std::string_view title, unit;
  chart_curve training, validation;
};

/// A chart's picture in units of its view box, 440 x 230.
class chart_drawing {
 public:
  explicit chart_drawing(const chart& c) : chart_(c), x_(0, last_step(c), 5), y_(lowest(c), extreme(c, true), 5) {
    x_.last = std::max(last_step(c), 1.0);  // the curve ends at the edge, wherever the last tick is
  }

  std::string svg() const {
    return fill_template(report_templates::chart,
                         {{"title", std::string(chart_.title)},
                          {"latest", latest()},
                          {"label", escape_html(label())},
                          {"grid", grid()},
                          {"id", fmt::format("clip-{}", identifier())},
                          {"band", band()},
                          {"training", line(chart_.training)},
                          {"validation", line(chart_.validation)},
                          {"dots", dots()},
                          {"legend", std::string(chart_.validation.points.empty() ? "" : report_templates::legend)},
                          {"points", data(chart_.training)},
                          {"points2", data(chart_.validation)},
                          {"unit", std::string(chart_.unit)}});
  }

 private:
  static constexpr double left = 46, right = 428, top = 10, bottom = 202;

  static double last_step(const chart& c) {
    double last = 0;
    for (const chart_curve* curve : {&c.training, &c.validation})
      if (!curve->points.empty()) last = std::max(last, curve->points.back().x);
    return last;
  }
  static double extreme(const chart& c, bool highest) {
    double out = highest ? -1e300 : 1e300;
    for (const chart_curve* curve : {&c.training, &c.validation})
      for (const auto& p : curve->points) out = highest ? std::max(out, p.y) : std::min(out, p.y);
    return out;
  }
  /// Zero is shown if it is not far below the curve: a fall looks as deep as it is.
  static double lowest(const chart& c) {
    const double low = extreme(c, false);
    return low > 0 && low < 0.4 * extreme(c, true) ? 0 : low;
  }

  double to_x(double step) const { return left + (right - left) * (step - x_.first) / (x_.last - x_.first); }
  double to_y(double value) const { return bottom - (bottom - top) * (value - y_.first) / (y_.last - y_.first); }

  std::string identifier() const {
    std::string out;
    for (const char c : chart_.title)
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) out += c;
    return out;
  }

  std::string latest() const {
    const chart_curve& curve = chart_.training.points.empty() ? chart_.validation : chart_.training;
    return curve.points.empty() ? "" : plain_number(curve.points.back().y) + std::string(chart_.unit);
  }

  /// The picture in words, for those who hear it.
  std::string label() const {
    std::string out(chart_.title);
    const auto tell = [&](std::string_view name, const chart_curve& curve) {
      if (!curve.points.empty())
        out += fmt::format("; {} from {}{} at step {:.0f} to {}{} at step {:.0f}", name,
                           plain_number(curve.points.front().y), chart_.unit, curve.points.front().x,
                           plain_number(curve.points.back().y), chart_.unit, curve.points.back().x);
    };
    tell("training", chart_.training);
    tell("validation", chart_.validation);
    return out;
  }

  std::string grid() const {
    std::string out;
    for (int i = 0; i < y_.ticks(); ++i) {
      const double y = to_y(y_.tick(i));
      out += fmt::format(R"(<path d="M{:.0f} {:.1f}H{:.0f}"/><text x="{:.0f}" y="{:.1f}" class="y">{}</text>)", left, y,
                         right, left - 7, y + 3.8, plain_number(y_.tick(i)));
    }
    for (int i = 0; x_.tick(i) <= x_.last; ++i)
      out += fmt::format(R"(<text x="{:.1f}" y="{:.0f}" class="x">{}</text>)", to_x(x_.tick(i)), bottom + 18,
                         plain_number(x_.tick(i)));
    return out;
  }

  std::string line(const chart_curve& curve) const {
    std::string out;
    for (const auto& p : curve.points)
      out += fmt::format("{}{:.1f} {:.1f}", out.empty() ? 'M' : 'L', to_x(p.x), to_y(p.y));
    return out;
  }

  /// Along the highest values and back along the lowest.
  std::string band() const {
    const auto& points = chart_.training.points;
    std::string out;
    for (const auto& p : points)
      out += fmt::format("{}{:.1f} {:.1f}", out.empty() ? 'M' : 'L', to_x(p.x), to_y(p.high));
    for (auto p = points.rbegin(); p != points.rend(); ++p)
      out += fmt::format("L{:.1f} {:.1f}", to_x(p->x), to_y(p->low));
    return out;
  }

  /// Few validations are dots on their line; a curve of a single point would not be seen otherwise.
  std::string dots() const {
    std::string out;
    const auto add = [&](const chart_curve& curve, std::size_t most, std::string_view name) {
      if (curve.points.size() > most) return;
      for (const auto& p : curve.points)
        out += fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="2.6"/>)", name, to_x(p.x), to_y(p.y));
    };
    add(chart_.training, 1, "one");
    add(chart_.validation, 40, "two");
    return out;
  }

  /// The points for the pointer: place in the picture, step and value.
  std::string data(const chart_curve& curve) const {
    std::string out;
    for (const auto& p : curve.points)
      out += fmt::format("{}{:.1f} {:.1f} {:.0f} {}", out.empty() ? "" : ",", to_x(p.x), to_y(p.y), p.x,
                         plain_number(p.y));
    return out;
  }

  const chart& chart_;
  chart_axis x_, y_;
};

/// A chart as a figure of the page; nothing if there is no point to show.
inline std::string draw_chart(const chart& c) {
  return c.training.points.empty() && c.validation.points.empty() ? "" : chart_drawing(c).svg();
}

}  // namespace clipt::inline CLIPT_BUILD::detail
