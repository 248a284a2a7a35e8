// Models of one's own: starting values, members beside the state, groups of parameters, other linear layers in blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include <clipt/state/state_file.hpp>
#include <clipt/tensor.hpp>
#include "temporary_folder.hpp"
#include "why.hpp"

using namespace clipt;

namespace {

template <class P>
struct network {
  linear<P, 2, 8> a;
  norm<P, 8> gain;
  linear<P, 8, 2> b;
  double temperature = 2;
  tensor<float, shape<2>> shift{{}, {1, -1}};
  static constexpr auto names = fields("a", "norm", "b", "temperature", "shift");

  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx, b(ctx, tanh(gain(ctx, a(ctx, x)))) / temperature + shift);
  }
};

/// A linear layer whose weight stays, with an addition of low rank that is trained. Source: Hu et al., 2021.
template <class P, dim_t In, dim_t Out>
struct low_rank {
  linear<P, In, Out> base;
  parameter<P, 4, In> down;
  parameter<P, Out, 4> up;
  static constexpr auto names = fields("", "lora_down", "lora_up");

  auto operator()(auto& ctx, const auto& x) const {
    return eval(ctx,
                affine(ctx, x, detach(base.weight), detach(base.bias)) + matmul_nt(ctx, matmul_nt(ctx, x, down), up));
  }
};

/// A buffer of integers where norm has its bias.
struct counting {
  parameter<fp32, 3> weight;
  buffer<std::int64_t, 3> count;
  static constexpr auto names = fields("0.weight", "0.bias");
};

template <class Model>
auto loss_of(recording<>& ctx, const Model& model) {
  static const tensor<std::int32_t, shape<batch>> labels(shape<batch>(4), {0, 1, 0, 1});
  static const tensor<float, shape<batch, 2>> x(shape<batch, 2>(4), {1, 2, 3, -1, 0, 1, 2, -2});
  ctx.reset();
  clear_gradients(model);
  return mean(ctx, cross_entropy(ctx, model(ctx, x), labels));
}

}  // namespace

TEST(own_model, starts_from_a_seed) {
  network<fp32> model, same, other;
  initialise(model, 1);
  initialise(same, 1);
  initialise(other, 2);
  EXPECT_TRUE(std::equal(model.a.weight.begin(), model.a.weight.end(), same.a.weight.begin()));
  EXPECT_NE(model.a.weight[0], other.a.weight[0]);
  for (const float w : model.b.weight) EXPECT_LE(std::abs(w), 1 / std::sqrt(8.0f));
  EXPECT_EQ(model.gain.weight[3], 1);
  EXPECT_EQ(model.gain.bias[3], 0);
  EXPECT_EQ(parameter_count(model), 2 * 8 + 8 + 8 + 8 + 8 * 2 + 2);  // without the number and the table
}

TEST(own_model, is_trained_by_an_optimiser_of_its_element_type) {
  network<fp64> model;
  initialise(model, 1);
  tensor<double, shape<batch, 2>> x(4);
  adamw optimiser(model, {.weight_decay = 0});
  static_assert(std::is_same_v<decltype(optimiser), adamw<double>>);
  const auto& table = optimiser.parameters();
  EXPECT_EQ(table.size(), 6u);
  EXPECT_EQ(table[2].path, "norm.weight");
}

TEST(own_model, does_not_start_from_all_zeros_in_silence) {
  network<fp32> model;  // nobody has initialised it
  recording<> ctx;
  adamw optimiser(model);
  ctx.backward(loss_of(ctx, model));
  EXPECT_THAT(clipt_test::why([&] { optimiser.step(1e-3); }),
              testing::StartsWith("clipt::adamw: all weights are 0 and so are their gradients"));
  sgd plain(model);
  EXPECT_THAT(clipt_test::why([&] { plain.step(1e-3); }), testing::StartsWith("clipt::sgd: all weights are 0"));
  initialise(model, 3);
  EXPECT_EQ(clipt_test::why([&] { optimiser.step(1e-3); }), "accepted");
  linear<fp32, 2, 2> regression;  // of one layer the weight does get a gradient
  adamw of_one(regression);
  ctx.backward(loss_of(ctx, regression));
  EXPECT_EQ(clipt_test::why([&] { of_one.step(1e-3); }), "accepted");
}

