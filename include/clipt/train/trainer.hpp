// A training run: epochs over a loader, a schedule, an average, logs, checkpoints, and going on where it stopped.
#pragma once
#include <atomic>      // atomic
#include <filesystem>  // path
#include <functional>  // function
#include <limits>      // numeric_limits
#include <memory>      // unique_ptr
#include <optional>    // optional
#include <string>      // string
#include <utility>     // exchange

#include <clipt/evaluate/encode.hpp>            // captions_view
#include <clipt/data/loader.hpp>                // loader
#include <clipt/train/fine_tuning.hpp>          // fine_tuning
#include <clipt/train/metrics_log.hpp>          // metrics_log
#include <clipt/train/progress.hpp>             // progress
#include <clipt/train/run_folder.hpp>           // run_folder
#include <clipt/train/train.hpp>                // accumulate_gradients
#include <clipt/train/training_checkpoint.hpp>  // save_training
#include <clipt/train/training_options.hpp>     // training_options
#include <clipt/nn/schedule.hpp>                // schedule

namespace clipt::inline CLIPT_BUILD {

/// How a run ended.
enum class training_end { finished, interrupted };

/// Trains a model on a data set. Errors: `clipt::error` as of check_options, and when the loss, a gradient or a weight is not
/// finite, before it reaches what is trained or saved. The folder `output` gets `metrics.jsonl` and checkpoints: see run_folder.
///
/// A run that is resumed gives the bits of an uninterrupted one, and so does any number of threads or workers.
template <class Model, dataset Data>
class trainer {
 public:
  static constexpr int side = Model::config.vision.image;

  trainer(const Data& data, const tokenizer& words, training_options options, std::filesystem::path output,
          training_state state)
      : data_(data), words_(words), options_(std::move(options)), folder_(std::move(output)), state_(std::move(state)),
        tuning_(model_, options_) {
    check_options(options_);
    state_.pictures = options_.pictures;
    ctx_.settings.threads = options_.threads;
    ctx_.settings.training = true;
    ctx_.settings.checkpoints = options_.grad_checkpointing;
  }

  Model& model() { return model_; }
  /// The model to use: the average if there is one.
  Model& result() { return average_ ? average_->model() : model_; }
  std::filesystem::path latest() const { return folder_.latest(); }

  /// Learns a teacher's logits besides; before `run`.
  void learn_from(const encoders& teacher_of_all) {
    tuning_.learn_from({teacher_of_all, side, options_.pictures.statistics});
  }

  /// SigLIP's bias, where the weights that a run begins with have one.
  void begin_with_bias(float bias) { tuning_.begin_with_bias(bias); }

  /// Starts from the model as it is now: the average, and additions to its weights; after `initialise` or `load_state`.
  void start() {
    tuning_.start();
    optimiser_.emplace(tuning_.trained(), adamw_options{options_.beta1, options_.beta2, options_.eps, options_.wd});
    if (options_.average > 0) average_ = std::make_unique<exponential_average<Model>>(model_, options_.average);
  }

  /// Goes on from a checkpoint, with additions from the model as it is now and theirs there; with more epochs than it was of, a finished run goes on as if it had been longer.
  void resume(const std::filesystem::path& path) {
    start();
    const training_state found = load_training(path, model_, *optimiser_, average_.get());
    tuning_.load(safetensors_file(path));
    state_.step = found.step;
    state_.epoch = state_.step / steps_per_epoch();
    resumed_ = true;
  }

