// Optimisers: AdamW with decoupled decay and SGD with momentum; and the exponential moving average of a model.
#pragma once
#include <concepts>  // same_as

#include <clipt/core/check.hpp>           // devices
#include <clipt/eval/cpu_memory.hpp>      // the kernel of ops::copy on the CPU
#include <clipt/eval/cpu_optimisers.hpp>  // the kernels on the CPU
#include <clipt/nn/parameter_table.hpp>   // parameter_table

namespace clipt::inline CLIPT_BUILD {

/// Something is trained: `trained<void>::is_there` is false, of a model without parameters.
template <class Element>
struct trained {
  static constexpr bool is_there = !std::is_void_v<Element>;
};

/// A model's parameters as an optimiser takes them; none where it has another element type, which is refused.
template <class T, class Model>
std::vector<parameter_entry<T>> optimised(Model& model, const std::vector<parameter_group>& groups) {
  if constexpr (element_types<T, parameter_element_t<Model>>::equal) {
    auto table = parameter_table<T>(model);
    apply_groups(table, groups);
    return table;
  } else {
    return {};
  }
}

namespace detail {

/// A factor of gradients as steps take it: a number, or a scalar on the device.
template <class T, class Factor>
gradient_scale<T> scale_of(const Factor& factor) {
  if constexpr (std::is_arithmetic_v<Factor>)
    return {static_cast<T>(factor)};
  else
    return {T(1), factor.data()};
}

}  // namespace detail

/// The constants of AdamW; the defaults are those of CLIP's vision transformers, PyTorch's are 0.9, 0.999, 1e-8 and 0.01.
struct adamw_options {
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-6, weight_decay = 0.2;
};

/// AdamW: m = β1 m + (1 - β1) g; v = β2 v + (1 - β2) g²; p -= rate (m̂ / (sqrt(v̂) + ε) + decay p), bias-corrected m̂
/// and v̂.
///
/// `adamw optimiser(model, {.weight_decay = 0.1}, {{"visual.*", 0.1}})` takes a tenth of the rate for what groups name.
/// Weights decay (rank 2 or more); gains, biases and scalars do not. A parameter that no gradient reached stays as it
/// is. Errors: `clipt::error` when a constant or a rate is negative or no number, or a beta is 1 or more. Source: Loshchilov and Hutter, 2019. PyTorch equivalent: `torch.optim.AdamW`.
template <class T, class Device = cpu>
class adamw {
 public:
  template <class Model>
  explicit adamw(Model& model, const adamw_options& options = {}, const std::vector<parameter_group>& groups = {})
      : adamw(optimised<T>(model, groups), options) {
    static_assert(trained<parameter_element_t<Model>>::is_there, "clipt::adamw: the model has parameters: it has none");
    static_assert(element_types<T, parameter_element_t<Model>>::equal,
                  "clipt::adamw: the optimiser's elements are of the parameters' type: they differ; write adamw "
                  "optimiser(model)");
  }

  /// Of chosen parameters, of one model or several; see parameter_table.
  explicit adamw(std::vector<parameter_entry<T>> parameters, const adamw_options& options = {})
      : options_(options), table_(std::move(parameters)), first_(buffers_like<T, Device>(table_)),
        second_(buffers_like<T, Device>(table_)) {
    check_range("adamw", "beta1", options.beta1, {.most = 1, .open = true});
    check_range("adamw", "beta2", options.beta2, {.most = 1, .open = true});
    check_range("adamw", "epsilon", options.epsilon);
    check_range("adamw", "weight_decay", options.weight_decay);
  }

