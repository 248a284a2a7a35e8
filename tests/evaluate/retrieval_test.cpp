// Retrieval: the reference's figures, several texts per picture, shared texts, ties.
#include <clipt/evaluate/retrieval.hpp>
#include <clipt/io/safetensors.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shared.hpp"

namespace {

using clipt::dim_t;
using clipt::embeddings;
using clipt::evaluate_retrieval;
using testing::ElementsAre;

embeddings unit_rows_of(const clipt::tensor_entry& entry) {
  embeddings out{entry.shape[0], entry.shape[1],
                 std::vector<float>(static_cast<std::size_t>(entry.shape[0] * entry.shape[1]))};
  clipt::copy_to(entry, std::span<float>(out.values));
  for (dim_t i = 0; i < out.count; ++i) {
    float* row = out.values.data() + i * out.embed;
    const float scale = 1 / std::sqrt(clipt::on_cpu::row_dot(row, row, out.embed));
    for (dim_t c = 0; c < out.embed; ++c) row[c] *= scale;
  }
  return out;
}

void expect_summary(const clipt::recall_summary& found, const nlohmann::json& expected) {
  EXPECT_NEAR(found.at1, expected["R@1"].get<double>(), 1e-12);
  EXPECT_NEAR(found.at5, expected["R@5"].get<double>(), 1e-12);
  EXPECT_NEAR(found.at10, expected["R@10"].get<double>(), 1e-12);
  EXPECT_NEAR(found.mean_rank, expected["mean_rank"].get<double>(), 1e-12);
  EXPECT_EQ(found.median_rank, expected["median_rank"].get<double>());
}

TEST(summarise_ranks, all_first_is_one_exactly) {
  const clipt::recall_summary found = clipt::summarise_ranks(std::vector<int>(40, 1));
  EXPECT_EQ(found.at1, 1);
  EXPECT_EQ(found.at10, 1);
  EXPECT_EQ(found.mean_rank, 1);
}

TEST(retrieval, reference) {
  CLIPT_NEEDS_SHARED("golden/retrieval");
  const clipt::safetensors_file file(clipt_test::golden("retrieval/features.safetensors"));
  std::vector<std::int64_t> owner(300);
  clipt::copy_to(file.at("image_of_text"), std::span<std::int64_t>(owner));
  const std::vector<int> image_of_text(owner.begin(), owner.end());
  const auto found = evaluate_retrieval(unit_rows_of(file.at("image_features")), unit_rows_of(file.at("text_features")),
                                        image_of_text);
  const auto expected = nlohmann::json::parse(clipt::read_file(clipt_test::golden("retrieval/metrics.json")));
  expect_summary(found.image_to_text, expected["image_to_text"]);
  expect_summary(found.text_to_image, expected["text_to_image"]);
}

/// Unit vectors of the plane at these angles, in degrees.
embeddings at(std::vector<double> degrees) {
  embeddings out{static_cast<dim_t>(degrees.size()), 2, {}};
  for (const double d : degrees) {
    out.values.push_back(static_cast<float>(std::cos(d * 3.14159265358979 / 180)));
    out.values.push_back(static_cast<float>(std::sin(d * 3.14159265358979 / 180)));
  }
  return out;
}

TEST(retrieval, the_best_of_several_counts) {
  // Texts 0 and 1 are of picture 0, text 2 of picture 1; text 1 is the last for picture 0, text 0 the first.
  const auto found = evaluate_retrieval(at({0, 40}), at({5, 100, 30}), std::vector<int>{0, 0, 1});
  EXPECT_THAT(found.image_to_text.ranks, ElementsAre(1, 1));
  EXPECT_THAT(found.text_to_image.ranks, ElementsAre(1, 2, 1));
  EXPECT_DOUBLE_EQ(found.text_to_image.mean_rank, 4 / 3.0);
  EXPECT_EQ(found.text_to_image.median_rank, 1);
}

TEST(retrieval, a_text_may_belong_to_several_pictures) {
  const auto found = evaluate_retrieval(at({0, 10, 90}), at({8, 80}), {{0, 1}, {2}});
  EXPECT_THAT(found.image_to_text.ranks, ElementsAre(1, 1, 1));
  EXPECT_THAT(found.text_to_image.ranks, ElementsAre(1, 1));
}

// Nothing tells equal words apart: the first of three pictures with one caption is right, as a stable sort has it.
TEST(retrieval, equal_words_of_several_pictures_are_ranked_as_they_come) {
  const clipt::embeddings images{3, 2, {1, 0, 1, 0, 1, 0}}, texts{3, 2, {1, 0, 1, 0, 1, 0}};
  const std::vector<std::vector<int>> each{{0}, {1}, {2}};
  const std::vector<int> same{7, 7, 7};
  EXPECT_EQ(clipt::evaluate_retrieval(images, texts, each, 1, same).image_to_text.ranks, (std::vector{1, 2, 3}));
  EXPECT_EQ(clipt::evaluate_retrieval(images, texts, each, 1).image_to_text.ranks, (std::vector{3, 3, 3}));
  EXPECT_EQ(clipt::evaluate_retrieval(images, texts, each, 1, same).text_to_image.ranks, (std::vector{3, 3, 3}));
  const std::vector<int> too_few{7, 7};
  EXPECT_THROW(clipt::evaluate_retrieval(images, texts, each, 1, too_few), clipt::shape_error);
}

TEST(retrieval, saying_the_same_of_everything_is_no_success) {
  const std::vector<int> own{0, 1, 2, 3};
  const auto constant = evaluate_retrieval(at({7, 7, 7, 7}), at({7, 7, 7, 7}), own);
  EXPECT_THAT(constant.image_to_text.ranks, ElementsAre(4, 4, 4, 4));
  EXPECT_EQ(constant.text_to_image.at1, 0);
  embeddings broken = at({0, 30, 60, 90});
  std::fill(broken.values.begin(), broken.values.end(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(evaluate_retrieval(broken, at({0, 30, 60, 90}), own).image_to_text.at1, 0);
}

TEST(retrieval, five_texts_per_picture_on_any_number_of_threads) {
  // Pictures 40 degrees apart; four texts of each are near it, the first is nearer to the next picture, if there is one.
  std::vector<double> pictures, texts;
  std::vector<int> owner;
  for (int i = 0; i < 8; ++i) {
    pictures.push_back(40 * i);
    for (int k = 0; k < 5; ++k) texts.push_back(k == 0 ? 40 * i + 25 : 40 * i + 2 * k);
    owner.insert(owner.end(), 5, i);
  }
  const auto one = evaluate_retrieval(at(pictures), at(texts), owner, 1),
             many = evaluate_retrieval(at(pictures), at(texts), owner, 3);
  EXPECT_THAT(one.image_to_text.ranks, testing::Each(1));
  EXPECT_DOUBLE_EQ(one.text_to_image.at1, 33 / 40.0);
  EXPECT_DOUBLE_EQ(one.text_to_image.mean_rank, (33 * 1 + 7 * 2) / 40.0);
  EXPECT_EQ(one.text_to_image.ranks, many.text_to_image.ranks);
  EXPECT_EQ(one.image_to_text.ranks, many.image_to_text.ranks);
}

TEST(retrieval, medians_and_recalls) {
  const auto even = clipt::summarise_ranks({1, 2, 7, 20});
  EXPECT_EQ(even.median_rank, 4.5);
  EXPECT_EQ(even.at1, 0.25);
  EXPECT_EQ(even.at5, 0.5);
  EXPECT_EQ(even.at10, 0.75);
  EXPECT_EQ(clipt::summarise_ranks({}).median_rank, 0);
}

TEST(retrieval, numbers_that_do_not_fit) {
  EXPECT_THROW((void)evaluate_retrieval(at({0, 1}), at({0, 1}), std::vector<int>{0}), clipt::shape_error);
  EXPECT_THROW((void)evaluate_retrieval(at({0, 1}), at({0, 1}), std::vector<int>{0, 2}), clipt::shape_error);
  EXPECT_THROW((void)evaluate_retrieval(at({0, 1}), at({0, 1}), std::vector<int>{0, 0}), clipt::shape_error);
  EXPECT_THROW((void)evaluate_retrieval(at({0, 1}), at({0, 1}), {{0}, {}}), clipt::shape_error);
  EXPECT_THROW((void)evaluate_retrieval(at({0}), {1, 3, {1, 0, 0}}, std::vector<int>{0}), clipt::shape_error);
}

}  // namespace
