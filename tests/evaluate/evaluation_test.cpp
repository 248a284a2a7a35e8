// A whole evaluation: what a plan leads to, pictures encoded once, captions that several share, text and JSON.
#include <clipt/evaluate/evaluation.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "solid_pictures.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::colour_encoders;
using clipt_test::solid;
using clipt_test::solid_pictures;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class evaluated : public testing::Test {
 protected:
  evaluated() {
    plan.labelled = plan.paired = data;
    plan.labels = {"red", "green", "blue", "red"};
    plan.group_key = "it is";
    plan.threads = 2;
  }
  const any_dataset data = solid_pictures({{{255, 0, 0}, "red", {"pure red", "a red", "pure red"}},
                                           {{250, 0, 0}, "red", {"a red"}},
                                           {{0, 0, 255}, "green", {"something blue"}},
                                           {{255, 255, 0}, "", {"all yellow"}},
                                           {{0, 0, 0}, "blue", {"never white"}, true}});
  evaluation_plan plan;
  colour_encoders model;
};

TEST_F(evaluated, both_parts_of_one_data_set) {
  const evaluation found = evaluate(model.get(), plan);
  EXPECT_EQ(model.pictures_encoded, 5);  // once, though both parts need them

  ASSERT_TRUE(found.labels);
  EXPECT_THAT(found.labels->labels, ElementsAre("red", "green", "blue"));
  EXPECT_THAT(found.labels->indices, ElementsAre(0, 1, 2));
  EXPECT_THAT(found.labels->predicted, ElementsAre(0, 0, 2));
  EXPECT_DOUBLE_EQ(found.labels->top1, 2 / 3.0);
  EXPECT_EQ(found.of_labels.count, 3);
  EXPECT_EQ(found.groups.at("it is warm").count, 2);
  EXPECT_EQ(found.groups.at("it is cold").top1, 0);

  ASSERT_TRUE(found.retrieval);
  EXPECT_THAT(found.pairs.captions,
              ElementsAre("pure red", "a red", "pure red", "a red", "something blue", "all yellow"));
  EXPECT_EQ(found.pairs.images_of_text, (std::vector<std::vector<int>>{{0}, {0}, {0}, {1}, {2}, {3}}));
  EXPECT_THAT(found.pairs.wording, ElementsAre(0, 1, 0, 1, 2, 3));
  EXPECT_EQ(model.texts_encoded.size(), 3u + 4);  // labels, and each wording once
  EXPECT_THAT(found.pairs.pictures.indices, ElementsAre(0, 1, 2, 3));
  // All red texts mean the same: those of picture 0 that say otherwise come before that of picture 1, its twin before it.
  EXPECT_THAT(found.retrieval->image_to_text.ranks, ElementsAre(1, 4, 1, 1));
  EXPECT_THAT(found.retrieval->text_to_image.ranks, ElementsAre(2, 2, 2, 2, 1, 1));  // both reds are one colour
}

TEST_F(evaluated, figures_on_pictures_that_were_trained_on_are_called_that) {
  EXPECT_THAT(evaluation_text(evaluate(model.get(), plan)), Not(HasSubstr("trained on")));
  plan.seen = 3;
  const evaluation found = evaluate(model.get(), plan);
  EXPECT_THAT(evaluation_text(found), testing::StartsWith("3 of the pictures below were trained on\n"));
  for (const auto& [name, value] : evaluation_figures(found)) EXPECT_THAT(name, HasSubstr("on training pictures"));
  EXPECT_EQ(evaluation_json(found)["trained_on"], 3);
}

TEST_F(evaluated, two_data_sets_are_encoded_each) {
  plan.paired = any_dataset(solid_pictures({{{0, 255, 0}, "", {"green"}}}));
  const evaluation found = evaluate(model.get(), plan);
  EXPECT_EQ(model.pictures_encoded, 6);
  EXPECT_EQ(found.pairs.captions.size(), 1u);
}

TEST_F(evaluated, parts_that_are_not_planned_are_absent) {
  EXPECT_EQ(evaluation_text(evaluate(model.get(), {})), "");
  EXPECT_TRUE(evaluation_figures(evaluate(model.get(), {})).empty());
  EXPECT_EQ(evaluation_json(evaluate(model.get(), {})).dump(), R"({"bad_pictures":{"count":0,"reasons":[]}})");
  plan.labelled.reset();
  const evaluation found = evaluate(model.get(), plan);
  EXPECT_FALSE(found.labels);
  ASSERT_TRUE(found.retrieval);
  EXPECT_THAT(evaluation_text(found), Not(HasSubstr("zero-shot")));
  EXPECT_EQ(evaluation_json(found)["bad_pictures"]["count"], 1);
}

TEST_F(evaluated, bad_pictures_may_be_fatal) {
  plan.bad = bad_samples::fatal;
  EXPECT_THAT(clipt_test::why([&] { (void)evaluate(model.get(), plan); }), HasSubstr("picture 4 is broken"));
}

TEST_F(evaluated, labels_are_needed) {
  plan.labels.clear();
  EXPECT_THAT(clipt_test::why([&] { (void)evaluate(model.get(), plan); }), HasSubstr("no label to choose from"));
}

