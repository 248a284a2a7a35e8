// Linear probe: what a linear classifier can read out of frozen features; logistic regression by L-BFGS.
#pragma once
#include <algorithm>   // adjacent_find, lower_bound, max_element, sort, unique
#include <cmath>       // isfinite, pow
#include <cstdint>     // int32_t
#include <functional>  // equal_to, function, not_equal_to, plus
#include <map>         // map
#include <numeric>     // inner_product
#include <span>        // span
#include <vector>      // vector

#include <fmt/format.h>  // format

#include <clipt/evaluate/encode.hpp>   // embeddings
#include <clipt/nn/cross_entropy.hpp>  // cross_entropy
#include <clipt/nn/lbfgs.hpp>          // lbfgs

namespace clipt::inline CLIPT_BUILD {

/// How a probe is fitted; the defaults are scikit-learn's, its iterations stop at the same place.
struct probe_options {
  double c = 1;  // weight of the data beside the penalty |weights|² / 2
  int max_iterations = 1000;
  double tolerance = 1e-4;                              // of the gradient of the mean loss
  int threads = 0;                                      // the result does not depend on it
  std::function<void(const lbfgs_result&)> progress{};  // see lbfgs_options
};

namespace detail {

inline void check_labelled(const char* function, const embeddings& features, std::span<const int> labels) {
  const auto count = static_cast<std::size_t>(features.count), width = static_cast<std::size_t>(features.embed);
  if (count < 1 || labels.size() != count || features.values.size() != count * width)
    throw shape_error(
        fmt::format("clipt::{}: features [{}, {}] of {} numbers, {} labels: one label for each row, and at "
                    "least one row",
                    function, count, width, features.values.size(), labels.size()));
}

}  // namespace detail

/// A linear classifier of features: the class whose row of weights times the features, plus bias, is the largest.
struct linear_classifier {
  std::vector<int> labels;      ///< what each class is called, ascending: [classes]
  dim_t width = 0;              ///< of the features
  std::vector<double> weights;  ///< [classes, width]
  std::vector<double> bias;     ///< [classes]
  lbfgs_result fit;

  /// The scores of features [pictures, width]: [pictures, classes]; their softmax are probabilities.
  std::vector<double> scores(const embeddings& features, int threads = 0) const {
    if (features.embed != width)
      throw shape_error(fmt::format("clipt::linear_classifier: features [{}, {}], fitted to a width of {}",
                                    features.count, features.embed, width));
    const std::vector<double> x(features.values.begin(), features.values.end());
    const auto count = static_cast<dim_t>(labels.size());
    inference<> ctx;
    ctx.settings.threads = threads;
    const auto result = affine(ctx, view<const double, shape<rows, clipt::width>>{x.data(), {features.count, width}},
                               view<const double, shape<classes, clipt::width>>{weights.data(), {count, width}},
                               view<const double, shape<classes>>{bias.data(), shape<classes>(count)});
    return {result.begin(), result.end()};
  }

  /// The most probable label of each row of features.
  std::vector<int> predict(const embeddings& features, int threads = 0) const {
    const std::vector<double> all = scores(features, threads);
    const auto count = static_cast<dim_t>(labels.size());
    std::vector<int> result;
    for (dim_t i = 0; i < features.count; ++i)
      result.push_back(labels[static_cast<std::size_t>(on_cpu::first_largest(all.data() + i * count, count))]);
    return result;
  }

  /// The share of rows whose label is predicted. scikit-learn equivalent: `score(features, labels)`.
  double accuracy(const embeddings& features, std::span<const int> truth, int threads = 0) const {
    detail::check_labelled("linear_classifier::accuracy", features, truth);
    const std::vector<int> found = predict(features, threads);
    const auto right =
        std::inner_product(found.begin(), found.end(), truth.begin(), 0, std::plus<>(), std::equal_to<>());
    return right / static_cast<double>(found.size());
  }
};

namespace detail {

/// The objective of a probe: the mean loss plus the penalty, for weights [classes, width] and then bias [classes].
class probe_objective {
 public:
  probe_objective(const embeddings& features, std::vector<std::int32_t> targets, dim_t count, double penalty,
                  int threads)
      : features_(features.values.begin(), features.values.end()), targets_(std::move(targets)), count_(count),
        width_(features.embed), penalty_(penalty) {
    ctx_.settings.threads = threads;
  }

  double operator()(std::span<const double> x, std::span<double> gradient) {
    const dim_t n = static_cast<dim_t>(targets_.size());
    ctx_.reset();
    const auto weights = ctx_.variable(view<const double, shape<classes, width>>{x.data(), {count_, width_}});
    const auto bias =
        ctx_.variable(view<const double, shape<classes>>{x.data() + weights.size(), shape<classes>(count_)});
    const view<const double, shape<rows, width>> features{features_.data(), {n, width_}};
    const view<const std::int32_t, shape<rows>> targets{targets_.data(), shape<rows>(n)};
    const auto losses = cross_entropy(ctx_, affine(ctx_, features, weights, bias), targets);
    const auto total = eval(ctx_, mean(ctx_, losses) + penalty_ / 2 * sum(ctx_, square(weights)));
    ctx_.backward(total);
    const auto of_weights = ctx_.gradient_of(weights);
    const auto of_bias = ctx_.gradient_of(bias);
    std::copy(of_bias.begin(), of_bias.end(), std::copy(of_weights.begin(), of_weights.end(), gradient.begin()));
    return total[0];
  }

