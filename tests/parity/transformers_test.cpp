// Models with a vision transformer against OpenAI's and open_clip's implementations: every activation, output and
// gradient by name.
#include <clipt/clip/model.hpp>
#include <clipt/clip/objective.hpp>
#include <clipt/weights/weights.hpp>

#include "parity_support.hpp"
#include "shared.hpp"

namespace {

using namespace clipt;
using clipt_test::relative_error;
using clipt_test::values;

inline constexpr clip_config vit_tiny{64, vit_config{32, 8, 128, 3, 2}, text_config{77, 1000, 128, 2, 3}};
inline constexpr clip_config gelu_tiny{64, vit_config{32, 8, 128, 2, 2}, text_config{77, 1000, 128, 2, 2},
                                       activation::gelu};

template <auto Config, class Policy>
struct parity_case {
  static constexpr auto config = Config;
  using policy = Policy;
  static std::string file(const std::string& name) {
    return (Config.activation == activation::gelu ? "gelu_tiny/" : "vit_tiny/") + name;
  }
};

template <class Case>
class transformer_parity : public testing::Test {
 protected:
  using P = typename Case::policy;
  using T = typename P::parameter_type;
  // fp64 shows that the mathematics is the same; fp32 that nothing is lost beyond what fp32 itself loses.
  static constexpr double tolerance = sizeof(T) == 8 ? 1e-6 : 1e-5;

  void SetUp() override {
    CLIPT_NEEDS_SHARED("golden/" + Case::file("expected.safetensors"));
    load_state(model, clipt_test::golden(Case::file("open_clip/open_clip_model.safetensors")));
    expected = std::make_unique<safetensors_file>(clipt_test::golden(Case::file("expected.safetensors")));
    copy_to(expected->at("image"), std::span(images.data(), images.size()));
    copy_to(expected->at("tokens"), std::span(ids.data(), ids.size()));
  }
  void expect_close(const T* found, const std::string& name) {
    EXPECT_LE(relative_error(found, values(*expected, name)), tolerance) << name;
  }

  clip<Case::config, P> model;
  std::unique_ptr<safetensors_file> expected;
  tensor<T, shape<batch, 3, 32, 32>> images{4};
  tensor<std::int32_t, shape<batch, 77>> ids{4};
};

using cases = testing::Types<parity_case<vit_tiny, fp32>, parity_case<vit_tiny, fp64>, parity_case<gelu_tiny, fp32>,
                             parity_case<gelu_tiny, fp64>>;
TYPED_TEST_SUITE(transformer_parity, cases);

TYPED_TEST(transformer_parity, features_and_logits) {
  inference<> ctx;
  const auto image_features = this->model.encode_image(ctx, this->images);
  const auto text_features = this->model.encode_text(ctx, this->ids);
  this->expect_close(image_features.data(), "image_features");
  this->expect_close(text_features.data(), "text_features");
  this->expect_close(this->model.logits_per_image(ctx, image_features, text_features).data(), "logits_per_image");
}

TYPED_TEST(transformer_parity, activations_of_all_tokens) {
  inference<> ctx;
  const auto& visual = this->model.visual;
  const auto observe = [&](const char* name, int k, const auto& x) {
    if (std::string(name) == "ln_pre") this->expect_close(x.data(), "act.visual.ln_pre");
    if (std::string(name) == "block") this->expect_close(x.data(), "act.visual.block." + std::to_string(k));
    if (std::string(name) == "patch") {  // ours [batch, grid², width], theirs [batch, width, grid, grid]
      const auto turned = transpose(ctx, x);
      this->expect_close(turned.data(), "act.visual.patch");
    }
  };
  const auto tokens = visual.tokens(ctx, this->images, observe);
  const auto class_tokens = slice<1, 0, 1>(ctx, tokens);
  const auto normalised = visual.ln_post(ctx, class_tokens);
  this->expect_close(normalised.data(), "act.visual.ln_post");
  const auto full = visual.head(ctx, reshape(class_tokens, shape<batch, 128>(4)));
  this->expect_close(full.data(), "image_features");  // the same with the last block computed for all tokens
}

TYPED_TEST(transformer_parity, text_activations_up_to_the_end_token) {
  inference<> ctx;
  const auto captions = pack(ctx, this->ids);
  const auto compare = [&](const auto& x, const std::string& name) {
    const auto reference = values(*this->expected, name);
    for (dim_t i = 0; i < captions.count(); ++i) {
      const auto [begin, end] = captions.rows().range(i);
      const std::vector<double> row(reference.begin() + i * 77 * 128,
                                    reference.begin() + (i * 77 + (end - begin)) * 128);
      EXPECT_LE(relative_error(x.data() + begin * 128, row), this->tolerance) << name << " caption " << i;
    }
  };
  this->model.text.all_tokens(ctx, captions, [&](const char* name, int k, const auto& x) {
    compare(x, std::string(name) == "block" ? "act.text.block." + std::to_string(k) : "act.text.ln_final");
  });
}

TYPED_TEST(transformer_parity, loss_and_every_gradient) {
  recording<> ctx;
  const auto i = l2_normalize(ctx, this->model.encode_image(ctx, this->images));
  const auto t = l2_normalize(ctx, this->model.encode_text(ctx, this->ids));
  const auto loss = contrastive_loss(ctx, i, t, this->model.logit_scale);
  this->expect_close(loss.data(), "loss");
  ctx.backward(loss);
  int count = 0;
  for_each_parameter(this->model, [&](const std::string& path, const state_member& p) {
    ASSERT_FALSE(p.gradient->empty) << path;
    this->expect_close(p.gradient_data<typename TestFixture::T>(), "grad." + path);
    ++count;
  });
  EXPECT_EQ(count, 12 * (TypeParam::config.vision.layers + TypeParam::config.text.layers) + 14);
}

}  // namespace
