// Tapes that are used twice, seeds, memory that contexts share, and what changes or goes under a recording.
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <clipt/autodiff/checkpoint.hpp>
#include <clipt/clip/objective.hpp>
#include <clipt/eigen.hpp>
#include <clipt/nn/attention.hpp>
#include <clipt/nn/copy.hpp>
#include <clipt/nn/cross_entropy.hpp>
#include <clipt/nn/gather.hpp>
#include <clipt/nn/optim.hpp>
#include "gradients/op_case.hpp"
#include "why.hpp"

using namespace clipt;
using clipt_test::uniform;
using clipt_test::why;
using testing::HasSubstr;

namespace {

parameter<fp32, 2> one_and_two() {
  parameter<fp32, 2> p;
  p[0] = 1, p[1] = 2;
  return p;
}

constexpr const char* gone = "the tape behind this result has run backwards and is gone";
constexpr const char* foreign = "what another context has recorded";

}  // namespace

TEST(tape, a_second_backward_is_refused_whether_the_first_came_by_or_not) {
  const auto p = one_and_two();
  recording<> ctx;
  const auto h = eval(ctx, p * p);
  const auto a = sum(ctx, h), b = sum(ctx, 10 * h);
  ctx.backward(a);
  EXPECT_THAT(why([&] { ctx.backward(a); }), HasSubstr(gone));
  EXPECT_THAT(why([&] { ctx.backward(b); }), HasSubstr(gone));
  const auto later = sum(ctx, 3 * h);
  EXPECT_THAT(why([&] { ctx.backward(later); }), HasSubstr(gone));  // through what is gone
  EXPECT_EQ(p.gradient_data()[0], 2);
  ctx.reset();
  const auto c = sum(ctx, 5 * p);
  EXPECT_EQ(why([&] { ctx.backward(c); }), "accepted");
  EXPECT_EQ(p.gradient_data()[0], 7);
}

TEST(tape, a_refused_backward_leaves_other_tapes) {
  const auto p = one_and_two();
  recording<> ctx;
  const auto a = sum(ctx, 2 * p);
  ctx.backward(a);
  const auto b = sum(ctx, 10 * p);
  EXPECT_THAT(why([&] { ctx.backward(a); }), HasSubstr(gone));
  ctx.backward(b);
  EXPECT_EQ(p.gradient_data()[0], 12);
}

TEST(tape, that_is_kept_serves_another_backward) {
  const auto p = one_and_two();
  recording<> ctx;
  const auto h = eval(ctx, p * p);
  ctx.keep_gradient(h);
  const auto a = sum(ctx, h), b = sum(ctx, 10 * h);
  ctx.backward(a, keep_tape);
  EXPECT_EQ(ctx.gradient_of(h)[0], 1);
  ctx.backward(b, keep_tape);
  EXPECT_EQ(ctx.gradient_of(h)[0], 11);  // as in PyTorch with retain_grad
  ctx.backward(a);
  EXPECT_EQ(p.gradient_data()[0], 2 + 20 + 2);
  EXPECT_EQ(p.gradient_data()[1], 4 + 40 + 4);
  EXPECT_THAT(why([&] { ctx.backward(a); }), HasSubstr(gone));
}

TEST(tape, that_is_kept_gives_the_same_gradients_of_losses_and_of_parts_that_are_computed_again) {
  const auto images = uniform<float>(shape<5, 8>{}, -1, 1, 1), texts = uniform<float>(shape<5, 8>{}, -1, 1, 2);
  parameter<fp32> scale;
  recording<> ctx;
  const auto i = ctx.variable(images), t = ctx.variable(texts);
  const auto twice = checkpoint(
      ctx, [](auto& c, const auto& x) { return eval(c, tanh(2 * x)); }, i);
  const auto loss = contrastive_loss(ctx, twice, t, scale);
  const auto gradients = [&] {
    std::vector<float> all(ctx.gradient_of(i).begin(), ctx.gradient_of(i).end());
    all.insert(all.end(), ctx.gradient_of(t).begin(), ctx.gradient_of(t).end());
    all.push_back(*scale.gradient_data());
    return all;
  };
  ctx.backward(loss, keep_tape);
  const auto once = gradients();
  ctx.backward(loss);
  const auto again = gradients();
  for (std::size_t k = 0; k < once.size(); ++k) EXPECT_EQ(again[k], 2 * once[k]) << k;
}

