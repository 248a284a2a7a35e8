// A flat list of a model's parameters with room beside each: what optimisers and averages walk over.
#pragma once
#include <algorithm>  // all_of, min
#include <cmath>      // isfinite, sqrt
#include <limits>     // numeric_limits
#include <optional>   // optional
#include <string>     // string
#include <vector>     // vector

#include <clipt/autodiff/evaluate.hpp>  // eval
#include <clipt/core/ranges.hpp>       // check_range
#include <clipt/eval/cpu_memory.hpp>   // the kernel of ops::fill on the CPU
#include <clipt/eval/cpu_vectors.hpp>  // the kernel of ops::add_squares on the CPU
#include <clipt/eval/parallel.hpp>     // cpu_threads
#include <clipt/nn/reflect.hpp>        // for_each_parameter

namespace clipt::inline CLIPT_BUILD {

/// Parameters that an optimiser treats in their own way: all whose path fits the pattern, in which * stands for any text.
///
/// The learning rate is taken times `rate`; 0 leaves them as they are. Without a weight decay of their own they have the
/// optimiser's. PyTorch equivalent: an entry of an optimiser's `param_groups`.
struct parameter_group {
  std::string pattern;  // "visual.*", "*.bias"
  double rate = 1;
  std::optional<double> weight_decay = {};
};

/// One parameter of a model: its path, its values, its gradient, and whether it is a weight (rank 2 or more).
template <class T>
struct parameter_entry {
  std::string path;
  T* values;
  clipt::gradient* gradient;
  dim_t size;
  bool is_weight;
  std::shared_ptr<const void> owner;  // of values and gradient: the model may move or end
  double rate = 1;                    // a factor of the learning rate
  std::optional<double> weight_decay = {};

  /// Weights decay by the optimiser's share, what has a share of its own by that.
  double decay(double of_weights) const { return weight_decay.value_or(is_weight ? of_weights : 0); }

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

namespace detail {

/// Whether a text fits a pattern in which * stands for any text.
inline bool fits(const char* pattern, const char* text) {
  if (*pattern == '*') return fits(pattern + 1, text) || (*text != '\0' && fits(pattern, text + 1));
  return *pattern == *text && (*text == '\0' || fits(pattern + 1, text + 1));
}

}  // namespace detail

/// Gives each parameter what the first group says whose pattern it fits. Errors: `clipt::error` when a pattern fits none,
/// and when a rate or a decay is negative or no number.
template <class T>
void apply_groups(std::vector<parameter_entry<T>>& table, const std::vector<parameter_group>& groups) {
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {  // so that the first has the last word
    check_range("parameter_group", "rate", group->rate);
    check_range("parameter_group", "weight_decay", group->weight_decay.value_or(0));
    bool found = false;
    for (auto& entry : table) {
      if (!detail::fits(group->pattern.c_str(), entry.path.c_str())) continue;
      found = true;
      entry.rate = group->rate;
      entry.weight_decay = group->weight_decay;
    }
    if (!found)
      throw error("clipt::parameter_group: no parameter's path fits \"" + group->pattern +
                  "\": paths are those that for_each_parameter(model, ...) gives");
  }
}

/// Refuses a first step that can lead nowhere: all weights are 0, and so are all their gradients, for each is multiplied by
/// the weights of another layer. `clipt::error` then.
template <class T>
void refuse_zeros(const char* op, const std::vector<parameter_entry<T>>& table) {
  bool reached = false;
  const auto all_zero = [](const T* x, dim_t n) { return std::all_of(x, x + n, [](T v) { return v == T(0); }); };
  for (const auto& entry : table) {
    if (!entry.is_weight || entry.size == 0) continue;
    if (!all_zero(entry.values, entry.size)) return;
    const T* const g = entry.gradient_data();
    if (g != nullptr && !all_zero(g, entry.size)) return;
    reached = reached || g != nullptr;
  }
  if (reached)
    throw error(std::string("clipt::") + op +
                ": all weights are 0 and so are their gradients: the model would stay as it is; call initialise(model, "
                "seed) or load a file before the first step");
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

/// The same on the context's device, as a scalar that the host need not wait for.
template <class Context, class T>
requires requires(Context& ctx) { ctx.memory(); }
auto gradient_norm(Context& ctx, const std::vector<parameter_entry<T>>& table) {
  const auto squares = ctx.template output<double>(shape<>{});
  run_forward<ops::fill>(ctx, squares.data(), 1, 0.0);
  for (const auto& entry : table)
    if (const T* g = entry.gradient_data(); g != nullptr)
      run_forward<ops::add_squares>(ctx, g, entry.size, squares.data());
  return eval(ctx, cast<T>(sqrt(squares)));
}

/// The path of the first parameter whose gradient has an element that is not finite; empty if there is none.
template <class T>
std::string first_not_finite(const std::vector<parameter_entry<T>>& table) {
  for (const auto& entry : table)
    if (const T* g = entry.gradient_data();
        g != nullptr && !std::all_of(g, g + entry.size, [](T x) { return std::isfinite(static_cast<double>(x)); }))
      return entry.path;
  return {};
}

/// The factor that brings a norm down to at most `limit`: min(1, limit / (norm + 1e-6)); a limit of 0 means none.
///
/// Errors: `clipt::error` when the norm is not finite, of which no factor makes a gradient.
/// PyTorch equivalent: the factor of `clip_grad_norm_(error_if_nonfinite=True)`.
inline double clipping_factor(double norm, double limit) {
  check_range("clipping_factor", "the norm", norm);
  return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0;
}

/// The same of a norm on the context's device; NaN, with which optimisers leave their step out, where it is not finite.
template <class Context, tensor_like Norm>
auto clipping_factor(Context& ctx, const Norm& norm, double limit) {
  const auto n = as_expression(norm);
  const auto factor = limit > 0 ? limit : std::numeric_limits<double>::infinity();
  return eval(ctx, where(n < std::numeric_limits<float>::infinity(), min(factor / (n + 1e-6), 1.0), n - n));
}

}  // namespace clipt::inline CLIPT_BUILD
