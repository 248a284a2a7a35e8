// A training of any model behind one interface, so that few sources compile these large templates.
#pragma once
#include <clipt/train/trainer.hpp>

#include <functional>

#include "model.hpp"

namespace models {

/// A training of one architecture; see clipt::trainer.
class training {
 public:
  virtual ~training() = default;
  /// Takes the weights of a checkpoint instead of random ones; before `start` or `resume`.
  virtual void load(const clipt::checkpoint_file& weights) = 0;
  virtual void learn_from(const clipt::encoders& teacher) = 0;
  virtual void start(std::uint64_t seed) = 0;
  virtual void resume(const std::filesystem::path& checkpoint) = 0;
  virtual clipt::training_end run(const std::atomic<bool>& stop, const clipt::progress_output& display,
                                  const std::function<void(clipt::metrics_line&)>& validate) = 0;
  virtual std::int64_t total_steps() const = 0;
  virtual const clipt::training_state& state() const = 0;
  virtual const std::string& bad_pictures() const = 0;
  virtual clipt::dim_t parameters() = 0;
  /// How many of them, or of additions to them, move.
  virtual clipt::dim_t trained_parameters() = 0;
  /// Of the model to use: the average if there is one. Valid as long as the training and the words are.
  virtual clipt::encoders encoders(const clipt::tokenizer& words) = 0;
};

}  // namespace models
