// What a report gathers from an evaluation: pairs, retrievals from the best and the worst end, confusions, options.
#include <clipt/report/run_report.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "solid_pictures.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace clipt;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

class reported : public testing::Test {
 protected:
  report make(const report_size& size = {}) {
    return make_run_report("a run", plan, evaluate(clipt_test::colour_encoders().get(), plan), log, {}, size);
  }

  /// Two greens that are called red, a red that is called orange, and two that are right.
  const any_dataset data = clipt_test::solid_pictures({{{255, 0, 0}, "green", {"a red"}},
                                                       {{250, 0, 0}, "green", {"not red"}},
                                                       {{255, 100, 0}, "red", {"an orange"}},
                                                       {{0, 255, 0}, "green", {"a green"}},
                                                       {{0, 0, 255}, "blue", {"a blue"}}});
  evaluation_plan plan = [this] {
    evaluation_plan p;
    p.labelled = p.paired = data;
    p.labels = {"red", "green", "blue", "orange"};
    return p;
  }();
  clipt_test::temporary_folder folder;
  std::filesystem::path log = folder.path() / "metrics.jsonl";
};

TEST_F(reported, confusions_come_by_how_often) {
  const auto found = make().confusions;
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].truth + " as " + found[0].predicted, "green as red");
  EXPECT_EQ(found[0].count, 2);
  EXPECT_EQ(found[1].truth + " as " + found[1].predicted, "red as orange");
  EXPECT_THAT(make({.confusions = 1}).confusions, SizeIs(1));
}

TEST_F(reported, pairs_are_pictures_with_a_text_of_their_own_and_all_cosines) {
  const report r = make();
  ASSERT_THAT(r.pairs, SizeIs(5));
  EXPECT_THAT(r.similarity, SizeIs(25));
  EXPECT_EQ(r.pairs[4].caption, "a blue");
  EXPECT_EQ(r.pairs[4].png.substr(1, 3), "PNG");
  EXPECT_NEAR(r.similarity[4 * 5 + 4], 1, 1e-5);  // the blue picture and its text
  EXPECT_NEAR(r.similarity[4 * 5 + 0], 0, 1e-5);  // and that of the red one
}

TEST_F(reported, retrievals_of_both_ends) {
  const report r = make({.retrievals = 1, .results = 2});
  ASSERT_THAT(r.best, SizeIs(1));
  ASSERT_THAT(r.worst, SizeIs(1));
  EXPECT_EQ(r.best[0].rank_of_truth, 1);
  EXPECT_THAT(r.best[0].results, SizeIs(2));
  EXPECT_EQ(r.best[0].results[0].caption, r.best[0].query.caption);  // its own picture leads
  EXPECT_EQ(r.worst[0].rank_of_truth, 2);  // "a red" and "not red" mean the same, and one picture is of either
}

TEST_F(reported, without_captions_the_labels_are_the_texts) {
  plan.paired.reset();
  const report r = make();
  ASSERT_THAT(r.pairs, SizeIs(3));  // a picture for each label that occurs
  EXPECT_EQ(r.pairs[0].caption, "red");
  EXPECT_THAT(r.best, SizeIs(0));
}

TEST_F(reported, curves_are_those_of_the_log) {
  write_file_atomically(log, R"({"step": 1, "loss": 3.5}
{"step": 2, "loss": 2.5}
{"split": "validation", "step": 2, "top1": 0.25}
)");
  const report r = make();
  ASSERT_THAT(r.curve, SizeIs(2));
  EXPECT_EQ(r.curve[1].loss, 2.5);
  ASSERT_THAT(r.validation, SizeIs(1));
  EXPECT_EQ(r.validation[0].top1, 0.25);
}

TEST(report_configuration, opens_objects_and_leaves_out_what_is_empty) {
  const auto options = nlohmann::ordered_json::parse(R"({"lr": 0.001, "name": "x", "none": "", "aug": {"scale": 1}})");
  EXPECT_THAT(report_configuration(options),
              ElementsAre(Pair("lr", "0.001"), Pair("name", "x"), Pair("aug.scale", "1")));
}

}  // namespace
