// Thirty training steps against PyTorch in float64: every loss, the gradients' norms, and the parameters at the end.
#include <clipt/train/train.hpp>
#include <clipt/weights/weights.hpp>
#include <clipt/nn/optim.hpp>
#include <clipt/nn/schedule.hpp>

#include "parity_support.hpp"
#include "shared.hpp"

namespace {

using namespace clipt;

inline constexpr clip_config tiny{32, vit_config{32, 8, 64, 2, 1}, text_config{77, 200, 64, 1, 2}};

// `parts` > 1 accumulates the gradient piece by piece; the curve must be the same.
void follow_the_curve(dim_t parts, bool checkpoints) {
  const safetensors_file batches(clipt_test::golden("train_vit_tiny/batches.safetensors"));
  const auto images = to_vector<float>(batches.at("images"));
  const auto ids = to_vector<std::int32_t>(batches.at("tokens"));
  const auto log = to_vector<double>(batches.at("log"));
  clip<tiny> model;
  load_state(model, clipt_test::golden("train_vit_tiny/start.safetensors"));
  adamw<float> optimiser(model, {0.9, 0.98, 1e-6, 0.2});
  const schedule rate{schedule_kind::cosine, 5e-4, 5, 30};
  recording<> ctx;
  ctx.settings.checkpoints = checkpoints;
  inference<> captions_memory;
  for (int k = 0; k < 30; ++k) {
    captions_memory.reset();
    const view<const std::int32_t, shape<batch, 77>> padded{ids.data() + k * 8 * 77, shape<batch, 77>(8)};
    const training_batch<float, 32> step{{images.data() + k * 8 * 3 * 32 * 32, shape<batch, 3, 32, 32>(8)},
                                         pack(captions_memory, padded)};
    clear_gradients(model);
    const auto result = accumulate_gradients(ctx, model, step, parts);
    const double norm = gradient_norm(optimiser.parameters());
    optimiser.step(rate(k), clipping_factor(norm, 1));
    clamp_log_scale(model.logit_scale);
    EXPECT_NEAR(result.loss, log[k * 4], 1e-4) << "step " << k;
    EXPECT_NEAR(rate(k), log[k * 4 + 1], 1e-12) << "step " << k;
    EXPECT_NEAR(norm / log[k * 4 + 2], 1, 1e-3) << "step " << k;
    EXPECT_NEAR(model.logit_scale[0], log[k * 4 + 3], 1e-4) << "step " << k;
  }
  const safetensors_file final_state(clipt_test::golden("train_vit_tiny/final.safetensors"));
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    EXPECT_LE(clipt_test::relative_error(p.elements<float>().data(), clipt_test::values(final_state, path)), 1e-3)
        << path;
  });
}

TEST(train_vit_tiny, whole_batches) {
  CLIPT_NEEDS_SHARED("golden/train_vit_tiny/batches.safetensors");
  follow_the_curve(1, false);
}

TEST(train_vit_tiny, accumulated_in_three_parts) {
  CLIPT_NEEDS_SHARED("golden/train_vit_tiny/batches.safetensors");
  follow_the_curve(3, false);
}

TEST(train_vit_tiny, with_checkpoints) {
  CLIPT_NEEDS_SHARED("golden/train_vit_tiny/batches.safetensors");
  follow_the_curve(1, true);
}

}  // namespace
