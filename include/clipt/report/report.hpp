// A training run as one page that explains itself: curves, similarities, retrievals, confusions, configuration.
#pragma once
#include <algorithm>    // clamp, max, max_element, minmax_element, nth_element
#include <cmath>        // isfinite
#include <cstddef>      // size_t
#include <filesystem>   // path
#include <limits>       // numeric_limits
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/train/metrics_log.hpp>    // metrics_line, metric
#include <clipt/report/report_chart.hpp>  // draw_chart
#include <clipt/report/report_page.hpp>   // report_templates
#include <clipt/report/report_text.hpp>   // fill_template, escape_html
#include <clipt/core/error.hpp>           // shape_error
#include <clipt/io/file.hpp>              // write_file_atomically

namespace clipt::inline CLIPT_BUILD {

/// What was measured at a step, NaN where nothing was; `accuracy` is in [0, 1], `logit_scale` is 1 / temperature.
struct report_curve_point {
  long step;
  double loss, accuracy, logit_scale, learning_rate, pairs_per_second;
  double top1 = std::numeric_limits<double>::quiet_NaN();  ///< zero-shot, of a validation
};

/// A picture as the bytes of a PNG file, and its text; without bytes it is a text alone.
struct report_picture {
  std::string png, caption;
};

/// A query and what was found, best first; `rank_of_truth` counts from 1, and 0 is unknown.
struct report_retrieval {
  report_picture query;
  std::vector<report_picture> results;
  std::vector<float> scores;
  int rank_of_truth;
};

/// How often `predicted` was said where `truth` is right, and a picture where it was.
struct report_confusion {
  std::string truth, predicted;
  int count;
  report_picture example;
};

/// All that the page shows; what is empty is left out of it.
struct report {
  std::string title;
  /// Names and values; what stands in brackets at the end, as in "55 % (chance 2 %)", is set small.
  std::vector<std::pair<std::string, std::string>> figures;
  std::vector<std::pair<std::string, std::string>> configuration;
  std::vector<report_curve_point> curve, validation;
  std::vector<report_picture> pairs;
  std::vector<float> similarity;  ///< [pairs, pairs]: pictures x texts
  std::vector<report_retrieval> best, worst;
  std::vector<report_confusion> confusions;
};

/// The curve that a log's lines hold: those whose "split" is `split` ("train" where a line has none), by the keys
/// "loss", "accuracy", "logit_scale", "learning_rate", "pairs_per_second" and "top1".
inline std::vector<report_curve_point> report_curve(std::span<const metrics_line> lines,
                                                    std::string_view split = "train") {
  std::vector<report_curve_point> out;
  for (const metrics_line& line : lines)
    if (line.value("split", std::string("train")) == split)
      out.push_back({line["step"].get<long>(), metric(line, "loss"), metric(line, "accuracy"),
                     metric(line, "logit_scale"), metric(line, "learning_rate"), metric(line, "pairs_per_second"),
                     metric(line, "top1")});
  return out;
}

namespace detail {

namespace templates = report_templates;

/// Text whose parts, set off by commas, and whose "top-1" stay in one line each.
inline std::string unbroken(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0, end = 0; end != text.npos; begin = end + 2) {
    end = text.find(", ", begin);
    const std::string part = escape_html(text.substr(begin, end == text.npos ? end : end - begin));
    out += fmt::format("{}<span>{}</span>", begin == 0 ? "" : ", ", part);
  }
  return out;
}

inline std::string report_figures(const report& r) {
  std::string items;
  for (const auto& [name, value] : r.figures) {
    const std::size_t open = value.find(" (");
    const bool noted = open != value.npos && value.ends_with(')');
    const std::string note = noted ? value.substr(open + 2, value.size() - open - 3) : "";
    items += fill_template(templates::figure,
                           {{"name", unbroken(name)},
                            {"value", escape_html(noted ? value.substr(0, open) : value)},
                            {"note", noted ? fill_template(templates::figure_note, {{"text", unbroken(note)}}) : ""}});
  }
  return items.empty() ? "" : fill_template(templates::figures, {{"items", items}});
}

inline chart_curve report_curve_of(const std::vector<report_curve_point>& points, double report_curve_point::*value,
                                   double factor, std::size_t most = 160) {
  std::vector<double> x, y;
  for (const report_curve_point& p : points) {
    x.push_back(static_cast<double>(p.step));
    y.push_back(p.*value * factor);
  }
  return thin_curve(x, y, most);
}

inline std::string report_lead(const std::vector<report_curve_point>& curve) {
  std::vector<double> rates;
  long last = 0;
  for (const report_curve_point& p : curve) {
    last = std::max(last, p.step);
    if (std::isfinite(p.pairs_per_second)) rates.push_back(p.pairs_per_second);
  }
  std::string out = fmt::format("{} steps", last);
  if (!rates.empty()) {
    const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
    std::nth_element(rates.begin(), middle, rates.end());
    out += fmt::format(" at {} pairs per second", plain_number(*middle));
  }
  return out + ". Lines are means over neighbouring steps, the band is what they range over.";
}

inline std::string report_curves(const report& r) {
  struct shown {
    std::string_view title, unit;
    double report_curve_point::*value;
    double factor;
    bool validated;
  };
  // A validation has the scale and the rate of its training step: the same curve twice.
  constexpr shown all[] = {{"Loss", "", &report_curve_point::loss, 1, true},
                           {"Accuracy in the batch", " %", &report_curve_point::accuracy, 100, true},
                           {"Logit scale (1 / temperature)", "", &report_curve_point::logit_scale, 1, false},
                           {"Learning rate", "", &report_curve_point::learning_rate, 1, false}};
  std::string charts;
  for (const shown& s : all)
    charts += draw_chart({s.title, s.unit, report_curve_of(r.curve, s.value, s.factor),
                          s.validated ? report_curve_of(r.validation, s.value, s.factor, 400) : chart_curve{}});
  charts +=
      draw_chart({"Zero-shot top-1", " %", report_curve_of(r.validation, &report_curve_point::top1, 100, 400), {}});
  return charts.empty() ? "" : fill_template(templates::curves, {{"lead", report_lead(r.curve)}, {"charts", charts}});
}

/// The matrix as SVG in cells of 24 units; each picture is held once and used at both edges.
struct report_matrix {
  const report& r;
  std::size_t count = r.pairs.size();
  static constexpr std::size_t cell = 24, edge = 30;

