// Zero-shot accuracy: ranks and ties, labels that are absent or unknown, bad pictures, groups, means per class.
#include <clipt/evaluate/encode_files.hpp>
#include <clipt/evaluate/labelled_evaluation.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "solid_pictures.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::colour_encoders;
using clipt_test::solid_pictures;
using clipt_test::unit_rows;
using testing::ElementsAre;
using testing::HasSubstr;

const embeddings axes = unit_rows({1, 0, 0, 0, 1, 0, 0, 0, 1}, 3);

TEST(classify, finds_the_label_and_the_rank_of_the_truth) {
  const embeddings pictures = unit_rows({3, 2, 1, 1, 2, 3, 2, 3, 1, 1, 3, 2}, 3);
  const auto found = classify(pictures, axes, {0, 0, 0, -1});
  EXPECT_THAT(found.predicted, ElementsAre(0, 2, 1, 1));
  EXPECT_THAT(found.rank_of_truth, ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(found.truth, ElementsAre(0, 0, 0, -1));
  EXPECT_DOUBLE_EQ(found.top1, 0.25);
  EXPECT_DOUBLE_EQ(found.top5, 0.75);  // what is not among the labels is never right
  EXPECT_EQ(found.unlisted(), 1);
}

TEST(classify, what_is_as_similar_counts_as_before) {
  const auto found = classify(unit_rows({1, 1, 1}, 3), axes, {0});
  EXPECT_THAT(found.rank_of_truth, ElementsAre(3));
  EXPECT_THAT(found.predicted, ElementsAre(0));
}

TEST(classify, top5_counts_the_first_five) {
  std::vector<float> values(7 * 8, 0), picture;
  for (std::size_t k = 0; k < 7; ++k) values[k * 9] = 1;
  for (const float x : {7, 6, 5, 4, 3, 2, 1, 0}) picture.push_back(x);
  const embeddings labels = unit_rows(values, 8);
  for (int truth = 0; truth < 7; ++truth) {
    const auto found = classify(unit_rows(picture, 8), labels, {truth});
    EXPECT_EQ(found.rank_of_truth[0], truth + 1);
    EXPECT_EQ(found.top1, truth == 0);
    EXPECT_EQ(found.top5, truth < 5);
  }
}

TEST(classify, all_right_is_one_exactly) {
  std::vector<float> pictures;
  for (int i = 0; i < 40; ++i) pictures.insert(pictures.end(), {1, 0, 0});
  const auto found = classify(unit_rows(pictures, 3), axes, std::vector<int>(40, 0));
  EXPECT_EQ(found.top1, 1);
  EXPECT_EQ(found.top5, 1);
}

TEST(classify, of_nothing_is_nothing) {
  const auto found = classify({0, 3, {}}, axes, {});
  EXPECT_EQ(found.top1, 0);
  EXPECT_EQ(found.mean_per_class(), 0);
  EXPECT_TRUE(found.predicted.empty());
}

TEST(classify, refuses_what_does_not_fit) {
  const embeddings pictures = unit_rows({1, 2, 3}, 3);
  const auto why = [&](const embeddings& p, const embeddings& l, std::vector<int> truth) {
    return clipt_test::why([&] { (void)classify(p, l, truth); });
  };
  EXPECT_THAT(why(unit_rows({1, 2}, 2), axes, {0}), HasSubstr("pictures [1, 2], texts [3, 3]"));
  EXPECT_THAT(why(pictures, {0, 3, {}}, {-1}), HasSubstr("at least one text"));
  EXPECT_THAT(why(pictures, axes, {0, 1}), HasSubstr("it has 2 numbers"));
  EXPECT_THAT(why(pictures, axes, {3}), HasSubstr("up to 3"));
}

TEST(labelled_result, chance_and_means) {
  labelled_result result;
  result.labels = {"a", "b", "c", "d", "e", "f", "g", "h"};
  EXPECT_DOUBLE_EQ(result.chance(1), 1 / 8.0);
  EXPECT_DOUBLE_EQ(result.chance(5), 5 / 8.0);
  EXPECT_EQ(result.chance(9), 1);
  result.truth = {0, 0, 0, 0, 1, 1};
  result.rank_of_truth = {1, 1, 1, 2, 1, 4};
  EXPECT_DOUBLE_EQ(result.mean_per_class(), (0.75 + 0.5) / 2);  // of all pictures 4 / 6 are right
  result.truth.push_back(-1), result.rank_of_truth.push_back(0);  // what is not listed is no class of its own
  EXPECT_DOUBLE_EQ(result.mean_per_class(), (0.75 + 0.5) / 2);
}

namespace {

/// Encoders with damaged weights: of the second and third of all inputs they make NaN and zeros.
encoders damaged(colour_encoders& model) {
  encoders result = model.get();
  const auto damage = [](embeddings all) {
    if (all.count > 1) std::fill_n(all.values.begin() + 3, 3, std::nanf(""));
    if (all.count > 2) std::fill_n(all.values.begin() + 6, 3, 0.f);
    return all;
  };
  result.pictures = [=, whole = result.pictures](dim_t count, const auto& fill) { return damage(whole(count, fill)); };
  result.texts = [=, whole = result.texts](std::span<const std::string> texts) { return damage(whole(texts)); };
  return result;
}

/// A picture and one that has no pixels to be resized.
struct strips {
  int size() const { return 2; }
  image load(int i) const {
    image out = blank_image(9, i == 0 ? 9 : 0, 3, pixel_mode::rgb);
    std::fill(out.pixels.begin(), out.pixels.end(), std::uint8_t{255});
    return out;
  }
  std::string name(int i) const { return std::to_string(i); }
  std::string caption(int, random_stream) const { return ""; }
};

}  // namespace

TEST(encode_dataset, leaves_out_what_is_not_finite_or_zero) {
  colour_encoders model;
  const solid_pictures data{{{{255, 0, 0}, "red", {}}, {{0, 0, 250}, "blue", {}}, {{0, 200, 0}, "green", {}}}};
  const auto found = encode_dataset(damaged(model), data);
  EXPECT_THAT(found.indices, ElementsAre(0));
  EXPECT_EQ(found.bad.count, 2);
  EXPECT_THAT(found.bad.reasons.at(1), HasSubstr("is zero or not finite: its weights are damaged"));
  EXPECT_THROW(encode_dataset(damaged(model), data, bad_samples::fatal), io_error);
}

TEST(encode_dataset, leaves_out_what_cannot_be_resized) {
  colour_encoders model;
  const auto found = encode_dataset(model.get(), strips());
  EXPECT_THAT(found.indices, ElementsAre(0));
  EXPECT_THAT(found.bad.reasons.at(1), HasSubstr("9 x 0"));
}

TEST(encode_lines, says_which_texts_have_no_embedding) {
  colour_encoders model;
  const auto both = damaged(model);
  const std::vector<std::string> texts{"red", "a\nblue", "green"};
  model.words["a\nblue"] = {0, 0, 1};
  const auto found = encode_lines(both, texts);
  EXPECT_EQ(found.bad(), 2u);
  EXPECT_EQ(found.reasons[0], "");
  EXPECT_EQ(found.reasons[1], "'a?blue': what the model makes of it is zero or not finite: its weights are damaged");
  EXPECT_THAT(found.values.row(1), ElementsAre(0, 0, 0));
  EXPECT_THROW(label_embeddings(both, prompt_set{{"red", "blue"}, {"{}"}}), numeric_error);
}

TEST(labels, distinct_keeps_the_order) {
  EXPECT_THAT(distinct({"b", "a", "b", "c", "a"}), ElementsAre("b", "a", "c"));
  EXPECT_TRUE(distinct({}).empty());
}

class evaluated_labels : public testing::Test {
 protected:
  const solid_pictures data{{{{255, 0, 0}, "red", {}},
                             {{0, 0, 250}, "blue", {}},
                             {{200, 90, 0}, "", {}},          // no label
                             {{0, 200, 0}, "emerald", {}},    // not among those ranked
                             {{9, 9, 9}, "red", {}, true}}};  // cannot be read
  const prompt_set prompts{{"red", "green", "blue"}, {"a thing that is {}", "{}"}};
  colour_encoders model;
};

TEST_F(evaluated_labels, leave_out_what_cannot_be_judged) {
  const auto both = model.get();
  const embeddings labels = label_embeddings(both, prompts);
  EXPECT_THAT(model.texts_encoded, ElementsAre("a thing that is red", "red", "a thing that is green", "green",
                                               "a thing that is blue", "blue"));
  const auto result = evaluate_labels(encode_dataset(both, data), data, prompts.labels, labels);
  EXPECT_THAT(result.indices, ElementsAre(0, 1, 3));
  EXPECT_THAT(result.predicted, ElementsAre(0, 2, 1));
  EXPECT_THAT(result.truth, ElementsAre(0, 2, -1));
  EXPECT_EQ(result.unlisted(), 1);
  EXPECT_DOUBLE_EQ(result.top1, 2 / 3.0);
  EXPECT_EQ(result.bad.count, 1);
  EXPECT_THAT(result.bad.reasons.at(4), HasSubstr("picture 4 is broken"));
  EXPECT_EQ(result.labels, prompts.labels);
}

TEST_F(evaluated_labels, bad_pictures_may_be_fatal) {
  const auto both = model.get();
  EXPECT_THAT(clipt_test::why([&] { (void)encode_dataset(both, data, bad_samples::fatal); }),
              HasSubstr("picture 4 is broken"));
  const solid_pictures none{{{{0, 0, 0}, "red", {}, true}}};
  EXPECT_THAT(clipt_test::why([&] { (void)encode_dataset(both, none); }), HasSubstr("1 of 1 pictures cannot be used"));
}

TEST_F(evaluated_labels, groups) {
  const auto both = model.get();
  const auto result =
      evaluate_labels(encode_dataset(both, data), data, prompts.labels, label_embeddings(both, prompts));
  const auto groups = accuracy_by(result, [&](int i) { return data.value(i, "it is"); });
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups.at("it is cold").count, 1);
  EXPECT_EQ(groups.at("it is cold").top1, 1);
  EXPECT_EQ(groups.at("it is warm").count, 2);
  EXPECT_EQ(groups.at("it is warm").top1, 0.5);
  EXPECT_EQ(groups.at("it is warm").top5, 0.5);
}

}  // namespace
