// Patch embeddings and attention maps against plain loops, and against what the tower does with them.
#include <clipt/clip/initialise.hpp>
#include <clipt/evaluate/inspection.hpp>
#include <clipt/core/philox.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "why.hpp"

namespace {

using namespace clipt;

inline constexpr clip_config small{8, vit_config{16, 8, 16, 3, 2}, text_config{12, 50, 16, 2, 1}};
constexpr dim_t pictures = 3, token_count = 5, model_width = 16, heads = 2, head_width = 8;

class inspected : public testing::Test {
 protected:
  void SetUp() override {
    initialise(model, 2);
    const random_stream random{5};
    for (dim_t i = 0; i < images.size(); ++i) images[i] = random.normal(i);
    // Gains and biases that are not 1 and 0, and weights large enough for attention that is not even.
    std::uint32_t number = 0;
    for_each_parameter(model, [&](const std::string&, const state_member& p) {
      const random_stream noise{9, number++};
      p.with_elements([&](auto x) {
        using T = typename decltype(x)::value_type;
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += static_cast<T>(0.3 * noise.normal(static_cast<dim_t>(i)));
      });
    });
  }
  clip<small, fp64> model;
  tensor<double, shape<batch, 3, 16, 16>> images{pictures};
  inference<> ctx;
};

std::vector<double> normalised(const double* x, const auto& layer) {
  double mean = 0, variance = 0;
  for (dim_t c = 0; c < model_width; ++c) mean += x[c] / model_width;
  for (dim_t c = 0; c < model_width; ++c) variance += (x[c] - mean) * (x[c] - mean) / model_width;
  std::vector<double> result;
  for (dim_t c = 0; c < model_width; ++c)
    result.push_back((x[c] - mean) / std::sqrt(variance + 1e-5) * layer.weight[c] + layer.bias[c]);
  return result;
}

TEST_F(inspected, patch_embeddings_are_all_tokens_normalised_and_projected) {
  const auto found = patch_embeddings(ctx, model, images);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(found)>::shape_type, shape<batch, 4, 8>>);
  const auto tokens = model.visual.tokens(ctx, as_expression(images));
  for (dim_t i = 0; i < pictures; ++i)
    for (dim_t t = 1; t < token_count; ++t) {
      const auto x = normalised(tokens.data() + (i * token_count + t) * model_width, model.visual.ln_post);
      for (dim_t e = 0; e < 8; ++e) {
        double sum = 0;
        for (dim_t c = 0; c < model_width; ++c) sum += x[static_cast<std::size_t>(c)] * model.visual.proj[c * 8 + e];
        EXPECT_NEAR(found[(i * 4 + t - 1) * 8 + e], sum, 1e-12);
      }
    }
}

/// The attention of block k by plain loops over what the block is given.
std::vector<double> plain_attention(const auto& block, const auto& seen, dim_t picture) {
  std::vector<std::vector<double>> q, k;
  for (dim_t t = 0; t < token_count; ++t) {
    const auto x = normalised(seen.begin() + (picture * token_count + t) * model_width, block.ln_1);
    const auto project = [&](dim_t row) {
      double sum = block.attention.in_proj.bias[row];
      for (dim_t c = 0; c < model_width; ++c)
        sum += block.attention.in_proj.weight[row * model_width + c] * x[static_cast<std::size_t>(c)];
      return sum;
    };
    q.emplace_back();
    k.emplace_back();
    for (dim_t c = 0; c < model_width; ++c) {
      q.back().push_back(project(c));
      k.back().push_back(project(model_width + c));
    }
  }
  std::vector<double> map;
  for (std::size_t h = 0; h < heads; ++h)
    for (const auto& query : q) {
      std::vector<double> row;
      double total = 0;
      for (const auto& key : k) {
        double score = 0;
        for (std::size_t c = h * head_width; c < (h + 1) * head_width; ++c) score += query[c] * key[c];
        row.push_back(std::exp(score / std::sqrt(8.0)));
        total += row.back();
      }
      for (const double p : row) map.push_back(p / total);
    }
  return map;
}

TEST_F(inspected, attention_maps_are_the_softmax_of_the_scores) {
  const auto before = model.visual.tokens_before(ctx, as_expression(images), 0);
  tensor<double, shape<batch, 5, 16>> seen(pictures);
  std::copy(before.begin(), before.end(), seen.begin());
  double unevenness = 0;
  for (int k = 0; k < 3; ++k) {
    const auto found = attention_map(ctx, model, images, k);
    static_assert(std::is_same_v<std::remove_cvref_t<decltype(found)>::shape_type, shape<batch, 2, 5, 5>>);
    const auto of_class = class_attention(ctx, model, images, k);
    for (dim_t i = 0; i < pictures; ++i) {
      const auto expected = plain_attention(model.visual.blocks.blocks[static_cast<std::size_t>(k)], seen, i);
      for (std::size_t j = 0; j < expected.size(); ++j) {
        EXPECT_NEAR(found[i * 50 + static_cast<dim_t>(j)], expected[j], 1e-12) << k;
        unevenness = std::max(unevenness, std::abs(expected[j] - 0.2));
      }
      for (dim_t h = 0; h < heads; ++h)
        for (dim_t t = 0; t < token_count; ++t)
          EXPECT_NEAR(of_class[(i * heads + h) * token_count + t], found[i * 50 + h * 25 + t], 1e-14);
    }
    // What block k makes of its tokens is what block k + 1 sees; the observer of the whole tower says the same.
    model.visual.tokens(ctx, as_expression(images), [&](const std::string& name, int block, const auto& x) {
      if (name == "block" && block == k) std::copy(x.begin(), x.end(), seen.begin());
    });
    if (k < 2) {
      const auto next = model.visual.tokens_before(ctx, as_expression(images), k + 1);
      for (dim_t j = 0; j < seen.size(); ++j) ASSERT_EQ(next[j], seen[j]);
    }
  }
  EXPECT_GT(unevenness, 0.1);
}

TEST_F(inspected, maps_have_gradients) {
  recording<> taped;
  const auto p = class_attention(taped, model, images, 1);
  taped.backward(p, view<const double, shape<batch, 2, 5>>{std::vector<double>(30, 1).data(), {pictures}});
  EXPECT_FALSE(model.visual.blocks.blocks[1].attention.in_proj.weight.gradient().empty);
  EXPECT_TRUE(model.visual.blocks.blocks[2].attention.in_proj.weight.gradient().empty);
}

TEST_F(inspected, features_are_what_the_projection_sees) {
  const auto features = model.visual.features(ctx, as_expression(images));
  const auto tokens = model.visual.tokens(ctx, as_expression(images));
  for (dim_t i = 0; i < pictures; ++i) {
    const auto x = normalised(tokens.data() + i * token_count * model_width, model.visual.ln_post);
    for (dim_t c = 0; c < model_width; ++c)
      EXPECT_NEAR(features[i * model_width + c], x[static_cast<std::size_t>(c)], 1e-12);
  }
}

TEST_F(inspected, there_is_no_such_block) {
  for (const int k : {-1, 3})
    EXPECT_THAT(clipt_test::why([&] { (void)attention_map(ctx, model, images, k); }),
                testing::HasSubstr("block " + std::to_string(k) + " of 3"));
}

}  // namespace
