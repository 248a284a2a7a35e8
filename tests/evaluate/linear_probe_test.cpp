// The linear probe against scikit-learn, and at the minimum; any labels, any number of threads; what it refuses.
#include <clipt/evaluate/linear_probe.hpp>
#include <clipt/core/philox.hpp>
#include <clipt/io/safetensors.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shared.hpp"
#include "why.hpp"

namespace {

using clipt::dim_t;
using clipt::embeddings;
using clipt::linear_probe;
using testing::ElementsAre;

embeddings rows_of(const clipt::tensor_entry& entry) {
  return {entry.shape[0], entry.shape[1], clipt::to_vector<float>(entry)};
}

/// `classes` clouds of points in `width` dimensions, and which cloud each is of.
struct clouds {
  clouds(dim_t count, dim_t width, int classes, double spread, std::uint64_t seed) : points{count, width, {}} {
    const clipt::random_stream centre{7}, noise{seed};
    for (dim_t i = 0; i < count; ++i) {
      labels.push_back(static_cast<int>(i) % classes);
      for (dim_t c = 0; c < width; ++c)
        points.values.push_back(
            static_cast<float>(centre.normal(labels.back() * width + c) + spread * noise.normal(i * width + c)));
    }
  }
  embeddings points;
  std::vector<int> labels;
};

TEST(linear_probe, reference) {
  CLIPT_NEEDS_SHARED("golden/linear_probe");
  const clipt::safetensors_file file(clipt_test::golden("linear_probe/expected.safetensors"));
  const auto metrics = nlohmann::json::parse(clipt::read_file(clipt_test::golden("linear_probe/metrics.json")));
  const auto labels = clipt::to_vector<int>(file.at("train.labels"));
  const auto probe = linear_probe(rows_of(file.at("train.features")), labels, {.c = metrics["C"]});
  const auto weights = clipt::to_vector<double>(file.at("coef")), bias = clipt::to_vector<double>(file.at("intercept"));
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(probe.weights[i], weights[i], 1e-5);
  for (std::size_t i = 0; i < bias.size(); ++i) EXPECT_NEAR(probe.bias[i], bias[i], 1e-5);
  EXPECT_THAT(probe.labels, ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(probe.fit.converged);
  EXPECT_EQ(probe.fit.iterations, 20);  // scikit-learn's n_iter_
  const embeddings test = rows_of(file.at("test.features"));
  EXPECT_EQ(probe.predict(test), clipt::to_vector<int>(file.at("test.predictions")));
  EXPECT_DOUBLE_EQ(probe.accuracy(test, clipt::to_vector<int>(file.at("test.labels"))), metrics["accuracy"]);
}

TEST(linear_probe, two_classes_are_penalised_as_in_scikit_learn) {
  CLIPT_NEEDS_SHARED("golden/linear_probe");
  const clipt::safetensors_file file(clipt_test::golden("linear_probe/expected.safetensors"));
  auto labels = clipt::to_vector<int>(file.at("train.labels"));
  for (int& label : labels) label = label > 3;
  const auto probe = linear_probe(rows_of(file.at("train.features")), labels, {.c = 0.316, .tolerance = 1e-9});
  // LogisticRegression(C=0.316, tol=1e-10) of scikit-learn 1.9.1 on the same features in float64.
  const double expected[] = {0.17425158, -0.39871552, 0.48117281, 0.39900683};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(probe.weights[64 + i] - probe.weights[i], expected[i], 1e-6);
  EXPECT_NEAR(probe.bias[1] - probe.bias[0], -0.47809094, 1e-5);
}

TEST(linear_probe, is_at_the_minimum) {
  const clouds data(60, 5, 3, 1.5, 1);
  const double c = 0.7;
  const auto probe = linear_probe(data.points, data.labels, {.c = c, .tolerance = 1e-9});
  ASSERT_TRUE(probe.fit.converged);
  const std::vector<double> scores = probe.scores(data.points);
  double value = 0;
  std::vector<double> of_weights(15), of_bias(3);
  for (std::size_t i = 0; i < 60; ++i) {
    double total = 0;
    for (std::size_t k = 0; k < 3; ++k) total += std::exp(scores[i * 3 + k]);
    value += std::log(total) - scores[i * 3 + static_cast<std::size_t>(data.labels[i])];
    for (std::size_t k = 0; k < 3; ++k) {
      const double error = std::exp(scores[i * 3 + k]) / total - (static_cast<int>(k) == data.labels[i]);
      of_bias[k] += error;
      for (std::size_t j = 0; j < 5; ++j)
        of_weights[k * 5 + j] += error * static_cast<double>(data.points.values[i * 5 + j]);
    }
  }
  for (std::size_t i = 0; i < 15; ++i) {
    value += probe.weights[i] * probe.weights[i] / (2 * c);
    EXPECT_NEAR(of_weights[i] + probe.weights[i] / c, 0, 1e-6);
  }
  for (const double g : of_bias) EXPECT_NEAR(g, 0, 1e-6);
  EXPECT_NEAR(probe.fit.value, value / 60, 1e-12);
}

TEST(linear_probe, takes_any_numbers_as_labels) {
  const clouds data(90, 6, 3, 0.5, 2);
  auto named = data.labels;
  for (int& label : named) label = std::array{40, -3, 7}[static_cast<std::size_t>(label)];
  const auto probe = linear_probe(data.points, named);
  EXPECT_THAT(probe.labels, ElementsAre(-3, 7, 40));
  EXPECT_EQ(probe.predict(data.points), named);
  EXPECT_EQ(probe.accuracy(data.points, named), 1);
  EXPECT_EQ(probe.accuracy(data.points, std::vector<int>(90, 40)), 1 / 3.0);
}

TEST(linear_probe, has_the_same_bits_for_any_number_of_threads) {
  const clouds data(700, 40, 5, 3, 3);
  const auto one = linear_probe(data.points, data.labels, {.threads = 1});
  const auto many = linear_probe(data.points, data.labels, {.threads = 3});
  EXPECT_EQ(one.weights, many.weights);
  EXPECT_EQ(one.bias, many.bias);
  EXPECT_EQ(one.scores(data.points, 1), many.scores(data.points, 3));
}

TEST(linear_probe, a_good_c_is_found_on_pictures_left_out) {
  const clouds train(60, 30, 3, 6, 4), validation(300, 30, 3, 6, 5);
  const double c = clipt::choose_probe_c(train.points, train.labels, validation.points, validation.labels);
  const auto accuracy = [&](double of) {
    return linear_probe(train.points, train.labels, {.c = of}).accuracy(validation.points, validation.labels);
  };
  const double eighths = 8 * std::log10(c);
  EXPECT_NEAR(eighths, std::round(eighths), 1e-9);
  for (const double other : {1e-6, 1e-4, 1e-2, 1.0, 1e2, c / 1.333521432, c * 1.333521432})
    EXPECT_GE(accuracy(c), accuracy(other)) << other;
  EXPECT_GT(accuracy(c), accuracy(1e4));
}

TEST(linear_probe, leaves_out_a_fifth_of_each_class_and_no_class_whole) {
  std::vector<int> in_turn;
  for (int i = 0; i < 50; ++i) in_turn.push_back(i % 5);  // every fifth picture would be one class
  const auto out = clipt::left_out_by_class(in_turn);
  for (int label = 0; label < 5; ++label) {
    int left = 0;
    for (std::size_t i = 0; i < 50; ++i) left += out[i] && in_turn[i] == label;
    EXPECT_EQ(left, 2) << label;
  }
  const std::vector<int> few{7, 8, 8, 9, 9, 9, 9};
  EXPECT_EQ(clipt::left_out_by_class(few), (std::vector<bool>{false, false, true, false, false, false, true}));
}

TEST(linear_probe, refuses_what_cannot_be_fitted) {
  const clouds data(10, 4, 2, 1, 6);
  const auto why = [&](const embeddings& features, const std::vector<int>& labels, double c) {
    return clipt_test::why([&] { (void)linear_probe(features, labels, {.c = c}); });
  };
  EXPECT_THAT(why(data.points, {1, 2}, 1), testing::HasSubstr("[10, 4] of 40 numbers, 2 labels"));
  EXPECT_THAT(why({0, 4, {}}, {}, 1), testing::HasSubstr("at least one row"));
  EXPECT_THAT(why(data.points, std::vector<int>(10, 3), 1), testing::HasSubstr("all are 3"));
  EXPECT_THAT(why(data.points, data.labels, 0), testing::HasSubstr("it is 0"));
  embeddings broken = data.points;
  broken.values[6] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(why(broken, data.labels, 1), testing::HasSubstr("row 1 holds inf"));
  broken.values.pop_back();
  EXPECT_THAT(why(broken, data.labels, 1), testing::HasSubstr("of 39 numbers"));
  const auto probe = linear_probe(data.points, data.labels);
  EXPECT_THROW((void)probe.predict(clouds(3, 5, 2, 1, 1).points), clipt::shape_error);
  EXPECT_THROW((void)probe.accuracy(data.points, std::vector<int>{1}), clipt::shape_error);
}

}  // namespace
