// Residual towers evaluate in fewer passes than they train in, picture by picture, to the same numbers.
#include <gtest/gtest.h>
#include <cmath>
#include <cstring>

#include <clipt/clip/initialise.hpp>
#include <clipt/train/train.hpp>
#include "gradients/op_case.hpp"
#include "model_numbers.hpp"

namespace {

using namespace clipt;
using clipt_test::uniform;

inline constexpr text_config words{16, 64, 16, 2, 2};
inline constexpr clip_config bottlenecks{16, resnet_config{64, {2, 1, 1, 2}, 12, 6}, words};
inline constexpr clip_config no_stem_pool{16, resnet_config{32, {1, 2, 1, 1}, 4, 8, false}, words};
inline constexpr clip_config basic_blocks{16, basic_resnet_config{32, {1, 2, 1, 1}, 6}, words};

/// A model whose normalisations are no longer those of the start.
template <auto Config>
std::unique_ptr<clip<Config>> made_up() {
  auto model = std::make_unique<clip<Config>>();
  initialise(*model, 1);
  for_each_state(*model, [](const std::string& path, const state_member& member) {
    const bool mean = path.ends_with("running_mean"), variance = path.ends_with("running_var");
    if (!mean && !variance && !path.ends_with("bn2.weight") && !path.ends_with("bn3.weight")) return;
    std::uint64_t i = 0;
    member.with_elements([&](auto x) {
      using T = std::remove_cvref_t<decltype(x[0])>;
      for (T& v : x) v = static_cast<T>(random_stream{3}.uniform(i++) * (mean ? 0.1 : 1) + (mean ? -0.05 : 0.5));
    });
  });
  return model;
}

template <auto Config>
std::vector<float> features(const clip<Config>& model, dim_t count, const context_settings& settings) {
  constexpr dim_t side = Config.vision.image;
  const auto pictures = uniform<float>(shape<batch, 3, side, side>{count}, -2, 2, 5);
  inference<> ctx;
  ctx.settings = settings;
  const auto y = model.encode_image(ctx, pictures);
  return {y.begin(), y.end()};
}

template <auto Config>
void expect_evaluation() {
  const auto model = made_up<Config>();
  const auto before = clipt_test::numbers(*model);
  const auto quick = features(*model, 3, {}), slow = features(*model, 3, {.as_recorded = true});
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < slow.size(); ++i) {
    difference += std::pow(double(quick[i]) - slow[i], 2);
    length += std::pow(double(slow[i]), 2);
  }
  EXPECT_GT(difference, 0) << "is one pass taken at all?";
  EXPECT_LE(std::sqrt(difference / length), 1e-6);
  for (int threads : {1, 2, 3}) EXPECT_TRUE(features(*model, 3, {.threads = threads}) == quick) << threads;
  EXPECT_TRUE(clipt_test::numbers(*model) == before) << "evaluation changed the model";
}

TEST(resnet, evaluates_bottlenecks) { expect_evaluation<bottlenecks>(); }
TEST(resnet, evaluates_bottlenecks_without_a_pooled_stem) { expect_evaluation<no_stem_pool>(); }
TEST(resnet, evaluates_basic_blocks) { expect_evaluation<basic_blocks>(); }

TEST(resnet, a_large_batch_gives_the_rows_of_its_pictures_in_bounded_memory) {
  // 64 x 64 pixels at width 12: the largest group is 682 pictures.
  const auto model = made_up<bottlenecks>();
  const auto all = features(*model, 700, {});
  const auto first = features(*model, 3, {});
  for (std::size_t i = 0; i < first.size(); ++i) ASSERT_NEAR(all[i], first[i], 1e-5 * (1 + std::abs(first[i]))) << i;
  for (const float v : all) ASSERT_TRUE(std::isfinite(v));
}

/// Gradients and statistics of one training step, with `parts` parts.
template <auto Config>
std::vector<double> step(const clip<Config>& model, const context_settings& settings, dim_t parts = 1) {
  constexpr dim_t side = Config.vision.image;
  const auto pictures = uniform<float>(shape<batch, 3, side, side>{4}, -2, 2, 5);
  const std::vector<std::int32_t> ids{1, 2, 63, 3, 63, 4, 5, 63, 6, 63}, offsets{0, 3, 5, 8, 10};
  recording<> ctx;
  ctx.settings = settings;
  clear_gradients(model);
  accumulate_gradients(
      ctx, model,
      training_batch<float, side>{pictures.view(),
                                  {{ids.data(), shape<tokens>(10)}, {offsets.data(), shape<clipt::offsets>(5)}}},
      parts);
  std::vector<double> all;
  for_each_parameter(model, [&](const std::string&, const state_member& p) {
    for (dim_t i = 0; i < p.size; ++i) all.push_back(p.template gradient_data<float>()[i]);
  });
  return all;
}

template <auto Config>
void expect_frozen_step() {
  const auto model = made_up<Config>();
  const auto before = clipt_test::numbers(*model);
  const context_settings frozen{.training = true, .frozen_statistics = true};
  const auto gradients = step(*model, frozen);
  EXPECT_TRUE(gradients == step(*model, {})) << "the gradients are those of running statistics";
  const auto in_parts = step(*model, frozen, 2);
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    difference += std::pow(in_parts[i] - gradients[i], 2);
    length += std::pow(gradients[i], 2);
  }
  EXPECT_LE(std::sqrt(difference / length), 1e-5) << "statistics that mix no samples: parts make no difference";
  EXPECT_TRUE(clipt_test::numbers(*model) == before) << "statistics moved, or a batch was counted";
  EXPECT_FALSE(step(*model, {.training = true}) == gradients);
  EXPECT_FALSE(clipt_test::numbers(*model) == before);
}

TEST(resnet, frozen_statistics_of_bottlenecks) { expect_frozen_step<bottlenecks>(); }
TEST(resnet, frozen_statistics_of_basic_blocks) { expect_frozen_step<basic_blocks>(); }

}  // namespace
