// What the trainer's options do to batch norm: statistics that stay from an epoch on, and checkpointing that counts once.
#include <gtest/gtest.h>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include <clipt/text/bpe_train.hpp>
#include <clipt/clip/initialise.hpp>
#include <clipt/data/scenes_dataset.hpp>
#include <clipt/io/sha256.hpp>
#include <clipt/train/trainer.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;

inline constexpr clip_config config{8, basic_resnet_config{32, {1, 1, 1, 1}, 4}, text_config{16, 514, 16, 2, 2}};

/// The running statistics and the batches that were counted, after a run over eight scenes in batches of four.
std::vector<double> statistics_after(training_options options) {
  const clipt_test::temporary_folder folder;
  const scenes_dataset data(1, 8);
  const tokenizer words = train_tokenizer({}, {0, 2});
  options.threads = options.workers = 1;
  options.lr_scheduler = schedule_kind::constant;
  options.warmup = 0;
  options.save_frequency = 0;
  trainer<clip<config>, scenes_dataset> run(data, words, options, folder.path(), training_state{});
  initialise(run.model(), 1);
  run.start();
  std::ostringstream unseen;
  const std::atomic<bool> stop{false};
  EXPECT_EQ(run.run(stop, {&unseen, false, [] { return 80; }, [] { return 0.0; }}, {}), training_end::finished);
  std::vector<double> all;
  for_each_state(run.model(), [&](const std::string&, const state_member& member) {
    if (!member.is_parameter()) member.with_elements([&](auto x) { all.insert(all.end(), x.begin(), x.end()); });
  });
  return all;
}

training_options epochs(int count, int freeze_bn_stats_after) {
  training_options options;
  options.batch_size = 4;
  options.epochs = count;
  options.freeze_bn_stats_after = freeze_bn_stats_after;
  return options;
}

}  // namespace

TEST(trainer, freezes_the_statistics_after_some_epochs) {
  const auto one = statistics_after(epochs(1, -1));
  EXPECT_TRUE(statistics_after(epochs(3, 1)) == one);
  EXPECT_FALSE(statistics_after(epochs(3, -1)) == one);
  EXPECT_FALSE(statistics_after(epochs(3, 2)) == one);
  for (const double v : statistics_after(epochs(2, 0)))
    EXPECT_TRUE(v == 0 || v == 1) << v;  // as initialise leaves them
}

TEST(trainer, checkpointing_moves_the_statistics_all_the_same) {
  training_options options = epochs(1, -1);
  options.grad_checkpointing = true;
  EXPECT_TRUE(statistics_after(options) == statistics_after(epochs(1, -1)));
}

namespace {

/// A run over eight scenes in a folder, and what it throws.
std::string why_run_ends(const std::filesystem::path& folder, training_options options) {
  const scenes_dataset data(1, 8);
  const tokenizer words = train_tokenizer({}, {0, 2});
  options.threads = options.workers = 1;
  options.warmup = 0;
  return clipt_test::why([&] {
    trainer<clip<config>, scenes_dataset> run(data, words, options, folder, training_state{});
    initialise(run.model(), 1);
    run.start();
    std::ostringstream unseen;
    const std::atomic<bool> stop{false};
    double seconds = 0;
    run.run(stop, {&unseen, false, [] { return 80; }, [&] { return seconds += 1; }}, {});
  });
}

}  // namespace

TEST(trainer, refuses_options_that_make_no_run) {
  const auto why = [](auto change) {
    const clipt_test::temporary_folder folder;
    training_options options = epochs(1, -1);
    change(options);
    return why_run_ends(folder.path(), options);
  };
  const std::string of = "clipt::training_options: ";
  EXPECT_EQ(why([](auto& o) { o.epochs = 0; }), of + "epochs 0 is not in [1, infinity)");
  EXPECT_EQ(why([](auto& o) { o.lr = -1; }), of + "lr -1 is not in [0, infinity)");
  EXPECT_EQ(why([](auto& o) { o.lr = std::nan(""); }), of + "lr nan is not in [0, infinity)");
  EXPECT_EQ(why([](auto& o) { o.average = 1.5; }), of + "average 1.5 is not in [0, 1)");
  EXPECT_EQ(why([](auto& o) { o.epochs_cooldown = 2; }), of + "epochs_cooldown 2 is not in [0, 1]");
  EXPECT_EQ(why([](auto& o) { o.augment->zoom_min = 0; }),
            "clipt::augmentation: zoom_min 0 is not in [0.001, infinity)");
  EXPECT_EQ(why([](auto& o) { o.augment->scale_min = 2; }), "clipt::augmentation: scale_min 2 is not in [1e-09, 1]");
  EXPECT_EQ(why([](auto&) {}), "accepted");
}

