// The ModifiedResNet model against OpenAI's implementation, evaluating and training: activations, outputs, gradients,
// running statistics.
#include <clipt/clip/model.hpp>
#include <clipt/clip/objective.hpp>
#include <clipt/weights/weights.hpp>

#include "parity_support.hpp"
#include "shared.hpp"

namespace {

using namespace clipt;
using clipt_test::relative_error;
using clipt_test::values;

inline constexpr clip_config rn_tiny{64, resnet_config{96, {1, 2, 1, 1}, 8, 4}, text_config{77, 500, 64, 1, 2}};

template <class P>
class rn_tiny_parity : public testing::Test {
 protected:
  using T = typename P::parameter_type;
  static constexpr double tolerance = sizeof(T) == 8 ? 1e-6 : 1e-5;

  void SetUp() override {
    CLIPT_NEEDS_SHARED("golden/rn_tiny/expected.safetensors");
    load_state(model, clipt_test::golden("rn_tiny/open_clip/open_clip_model.safetensors"));
  }
  void read(const char* name) {
    expected = std::make_unique<safetensors_file>(clipt_test::golden(name));
    copy_to(expected->at("image"), std::span(images.data(), images.size()));
    copy_to(expected->at("tokens"), std::span(ids.data(), ids.size()));
  }
  void expect_close(const T* found, const std::string& name) {
    EXPECT_LE(relative_error(found, values(*expected, name)), tolerance) << name;
  }
  /// A bias of the keys shifts all scores of a query alike, which softmax does not see: its gradient is 0, and what
  /// either side holds is rounding, to be compared with the gradient of the weight.
  void expect_nothing(const T* found, const std::string& name, const std::string& weight) {
    const auto zero = values(*expected, name), scale = values(*expected, weight);
    EXPECT_LE(relative_error(found, zero) * norm(zero), tolerance * norm(scale)) << name;
  }
  static double norm(const std::vector<double>& x) {
    return relative_error(x.data(), std::vector<double>(x.size(), 0.0));
  }
  void expect_gradients(recording<>& ctx) {
    const auto i = l2_normalize(ctx, model.encode_image(ctx, images));
    const auto t = l2_normalize(ctx, model.encode_text(ctx, ids));
    const auto loss = contrastive_loss(ctx, i, t, model.logit_scale);
    expect_close(loss.data(), "loss");
    ctx.backward(loss);
    for_each_parameter(model, [&](const std::string& path, const state_member& p) {
      ASSERT_FALSE(p.gradient->empty) << path;
      if (path == "visual.attnpool.k_proj.bias")
        expect_nothing(p.gradient_data<T>(), "grad." + path, "grad.visual.attnpool.k_proj.weight");
      else
        expect_close(p.gradient_data<T>(), "grad." + path);
    });
  }

  clip<rn_tiny, P> model;
  std::unique_ptr<safetensors_file> expected;
  tensor<T, shape<batch, 3, 96, 96>> images{4};
  tensor<std::int32_t, shape<batch, 77>> ids{4};
};

using policies = testing::Types<fp32, fp64>;
TYPED_TEST_SUITE(rn_tiny_parity, policies);

TYPED_TEST(rn_tiny_parity, activations_and_features) {
  this->read("rn_tiny/expected.safetensors");
  inference<> ctx;
  const auto features =
      this->model.visual(ctx, as_expression(this->images), [&](const char* name, int k, const auto& x) {
        const auto turned = permute<0, 3, 1, 2>(ctx, x);  // theirs are [batch, channels, height, width]
        this->expect_close(turned.data(), "act.visual." + std::string(name) + (k > 0 ? std::to_string(k) : ""));
      });
  this->expect_close(features.data(), "image_features");
  this->expect_close(features.data(), "act.visual.attnpool");
  this->expect_close(this->model.encode_text(ctx, this->ids).data(), "text_features");
}

TYPED_TEST(rn_tiny_parity, gradients_with_running_statistics) {
  this->read("rn_tiny/expected.safetensors");
  recording<> ctx;
  this->expect_gradients(ctx);
}

TYPED_TEST(rn_tiny_parity, training_with_frozen_statistics) {
  this->read("rn_tiny/expected.safetensors");  // theirs is BatchNorm in eval() below the same loss
  const auto statistics = [&] {
    std::vector<double> all;
    for_each_state(this->model, [&](const std::string&, const state_member& member) {
      if (!member.is_parameter()) member.with_elements([&](auto x) { all.insert(all.end(), x.begin(), x.end()); });
    });
    return all;
  };
  const auto before = statistics();
  recording<> ctx;
  ctx.settings.training = ctx.settings.frozen_statistics = true;
  this->expect_gradients(ctx);
  EXPECT_EQ(statistics(), before) << "they moved, or a batch was counted";
}

TYPED_TEST(rn_tiny_parity, training_with_batch_statistics) {
  this->read("rn_tiny/expected_train.safetensors");
  recording<> ctx;
  ctx.settings.training = true;
  this->expect_gradients(ctx);
  for_each_state(this->model, [&](const std::string& path, const state_member& member) {
    if (member.is_parameter()) return;
    member.with_elements([&](auto x) {
      EXPECT_LE(relative_error(x.data(), values(*this->expected, "after." + path)), this->tolerance) << path;
    });
  });
}

}  // namespace
