// What a training run is, and which numbers that may be.
#pragma once
#include <cstdint>   // uint64_t
#include <optional>  // optional
#include <string>    // string

#include <fmt/format.h>  // format

#include <clipt/core/ranges.hpp>            // check_range
#include <clipt/data/samples.hpp>           // bad_samples, most_workers
#include <clipt/nn/schedule.hpp>            // schedule_kind
#include <clipt/pictures/augmentation.hpp>  // augmentation
#include <clipt/pictures/image.hpp>         // preprocessing
#include <clipt/train/metrics_log.hpp>      // metrics_observer

namespace clipt::inline CLIPT_BUILD {

/// Whether a tower stays as it is, and how many of its last groups of layers do not; see layer_place.
struct tower_lock {
  bool locked = false;
  int unlocked_groups = 0;
};

/// What a run is; names, and most defaults, are open_clip's where it has them.
struct training_options {
  int epochs = 10, batch_size = 256, accum_freq = 1, workers = 1, threads = 0;
  int warmup = 50;  // steps
  schedule_kind lr_scheduler = schedule_kind::cosine;
  int epochs_cooldown = 0;
  double lr = 1e-3, wd = 0.1, beta1 = 0.9, beta2 = 0.98, eps = 1e-6, grad_clip_norm = 1;
  double average = 0;  // decay of the exponential moving average; 0: none
  bool grad_checkpointing = false;
  int freeze_bn_stats_after = -1;  // epochs, from where on batch norm goes by its running statistics; -1: never
  int save_frequency = 1, val_frequency = 1;  // epochs
  double save_every_minutes = 0;              // besides; 0: never
  int save_most_recent =
      0;  // so many of the checkpoints at ends of epochs stay as epoch_N.safetensors, besides the latest
  std::string
      keep_best{};  // the figure of the validation of whose largest value epoch_best.safetensors is; empty: none
  tower_lock lock_image{}, lock_text{};
  double layer_decay = 1;    // factor of the learning rate from a group of layers to the one before it
  double patch_dropout = 0;  // share of the patches of a picture that a vision transformer leaves out
  int lora_rank = 0;         // train additions of this rank to attention's and perceptrons' weights; 0: the weights
  double lora_alpha = 0;     // additions are taken times alpha / rank; 0: rank
  bool siglip = false;       // every pair judged by itself, with a learned bias, instead of the contrastive loss
  std::uint64_t seed = 0;
  std::optional<augmentation> augment = augmentation{};
  preprocessing pictures = training_preprocessing;  // kept in the checkpoints: what uses the model does the same
  bad_samples bad = bad_samples::skip;  // pictures that cannot be read
  metrics_observer observe{};           // is given each line of metrics.jsonl
};

/// Refuses options that make no run: `clipt::error` that names the first and its range.
inline void check_options(const training_options& o) {
  const auto check = [](const char* name, double value, const number_range& range = {}) {
    check_range("training_options", name, value, range);
  };
  for (const auto& [name, value] :
       {std::pair("epochs", o.epochs), {"batch_size", o.batch_size}, {"accum_freq", o.accum_freq}})
    check(name, value, {.least = 1});
  check("workers", o.workers, {.most = most_workers});
  for (const auto& [name, value] : {std::pair("threads", o.threads),
                                    {"warmup", o.warmup},
                                    {"save_frequency", o.save_frequency},
                                    {"val_frequency", o.val_frequency},
                                    {"save_most_recent", o.save_most_recent},
                                    {"lock_image.unlocked_groups", o.lock_image.unlocked_groups},
                                    {"lock_text.unlocked_groups", o.lock_text.unlocked_groups},
                                    {"lora_rank", o.lora_rank}})
    check(name, value);
  check("epochs_cooldown", o.epochs_cooldown, {.most = static_cast<double>(o.epochs)});
  check("freeze_bn_stats_after", o.freeze_bn_stats_after, {.least = -1});
  for (const auto& [name, value] : {std::pair("lr", o.lr),
                                    {"wd", o.wd},
                                    {"grad_clip_norm", o.grad_clip_norm},
                                    {"save_every_minutes", o.save_every_minutes},
                                    {"lora_alpha", o.lora_alpha}})
    check(name, value);
  check("eps", o.eps, {.least = 1e-30});  // 0 would divide by 0 where a gradient is 0
  check("layer_decay", o.layer_decay, {.least = 1e-6, .most = 1});
  check("patch_dropout", o.patch_dropout, {.most = 1, .open = true});
  for (const auto& [name, value] : {std::pair("beta1", o.beta1), {"beta2", o.beta2}, {"average", o.average}})
    check(name, value, {.most = 1, .open = true});
  if (o.augment) check_augmentation(*o.augment);
  if (o.lora_rank == 0 && o.lora_alpha > 0)
    throw error(fmt::format("clipt::training_options: lora_alpha is {}, but there are no additions: set lora_rank",
                            o.lora_alpha));
  if (o.lora_rank > 0 && o.average > 0)
    throw error(
        "clipt::training_options: lora_rank and average: the average of sums is no sum with additions of that rank; "
        "take one of the two");
  for (const auto& [name, lock] : {std::pair("lock_image", o.lock_image), {"lock_text", o.lock_text}})
    if (!lock.locked && lock.unlocked_groups > 0)
      throw error(fmt::format("clipt::training_options: {}.unlocked_groups is {}, but nothing is locked: set {}.locked",
                              name, lock.unlocked_groups, name));
}

}  // namespace clipt::inline CLIPT_BUILD