TEST(tape, a_backward_from_a_leaf_adds_to_its_gradient) {
  const auto p = one_and_two();
  const tensor<float, shape<2>> g({}, {3, 4});
  recording<> ctx;
  ctx.backward(p.leaf(), g.view());
  ctx.backward(p.leaf(), g.view());
  EXPECT_EQ(p.gradient_data()[1], 8);
}

TEST(tape, a_gradient_of_another_extent_is_refused_with_the_numbers) {
  const tensor<float, shape<batch, 8>> x(4096), seed(2);
  recording<> ctx;
  const auto y = eval(ctx, 2 * ctx.variable(x));
  EXPECT_THAT(why([&] { ctx.backward(y, seed.view()); }),
              testing::AllOf(HasSubstr("clipt::backward"), HasSubstr("4096"), HasSubstr("2, 8")));
}

TEST(tape, a_reset_that_would_take_the_results_of_another_context_is_refused) {
  const auto p = one_and_two();
  recording<> a;
  const auto loss = sum(a, p * p);
  {
    recording<> b(a);
    EXPECT_THAT(why([&] { b.reset(); }), HasSubstr("clipt::reset: another context shares this memory"));
    EXPECT_THAT(why([&] { a.reset(); }), HasSubstr("clipt::reset"));
    inference<> silent(a);
    EXPECT_THAT(why([&] { silent.reset(); }), HasSubstr("clipt::reset"));
    sum(b, 7 * p);
  }
  a.backward(loss);
  EXPECT_EQ(p.gradient_data()[0], 2);
  EXPECT_EQ(why([&] { a.reset(); }), "accepted");
}

TEST(tape, memory_that_is_shared_outlives_the_context_that_made_it) {
  const auto p = one_and_two();
  auto first = std::make_unique<recording<>>();
  recording<> second(*first);
  first.reset();
  second.backward(sum(second, p * p));
  EXPECT_EQ(p.gradient_data()[1], 4);
}

namespace {

/// An operation whose backward waits until another thread has come as far.
template <class Context, class X>
auto meeting(Context& ctx, std::atomic<int>* arrived, const X& x) {
  const auto e = as_expression(x);
  const auto out = ctx.template output<float>(e.shape());
  std::copy(e.begin(), e.end(), out.data());
  return record_result(
      ctx, out,
      [arrived](auto&, const auto& g, const auto& opened) {
        for (dim_t i = 0; i < g.size(); ++i) opened.gradient[i] = g[i] + (opened.stores ? 0 : opened.gradient[i]);
        ++*arrived;
        for (int i = 0; i < 100000 && *arrived < 2; ++i) std::this_thread::yield();
      },
      e);
}

}  // namespace

TEST(tape, of_two_backwards_at_once_into_one_model_one_is_refused) {
  const auto p = one_and_two();
  std::atomic<int> arrived = 0;
  std::string reasons[2];
  const auto train = [&](std::string& reason) {
    recording<> ctx;
    const auto loss = sum(ctx, meeting(ctx, &arrived, p));
    reason = why([&] { ctx.backward(loss); });
    ++arrived;
  };
  std::thread other([&] { train(reasons[0]); });
  train(reasons[1]);
  other.join();
  const std::string refused = reasons[0] == "accepted" ? reasons[1] : reasons[0];
  EXPECT_TRUE(reasons[0] == "accepted" || reasons[1] == "accepted");
  EXPECT_THAT(refused, HasSubstr("two backwards write to the gradient of one parameter at the same time"));
  EXPECT_EQ(p.gradient_data()[0], 1);
  recording<> ctx;  // free again
  ctx.backward(sum(ctx, 2 * p));
  EXPECT_EQ(p.gradient_data()[0], 3);
}