  std::size_t best_text(std::size_t row) const {
    const auto begin = r.similarity.begin() + static_cast<std::ptrdiff_t>(row * count);
    return static_cast<std::size_t>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(count)) - begin);
  }

  std::string pictures() const {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += fmt::format(R"(<g id="p{}"><rect class="paper" width="22" height="22" rx="3"/>)", i) +
             (r.pairs[i].png.empty()
                  ? ""
                  : fmt::format(R"(<image width="22" height="22" href="{}"/>)", picture_address(r.pairs[i].png))) +
             "</g>";
    return out;
  }

  std::string edges() const {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string caption = escape_html(r.pairs[i].caption);
      out += fmt::format(templates::matrix_edge, i, edge + i * cell + 1, caption);
    }
    return out;
  }

  std::string cells(float low, float high) const {
    std::string out;
    for (std::size_t row = 0; row < count; ++row)
      for (std::size_t column = 0; column < count; ++column) {
        const float value = r.similarity[row * count + column];
        const float part = high > low ? (value - low) / (high - low) : 0;
        const float shade = part * part;  // most texts are somewhat similar to a picture: the few that fit stand out
        out += fmt::format(templates::matrix_cell, row, column, edge + column * cell, edge + row * cell,
                           std::isfinite(shade) ? shade : 0, value);
      }
    return out;
  }

  /// Frames around own texts, and around texts that were taken for them; they must not catch the pointer.
  std::string marks() const {
    std::string out = R"(<g pointer-events="none">)";
    const auto frame = [&](std::size_t row, std::size_t column, std::string_view name) {
      out += fmt::format(templates::matrix_frame, name, edge + column * cell, edge + row * cell);
    };
    for (std::size_t i = 0; i < count; ++i) frame(i, i, "own");
    for (std::size_t i = 0; i < count; ++i)
      if (best_text(i) != i) frame(i, best_text(i), "wrong");
    return out + "</g>";
  }

  std::string captions() const {
    nlohmann::json list = nlohmann::json::array();
    for (const report_picture& pair : r.pairs) list.push_back(pair.caption);
    std::string text = list.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), out;
    for (const char c : text)
      out += c == '<' ? std::string("\\u003c") : std::string(1, c);  // or a caption may end the script
    return out;
  }

  std::string section() const {
    const auto [low, high] = std::minmax_element(r.similarity.begin(), r.similarity.end());
    std::size_t right = 0;
    for (std::size_t i = 0; i < count; ++i) right += best_text(i) == i;
    return fill_template(
        templates::matrix,
        {{"right", fmt::format("{}", right)},
         {"count", fmt::format("{}", count)},
         {"size", fmt::format("{}", edge + count * cell)},
         {"edge", fmt::format("{}", edge - 1)},
         {"inner", fmt::format("{}", count * cell + 1)},
         {"width", fmt::format("{}", std::clamp<std::size_t>((edge + count * cell) * 3 / 2, 280, 1000))},
         {"low", fmt::format("{:.2f}", *low)},
         {"high", fmt::format("{:.2f}", *high)},
         {"pictures", pictures()},
         {"edges", edges()},
         {"cells", cells(*low, *high)},
         {"marks", marks()},
         {"captions", captions()}});
  }
};

