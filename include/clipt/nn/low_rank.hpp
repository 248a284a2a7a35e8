// Additions of low rank to a model's weights (LoRA): the weights stay, and two small factors of each are trained.
#pragma once
#include <cmath>   // sqrt
#include <memory>  // make_shared
#include <string>  // string
#include <vector>  // vector

#include <clipt/autodiff/assign.hpp>     // assign
#include <clipt/core/ranges.hpp>         // check_range
#include <clipt/nn/init.hpp>             // stream_of, fill_uniform
#include <clipt/nn/parameter_table.hpp>  // parameter_entry
#include <clipt/nn/products.hpp>         // matmul, matmul_nt, matmul_tn

namespace clipt::inline CLIPT_BUILD {

/// A weight [out, in] that is base + scale up down: down [rank, in], up [out, rank].
template <class T>
struct low_rank_addition {
  using matrix_shape = shape<-1, -1>;
  using factor = detail::parameter_block<T, cpu>;

  std::string path;  // of the weight
  dim_t out, in, rank;
  state_member weight;
  storage<T, cpu> base;
  std::shared_ptr<factor> down, up;

  view<T, matrix_shape> values() const { return {weight.elements<T>().data(), matrix_shape(out, in)}; }
  view<const T, matrix_shape> gradient() const { return {weight.gradient_data<T>(), matrix_shape(out, in)}; }
  view<const T, matrix_shape> base_values() const { return {base.data(), matrix_shape(out, in)}; }
  view<const T, matrix_shape> down_values() const { return {down->values.data(), matrix_shape(rank, in)}; }
  view<const T, matrix_shape> up_values() const { return {up->values.data(), matrix_shape(out, rank)}; }
};

/// Trains a model's weights by additions: weight = base + scale up down, where down begins as U(±1 / sqrt(in)) and up as
/// zeros.
///
/// The model itself computes with the sums, so that any model can be trained so, and is merged at any time; `apply`
/// follows a step of the optimiser, `pull` a backward. With G the gradient of the weight: dup = scale G downᵀ, ddown =
/// scale upᵀ G. Source: Hu et al., 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1; scale is its
/// alpha / rank. PyTorch equivalent: `loralib.Linear`.
template <class T>
class low_rank_additions {
 public:
  /// Additions of the given rank to all weights of rank 2 for whose path `chosen` is true. The weights as they are now
  /// are the base. Errors: `clipt::error` when a number is out of range, or no weight is chosen.
  template <class Model, class Chosen>
  low_rank_additions(Model& model, dim_t rank, double scale, std::uint64_t seed, Chosen&& chosen) : scale_(scale) {
    check_range("low_rank_additions", "rank", static_cast<double>(rank), {.least = 1});
    check_range("low_rank_additions", "scale", scale);
    for_each_parameter(model, [&](const std::string& path, const state_member& p) {
      if (p.extents.size() == 2 && chosen(path)) add(path, p, rank, seed);
    });
    if (additions_.empty()) throw error("clipt::low_rank_additions: no weight is chosen: nothing would be trained");
  }

  /// The factors as an optimiser takes them: `PATH.lora_A` is down, `PATH.lora_B` up.
  std::vector<parameter_entry<T>> parameters() const {
    std::vector<parameter_entry<T>> table;
    for (const auto& a : additions_)
      for (const auto& [name, factor] : {std::pair(".lora_A", a.down), std::pair(".lora_B", a.up)})
        table.push_back({a.path + name, factor->values.data(), factor.get(), factor->values.size(), true, factor});
    return table;
  }

  /// Makes the model's weights base + scale up down.
  void apply(int threads = 0) {
    for (const auto& a : additions_) {
      begin(threads);
      assign(ctx_, a.values(), a.base_values() + static_cast<T>(scale_) * matmul(ctx_, a.up_values(), a.down_values()));
    }
  }

  /// Adds what the gradients of the weights are for the factors. Weights that no gradient has reached are passed over.
  void pull(int threads = 0) {
    for (const auto& a : additions_) {
      if (a.weight.gradient->empty) continue;
      begin(threads);
      const auto s = static_cast<T>(scale_);
      add_to(*a.up, s * matmul_nt(ctx_, a.gradient(), a.down_values()), a.up_values().shape());
      add_to(*a.down, s * matmul_tn(ctx_, a.up_values(), a.gradient()), a.down_values().shape());
    }
  }

  double scale() const { return scale_; }
  const std::vector<low_rank_addition<T>>& list() const { return additions_; }

 private:
  void add(const std::string& path, const state_member& p, dim_t rank, std::uint64_t seed) {
    const dim_t out = p.extents[0], in = p.extents[1];
    low_rank_addition<T> a{path, out, in, rank, p, storage<T, cpu>(p.size), {}, {}};
    std::copy_n(p.elements<T>().data(), p.size, a.base.data());
    a.down = std::make_shared<typename low_rank_addition<T>::factor>(storage<T, cpu>(rank * in));
    a.up = std::make_shared<typename low_rank_addition<T>::factor>(storage<T, cpu>(out * rank));
    const random_stream random = stream_of(seed, path + ".lora_A");
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    cpu_threads one{1};
    run_forward<ops::fill_uniform>(one, random, bound, a.down->values.data(), rank * in);
    additions_.push_back(std::move(a));
  }

  void begin(int threads) {
    ctx_.reset();
    ctx_.settings.threads = threads;
  }
  void add_to(clipt::gradient& slot, const auto& more, const auto& extents) {
    if (slot.data == nullptr) slot.allocate(slot);
    const view<T, shape<-1, -1>> to{static_cast<T*>(slot.data), extents};
    if (slot.empty)
      assign(ctx_, to, more);
    else
      assign(ctx_, to, to + more);
    slot.empty = false;
  }

  double scale_;
  std::vector<low_rank_addition<T>> additions_;
  inference<> ctx_;
};

}  // namespace clipt::inline CLIPT_BUILD
