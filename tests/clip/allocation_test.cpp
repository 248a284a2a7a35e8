// After its first rounds a whole training step allocates nothing: encoders, loss, backward, clipping, AdamW and the
// moving average, whole or in parts; nor does an inference call. The shapes are those of the presets vit_64 and resnet_64, smaller.
#include "allocation.hpp"

#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>
#include <clipt/train/train.hpp>
#include <clipt/nn/optim.hpp>

namespace {

using namespace clipt;

inline constexpr clip_config small_vit{16, vit_config{32, 8, 24, 3, 3}, text_config{16, 64, 16, 2, 2}};
inline constexpr clip_config small_resnet{16, resnet_config{32, {1, 2, 1, 1}, 4, 8, false},
                                          text_config{16, 64, 16, 2, 2}};

template <auto Config>
class steady_state {
 public:
  explicit steady_state(dim_t parts) : parts_(parts), images_(count) {
    initialise(model_, 1);
    const random_stream random{2};
    for (dim_t i = 0; i < images_.size(); ++i) images_[i] = random.normal(static_cast<std::uint64_t>(i));
    for (dim_t i = 0; i < count; ++i) {
      for (dim_t k = 0; k < 4 + i % 5; ++k) ids_.push_back(static_cast<std::int32_t>((7 * i + k) % 60));
      ids_.push_back(63);
      offsets_.push_back(static_cast<std::int32_t>(ids_.size()));
    }
    ctx_.settings.training = true;
    // Each thread keeps buffers of its own, and which pieces of work it gets is chance: one thread makes the count
    // exact.
    ctx_.settings.threads = silent_.settings.threads = 1;
  }

  void train() {
    const training_batch<float, Config.vision.image> batch{images_.view(), captions()};
    clear_gradients(optimiser_.parameters());
    loss_ = accumulate_gradients(ctx_, model_, batch, parts_).loss;
    optimiser_.step(ctx_, 1e-3, clipping_factor(gradient_norm(optimiser_.parameters()), 1));
    clamp_log_scale(model_.logit_scale);
    average_.update();
  }

  void infer() {
    silent_.reset();
    l2_normalize(silent_, model_.encode_image(silent_, images_));
    l2_normalize(silent_, model_.encode_text(silent_, captions()));
  }

  void seal() { ctx_.seal(); }
  double loss() const { return loss_; }

 private:
  static constexpr dim_t count = 6;

  packed_captions<> captions() const {
    return {{ids_.data(), shape<tokens>(static_cast<dim_t>(ids_.size()))},
            {offsets_.data(), shape<offsets>(static_cast<dim_t>(offsets_.size()))}};
  }

  dim_t parts_;
  clip<Config> model_;
  adamw<float> optimiser_{model_};
  exponential_average<clip<Config>> average_{model_, 0.9};
  recording<> ctx_;
  inference<> silent_;
  tensor<float, shape<batch, 3, Config.vision.image, Config.vision.image>> images_;
  std::vector<std::int32_t> ids_, offsets_{0};
  double loss_ = 0;
};

/// Buffers grow to their largest use in the first rounds.
constexpr int rounds_before = 3;

template <auto Config>
void expect_no_allocations(dim_t parts = 1) {
  steady_state<Config> rounds(parts);
  for (int i = 0; i < rounds_before; ++i) rounds.train();
  rounds.seal();
  const double before = rounds.loss();
  clipt_test::allocation_counter counter;
  for (int i = 0; i < 3; ++i) rounds.train();
  EXPECT_EQ(counter.count(), 0u) << "of training steps, " << counter.bytes() << " bytes";
  EXPECT_LT(rounds.loss(), before) << "the steps that were counted have not trained";
  for (int i = 0; i < rounds_before; ++i) rounds.infer();
  counter.restart();
  for (int i = 0; i < 3; ++i) rounds.infer();
  EXPECT_EQ(counter.count(), 0u) << "of inference calls, " << counter.bytes() << " bytes";
}

TEST(allocation, none_by_a_vision_transformer) { expect_no_allocations<small_vit>(); }
TEST(allocation, none_by_a_resnet) { expect_no_allocations<small_resnet>(); }
TEST(allocation, none_by_a_batch_in_parts) { expect_no_allocations<small_resnet>(3); }

}  // namespace
