// Zero-shot: the reference's classifier and answers, ensembles of sentences, many pictures, the first few labels.
#include <clipt/text/bpe_train.hpp>
#include <clipt/clip/initialise.hpp>
#include <clipt/data/scenes.hpp>
#include <clipt/evaluate/zero_shot.hpp>
#include <clipt/io/safetensors.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shared.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using testing::ElementsAre;
using testing::HasSubstr;

embeddings unit_rows(const tensor_entry& entry, dim_t embed) {
  embeddings out{0, embed, to_vector<float>(entry)};
  out.count = static_cast<dim_t>(out.values.size()) / embed;
  for (dim_t i = 0; i < out.count; ++i) {
    float* row = out.values.data() + i * embed;
    const float scale = 1 / std::sqrt(on_cpu::row_dot(row, row, embed));
    for (dim_t c = 0; c < embed; ++c) row[c] *= scale;
  }
  return out;
}

TEST(zero_shot, reference) {
  CLIPT_NEEDS_SHARED("golden/zero_shot");
  const safetensors_file file(clipt_test::golden("zero_shot/expected.safetensors"));
  const auto metrics = nlohmann::json::parse(read_file(clipt_test::golden("zero_shot/metrics.json")));
  std::vector<dim_t> offsets;
  for (dim_t i = 0; i <= 12; ++i) offsets.push_back(5 * i);
  const embeddings labels = mean_of_sentences(unit_rows(file.at("text_features"), 32), offsets);
  const auto expected = to_vector<float>(file.at("classifier"));
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(labels.values[i], expected[i], 1e-6);

  const auto probabilities = label_probabilities(unit_rows(file.at("image_features"), 32), labels, 100);
  const auto truth = to_vector<int>(file.at("labels")), top5 = to_vector<int>(file.at("top5"));
  double at1 = 0, at5 = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto found = largest_positions(std::span(probabilities).subspan(i * 12, 12), 5);
    EXPECT_EQ(found, std::vector<int>(top5.begin() + static_cast<std::ptrdiff_t>(5 * i),
                                      top5.begin() + static_cast<std::ptrdiff_t>(5 * i + 5)));
    at1 += found[0] == truth[i];
    at5 += std::count(found.begin(), found.end(), truth[i]);
  }
  EXPECT_DOUBLE_EQ(at1 / static_cast<double>(truth.size()), metrics["top1"]);
  EXPECT_DOUBLE_EQ(at5 / static_cast<double>(truth.size()), metrics["top5"]);
}

TEST(zero_shot, probabilities_are_the_softmax_of_scaled_cosines) {
  const embeddings picture{1, 2, {1, 0}}, labels{3, 2, {0.6f, 0.8f, 0, 1, 0.8f, 0.6f}};
  const auto p = label_probabilities(picture, labels, 10);
  const double total = std::exp(6) + std::exp(0) + std::exp(8);
  EXPECT_NEAR(p[0], std::exp(6) / total, 1e-6);
  EXPECT_NEAR(p[1], std::exp(0) / total, 1e-6);
  EXPECT_NEAR(p[2], std::exp(8) / total, 1e-6);
  const auto sharp = label_probabilities(picture, labels, 1e6);  // exp(1e6) is no number
  EXPECT_EQ(sharp, (std::vector<double>{0, 0, 1}));
  EXPECT_THROW((void)label_probabilities(picture, {0, 2, {}}, 10), shape_error);
  EXPECT_THROW((void)label_probabilities(picture, {1, 3, {1, 0, 0}}, 10), shape_error);
}

TEST(zero_shot, largest_positions) {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x{1, nothing, 3, 3, 2};
  EXPECT_THAT(largest_positions(x, 3), ElementsAre(2, 3, 4));
  EXPECT_THAT(largest_positions(x, 99), ElementsAre(2, 3, 4, 0, 1));
  EXPECT_THAT(largest_positions({}, 1), ElementsAre());
}

inline constexpr clip_config tiny{16, vit_config{32, 16, 16, 1, 2}, text_config{24, 600, 16, 1, 2}};

