// Models whose activations, or all of whose numbers, are of 16 bits, beside the same in double.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <clipt/clip/initialise.hpp>
#include <clipt/clip/model.hpp>
#include <clipt/clip/objective.hpp>
#include <clipt/core/philox.hpp>
#include <clipt/nn/copy.hpp>

namespace {

using namespace clipt;

inline constexpr text_config small_texts{12, 40, 32, 2, 2};
inline constexpr clip_config patches_pair{24, vit_config{16, 8, 32, 2, 2}, small_texts};
inline constexpr clip_config queries_pair{24, vit_config{16, 4, 32, 2, 2, 0, true, vision_pooling::mean, 5, 3},
                                          text_config{12, 40, 32, 2, 2, 0, text_pooling::first, false, true},
                                          activation::gelu};
inline constexpr clip_config resnet_pair{24, resnet_config{32, {1, 1, 1, 1}, 4, 2, false}, small_texts};
inline constexpr clip_config basic_pair{24, basic_resnet_config{32, {1, 1, 1, 1}, 4, 3, 2}, small_texts};

constexpr dim_t pairs = 16;

/// The state of a model and what it makes of the same pictures and captions, as doubles.
struct outcome {
  std::vector<double> images, texts;
  double loss = 0;
  std::vector<std::string> names = {};
  std::vector<std::vector<double>> gradients = {};
};

template <class X>
std::vector<double> doubles_of(const X& x) {
  std::vector<double> result;
  for (const auto value : x) result.push_back(static_cast<double>(value));
  return result;
}

/// The same numbers for every policy: those of a model of floats.
template <auto Config, class Policy>
void fill(clip<Config, Policy>& model) {
  clip<Config, fp32> source;
  initialise(source, 3);
  inference<> ctx;
  copy_model(ctx, source, model);
}

template <auto Config, class Policy>
outcome outcome_of(bool trains) {
  static constexpr int side = Config.vision.image;
  using T = std::conditional_t<std::is_same_v<Policy, fp64>, double, float>;
  clip<Config, Policy> model;
  fill(model);
  tensor<T, shape<batch, 3, side, side>> pictures(pairs);
  const random_stream random{5};
  for (dim_t i = 0; i < pictures.size(); ++i)
    pictures[i] = static_cast<T>(random.normal(static_cast<std::uint64_t>(i)));
  tensor<std::int32_t, shape<batch, Config.text.context>> ids(pairs);
  for (dim_t i = 0; i < pairs; ++i) {
    std::int32_t* const caption = ids.data() + i * Config.text.context;
    const dim_t words = 1 + i % 9;
    for (dim_t k = 0; k < words; ++k) caption[k] = static_cast<std::int32_t>(1 + (i * 7 + k * 5) % 37);
    caption[words] = 39;
  }
  recording<> ctx;
  ctx.settings.training = trains;
  const auto images = model.encode_image(ctx, pictures), texts = model.encode_text(ctx, ids);
  outcome result{doubles_of(images), doubles_of(texts)};
  using C = compute_t<typename Policy::activation_type>;
  const auto loss = contrastive_loss(ctx, l2_normalize(ctx, cast<C>(images)), l2_normalize(ctx, cast<C>(texts)),
                                     cast<C>(model.logit_scale));
  result.loss = static_cast<double>(loss[0]);
  ctx.backward(loss);
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    result.names.push_back(path);
    result.gradients.emplace_back();
    const auto* const gradient = p.gradient_data<parameter_element_t<clip<Config, Policy>>>();
    for (dim_t i = 0; i < p.size; ++i) result.gradients.back().push_back(static_cast<double>(gradient[i]));
  });
  return result;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

/// `least`: the cosine between all gradients and those of doubles.
template <auto Config, class Policy>
void expect_close_to_doubles(bool trains, double least = 0.999) {
  const outcome narrow = outcome_of<Config, Policy>(trains), wide = outcome_of<Config, fp64>(trains);
  EXPECT_GT(cosine(narrow.images, wide.images), 0.9995);
  EXPECT_GT(cosine(narrow.texts, wide.texts), 0.9995);
  EXPECT_NEAR(narrow.loss, wide.loss, 1e-2 * wide.loss);
  ASSERT_EQ(narrow.names, wide.names);
  double of_all = 0, length = 0, other_length = 0;
  for (std::size_t k = 0; k < wide.names.size(); ++k) {
    of_all += dot(narrow.gradients[k], wide.gradients[k]);
    length += dot(wide.gradients[k], wide.gradients[k]);
    other_length += dot(narrow.gradients[k], narrow.gradients[k]);
  }
  EXPECT_GT(of_all / std::sqrt(length * other_length), least);
}

TEST(mixed_precision, transformers) { expect_close_to_doubles<patches_pair, bf16_mixed>(true); }
TEST(mixed_precision, queries_and_tokens_without_a_mask) { expect_close_to_doubles<queries_pair, bf16_mixed>(true); }
TEST(mixed_precision, resnets_by_running_statistics) { expect_close_to_doubles<resnet_pair, bf16_mixed>(false); }
TEST(mixed_precision, resnets_by_the_batch) {  // whose statistics let rounding switch some elements of a relu
  expect_close_to_doubles<resnet_pair, bf16_mixed>(true, 0.995);
  expect_close_to_doubles<basic_pair, bf16_mixed>(true, 0.995);
}
TEST(mixed_precision, all_numbers_of_16_bits) { expect_close_to_doubles<patches_pair, bf16>(false, 0.998); }

}  // namespace
