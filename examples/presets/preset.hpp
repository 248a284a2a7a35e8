// The models that programs train, behind one interface, so that few sources compile these large templates.
#pragma once
#include <clipt/data/any_dataset.hpp>
#include <clipt/evaluate/encoders.hpp>
#include <clipt/train/trainer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace presets {

/// A training of one configuration; see clipt::trainer.
class training {
 public:
  virtual ~training() = default;
  virtual void start(std::uint64_t seed) = 0;
  virtual void resume(const std::filesystem::path& checkpoint) = 0;
  virtual clipt::training_end run(const std::atomic<bool>& stop, const clipt::progress_output& display,
                                  const std::function<void(clipt::metrics_line&)>& validate) = 0;
  virtual std::int64_t total_steps() const = 0;
  virtual const clipt::training_state& state() const = 0;
  virtual const std::string& bad_pictures() const = 0;
  virtual clipt::dim_t parameters() = 0;
  /// Of the model to use: the average if there is one. Valid as long as the training and the words are.
  virtual clipt::encoders encoders(const clipt::tokenizer& words) = 0;
};

/// A trained model out of a checkpoint, with its vocabulary.
class trained {
 public:
  virtual ~trained() = default;
  virtual clipt::encoders encoders(int threads) const = 0;
  virtual const clipt::training_state& state() const = 0;
};

struct preset {
  std::string name;
  int vocabulary = 0;  // symbols that there is room for
  std::function<std::unique_ptr<training>(const clipt::any_dataset&, const clipt::tokenizer&,
                                          const clipt::training_options&, const std::filesystem::path& output,
                                          const clipt::training_state&)>
      train;
  std::function<std::unique_ptr<trained>(const std::filesystem::path& checkpoint)> load;
};

/// All of them.
const std::vector<preset>& all();

/// The preset of this name; clipt::io_error that begins with `who` and lists the names if there is none.
const preset& find(const std::string& name, const std::string& who);

}  // namespace presets