class a_classifier : public testing::Test {
 protected:
  void SetUp() override {
    initialise(model, 3);
    const std::vector<std::string> captions{"a red circle", "a blue star", "a green square", "a photo of a"};
    words = train_tokenizer(captions, {86, 1});
    for (int i = 0; i < 70; ++i) pictures.push_back(draw_scene(1, i).picture);
  }
  std::vector<float> mean_of(const std::vector<std::string>& sentences) const {
    const embeddings each = encode_texts(model, words, sentences);
    std::vector<double> sum(16);
    for (std::size_t i = 0; i < each.values.size(); ++i) sum[i % 16] += static_cast<double>(each.values[i]);
    double square = 0;
    for (const double x : sum) square += x * x;
    std::vector<float> result;
    for (const double x : sum) result.push_back(static_cast<float>(x / std::sqrt(square)));
    return result;
  }
  static void expect_near(std::span<const float> a, const std::vector<float>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < b.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
  }

  clip<tiny> model;
  tokenizer words;
  std::vector<image> pictures;  // more than one batch
};

TEST_F(a_classifier, puts_every_name_of_a_label_into_every_template) {
  const prompt_set prompts{{"circle", "star"}, {"a {}", "photo of a {}"}, {{"disc"}, {}}};
  const auto classify = zero_shot(model, words, prompts);
  ASSERT_EQ(classify.of_labels().count, 2);
  expect_near(classify.of_labels().row(0), mean_of({"a circle", "photo of a circle", "a disc", "photo of a disc"}));
  expect_near(classify.of_labels().row(1), mean_of({"a star", "photo of a star"}));
}

TEST_F(a_classifier, encodes_many_sentences_in_parts) {
  prompt_set prompts;
  for (int i = 0; i < 3000; ++i) prompts.labels.push_back("label " + std::to_string(i));
  prompts.templates = {"a {}", "the {}"};
  std::size_t most = 0;
  const embeddings all = embed_prompts(prompts, [&](std::span<const std::string> sentences) {
    most = std::max(most, sentences.size());
    return encode_texts(model, words, sentences);
  });
  EXPECT_EQ(all.count, 3000);
  EXPECT_LT(most, 4200u);
  for (const dim_t i : {0, 2047, 2048, 2999})
    expect_near(all.row(i), mean_of({"a label " + std::to_string(i), "the label " + std::to_string(i)}));
}

TEST_F(a_classifier, ranks_many_pictures_as_it_ranks_each) {
  const auto classify = zero_shot(model, words, {"red circle", "blue star", "green square"});
  const auto together = classify(pictures);
  ASSERT_EQ(together.size(), pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto alone = classify(pictures[i]);
    ASSERT_EQ(alone.size(), 3u);
    double total = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(together[i][k].first, alone[k].first);
      EXPECT_NEAR(together[i][k].second, alone[k].second, 1e-6);
      EXPECT_LE(alone[k].second, alone[k == 0 ? 0 : k - 1].second);
      total += alone[k].second;
    }
    EXPECT_NEAR(total, 1, 1e-12);
  }
  const auto best = classify(pictures[0], 1);
  ASSERT_EQ(best.size(), 1u);
  EXPECT_EQ(best[0], classify(pictures[0])[0]);
  EXPECT_EQ(classify(pictures, 2)[69].size(), 2u);
  EXPECT_TRUE(classify(std::span<const image>{}).empty());
}

TEST_F(a_classifier, refuses_prompts_that_say_nothing) {
  const auto why = [&](const prompt_set& prompts) {
    return clipt_test::why([&] { (void)zero_shot(model, words, prompts); });
  };
  EXPECT_THAT(why({}), HasSubstr("no label to choose from"));
  EXPECT_THAT(why({{"star"}, {}}), HasSubstr("no template"));
  EXPECT_THAT(why({{"star"}, {"a photo"}}), HasSubstr("'a photo' has no {}"));
  EXPECT_THAT(why({{"star"}, {"{} or {}"}}), HasSubstr("or several"));
  EXPECT_THAT(why({{"star", "disc"}, {"{}"}, {{"sun"}}}), HasSubstr("2 labels, 1 lists of synonyms"));
}

}  // namespace
