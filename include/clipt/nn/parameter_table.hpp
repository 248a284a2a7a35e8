// A flat list of a model's parameters with room beside each: what optimisers and averages walk over.
#pragma once
#include <cmath>   // sqrt
#include <string>  // string
#include <vector>  // vector

#include <clipt/eval/cpu_vectors.hpp>  // the kernel of ops::add_squares on the CPU
#include <clipt/eval/parallel.hpp>     // cpu_threads
#include <clipt/nn/reflect.hpp>        // for_each_parameter

namespace clipt::inline CLIPT_BUILD {

/// One parameter of a model: its path, its values, its gradient, and whether it is a weight (rank 2 or more).
template <class T>
struct parameter_entry {
  std::string path;
  T* values;
  clipt::gradient* gradient;
  dim_t size;
  bool is_weight;
  std::shared_ptr<const void> owner;  // of values and gradient: the model may move or end

  const T* gradient_data() const { return gradient->empty ? nullptr : static_cast<const T*>(gradient->data); }
};

/// The parameters of a model in the order of its members, whose memory the table shares.
template <class T, class Model>
std::vector<parameter_entry<T>> parameter_table(Model& model) {
  std::vector<parameter_entry<T>> table;
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    table.push_back({path, p.elements<T>().data(), p.gradient, p.size, p.extents.size() >= 2, p.owner});
  });
  return table;
}

/// One buffer per parameter, zeros, as long as the parameter.
template <class T, class Device = cpu>
std::vector<storage<T, Device>> buffers_like(const std::vector<parameter_entry<T>>& table) {
  std::vector<storage<T, Device>> buffers;
  for (const auto& entry : table) buffers.emplace_back(entry.size);
  return buffers;
}

/// Forgets the gradients of all parameters in the table; unlike `clear_gradients(model)` it spells no names and so
/// allocates nothing. PyTorch equivalent: `optimizer.zero_grad()`.
template <class T>
void clear_gradients(const std::vector<parameter_entry<T>>& table) {
  for (const auto& entry : table) entry.gradient->clear();
}

/// The Euclidean norm of all gradients together, summed in a fixed order. PyTorch equivalent: `clip_grad_norm_`'s
/// result.
template <class T>
double gradient_norm(const std::vector<parameter_entry<T>>& table) {
  cpu_threads ctx{1};
  double squares = 0;
  for (const auto& entry : table)
    if (const T* g = entry.gradient_data(); g != nullptr) run_forward<ops::add_squares>(ctx, g, entry.size, &squares);
  return std::sqrt(squares);
}

/// The factor that brings a norm down to at most `limit`: min(1, limit / (norm + 1e-6)); a limit of 0 means none.
/// PyTorch equivalent: the factor of `clip_grad_norm_`.
inline double clipping_factor(double norm, double limit) {
  return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0;
}

}  // namespace clipt::inline CLIPT_BUILD