TEST(tape, ids_labels_and_offsets_may_change_before_the_backward) {
  const auto table = uniform<float>(shape<10, 4>{}, -1, 1, 1);
  const auto rows = uniform<float>(shape<tokens, 12>{5}, -1, 1, 2);
  const auto gradients = [&](bool change) {
    tensor<std::int32_t, shape<tokens>> ids(shape<tokens>(3), {7, 7, 2}), labels(shape<tokens>(3), {0, 3, 1});
    tensor<std::int32_t, shape<3>> offsets({}, {0, 2, 5});
    recording<> ctx;
    const auto t = ctx.variable(table);
    const auto qkv = ctx.variable(rows);
    const auto seen = self_attention<2>(ctx, qkv, sequence_rows{offsets.data(), 2, 0}, attention_mask::causal);
    const auto loss = eval(ctx, mean(ctx, cross_entropy(ctx, gather(ctx, t, ids), labels)) + mean(ctx, square(seen)));
    if (change) {
      ids[0] = 1000, labels[0] = -7, offsets[1] = 1000000;
    }
    ctx.backward(loss);
    std::vector<float> all(ctx.gradient_of(t).begin(), ctx.gradient_of(t).end());
    all.insert(all.end(), ctx.gradient_of(qkv).begin(), ctx.gradient_of(qkv).end());
    return all;
  };
  EXPECT_EQ(gradients(true), gradients(false));
}

namespace {

struct line {
  parameter<fp32, 4> w;
  buffer<float, 2> seen;
  static constexpr auto names = fields("w", "seen");
};

void train_once(const line& model) {
  recording<> ctx;
  ctx.backward(sum(ctx, 2 * model.w));
}

}  // namespace

TEST(optimiser, of_a_model_that_is_assigned) {
  line model, loaded;
  loaded.w[1] = 5;
  adamw<float> optimiser(model);
  const float* const before = model.w.data();
  model = loaded;
  model = line(loaded);
  EXPECT_EQ(model.w.data(), before);
  EXPECT_EQ(model.w[1], 5);
  train_once(model);
  optimiser.step(0.1);
  EXPECT_NEAR(model.w[0], -0.1, 1e-5);
  EXPECT_NEAR(model.w[1], 4.9, 1e-5);
  EXPECT_EQ(loaded.w[1], 5);
}

TEST(optimiser, of_a_model_that_moves_is_exchanged_or_ends) {
  std::vector<line> models(1);
  adamw<float> optimiser(models[0]);
  sgd<float> other(models[0], {.momentum = 0});
  exponential_average<line> average(models[0], 0.5);
  models.resize(100);
  train_once(models[0]);
  optimiser.step(0.1);
  EXPECT_NEAR(models[0].w[0], -0.1, 1e-5);
  other.step(0.1);
  EXPECT_NEAR(models[0].w[0], -0.3, 1e-5);
  std::swap(models[0], models[1]);
  clear_gradients(models[1]);
  train_once(models[1]);
  other.step(0.1);
  EXPECT_NEAR(models[1].w[0], -0.5, 1e-5);
  EXPECT_EQ(models[0].w[0], 0);
  models[1].seen[0] = 10;
  models[1] = line();
  EXPECT_EQ(models[1].seen[0], 0);
  models.clear();
  optimiser.step(0.1);
  other.step(0.1);
  average.update();
}

TEST(parameter, moves_with_its_gradient_and_is_assigned_after_its_values_were_moved_away) {
  auto p = one_and_two();
  recording<> ctx;
  ctx.backward(sum(ctx, p * p));
  const auto q = std::move(p);
  EXPECT_EQ(q.gradient_data()[1], 4);
  p = q;
  EXPECT_EQ(p[1], 2);
  EXPECT_NE(p.data(), q.data());
  parameter<fp32, 2> r = std::move(p);
  p = one_and_two();
  EXPECT_EQ(p[0], 1);
  p = std::as_const(p);
  EXPECT_EQ(p[1], 2);
}