  /// Trains until all epochs are done or `stop` becomes true; `validate(line)` adds figures every `val_frequency` epochs.
  training_end run(const std::atomic<bool>& stop, const progress_output& display,
                   const std::function<void(metrics_line&)>& validate) {
    loader<Data> source(
        data_, loader_settings(),
        {static_cast<int>(state_.step / steps_per_epoch()), static_cast<int>(state_.step % steps_per_epoch())});
    if (!options_.keep_best.empty() && !validate)
      throw error("clipt::trainer: keep_best needs a validation; there is nothing to validate on");
    metrics_log log(folder_.metrics(), resumed_ ? std::optional<std::int64_t>(state_.step) : std::nullopt,
                    options_.observe);
    if (!options_.keep_best.empty()) best_ = best_of(read_metrics(folder_.metrics()));
    progress bar({.name = "training",
                  .total = total_steps(),
                  .first = state_.step,
                  .unit = "pairs",
                  .units_per_step = double(options_.batch_size)},
                 display);
    const schedule rate = make_schedule();
    sample_batch samples;
    double lr = 0;
    step_result result{};
    const auto end = [&](training_end how) {
      save(log, samples);
      bar.finish([&] { return fields(result, lr); });
      bad_ = source.bad().text(data_.size());
      return how;
    };
    double then = display.now(), saved = then;
    while (source.next(samples)) {
      lr = rate(state_.step);
      result = step(samples, lr);
      ++state_.step;
      state_.epoch = state_.step / steps_per_epoch();
      const double now = display.now();
      write_metrics(log, result, lr, samples.size() / std::max(1e-9, now - std::exchange(then, now)));
      bar.update(state_.step, [&] { return fields(result, lr); });
      const bool epoch_done = state_.step % steps_per_epoch() == 0;
      if (epoch_done) end_of_epoch(log, bar, samples, validate);
      if (options_.save_every_minutes > 0 && now - saved >= 60 * options_.save_every_minutes) {
        save(log, samples);
        saved = now;
      }
      if (stop && state_.step < total_steps()) return end(training_end::interrupted);
    }
    return end(training_end::finished);
  }

  /// How many numbers move; after `start` or `resume`.
  dim_t trained_parameters() const {
    dim_t count = 0;
    for (const auto& entry : optimiser_->parameters()) count += entry.size;
    return count;
  }
  std::int64_t total_steps() const { return std::int64_t{options_.epochs} * steps_per_epoch(); }
  const std::string& bad_pictures() const { return bad_; }
  const training_state& state() const { return state_; }

 private:
  std::int64_t steps_per_epoch() const { return std::max(1, data_.size() / options_.batch_size); }

  loader_options loader_settings() const {
    loader_options o;
    o.batch = options_.batch_size;
    o.side = side;
    o.workers = options_.workers;
    o.epochs = options_.epochs;
    o.seed = options_.seed;
    o.augment = options_.augment;
    o.preprocess = options_.pictures;
    o.bad = options_.bad;
    return o;
  }

  schedule make_schedule() const {
    return {options_.lr_scheduler, options_.lr, options_.warmup, total_steps(),
            options_.epochs_cooldown * steps_per_epoch()};
  }

  step_result step(const sample_batch& samples, double lr) {
    const packed_tokens packed =
        tokenize_packed(words_, samples.captions, Model::config.text.context, options_.threads);
    const training_batch<float, side> batch{{samples.images.data(), shape<clipt::batch, 3, side, side>(samples.size())},
                                            captions_view(packed)};
    const auto& trained = optimiser_->parameters();
    tuning_.clear_gradients(trained);
    ctx_.settings.frozen_statistics = tuning_.keeps_statistics() || (options_.freeze_bn_stats_after >= 0 &&
                                                                     state_.epoch >= options_.freeze_bn_stats_after);
    const step_result result = accumulate_gradients(ctx_, model_, batch, options_.accum_freq,
                                                    tuning_.objective(trained, state_.step, samples));
    if (!std::isfinite(result.loss))
      throw error(fmt::format("clipt::trainer: the loss is {} at step {}; lower --lr or set --grad-clip-norm",
                              result.loss, state_.step));
    tuning_.pull();
    const double norm = gradient_norm(trained);
    if (!std::isfinite(norm))
      throw error(fmt::format("clipt::trainer: the gradient of {} is not finite at step {}; lower --lr",
                              first_not_finite(trained), state_.step));
    optimiser_->step(lr, clipping_factor(norm, options_.grad_clip_norm), options_.threads);
    tuning_.apply();
    clamp_log_scale(model_.logit_scale);
    if (average_) average_->update();
    return result;
  }

  /// Of the step that was just done, which belongs to the epoch that it may have ended.
  void write_metrics(metrics_log& log, const step_result& result, double lr, double pairs_per_second) const {
    log.write({{"step", state_.step},
               {"epoch", (state_.step - 1) / steps_per_epoch()},
               {"loss", result.loss},
               {"accuracy", result.accuracy},
               {"logit_scale", std::exp(double(model_.logit_scale[0]))},
               {"learning_rate", lr},
               {"pairs_per_second", pairs_per_second}});
  }