inline std::string report_image(const report_picture& picture) {
  if (picture.png.empty()) return "";
  const std::string caption = escape_html(picture.caption);
  return fmt::format(R"(<img class="picture" alt="{0}" title="{0}" src="{1}">)", caption, picture_address(picture.png));
}

inline std::string report_one_retrieval(const report_retrieval& q) {
  std::string results;
  for (std::size_t i = 0; i < q.results.size(); ++i) {
    const bool own = q.rank_of_truth == static_cast<int>(i) + 1;
    results += fill_template(templates::result, {{"class", own ? " class=\"truth\"" : ""},
                                                 {"picture", report_image(q.results[i])},
                                                 {"caption", escape_html(q.results[i].caption)},
                                                 {"mark", own ? "<span class=\"hidden\"> (its own)</span>" : ""},
                                                 {"score", fmt::format("{}{:.3f}", own ? "✓ " : "", q.scores[i])}});
  }
  const std::string rank = q.rank_of_truth > 0 ? fmt::format("its own at rank {}", q.rank_of_truth) : "";
  return fill_template(templates::retrieval, {{"picture", report_image(q.query)},
                                              {"caption", escape_html(q.query.caption)},
                                              {"rank", rank},
                                              {"results", results}});
}

inline std::string report_retrievals(const report& r) {
  const auto group = [](std::string title, const std::vector<report_retrieval>& queries) {
    std::string items;
    for (const report_retrieval& q : queries) items += report_one_retrieval(q);
    return items.empty() ? "" : fill_template(templates::retrieval_group, {{"title", title}, {"items", items}});
  };
  if (r.best.empty() && r.worst.empty()) return "";
  return fill_template(templates::retrievals, {{"best", group("Best", r.best)}, {"worst", group("Worst", r.worst)}});
}

inline std::string report_confusions(const report& r) {
  int most = 1;
  for (const report_confusion& c : r.confusions) most = std::max(most, c.count);
  std::string rows;
  for (const report_confusion& c : r.confusions)
    rows += fill_template(templates::confusion, {{"picture", report_image(c.example)},
                                                 {"truth", escape_html(c.truth)},
                                                 {"predicted", escape_html(c.predicted)},
                                                 {"part", fmt::format("{:.3f}", static_cast<double>(c.count) / most)},
                                                 {"count", fmt::format("{}", c.count)}});
  return rows.empty() ? "" : fill_template(templates::confusions, {{"rows", rows}});
}

inline std::string report_configuration(const report& r) {
  std::string rows;
  for (const auto& [name, value] : r.configuration)
    rows += fill_template(templates::configuration_row, {{"name", escape_html(name)}, {"value", escape_html(value)}});
  return rows.empty() ? "" : fill_template(templates::configuration, {{"rows", rows}});
}

inline void check_report(const report& r) {
  if (r.similarity.size() != r.pairs.size() * r.pairs.size())
    throw shape_error(fmt::format("clipt::render_report: {} pairs need {} similarities, found {}", r.pairs.size(),
                                  r.pairs.size() * r.pairs.size(), r.similarity.size()));
  for (const auto* group : {&r.best, &r.worst})
    for (const report_retrieval& q : *group)
      if (q.results.size() != q.scores.size())
        throw shape_error(fmt::format("clipt::render_report: query '{}': {} results with {} scores", q.query.caption,
                                      q.results.size(), q.scores.size()));
}

}  // namespace detail

/// The report as one HTML page that loads nothing, in light or dark as the reader's system is.
///
/// All text is escaped. Errors: shape_error if similarities or scores are not as many as what they belong to.
inline std::string render_report(const report& r) {
  detail::check_report(r);
  return detail::fill_template(detail::templates::page,
                               {{"title", detail::escape_html(r.title)},
                                {"style", std::string(detail::templates::style)},
                                {"script", std::string(detail::templates::script)},
                                {"figures", detail::report_figures(r)},
                                {"curves", detail::report_curves(r)},
                                {"matrix", r.pairs.empty() ? "" : detail::report_matrix{r}.section()},
                                {"retrievals", detail::report_retrievals(r)},
                                {"confusions", detail::report_confusions(r)},
                                {"configuration", detail::report_configuration(r)}});
}

/// Writes the report's page, whole or not at all. Errors: as render_report; io_error if it cannot be written.
inline void write_report(const std::filesystem::path& path, const report& r) {
  write_file_atomically(path, render_report(r));
}

}  // namespace clipt::inline CLIPT_BUILD
