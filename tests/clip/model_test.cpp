// The work that the towers leave out changes nothing: packed captions and pruned last blocks against the plain
// computation, forward and every gradient; and what a model's parts are called and counted.
#include <clipt/clip/initialise.hpp>
#include <clipt/clip/model.hpp>
#include <clipt/nn/reductions.hpp>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace {

using namespace clipt;

inline constexpr clip_config small{8, vit_config{16, 8, 16, 2, 2}, text_config{12, 50, 16, 2, 3}};
using model_type = clip<small, fp64>;

using gradients = std::map<std::string, std::vector<double>>;

gradients gradients_of(const model_type& model) {
  gradients result;
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    if (p.gradient->empty) return;
    result[path].assign(p.gradient_data<double>(), p.gradient_data<double>() + p.size);
  });
  clear_gradients(model);
  return result;
}

void expect_equal(const gradients& a, const gradients& b) {
  ASSERT_FALSE(a.empty());
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [path, values] : a) {
    ASSERT_TRUE(b.contains(path)) << path;
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], b.at(path)[i], 1e-12) << path << " " << i;
  }
}

/// A number that depends on every element in another way, so that no gradient is trivially right.
template <class Context, class X>
auto weighed(Context& ctx, const X& x) {
  return sum(ctx, x * tanh(x + column_index));
}