  progress_fields fields(const step_result& result, double lr) const {
    return {{"loss", fmt::format("{:.3f}", result.loss)},
            {"acc", fmt::format("{:.1f} %", 100 * result.accuracy)},
            {"scale", fmt::format("{:.1f}", std::exp(double(model_.logit_scale[0])))},
            {"lr", fmt::format("{:.2e}", lr)}};
  }

  /// A validation's figures, which are shares, as a line for people.
  static std::string text_of(const metrics_line& line) {
    std::string out = fmt::format("epoch {}:", line["epoch"].get<std::int64_t>());
    for (const auto& [name, value] : line.items())
      if (value.is_number_float()) out += fmt::format("  {} {:.1f} %", name, 100 * metric(line, name));
    return out;
  }

  void end_of_epoch(metrics_log& log, progress& bar, const sample_batch& seen,
                    const std::function<void(metrics_line&)>& validate) {
    const std::int64_t epoch = state_.epoch;
    const bool saves = options_.save_frequency > 0 && epoch % options_.save_frequency == 0;
    if (saves) save(log, seen);  // first: a validation may fail, for instance for want of its pictures
    if (saves && options_.save_most_recent > 0) folder_.keep_of_epoch(epoch, options_.save_most_recent);
    const bool last = state_.step == total_steps();
    if (!validate || options_.val_frequency == 0 || (!last && epoch % options_.val_frequency != 0)) return;
    metrics_line line{{"step", state_.step}, {"split", "validation"}, {"epoch", epoch}};
    validate(line);
    // First: a figure that is in the log, and its checkpoint lost, would keep its like from being the best.
    if (!options_.keep_best.empty() && is_best(line)) {
      if (!saves) save(log, seen);
      folder_.keep_as_best();
    }
    log.write(line);
    bar.note(text_of(line));
  }

  /// Whether a validation's figure is larger than all before; remembers it.
  bool is_best(const metrics_line& line) {
    if (!line.contains(options_.keep_best))
      throw error(fmt::format("clipt::trainer: keep_best is '{}', which is not among the figures of the validation: {}",
                              options_.keep_best, json_text(line)));
    const double value = metric(line, options_.keep_best);
    if (!(value > best_)) return false;
    best_ = value;
    return true;
  }
  double best_of(const std::vector<metrics_line>& lines) const {
    double best = -std::numeric_limits<double>::infinity();
    for (const metrics_line& line : lines)
      if (line.contains("split")) best = std::max(best, metric(line, options_.keep_best));
    return best;
  }

  /// Weights that are finite, but of which nothing finite comes, do not replace a checkpoint either.
  void save(const metrics_log& log, const sample_batch& seen) {
    if (seen.size() > 0 && !std::isfinite(sum_of_logits(seen)))
      throw error(fmt::format(
          "clipt::trainer: the model's similarities are not finite after step {}; it is not saved; lower --lr",
          state_.step));
    log.sync();
    save_training(latest(), model_, *optimiser_, average_.get(), state_, tuning_.state());
    tuning_.save_additions(folder_.additions());
  }

  /// Of the first pairs of a batch.
  float sum_of_logits(const sample_batch& seen) {
    const int pairs = std::min(8, seen.size());
    const std::vector<std::string> captions(seen.captions.begin(), seen.captions.begin() + pairs);
    const packed_tokens packed = tokenize_packed(words_, captions, Model::config.text.context, options_.threads);
    const view<const float, shape<batch, 3, side, side>> images{seen.images.data(), shape<batch, 3, side, side>(pairs)};
    ctx_.reset();
    inference<> look(ctx_);
    look.settings.training = false;  // the running statistics stay
    const auto image_features = model_.encode_image(look, images);
    const auto text_features = model_.encode_text(look, captions_view(packed));
    return item(look, sum(look, model_.logits_per_image(look, image_features, text_features)));
  }

  const Data& data_;
  const tokenizer& words_;
  training_options options_;
  run_folder folder_;
  training_state state_;
  Model model_;
  fine_tuning<Model> tuning_;
  std::optional<adamw<float>> optimiser_;
  std::unique_ptr<exponential_average<Model>> average_;
  recording<> ctx_;
  std::string bad_;
  bool resumed_ = false;
  double best_ = 0;
};

}  // namespace clipt::inline CLIPT_BUILD
