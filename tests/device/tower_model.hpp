// A small CLIP and its training, written once for any device and precision.
#pragma once
#include <clipt/clip/model.hpp>      // clip
#include <clipt/clip/objective.hpp>  // contrastive_loss, clamp_log_scale
#include <clipt/nn/copy.hpp>         // copy, copy_model, item
#include <clipt/nn/optim.hpp>        // adamw, exponential_average

#include <optional>  // optional

#include "model.hpp"  // initialise, training_result

namespace clipt::test {

inline constexpr clip_config small_clip{24, vit_config{16, 8, 32, 2, 2}, text_config{12, 40, 24, 2, 1}};

/// Pictures and captions of different lengths, the same numbers on every device.
template <class T>
struct pairs {
  tensor<T, shape<batch, 3, 16, 16>> pictures;
  std::vector<std::int32_t> ids, offsets{0};

  explicit pairs(dim_t count) : pictures(count) {
    const random_stream random{5};
    for (dim_t i = 0; i < pictures.size(); ++i)
      pictures[i] = static_cast<T>(random.normal(static_cast<std::uint64_t>(i)));
    for (dim_t i = 0; i < count; ++i) {
      for (dim_t k = 0; k < 1 + i * 3 % 10; ++k) ids.push_back(static_cast<std::int32_t>((i * 11 + k * k * 7) % 38));
      ids.push_back(39);  // the end token
      offsets.push_back(static_cast<std::int32_t>(ids.size()));
    }
  }
  packed_captions<> captions() const {
    return {{ids.data(), shape<tokens>(static_cast<dim_t>(ids.size()))},
            {offsets.data(), shape<clipt::offsets>(static_cast<dim_t>(offsets.size()))}};
  }
};

/// All parameters of a model, wherever they lie.
template <class T, class Device, class Model>
std::vector<double> parameters_of(recording<Device>& ctx, const Model& model) {
  clip<Model::config, policy<T>> host;
  copy_model(ctx, model, host);
  std::vector<double> all;
  for_each_parameter(host, [&](const std::string&, const state_member& p) {
    const auto values = p.elements<T>();
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

/// A training on one batch, whose first numbers are the same on every device.
template <class Policy>
class clip_training {
 public:
  using T = typename Policy::parameter_type;
  using C = compute_t<typename Policy::activation_type>;
  using Device = typename Policy::device;

  explicit clip_training(dim_t count) : pictures_(count) {
    const pairs<T> data(count);
    clip<small_clip, policy<T>> host;
    initialise(host);
    copy_model(ctx, host, model);
    copy(ctx, data.pictures, pictures_);
    captions_ = captions_on(for_captions_, data.captions());
    optimiser_.emplace(model);
    average.emplace(model, 0.9);
  }

  /// One step with clipped gradients; `observe(loss, norm)` may look at the scalars before they go.
  template <class F>
  void step(F&& observe) {
    const auto images = l2_normalize(ctx, cast<C>(model.encode_image(ctx, pictures_)));
    const auto texts = l2_normalize(ctx, cast<C>(model.encode_text(ctx, captions_)));
    const auto loss = contrastive_loss(ctx, images, texts, model.logit_scale);
    ctx.backward(loss);
    const auto norm = gradient_norm(ctx, optimiser_->parameters());
    optimiser_->step(ctx, 0.003, clipping_factor(ctx, norm, 0.5));
    clamp_log_scale(ctx, model.logit_scale);
    average->update(ctx);
    observe(loss, norm);
    clear_gradients(optimiser_->parameters());
    ctx.reset();
  }

  using model_type = clip<small_clip, Policy>;
  recording<Device> ctx;
  model_type model;
  std::optional<exponential_average<model_type>> average;

 private:
  recording<Device> for_captions_;
  tensor<T, shape<batch, 3, 16, 16>, Device> pictures_;
  packed_captions<Device> captions_;
  std::optional<adamw<T, Device>> optimiser_;
};

/// Losses and norms of some steps; the parameters and their average after them.
template <class Policy>
training_result train_clip(int steps, dim_t count) {
  using T = typename Policy::parameter_type;
  clip_training<Policy> training(count);
  auto& ctx = training.ctx;
  training_result result;
  for (int step = 0; step < steps; ++step) {
    training.step([&](const auto& loss, const auto& norm) {
      result.losses.push_back(static_cast<double>(item(ctx, loss)));
      result.losses.push_back(static_cast<double>(item(ctx, norm)));
    });
    if (step == 1) ctx.seal();  // the second step has the sizes of all later ones
  }
  result.parameters = parameters_of<T>(ctx, training.model);
  const auto averaged = parameters_of<T>(ctx, training.average->model());
  result.parameters.insert(result.parameters.end(), averaged.begin(), averaged.end());
  return result;
}

}  // namespace clipt::test