  /// One step with the given learning rate, after all that `ctx` was given to do; gradients are taken times
  /// `gradient_factor`: a number, or a scalar on the context's device (clipping_factor(ctx, norm, limit)), and where
  /// that is not finite nothing changes.
  template <class Context, class Factor = double>
  requires requires(Context& ctx) { ctx.threads(); }
  void step(Context& ctx, double rate, const Factor& gradient_factor = 1) {
    static_assert(devices<typename Context::device, Device>::equal,
                  "clipt::adamw: the context's device is the optimiser's: they differ");
    check_range("adamw", "learning rate", rate);
    if constexpr (std::is_same_v<Device, cpu>)
      if (steps_ == 0) refuse_zeros("adamw", table_);
    ++steps_;
    const double correction1 = 1 - std::pow(options_.beta1, steps_), correction2 = 1 - std::pow(options_.beta2, steps_);
    const auto of = [](double x) { return static_cast<T>(x); };
    adamw_step<T> s{of(options_.beta1),
                    of(1 - options_.beta1),
                    of(options_.beta2),
                    of(1 - options_.beta2),
                    detail::scale_of<T>(gradient_factor),
                    of(rate / correction1),
                    of(1 / std::sqrt(correction2)),
                    of(options_.epsilon),
                    T(1)};
    for (std::size_t i = 0; i < table_.size(); ++i) {
      const T* g = table_[i].gradient_data();
      if (g == nullptr || table_[i].rate == 0) continue;
      const double own_rate = rate * table_[i].rate;
      s.rate = of(own_rate / correction1);
      s.kept = of(1 - own_rate * table_[i].decay(options_.weight_decay));
      if constexpr (devices<typename Context::device, Device>::equal)  // refused above
        run_forward<ops::adamw>(ctx, s, table_[i].values, g, first_[i].data(), second_[i].data(), table_[i].size);
    }
  }

  /// The same without a context, on the CPU with so many threads (0: all).
  void step(double rate, double gradient_factor = 1, int threads = 0) requires std::same_as<Device, cpu> {
    cpu_threads ctx{threads};
    step(ctx, rate, gradient_factor);
  }

  dim_t steps() const { return steps_; }
  void set_steps(dim_t steps) { steps_ = steps; }
  const std::vector<parameter_entry<T>>& parameters() const { return table_; }

  /// Calls `f(name, data, size)` for each array of the optimiser's state, for saving and loading.
  template <class F>
  void for_each_state(F&& f) {
    for (std::size_t i = 0; i < table_.size(); ++i) {
      f(table_[i].path + ".first_moment", first_[i].data(), table_[i].size);
      f(table_[i].path + ".second_moment", second_[i].data(), table_[i].size);
    }
  }

 private:
  adamw_options options_;
  std::vector<parameter_entry<T>> table_;
  std::vector<storage<T, Device>> first_, second_;
  dim_t steps_ = 0;
};

/// The constants of SGD.
struct sgd_options {
  double momentum = 0.9, weight_decay = 0;
};

/// SGD with momentum: v = momentum v + g + decay p; p -= rate v, decay on weights only.
/// Errors: `clipt::error` when a constant or a rate is negative or no number.
/// PyTorch equivalent: `torch.optim.SGD(momentum=..., weight_decay=...)`.
template <class T, class Device = cpu>
class sgd {
 public:
  template <class Model>
  explicit sgd(Model& model, const sgd_options& options = {}, const std::vector<parameter_group>& groups = {})
      : options_(options), table_(optimised<T>(model, groups)), velocity_(buffers_like<T, Device>(table_)) {
    static_assert(trained<parameter_element_t<Model>>::is_there, "clipt::sgd: the model has parameters: it has none");
    static_assert(element_types<T, parameter_element_t<Model>>::equal,
                  "clipt::sgd: the optimiser's elements are of the parameters' type: they differ; write sgd "
                  "optimiser(model)");
    check_range("sgd", "momentum", options.momentum);
    check_range("sgd", "weight_decay", options.weight_decay);
  }