TEST(trainer, what_is_not_finite_does_not_replace_a_checkpoint) {
  const clipt_test::temporary_folder folder;
  ASSERT_EQ(why_run_ends(folder.path(), epochs(1, -1)), "accepted");
  const auto file = folder.path() / "epoch_latest.safetensors";
  const auto sum = sha256_of_file(file);
  training_options options = epochs(3, -1);
  options.lr = 1e25;
  options.lr_scheduler = schedule_kind::constant;
  const std::string said = why_run_ends(folder.path(), options);
  EXPECT_NE(said.find("lower --lr"), std::string::npos) << said;
  EXPECT_EQ(sha256_of_file(file), sum) << said;
  options.batch_size = 8;  // one step an epoch: what is saved has finite weights, but similarities that are not
  const std::string after_one = why_run_ends(folder.path(), options);
  EXPECT_NE(after_one.find("similarities are not finite after step 1"), std::string::npos) << after_one;
  EXPECT_EQ(sha256_of_file(file), sum);
}

TEST(trainer, checkpoints_say_what_was_done_to_pictures) {
  const clipt_test::temporary_folder folder;
  const auto file = folder.path() / "epoch_latest.safetensors";
  training_options options = epochs(1, -1);
  ASSERT_EQ(why_run_ends(folder.path(), options), "accepted");
  EXPECT_EQ(read_training_state(file).pictures, training_preprocessing);
  options.pictures = hugging_face_preprocessing;
  options.pictures.exif_orientation = true;
  ASSERT_EQ(why_run_ends(folder.path(), options), "accepted");
  EXPECT_EQ(read_training_state(file).pictures, options.pictures);
  EXPECT_EQ(read_preprocessing(checkpoint_file(file)).how, options.pictures);

  safetensors_file read(file);  // runs that ended before this was written down were trained over white
  auto metadata = read.metadata();
  metadata.erase("clipt.preprocessing");
  write_safetensors(folder.path() / "old.safetensors", read.entries(), metadata);
  EXPECT_EQ(read_training_state(folder.path() / "old.safetensors").pictures, training_preprocessing);
  metadata["clipt.preprocessing"] = "\x1b[31m";
  write_safetensors(folder.path() / "bad.safetensors", read.entries(), metadata);
  EXPECT_NE(clipt_test::why([&] { read_training_state(folder.path() / "bad.safetensors"); }).find("no JSON object"),
            std::string::npos);
}

TEST(trainer, each_line_of_the_metrics_has_the_epoch_and_the_rate_of_its_step) {
  const clipt_test::temporary_folder folder;
  ASSERT_EQ(why_run_ends(folder.path(), epochs(2, -1)), "accepted");
  std::ifstream lines(folder.path() / "metrics.jsonl");
  std::vector<std::int64_t> of_steps;
  for (std::string line; std::getline(lines, line);) {
    const auto metrics = nlohmann::json::parse(line);
    of_steps.push_back(metrics["epoch"]);
    const double rate = metrics["pairs_per_second"];
    EXPECT_TRUE(rate == 4 || rate == 2)
        << rate;  // four pairs in one second, or in two where the bar asks the clock, too
  }
  EXPECT_EQ(of_steps, (std::vector<std::int64_t>{0, 0, 1, 1}));
}

TEST(save_training, refuses_weights_that_are_not_finite) {
  const clipt_test::temporary_folder folder;
  clip<config> model;
  initialise(model, 1);
  adamw optimiser(model);
  const auto file = folder.path() / "run.safetensors";
  save_training(file, model, optimiser, static_cast<exponential_average<clip<config>>*>(nullptr), training_state{});
  const auto sum = sha256_of_file(file);
  model.text.text_projection[5] = std::numeric_limits<float>::infinity();
  const std::string said = clipt_test::why([&] {
    save_training(file, model, optimiser, static_cast<exponential_average<clip<config>>*>(nullptr), training_state{});
  });
  EXPECT_NE(said.find("'text_projection' is inf at element 5; weights that are not finite are not written"),
            std::string::npos)
      << said;
  EXPECT_EQ(sha256_of_file(file), sum);
}

// A variable hides the extent of its name from its own initialiser on; for this one the two mean the same.
TEST(training_batch, may_be_called_batch) {
  const std::vector<float> pixels(2 * 3 * 4 * 4);
  const std::vector<std::int32_t> ids(6), ends{0, 3, 6};
  const packed_captions<> captions{{ids.data(), shape<tokens>(6)}, {ends.data(), shape<offsets>(3)}};
  const training_batch<float, 4> batch{{pixels.data(), shape<batch, 3, 4, 4>(2)}, captions};
  static_assert(std::is_same_v<shape<batch, 3>, shape<clipt::batch, 3>>);
  EXPECT_EQ(batch.size(), 2);
}