TEST(tape, of_another_context_is_refused_where_its_gradients_would_end) {
  const auto p = one_and_two();
  recording<> ctx, other;
  const auto h = eval(ctx, p * p);
  const auto a = sum(ctx, h), beside = sum(other, 3 * h);
  const auto x = ctx.variable(p.view());
  EXPECT_THAT(why([&] { other.backward(a); }), HasSubstr(foreign));
  EXPECT_THAT(why([&] { other.backward(beside); }), HasSubstr(foreign));
  const auto b = sum(other, x);
  EXPECT_THAT(why([&] { other.backward(b); }), HasSubstr(foreign));
  EXPECT_TRUE(p.gradient().empty);
  ctx.backward(a);
  EXPECT_EQ(p.gradient_data()[1], 4);
}

TEST(tape, of_another_context_in_the_same_memory_is_refused_as_well) {
  const auto p = one_and_two();
  recording<> ctx, apart;
  recording<> inner(ctx);
  const auto h = eval(ctx, p * p), of_inner = eval(inner, p * p);
  const auto a = sum(ctx, h), b = sum(ctx, of_inner), c = sum(inner, h);
  EXPECT_THAT(why([&] { inner.backward(a); }), HasSubstr(foreign));
  EXPECT_THAT(why([&] { ctx.backward(b); }), HasSubstr(foreign));
  EXPECT_THAT(why([&] { inner.backward(c); }), HasSubstr(foreign));
  EXPECT_TRUE(p.gradient().empty);
  recording<> moved = std::move(apart);
  moved.backward(sum(moved, p * p));
  EXPECT_EQ(p.gradient_data()[1], 4);
}

TEST(tape, that_was_to_be_kept_is_gone_after_a_refusal) {
  const auto p = one_and_two();
  recording<> ctx;
  const auto h = eval(ctx, p * p);
  const auto fails = ctx.record(
      ctx.output<float>(shape<>{}), [](auto&, const auto&, const auto&) { throw error("fails"); }, h);
  const auto a = sum(ctx, 2 * h), b = sum(ctx, fails);
  EXPECT_EQ(why([&] { ctx.backward(b, keep_tape); }), "fails");
  EXPECT_THAT(why([&] { ctx.backward(a); }), HasSubstr(gone));  // with what the first one left in it
}

#ifndef NDEBUG
TEST(tape, a_debug_build_refuses_what_a_reset_has_taken) {
  const auto p = one_and_two();
  recording<> ctx;
  const auto x = ctx.variable(p.view());
  const auto y = sum(ctx, 2 * x);
  ctx.backward(y, keep_tape);
  const auto g = ctx.gradient_of(x);
  ctx.reset();
  tensor<float, shape<2>> target;
  constexpr const char* reset = "a view is used after its context was reset";
  EXPECT_THAT(why([&] { ctx.backward(y); }), HasSubstr(reset));
  EXPECT_THAT(why([&] { ctx.gradient_of(x); }), HasSubstr(reset));
  EXPECT_THAT(why([&] { item(ctx, y); }), HasSubstr(reset));
  EXPECT_THAT(why([&] { copy(ctx, g, target.view()); }), HasSubstr(reset));
  EXPECT_THAT(why([&] { copy(ctx, g, target); }), HasSubstr(reset));
  EXPECT_THAT(why([&] { as_eigen(y); }), HasSubstr(reset));
}

TEST(tape, a_debug_build_refuses_a_part_that_is_computed_again_with_other_parameters) {
  parameter<fp32, 2> p;
  p[0] = p[1] = 1;
  const tensor<float, shape<2>> x({}, {3, 4});
  recording<> ctx;
  const auto y = checkpoint(
      ctx, [part = &p](auto& c, const auto& a) { return eval(c, a * *part * *part); }, x);
  const auto loss = sum(ctx, y);
  p[0] = 5;
  EXPECT_THAT(why([&] { ctx.backward(loss); }), HasSubstr("elements have changed since the forward"));
}
#endif
