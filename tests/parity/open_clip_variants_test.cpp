// Variants beyond OpenAI's nine models against open_clip: other perceptrons and heads, no ln_pre, every pooling of
// pictures and of texts, texts that see their padding, a projection with bias, the third GELU.
#include <gtest/gtest.h>

#include <clipt/weights/load.hpp>
#include <clipt/clip/objective.hpp>

#include "parity_support.hpp"
#include "open_clip_variants.hpp"

namespace {

using namespace clipt;
namespace variants = clipt_test::variants;
using clipt_test::relative_error;
using clipt_test::values;

std::filesystem::path folder_of(const std::string& name) {
  return std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip" / name;
}

/// A model, the batch that open_clip was given, and what it made of it.
template <auto Config, class Policy>
struct reference {
  using T = typename Policy::parameter_type;
  static constexpr dim_t side = Config.vision.image, context = Config.text.context;

  explicit reference(const std::string& name)
      : model(load<Config, Policy>(folder_of(name))), expected(folder_of(name) / "expected.safetensors"),
        count(expected.at("images").shape[0]), images{count}, ids{count} {
    copy_to(expected.at("images"), std::span(images.data(), images.size()));
    copy_to(expected.at("tokens"), std::span(ids.data(), ids.size()));
  }
  /// fp64 shows that the mathematics is the same; fp32 that nothing is lost beyond what fp32 itself loses.
  void expect_close(const T* found, const std::vector<double>& wanted, const std::string& name) const {
    EXPECT_LE(relative_error(found, wanted), sizeof(T) == 8 ? 1e-6 : 1e-5) << name;
  }
  void expect_close(const T* found, const std::string& name) const {
    expect_close(found, values(expected, name), name);
  }

  clip<Config, Policy> model;
  safetensors_file expected;
  dim_t count;
  tensor<T, shape<batch, 3, side, side>> images;
  tensor<std::int32_t, shape<batch, context>> ids;
};

template <auto Config, class Policy>
void expect_features(const std::string& name) {
  const reference<Config, Policy> r(name);
  inference<> ctx;
  r.expect_close(r.model.encode_image(ctx, r.images).data(), "image_features");
  r.expect_close(r.model.encode_text(ctx, r.ids).data(), "text_features");
}

template <auto Config, class Policy>
void expect_picture_activations(const std::string& name) {
  const reference<Config, Policy> r(name);
  const auto& visual = r.model.visual;
  inference<> ctx;
  const auto tokens = visual.tokens(ctx, as_expression(r.images), [&](const char* part, int k, const auto& x) {
    if (std::string(part) == "block") r.expect_close(x.data(), "act.visual.block." + std::to_string(k));
  });
  if constexpr (Config.vision.pool_queries > 0) {
    const auto rows = reshape(tokens, shape<clipt::tokens, Config.vision.width>(tokens.shape().rows()));
    const auto views = visual.attn_pool.views(ctx, rows, {nullptr, r.count, Config.vision.tokens()});
    const auto normalised = visual.ln_post(ctx, views);
    // Theirs [batch, queries, embed] holds those that pooling leaves out as well.
    const auto used = [&](const std::string& activation) {
      const auto all = values(r.expected, activation);
      std::vector<double> kept;
      for (dim_t i = 0; i < r.count; ++i) {
        const auto begin = all.begin() + (i * Config.vision.pool_queries + visual.attn_pool.first) * Config.embed;
        kept.insert(kept.end(), begin, begin + visual.attn_pool.used * Config.embed);
      }
      return kept;
    };
    r.expect_close(views.data(), used("act.visual.attn_pool"), "act.visual.attn_pool");
    r.expect_close(normalised.data(), used("act.visual.ln_post"), "act.visual.ln_post");
  }
}

/// Theirs has all places of the context, ours those that the model reads.
template <auto Config, class Policy>
void expect_text_activations(const std::string& name) {
  const reference<Config, Policy> r(name);
  inference<> ctx;
  const auto captions = detail::captions_read<Config.text>(ctx, pack<Config.text>(ctx, r.ids));
  constexpr dim_t width = Config.text.width;
  r.model.text.all_tokens(ctx, captions, [&](const std::string& part, int k, const auto& x) {
    const std::string activation = part == "block" ? "act.text.block." + std::to_string(k) : "act.text.ln_final";
    const auto all = values(r.expected, activation);
    for (dim_t i = 0; i < r.count; ++i) {
      const auto [begin, end] = captions.rows().range(i);
      const auto theirs = all.begin() + i * Config.text.context * width;
      r.expect_close(x.data() + begin * width, {theirs, theirs + (end - begin) * width},
                     activation + " caption " + std::to_string(i));
    }
  });
}

template <auto Config, class Policy>
void expect_gradients(const std::string& name) {
  const reference<Config, Policy> r(name);
  recording<> ctx;
  const auto i = l2_normalize(ctx, r.model.encode_image(ctx, r.images));
  const auto t = l2_normalize(ctx, r.model.encode_text(ctx, r.ids));
  const auto loss = contrastive_loss(ctx, i, t, r.model.logit_scale);
  r.expect_close(loss.data(), "loss");
  ctx.backward(loss);
  std::size_t count = 0;
  for_each_parameter(r.model, [&](const std::string& path, const state_member& p) {
    ASSERT_FALSE(p.gradient->empty) << path;
    r.expect_close(p.gradient_data<typename Policy::parameter_type>(), "grad." + path);
    ++count;
  });
  const auto theirs = r.expected.entries();
  EXPECT_EQ(count,
            std::count_if(theirs.begin(), theirs.end(), [](const auto& e) { return e.name.starts_with("grad."); }));
}

template <auto Config, class Policy>
void expect_everything(const std::string& name) {
  SCOPED_TRACE(name);
  expect_features<Config, Policy>(name);
  expect_picture_activations<Config, Policy>(name);
  expect_text_activations<Config, Policy>(name);
  expect_gradients<Config, Policy>(name);
}

TEST(open_clip_variants, have_the_same_features) {
  expect_features<variants::wide_perceptron, fp32>("wide_perceptron");
  expect_features<variants::mean, fp32>("mean");
  expect_features<variants::normalised_mean, fp32>("normalised_mean");
}

TEST(open_clip_variants, attention_pooling_by_the_first_query_and_texts_by_their_last_place) {
  expect_everything<variants::first_query, fp32>("first_query");
  expect_everything<variants::first_query, fp64>("first_query");
}

TEST(open_clip_variants, attention_pooling_by_the_mean_and_texts_by_their_first_token) {
  expect_everything<variants::mean_of_queries, fp32>("mean_of_queries");
  expect_everything<variants::mean_of_queries, fp64>("mean_of_queries");
}

TEST(open_clip_variants, texts_without_causal_mask) {
  expect_everything<variants::clipa, fp32>("clipa");
  expect_everything<variants::clipa, fp64>("clipa");
  expect_everything<variants::first_sees_all, fp64>("first_sees_all");
  expect_everything<variants::largest_sees_all, fp64>("largest_sees_all");
}

TEST(open_clip_variants, an_end_token_that_is_not_the_largest_id) {
  expect_everything<variants::end_id, fp32>("end_id");
  expect_everything<variants::end_id, fp64>("end_id");
}

}  // namespace