TEST(own_model, has_groups_with_rates_and_decays_of_their_own) {
  network<fp32> model, plain;
  initialise(model, 1);
  plain = model;
  adamw grouped(model, {.weight_decay = 0.1}, {{"a.*", 0}, {"*.bias", 1, 0.5}, {"norm.*", 0.5}});
  adamw whole(plain, {.weight_decay = 0.1});
  const float frozen = model.a.weight[0], frozen_bias = model.a.bias[0];
  recording<> ctx;
  fill_constant(state_table(model)[5], 2);  // the last bias, which decays in its group
  fill_constant(state_table(plain)[5], 2);
  ctx.backward(loss_of(ctx, model));
  grouped.step(0.1);
  ctx.backward(loss_of(ctx, plain));
  whole.step(0.1);
  EXPECT_EQ(model.a.weight[0], frozen);
  EXPECT_EQ(model.a.bias[0], frozen_bias);  // the first group that fits says how
  EXPECT_NE(plain.a.weight[0], frozen);
  EXPECT_EQ(model.b.weight[0], plain.b.weight[0]);
  EXPECT_NEAR(plain.b.bias[0] - model.b.bias[0], 0.1 * 0.5 * 2, 1e-6);
  EXPECT_NEAR(1 - model.gain.weight[0], (1 - plain.gain.weight[0]) / 2, 1e-6);
  EXPECT_EQ(clipt_test::why([&] {
              adamw<float>(model, {}, {{"visual.*", 0.1}});
            }),
            "clipt::parameter_group: no parameter's path fits \"visual.*\": paths are those that "
            "for_each_parameter(model, ...) gives");
}

TEST(own_model, optimisers_refuse_constants_that_mean_nothing) {
  network<fp32> model;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto why = [](auto f) { return clipt_test::why(f); };
  EXPECT_EQ(why([&] { adamw optimiser(model, {.beta1 = 2}); }), "clipt::adamw: beta1 2 is not in [0, 1)");
  EXPECT_EQ(why([&] { adamw optimiser(model, {.beta2 = 1}); }), "clipt::adamw: beta2 1 is not in [0, 1)");
  EXPECT_EQ(why([&] { adamw optimiser(model, {.epsilon = -1}); }), "clipt::adamw: epsilon -1 is not in [0, infinity)");
  EXPECT_EQ(why([&] { adamw optimiser(model, {.weight_decay = nan}); }),
            "clipt::adamw: weight_decay nan is not in [0, infinity)");
  EXPECT_EQ(why([&] {
              adamw optimiser(model);
              optimiser.step(nan);
            }),
            "clipt::adamw: learning rate nan is not in [0, infinity)");
  EXPECT_EQ(why([&] {
              sgd optimiser(model);
              optimiser.step(-1);
            }),
            "clipt::sgd: learning rate -1 is not in [0, infinity)");
  EXPECT_EQ(why([&] { sgd optimiser(model, {.momentum = -0.5}); }),
            "clipt::sgd: momentum -0.5 is not in [0, infinity)");
  EXPECT_EQ(why([&] {
              sgd optimiser(model, {}, {{"*", -1}});
            }),
            "clipt::parameter_group: rate -1 is not in [0, infinity)");
  EXPECT_EQ(why([&] { exponential_average average(model, 1); }),
            "clipt::exponential_average: decay 1 is not in [0, 1)");
}