  /// One step with the given learning rate; gradients are taken times `gradient_factor`, as by adamw.
  template <class Context, class Factor = double>
  requires requires(Context& ctx) { ctx.threads(); }
  void step(Context& ctx, double rate, const Factor& gradient_factor = 1) {
    static_assert(devices<typename Context::device, Device>::equal,
                  "clipt::sgd: the context's device is the optimiser's: they differ");
    check_range("sgd", "learning rate", rate);
    if constexpr (std::is_same_v<Device, cpu>)
      if (!stepped_) refuse_zeros("sgd", table_);
    stepped_ = true;
    const auto of = [](double x) { return static_cast<T>(x); };
    for (std::size_t i = 0; i < table_.size(); ++i) {
      const T* g = table_[i].gradient_data();
      if (g == nullptr || table_[i].rate == 0) continue;
      const sgd_step<T> s{of(options_.momentum), detail::scale_of<T>(gradient_factor), of(rate * table_[i].rate),
                          of(table_[i].decay(options_.weight_decay))};
      if constexpr (devices<typename Context::device, Device>::equal)  // refused above
        run_forward<ops::sgd>(ctx, s, table_[i].values, g, velocity_[i].data(), table_[i].size);
    }
  }

  /// The same without a context, on the CPU with so many threads (0: all).
  void step(double rate, double gradient_factor = 1, int threads = 0) requires std::same_as<Device, cpu> {
    cpu_threads ctx{threads};
    step(ctx, rate, gradient_factor);
  }

  const std::vector<parameter_entry<T>>& parameters() const { return table_; }

 private:
  sgd_options options_;
  std::vector<parameter_entry<T>> table_;
  std::vector<storage<T, Device>> velocity_;
  bool stepped_ = false;
};

/// What an optimiser of a model is made for, float where there is nothing.
template <class Model>
using optimised_t =
    std::conditional_t<trained<parameter_element_t<Model>>::is_there, parameter_element_t<Model>, float>;

// `adamw optimiser(model)` has the elements of the model's parameters.
template <class Model>
adamw(Model&, const adamw_options& = {}, const std::vector<parameter_group>& = {}) -> adamw<optimised_t<Model>>;
template <class Model>
sgd(Model&, const sgd_options& = {}, const std::vector<parameter_group>& = {}) -> sgd<optimised_t<Model>>;

/// The exponential moving average of a model's parameters and floating-point buffers: average += (1 - decay) (model -
/// average).
///
/// It is a second model of the same type. The decay of step k is min(decay, (1 + k) / (10 + k)), so that the average of
/// a short run is not still its start. PyTorch equivalent: `torch.optim.swa_utils.AveragedModel` with an EMA function.
template <class Model>
class exponential_average {
 public:
  /// Starts as a copy of `model`. Errors: `clipt::error` when the decay is not in [0, 1).
  exponential_average(const Model& model, double decay)
      : average_(model), decay_(decay), sources_(state_table(model)), averages_(state_table(average_)) {
    check_range("exponential_average", "decay", decay, {.most = 1, .open = true});
  }

  exponential_average(const exponential_average&) = delete;
  exponential_average& operator=(const exponential_average&) = delete;

  /// Moves towards the model as it is now.
  void update() {
    cpu_threads ctx{1};
    update(ctx);
  }

  /// The same of models on the context's device.
  template <class Context>
  void update(Context& ctx) {
    const double decay = std::min(decay_, (1.0 + static_cast<double>(steps_)) / (10.0 + static_cast<double>(steps_)));
    ++steps_;
    for (std::size_t i = 0; i < averages_.size(); ++i) approach(ctx, averages_[i], sources_[i], 1 - decay);
  }

  Model& model() { return average_; }
  dim_t steps() const { return steps_; }
  void set_steps(dim_t steps) { steps_ = steps; }

 private:
  template <class Context>
  static void approach(Context& ctx, const state_member& average, const state_member& source, double share) {
    average.with_elements([&](auto to) {
      using T = typename decltype(to)::value_type;
      const T* const from = source.elements<T>().data();
      if constexpr (std::is_floating_point_v<T>)
        run_forward<ops::approach>(ctx, static_cast<T>(share), from, to.data(), average.size);
      else
        run_forward<ops::copy>(ctx, from, to.data(), average.size);
    });
  }

  Model average_;
  double decay_;
  std::vector<state_member> sources_, averages_;
  dim_t steps_ = 0;
};

}  // namespace clipt::inline CLIPT_BUILD