 private:
  std::vector<double> features_;
  std::vector<std::int32_t> targets_;
  dim_t count_, width_;
  double penalty_;
  recording<> ctx_;
};

inline void check_probe(const embeddings& features, std::span<const int> labels, double c) {
  check_labelled("linear_probe", features, labels);
  if (!(c > 0) || !std::isfinite(c))
    throw shape_error(fmt::format("clipt::linear_probe: c is above zero and finite: it is {}", c));
  for (dim_t i = 0; i < features.count; ++i)
    for (const float x : features.row(i))
      if (!std::isfinite(x))
        throw shape_error(fmt::format("clipt::linear_probe: features are finite: row {} holds {}", i, x));
  if (std::adjacent_find(labels.begin(), labels.end(), std::not_equal_to<>()) == labels.end())
    throw shape_error(fmt::format("clipt::linear_probe: at least two different labels: all are {}", labels[0]));
}

}  // namespace detail

/// Fits a linear classifier: the minimum of c times the sum of -log softmax(scores)[label], plus |weights|² / 2.
///
/// `labels` are any numbers, one for each row of `features`; the bias is not penalised. In double precision, and the
/// same bits for any number of threads. Two classes have opposite weights, of whose difference the penalty is, as in
/// scikit-learn. Errors: shape_error for fewer than two different labels, features that are not finite, c <= 0.
/// Source: Radford et al., 2021, appendix A.3. scikit-learn equivalent: `LogisticRegression(C=c, max_iter=1000).fit`.
inline linear_classifier linear_probe(const embeddings& features, std::span<const int> labels,
                                      const probe_options& options = {}) {
  detail::check_probe(features, labels, options.c);
  linear_classifier result{{labels.begin(), labels.end()}, features.embed, {}, {}, {}};
  std::sort(result.labels.begin(), result.labels.end());
  result.labels.erase(std::unique(result.labels.begin(), result.labels.end()), result.labels.end());
  std::vector<std::int32_t> targets;
  for (const int label : labels) {
    const auto at = std::lower_bound(result.labels.begin(), result.labels.end(), label);
    targets.push_back(static_cast<std::int32_t>(at - result.labels.begin()));
  }
  const auto count = static_cast<dim_t>(result.labels.size());
  const double penalty = (count == 2 ? 2 : 1) / (options.c * static_cast<double>(features.count));
  detail::probe_objective objective(features, std::move(targets), count, penalty, options.threads);
  std::vector<double> x(static_cast<std::size_t>(count * (result.width + 1)));
  result.fit =
      lbfgs(x, objective,
            {.max_iterations = options.max_iterations, .tolerance = options.tolerance, .progress = options.progress});
  result.weights.assign(x.begin(), x.end() - count);
  result.bias.assign(x.end() - count, x.end());
  return result;
}

/// Which samples are left out of training to choose c on: of each class every fifth, of one with two to four the last; a
/// class of one is trained on, so that every class that is asked for was seen.
inline std::vector<bool> left_out_by_class(std::span<const int> labels) {
  std::map<int, int> of_class, seen;
  for (const int label : labels) ++of_class[label];
  std::vector<bool> out;
  for (const int label : labels) {
    const int number = ++seen[label], all = of_class[label];
    out.push_back(number % 5 == 0 || (all > 1 && all < 5 && number == all));
  }
  return out;
}

/// The c, a power of ten in steps of an eighth between 1e-6 and 1e6, that does best on pictures left out of training.
///
/// Every second decade first, then ever closer around the best: 15 probes instead of 97. Of equals the smallest c.
/// Source: Radford et al., 2021, appendix A.3.
inline double choose_probe_c(const embeddings& features, std::span<const int> labels, const embeddings& validation,
                             std::span<const int> validation_labels, probe_options options = {}) {
  std::map<int, double> accuracy;  // of c = 10^(key / 8)
  const auto c_of = [](int key) { return std::pow(10.0, key / 8.0); };
  const auto try_out = [&](int key) {
    if (key < -48 || key > 48 || accuracy.contains(key)) return;
    options.c = c_of(key);
    accuracy[key] = linear_probe(features, labels, options).accuracy(validation, validation_labels, options.threads);
  };
  const auto best = [&] {
    return std::max_element(accuracy.begin(), accuracy.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  };
  for (int key = -48; key <= 48; key += 16) try_out(key);
  for (int step = 8; step >= 1; step /= 2) {
    const int middle = best();
    try_out(middle - step);
    try_out(middle + step);
  }
  return c_of(best());
}

}  // namespace clipt::inline CLIPT_BUILD