TEST(own_model, blocks_take_another_linear_layer) {
  residual_block<fp64, 8, 2, ops::gelu, 16, low_rank> block;
  initialise(block, 1);
  std::vector<std::string> paths;
  for_each_parameter(block, [&](const std::string& path, const state_member&) { paths.push_back(path); });
  EXPECT_THAT(paths, testing::Contains("mlp.c_fc.weight"));
  EXPECT_THAT(paths, testing::Contains("attn.out_proj.lora_up"));
  tensor<double, shape<tokens, 8>> x(6);
  recording<> ctx;
  assign(ctx, x, sin(column_index + 8 * row_index));
  const auto y = block(ctx, x, sequence_rows{nullptr, 2, 3}, attention_mask::causal);
  ctx.backward(mean(ctx, square(y)));
  EXPECT_EQ(block.attention.out_proj.base.weight.gradient_data(), nullptr);
  EXPECT_NE(block.feed_forward.up.up.gradient_data()[0], 0);
}

TEST(own_model, attention_hands_its_linear_layer_to_queries_keys_and_values) {
  multi_head_attention<fp32, 16, 2> plain;
  multi_head_attention<fp32, 16, 2, low_rank> model;
  initialise(plain, 1), initialise(model, 2);
  std::vector<std::string> paths;
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    paths.push_back(path);
    if (path.ends_with("lora_up")) fill_constant(p, 0);
  });
  EXPECT_THAT(paths,
              testing::ElementsAre("in_proj_weight", "in_proj_bias", "in_proj_lora_down", "in_proj_lora_up",
                                   "out_proj.weight", "out_proj.bias", "out_proj.lora_down", "out_proj.lora_up"));
  model.in_proj.base = plain.in_proj, model.out_proj.base = plain.out_proj;
  tensor<float, shape<tokens, 16>> x(6);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  const tensor<float, shape<tokens, 16>> query(shape<tokens, 16>(2), std::span(x.data(), 32));
  const sequence_rows rows{nullptr, 2, 3};
  inference<> ctx;
  const auto expect_equal = [](const auto& a, const auto& b) {
    EXPECT_THAT(a, testing::Pointwise(testing::FloatEq(), b));
  };
  expect_equal(model(ctx, x, rows, attention_mask::none), plain(ctx, x, rows, attention_mask::none));
  expect_equal(model.pooled(ctx, query, x, rows), plain.pooled(ctx, query, x, rows));
}

TEST(own_model, buffers_change_places) {
  buffer<float, 3> a, b;
  a[0] = 1, b[0] = 2;
  std::swap(a, b);
  EXPECT_EQ(a[0], 2);
  EXPECT_EQ(b[0], 1);
}

TEST(own_model, is_saved_and_loaded) {
  const clipt_test::temporary_folder folder;
  const auto file = folder.path() / "own.safetensors";
  network<fp32> model, loaded;
  initialise(model, 1);
  save_state(model, file, {{"epoch", "3"}});
  load_state(loaded, file);
  EXPECT_TRUE(std::equal(model.b.weight.begin(), model.b.weight.end(), loaded.b.weight.begin()));
  EXPECT_EQ(safetensors_file(file).metadata().at("epoch"), "3");
  save_state(model, folder / "called.bin");  // as torch.save's files are
  load_state(loaded, folder / "called.bin");
  linear<fp32, 3, 3> other;
  other.weight[0] = 5;
  EXPECT_THAT(clipt_test::why([&] { load_state(other, file); }), testing::HasSubstr("missing: weight [3, 3]"));
  EXPECT_EQ(other.weight[0], 5);
}

TEST(own_model, stays_as_it_is_where_a_file_has_no_integers) {
  const clipt_test::temporary_folder folder;
  std::array<norm<fp32, 3>, 1> written;
  save_state(written, folder / "reals.safetensors");
  counting model;
  model.weight[0] = 42;
  EXPECT_THAT(clipt_test::why([&] { load_state(model, folder / "reals.safetensors"); }),
              testing::HasSubstr("wrong type: 0.bias: the model has integers, the file has F32"));
  EXPECT_EQ(model.weight[0], 42);
}