// Rows of a table with the same path, as COCO's captions are kept, are one picture with several captions.
TEST_F(evaluated, rows_of_one_picture_are_one_picture) {
  std::vector<solid> rows{{{255, 0, 0}, "red", {"a red"}},          {{0, 0, 255}, "blue", {"a blue"}},
                          {{255, 0, 0}, "red", {"more red"}},       {{0, 0, 0}, "blue", {"never white"}, true},
                          {{0, 0, 255}, "blue", {"all", "a blue"}}, {{0, 0, 0}, "blue", {"nor green"}, true}};
  rows[4].captions[0] = "all blue";
  for (const int i : {0, 1, 3}) rows[static_cast<std::size_t>(i)].name = "path " + std::to_string(i);
  rows[2].name = rows[0].name, rows[4].name = rows[1].name, rows[5].name = rows[3].name;
  for (const bool labelled : {false, true}) {
    plan.paired = any_dataset(solid_pictures(rows));
    plan.labelled = labelled ? plan.paired : std::nullopt;
    model.pictures_encoded = 0;
    const evaluation found = evaluate(model.get(), plan);
    EXPECT_EQ(model.pictures_encoded, labelled ? 6 : 3);
    EXPECT_THAT(found.pairs.captions, ElementsAre("a red", "a blue", "more red", "all blue", "a blue"));
    EXPECT_EQ(found.pairs.images_of_text, (std::vector<std::vector<int>>{{0}, {1}, {0}, {1}, {1}}));
    EXPECT_THAT(found.pairs.pictures.indices, ElementsAre(0, 1));
    EXPECT_THAT(found.retrieval->image_to_text.ranks, ElementsAre(1, 1));
    EXPECT_EQ(found.pairs.pictures.bad.count, labelled ? 2 : 1);
  }
}

// A label may be anything, where names and sentences of its class are given.
TEST_F(evaluated, labels_that_have_names) {
  const any_dataset folders = solid_pictures({{{255, 0, 0}, "n01", {"a"}}, {{0, 255, 0}, "n02", {"a"}}});
  plan = {};
  plan.labelled = folders;
  plan.labels = {"n02", "n01", "n03"};
  plan.prompts = prompt_set{{"green", "red", "red"}, {"a {}"}};
  const evaluation found = evaluate(model.get(), plan);
  EXPECT_THAT(found.labels->truth, ElementsAre(1, 0));
  EXPECT_EQ(found.labels->rank_of_truth, (std::vector<int>{2, 1}));  // two classes are called red
  EXPECT_THAT(model.texts_encoded, ElementsAre("a green", "a red", "a red"));
}

TEST_F(evaluated, fewer_than_five_labels_have_no_top_5) {
  EXPECT_THAT(evaluation_text(evaluate(model.get(), plan)), Not(HasSubstr("top-5")));
  EXPECT_EQ(evaluation_figures(evaluate(model.get(), plan)).size(), 3u);
}

TEST_F(evaluated, as_text) {
  plan.labels = {"red", "white", "blue", "orange", "yellow"};  // green is then unlisted
  const std::string text = evaluation_text(evaluate(model.get(), plan));
  EXPECT_THAT(text, HasSubstr("zero-shot                    top-1  66.7 %   top-5  66.7 %   3 pictures, 5 labels\n"));
  EXPECT_THAT(text, HasSubstr("  chance                     top-1    20 %   top-5   100 %\n"));
  EXPECT_THAT(text, HasSubstr("  mean per class             top-1 100.0 %\n"));
  EXPECT_THAT(text, HasSubstr("  it is warm                 top-1 100.0 %   top-5 100.0 %   2 pictures\n"));
  EXPECT_THAT(text, HasSubstr("1 pictures have a label that is not among those ranked\n"));
  EXPECT_THAT(text,
              HasSubstr("retrieval, picture to text   R@1  75.0 %   R@5 100.0 %   R@10 100.0 %   median rank 1\n"));
  EXPECT_THAT(text, HasSubstr("among 4 pictures and 6 texts\n"));
}

TEST_F(evaluated, as_figures) {
  plan.labels = {"red", "green", "blue", "orange", "yellow"};
  const auto figures = evaluation_figures(evaluate(model.get(), plan));
  ASSERT_EQ(figures.size(), 4u);
  EXPECT_EQ(figures[0].first, "Zero-shot top-1");
  EXPECT_EQ(figures[0].second, "66.7 % (chance 20 %)");
  EXPECT_EQ(figures[2].second, "75.0 % (R@5 100.0 %, R@10 100.0 %)");
}

TEST_F(evaluated, as_json) {
  const auto json = evaluation_json(evaluate(model.get(), plan));
  EXPECT_DOUBLE_EQ(json["zero_shot"]["top1"].get<double>(), 2 / 3.0);
  EXPECT_DOUBLE_EQ(json["zero_shot"]["chance_top1"].get<double>(), 1 / 3.0);
  EXPECT_EQ(json["zero_shot"]["pictures"], 3);
  EXPECT_EQ(json["zero_shot"]["labels"], 3);
  EXPECT_DOUBLE_EQ(json["zero_shot"]["mean_per_class"].get<double>(), 0.5);
  EXPECT_EQ(json["groups"]["it is warm"]["top1"], 1.0);
  EXPECT_EQ(json["retrieval"]["pictures"], 4);
  EXPECT_DOUBLE_EQ(json["retrieval"]["text_to_image"]["R@1"].get<double>(), 1 / 3.0);
  EXPECT_DOUBLE_EQ(json["retrieval"]["text_to_image"]["mean_rank"].get<double>(), 10 / 6.0);
  EXPECT_EQ(json["bad_pictures"]["count"], 1);
  EXPECT_THAT(json["bad_pictures"]["reasons"][0].get<std::string>(), HasSubstr("picture 4"));
}

TEST(scenes_evaluation, holds_out_combinations) {
  const evaluation_plan plan = scenes_evaluation(1, 20, 10);
  EXPECT_EQ(plan.labelled->size(), 20);
  EXPECT_EQ(plan.paired->size(), 10);
  EXPECT_EQ(plan.labels.size(), 100u);
  const auto held_out = held_out_labels();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(held_out, testing::Contains(plan.labelled->label(i)));
  EXPECT_FALSE(plan.labelled->shares_with(*plan.paired));
}

}  // namespace
