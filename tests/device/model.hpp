// The network of the GPU contract, written once for any device, and one training step of it.
#pragma once
#include <cstdint>  // int32_t
#include <vector>   // vector

#include <clipt/nn/copy.hpp>           // copy, item
#include <clipt/nn/cross_entropy.hpp>  // cross_entropy
#include <clipt/nn/init.hpp>           // fill_fan_in
#include <clipt/nn/layers.hpp>         // norm, linear
#include <clipt/nn/optim.hpp>          // adamw

namespace clipt::test {

template <class P, dim_t Width, dim_t Hidden, dim_t Classes>
struct classifier {
  norm<P, Width> ln;
  linear<P, Width, Hidden> up;
  linear<P, Hidden, Classes> down;
  static constexpr auto names = fields("ln", "up", "down");

  auto operator()(auto& ctx, const auto& x) const { return down(ctx, quick_gelu(up(ctx, ln(ctx, x)))); }
};

/// The same numbers on every device: made on the CPU, then copied.
template <class Model>
void initialise(Model& model) {
  for_each_parameter(model,
                     [](const std::string& path, const state_member& p) { fill_normal(p, stream_of(7, path), 0.3); });
}

/// The losses of some steps on one batch, and the parameters after them.
struct training_result {
  std::vector<double> losses;
  std::vector<double> parameters;
};

template <class T, class Device, dim_t Width, dim_t Hidden, dim_t Classes>
training_result train(dim_t samples, int steps) {
  using policy_on_device = policy<T, T, Device>;
  classifier<policy<T>, Width, Hidden, Classes> host;
  initialise(host);
  tensor<T, shape<batch, Width>> pixels(samples);
  tensor<std::int32_t, shape<batch>> names(samples);
  const random_stream random{3};
  for (dim_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<T>(random.normal(i));
  for (dim_t i = 0; i < samples; ++i) names[i] = static_cast<std::int32_t>((i * 5 + 1) % Classes);

  recording<Device> ctx;
  classifier<policy_on_device, Width, Hidden, Classes> model;
  tensor<T, shape<batch, Width>, Device> x(samples);
  tensor<std::int32_t, shape<batch>, Device> labels(samples);
  copy_model(ctx, host, model);
  copy(ctx, pixels, x);
  copy(ctx, names, labels);

  training_result result;
  adamw<T, Device> optimiser(model);
  for (int step = 0; step < steps; ++step) {
    const auto loss = mean(ctx, cross_entropy(ctx, model(ctx, x), labels));
    ctx.backward(loss);
    optimiser.step(ctx, 0.01);
    result.losses.push_back(static_cast<double>(item(ctx, loss)));
    clear_gradients(model);
    ctx.reset();
    if (step == 1) ctx.seal();  // the second step has the sizes of all later ones
  }
  copy_model(ctx, model, host);
  for_each_parameter(host, [&](const std::string&, const state_member& p) {
    const auto values = p.elements<T>();
    result.parameters.insert(result.parameters.end(), values.begin(), values.end());
  });
  return result;
}

}  // namespace clipt::test
