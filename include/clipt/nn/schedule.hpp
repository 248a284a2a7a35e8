// Learning rates by step: warm-up, then cosine, constant, or constant with a cooldown.
#pragma once
#include <algorithm>  // max
#include <cmath>      // cos, pow

#include <clipt/core/dims.hpp>  // dim_t

namespace clipt::inline CLIPT_BUILD {

/// How a learning rate goes on after its warm-up.
enum class schedule_kind { cosine, constant, constant_cooldown };

/// The learning rate of each step of a training run. Source: open_clip's schedulers have these formulae.
struct schedule {
  schedule_kind kind = schedule_kind::cosine;
  double peak = 5e-4;
  dim_t warmup = 0;           // steps: peak (step + 1) / warmup
  dim_t total = 1;            // steps in all
  dim_t cooldown = 0;         // constant_cooldown: the last steps, from peak to `end`
  double end = 0, power = 1;  // (1 - progress)^power (peak - end) + end

  double operator()(dim_t step) const {
    if (step < warmup) return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);
    if (kind == schedule_kind::cosine) {
      const double progress =
          static_cast<double>(step - warmup) / static_cast<double>(std::max<dim_t>(1, total - warmup));
      return peak * (1 + std::cos(3.14159265358979323846 * progress)) / 2;
    }
    const dim_t start = total - cooldown;
    if (kind == schedule_kind::constant || step < start) return peak;
    const double progress = static_cast<double>(step - start) / static_cast<double>(std::max<dim_t>(1, cooldown));
    return std::pow(1 - progress, power) * (peak - end) + end;
  }
};

}  // namespace clipt::inline CLIPT_BUILD
