// The losses and their gradients against PyTorch in float64, and what they do at the edges.
#include <clipt/autodiff/gradcheck.hpp>
#include <clipt/clip/objective.hpp>

#include "parity_support.hpp"
#include "shared.hpp"

namespace {

using namespace clipt;
using clipt_test::relative_error;
using clipt_test::values;

template <class T>
struct losses_case {
  using features = tensor<T, shape<batch, 32>>;
  safetensors_file file{std::string(CLIPT_TEST_DIR) + "/golden/losses.safetensors"};
  features images{16}, texts{16};
  tensor<T, shape<>> log_scale, bias;
  recording<> ctx;

  losses_case() {
    read("image_features", images);
    read("text_features", texts);
    read("log_scale", log_scale);
    read("bias", bias);
  }
  void read(const char* name, auto& to) {
    copy_to(file.at(name), std::span(to.data(), static_cast<std::size_t>(to.size())));
  }
  void expect(const auto& found, const std::string& name) {
    EXPECT_LE(relative_error(found.data(), values(file, name)), sizeof(T) == 8 ? 1e-12 : 2e-6) << name;
  }
};

template <class T>
class objective : public testing::Test {};
using element_types_tested = testing::Types<float, double>;
TYPED_TEST_SUITE(objective, element_types_tested);

TYPED_TEST(objective, contrastive_loss_and_gradients) {
  losses_case<TypeParam> c;
  const auto i = c.ctx.variable(c.images);
  const auto t = c.ctx.variable(c.texts);
  const auto s = c.ctx.variable(c.log_scale);
  const auto loss = contrastive_loss(c.ctx, i, t, s);
  c.expect(loss, "contrastive.loss");
  c.ctx.backward(loss);
  c.expect(c.ctx.gradient_of(i), "contrastive.grad.image_features");
  c.expect(c.ctx.gradient_of(t), "contrastive.grad.text_features");
  c.expect(c.ctx.gradient_of(s), "contrastive.grad.log_scale");
}

TYPED_TEST(objective, distillation_loss_is_the_cross_entropy_with_a_teacher) {
  using T = TypeParam;
  losses_case<T> c;
  const dim_t n = 16, width = 32;
  tensor<T, shape<batch, batch>> teacher(n, n);
  for (dim_t i = 0; i < n * n; ++i)
    teacher[i] = static_cast<T>(3 * random_stream{8}.normal(static_cast<std::uint64_t>(i)));
  const auto loss = distillation_loss(c.ctx, c.images, c.texts, c.log_scale, teacher);
  std::vector<double> z(static_cast<std::size_t>(n * n));
  for (dim_t i = 0; i < n; ++i)
    for (dim_t j = 0; j < n; ++j) {
      double cosine = 0;
      for (dim_t k = 0; k < width; ++k) cosine += double(c.images(i, k)) * double(c.texts(j, k));
      z[static_cast<std::size_t>(i * n + j)] = std::exp(double(c.log_scale[0])) * cosine;
    }
  double expected = 0;
  for (const bool along_rows : {true, false}) {
    const dim_t step = along_rows ? 1 : n, line = along_rows ? n : 1;
    for (dim_t i = 0; i < n; ++i) {
      double of_z = 0, of_t = 0, sum = 0;
      const auto at = [&](dim_t k) { return static_cast<std::size_t>(i * line + k * step); };
      for (dim_t k = 0; k < n; ++k) of_z += std::exp(z[at(k)]), of_t += std::exp(double(teacher[i * line + k * step]));
      for (dim_t k = 0; k < n; ++k)
        sum += std::exp(double(teacher[i * line + k * step])) / of_t * (z[at(k)] - std::log(of_z));
      expected -= sum / (2.0 * n);
    }
  }
  EXPECT_NEAR(loss[0], expected, sizeof(T) == 8 ? 1e-12 : 1e-5);
  if constexpr (sizeof(T) == 8) {
    const auto f = [&](auto& ctx, const auto& i, const auto& t, const auto& s) {
      return distillation_loss(ctx, i, t, s, teacher);
    };
    EXPECT_LT(gradcheck(f, c.images, c.texts, c.log_scale), 1e-6);
  }
}

TYPED_TEST(objective, siglip_loss_and_gradients) {
  losses_case<TypeParam> c;
  const auto i = c.ctx.variable(c.images);
  const auto t = c.ctx.variable(c.texts);
  const auto s = c.ctx.variable(c.log_scale);
  const auto b = c.ctx.variable(c.bias);
  const auto loss = siglip_loss(c.ctx, i, t, s, b);
  c.expect(loss, "siglip.loss");
  c.ctx.backward(loss);
  c.expect(c.ctx.gradient_of(i), "siglip.grad.image_features");
  c.expect(c.ctx.gradient_of(t), "siglip.grad.text_features");
  c.expect(c.ctx.gradient_of(s), "siglip.grad.log_scale");
  c.expect(c.ctx.gradient_of(b), "siglip.grad.bias");
}

TEST(contrastive_loss, of_equal_embeddings_is_the_logarithm_of_the_batch) {
  tensor<float, shape<batch, 4>> same(8);
  for (dim_t i = 0; i < same.size(); ++i) same[i] = 0.5f;
  tensor<float, shape<>> log_scale({}, {2.0f});
  inference<> ctx;
  EXPECT_NEAR(*contrastive_loss(ctx, same, same, log_scale).data(), std::log(8.0), 1e-6);
}

TEST(contrastive_loss, of_no_pairs_is_no_number) {
  tensor<float, shape<batch, 4>> none(0);
  tensor<float, shape<>> log_scale;
  inference<> ctx;
  EXPECT_TRUE(std::isnan(*contrastive_loss(ctx, none, none, log_scale).data()));
}

TEST(contrastive_loss, of_unequal_numbers_is_refused) {
  tensor<float, shape<batch, 4>> three(3), two(2);
  tensor<float, shape<>> log_scale;
  inference<> ctx;
  EXPECT_THROW(contrastive_loss(ctx, three, two, log_scale), shape_error);
}

TEST(clamp_log_scale, holds_the_scale_between_1_and_100) {
  parameter<fp32> s;
  for (const auto& [before, after] : {std::pair{-1.0, 0.0}, std::pair{2.5, 2.5}, std::pair{9.0, std::log(100.0)}}) {
    s[0] = static_cast<float>(before);
    clamp_log_scale(s);
    EXPECT_FLOAT_EQ(s[0], static_cast<float>(after));
  }
}

}  // namespace