TEST(text_tower, packed_and_pruned_is_the_padded_plain_computation) {
  model_type model;
  initialise(model, 1);
  tensor<std::int32_t, shape<batch, 12>> ids(3);
  const std::vector<std::vector<std::int32_t>> captions{
      {48, 3, 4, 49}, {48, 49}, {48, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 49}};
  for (std::size_t i = 0; i < captions.size(); ++i)
    std::copy(captions[i].begin(), captions[i].end(), ids.data() + i * 12);

  recording<> ctx;
  const auto features = model.encode_text(ctx, ids);
  const std::vector<double> packed(features.begin(), features.end());
  ctx.backward(weighed(ctx, features));
  const gradients by_packing = gradients_of(model);

  // All 12 positions of all captions through all of every block, padding included; then the row of the end token.
  ctx.reset();
  const std::int32_t offsets_of_rows[] = {0, 12, 24, 36};
  const packed_captions<> padded{{ids.data(), shape<tokens>(36)}, {offsets_of_rows, shape<offsets>(4)}};
  const auto all = model.text.all_tokens(ctx, padded);
  const std::int32_t end_rows[] = {3, 12 + 1, 24 + 11};
  const auto plain = matmul(ctx, gather(ctx, all, view<const std::int32_t, shape<batch>>{end_rows, shape<batch>(3)}),
                            model.text.text_projection);
  for (dim_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(plain[i], packed[static_cast<std::size_t>(i)], 1e-12);
  ctx.backward(weighed(ctx, plain));
  expect_equal(by_packing, gradients_of(model));
}

TEST(vision_tower, pruned_is_the_plain_computation) {
  model_type model;
  initialise(model, 2);
  tensor<double, shape<batch, 3, 16, 16>> images(2);
  const random_stream random{5};
  for (dim_t i = 0; i < images.size(); ++i) images[i] = random.normal(i);

  recording<> ctx;
  const auto features = model.encode_image(ctx, images);
  const std::vector<double> pruned(features.begin(), features.end());
  ctx.backward(weighed(ctx, features));
  const gradients by_pruning = gradients_of(model);

  ctx.reset();
  const auto all = model.visual.tokens(ctx, images);
  const auto plain = model.visual.head(ctx, reshape(slice<1, 0, 1>(ctx, all), shape<batch, 16>(2)));
  for (dim_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(plain[i], pruned[static_cast<std::size_t>(i)], 1e-12);
  ctx.backward(weighed(ctx, plain));
  expect_equal(by_pruning, gradients_of(model));
}

TEST(vision_tower, many_pictures_take_the_memory_of_a_few) {
  constexpr clip_config wide{8, vit_config{112, 4, 256, 1, 4, 256}, text_config{12, 50, 16, 2, 1}};
  clip<wide> model;
  initialise(model, 3);
  tensor<float, shape<batch, 3, 112, 112>> images(24);
  const random_stream random{6};
  for (dim_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(random.normal(i));

  inference<> ctx;
  const auto embed = [&](dim_t from, dim_t count) {
    ctx.reset();
    const float* pixels = images.data() + from * 3 * 112 * 112;
    return model.encode_image(ctx, view<const float, shape<batch, 3, 112, 112>>{pixels, {count}});
  };
  const auto last = embed(23, 1);
  const std::vector<float> alone(last.begin(), last.end());
  embed(0, 8);
  const std::size_t of_eight = ctx.memory().values.peak();
  const auto all = embed(0, 24);
  EXPECT_LT(ctx.memory().values.peak(), of_eight + of_eight / 4);
  for (dim_t i = 0; i < 8; ++i) EXPECT_NEAR(all[23 * 8 + i], alone[static_cast<std::size_t>(i)], 1e-5);
}

TEST(text_tower, refuses_captions_that_do_not_fit) {
  model_type model;
  inference<> ctx;
  const std::vector<std::int32_t> ids(13, 1);
  const std::int32_t offsets_of_rows[] = {0, 13};
  EXPECT_THROW(
      model.encode_text(ctx, packed_captions<>{{ids.data(), shape<tokens>(13)}, {offsets_of_rows, shape<offsets>(2)}}),
      shape_error);
}

TEST(model, has_openai_names) {
  const model_type model;
  std::set<std::string> paths;
  for_each_state(model, [&](const std::string& path, const state_member&) { paths.insert(path); });
  for (const char* expected : {"positional_embedding", "text_projection", "logit_scale", "token_embedding.weight",
                               "ln_final.weight", "visual.proj", "visual.class_embedding", "visual.conv1.weight",
                               "visual.ln_pre.bias", "transformer.resblocks.2.attn.in_proj_weight",
                               "visual.transformer.resblocks.1.mlp.c_fc.bias", "visual.ln_post.weight"})
    EXPECT_TRUE(paths.contains(expected)) << expected;
}

TEST(initialise, is_reproducible_and_depends_on_the_seed) {
  model_type a, b, c;
  initialise(a, 1);
  initialise(b, 1);
  initialise(c, 2);
  EXPECT_TRUE(std::equal(a.visual.proj.begin(), a.visual.proj.end(), b.visual.proj.begin()));
  EXPECT_FALSE(std::equal(a.visual.proj.begin(), a.visual.proj.end(), c.visual.proj.begin()));
  EXPECT_NEAR(std::exp(a.logit_scale[0]), 1 / 0.07, 1e-9);
}

/// The root of the mean square of the parameter of this name, and its largest magnitude.
template <class Model>
std::pair<double, double> spread_of(const Model& model, const std::string& name) {
  double squares = 0, largest = 0, count = 0;
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    if (path != name) return;
    for (const double x : p.template elements<double>()) {
      squares += x * x;
      largest = std::max(largest, std::abs(x));
      ++count;
    }
  });
  EXPECT_GT(count, 0) << name;
  return {std::sqrt(squares / count), largest};
}

// Source: the modules of open_clip 3.3, and nn.MultiheadAttention.
TEST(initialise, the_parts_that_openais_model_has_not) {
  constexpr clip_config config{64, vit_config{16, 8, 32, 1, 2, 100, true, vision_pooling::mean, 64, 4},
                               text_config{12, 50, 48, 2, 2, 100, text_pooling::largest_id, true, true}};
  clip<config, fp64> model;
  initialise(model, 1);
  EXPECT_NEAR(spread_of(model, "visual.attn_pool.query").first, 1, 0.05);
  const double xavier = std::sqrt(6.0 / (64 + 32));
  EXPECT_NEAR(spread_of(model, "visual.attn_pool.attn.k_proj_weight").second, xavier, 0.01);
  EXPECT_NEAR(spread_of(model, "visual.attn_pool.attn.q_proj_weight").second, std::sqrt(6.0 / 128), 0.01);
  EXPECT_NEAR(spread_of(model, "visual.attn_pool.attn.out_proj.weight").second, 1 / std::sqrt(64.0), 0.01);
  EXPECT_EQ(spread_of(model, "visual.attn_pool.attn.in_proj_bias").second, 0);
  EXPECT_EQ(spread_of(model, "visual.attn_pool.ln_k.weight").first, 1);
  EXPECT_NEAR(spread_of(model, "visual.proj").first, 1 / std::sqrt(32.0), 0.01);
  EXPECT_NEAR(spread_of(model, "visual.transformer.resblocks.0.mlp.c_fc.bias").second, 1 / std::sqrt(32.0), 0.02);
  EXPECT_NEAR(spread_of(model, "visual.transformer.resblocks.0.mlp.c_proj.bias").second, 1 / std::sqrt(100.0), 0.02);
  EXPECT_NEAR(spread_of(model, "transformer.resblocks.0.mlp.c_proj.weight").first, 0.5 / std::sqrt(48.0), 0.01);
  EXPECT_NEAR(spread_of(model, "transformer.resblocks.0.mlp.c_proj.bias").second, 1 / std::sqrt(100.0), 0.02);
  EXPECT_NEAR(spread_of(model, "text_projection.weight").first, 1 / std::sqrt(48.0), 0.01);
  EXPECT_EQ(spread_of(model, "text_projection.bias").second, 0);
}

}  // namespace
