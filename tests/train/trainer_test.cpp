// What the trainer's options do to batch norm: statistics that stay from an epoch on, and checkpointing that counts once.
#include <gtest/gtest.h>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>
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

using validation = std::function<void(metrics_line&)>;

/// A run over eight scenes in a folder, begun or resumed, and what it throws.
std::string why_run_ends(const std::filesystem::path& folder, training_options options, const validation& validate = {},
                         bool resumed = false) {
  const scenes_dataset data(1, 8);
  const tokenizer words = train_tokenizer({}, {0, 2});
  options.threads = options.workers = 1;
  options.warmup = 0;
  return clipt_test::why([&] {
    trainer<clip<config>, scenes_dataset> run(data, words, options, folder, training_state{});
    initialise(run.model(), 1);
    resumed ? run.resume(run.latest()) : run.start();
    std::ostringstream unseen;
    const std::atomic<bool> stop{false};
    double seconds = 0;
    run.run(stop, {&unseen, false, [] { return 80; }, [&] { return seconds += 1; }}, validate);
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
  training_options crowd;
  crowd.workers = 100'000;
  EXPECT_EQ(clipt_test::why([&] { check_options(crowd); }), of + "workers 100000 is not in [0, 1024]");
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

/// The names of the checkpoints in a folder.
std::set<std::string> checkpoints_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() != ".jsonl") names.insert(file.path().filename());
  return names;
}

TEST(trainer, keeps_the_last_epochs_and_the_best) {
  const clipt_test::temporary_folder folder;
  training_options options = epochs(5, -1);
  options.save_most_recent = 2;
  options.keep_best = "top1";
  const std::vector<double> figures{0.1, 0.5, 0.3, 0.5, 0.2};
  std::string sums[5];
  std::size_t epoch = 0;
  const validation validate = [&](metrics_line& line) {
    sums[epoch] = sha256_of_file(folder.path() / "epoch_latest.safetensors");  // saved before it is looked at
    line["top1"] = figures[epoch++];
  };
  ASSERT_EQ(why_run_ends(folder.path(), options, validate), "accepted");
  EXPECT_EQ(checkpoints_in(folder.path()), (std::set<std::string>{"epoch_latest.safetensors", "epoch_best.safetensors",
                                                                  "epoch_4.safetensors", "epoch_5.safetensors"}));
  EXPECT_EQ(sha256_of_file(folder.path() / "epoch_best.safetensors"), sums[1]);
  EXPECT_EQ(sha256_of_file(folder.path() / "epoch_4.safetensors"), sums[3]);
  EXPECT_EQ(read_training_state(folder.path() / "epoch_4.safetensors").epoch, 4);

  // Longer, it goes on, and still knows which was best.
  options.epochs = 6;
  const validation worse = [&](metrics_line& line) { line["top1"] = 0.4; };
  ASSERT_EQ(why_run_ends(folder.path(), options, worse, true), "accepted");
  EXPECT_EQ(read_training_state(folder.path() / "epoch_latest.safetensors").step, 12);
  EXPECT_EQ(sha256_of_file(folder.path() / "epoch_best.safetensors"), sums[1]);

  const clipt_test::temporary_folder other;
  options.keep_best = "top7";
  EXPECT_NE(why_run_ends(other.path(), options, worse).find("'top7', which is not among the figures"),
            std::string::npos);
  EXPECT_NE(why_run_ends(other.path(), options).find("nothing to validate on"), std::string::npos);
}

// As where a run is killed between the two: the figure would stand in the log, and nothing as good would be kept again.
TEST(trainer, keeps_the_best_before_the_log_says_so) {
  const clipt_test::temporary_folder folder;
  const auto best = folder.path() / "epoch_best.safetensors";
  training_options options = epochs(1, -1);
  options.keep_best = "top1";
  std::filesystem::create_directories(best / "in the way");
  const validation validate = [](metrics_line& line) { line["top1"] = 0.5; };
  EXPECT_NE(why_run_ends(folder.path(), options, validate).find("cannot be written"), std::string::npos);
  std::filesystem::remove_all(best);
  options.epochs = 2;
  EXPECT_EQ(why_run_ends(folder.path(), options, validate, true), "accepted");
  EXPECT_EQ(read_training_state(best).step, 4);
}

TEST(run_folder, knows_what_is_a_runs_and_what_is_not) {
  const clipt_test::temporary_folder files;
  const run_folder folder(files.path());
  const auto write = [&](const char* name) { std::ofstream(files.path() / name) << "text"; };
  EXPECT_FALSE(folder.holds_run());
  std::ofstream(folder.metrics()).close();
  EXPECT_FALSE(folder.holds_run());  // a run that ended before its first step
  for (const char* one :
       {"metrics.jsonl", "epoch_latest.safetensors", "epoch_best.safetensors", "epoch_12.safetensors"}) {
    write(one);
    EXPECT_TRUE(folder.holds_run()) << one;
    folder.clear();
    EXPECT_FALSE(folder.holds_run()) << one;
  }
  const std::set<std::string> others{"epoch_notes.tmp", "notes.tmp", "metrics.jsonl.kept.tmp",
                                     "model.safetensors.a1b2c3.tmp"};
  for (const std::string& name : others) write(name.c_str());
  for (const char* one : {"epoch_latest.safetensors.a1b2c3.tmp", "epoch_3.safetensors.linked.tmp",
                          "metrics.jsonl.a1b2c3.tmp", "report.html.a1b2c3.tmp"})
    write(one);
  folder.remove_unfinished();
  EXPECT_EQ(checkpoints_in(files.path()), others);
}

TEST(trainer, a_validation_that_fails_leaves_a_checkpoint) {
  const clipt_test::temporary_folder folder;
  const validation fails = [](metrics_line&) { throw io_error("no pictures"); };
  EXPECT_EQ(why_run_ends(folder.path(), epochs(2, -1), fails), "no pictures");
  EXPECT_EQ(read_training_state(folder.path() / "epoch_latest.safetensors").step, 2);
}

TEST(trainer, saves_every_so_many_minutes) {
  training_options options = epochs(4, -1);
  options.save_frequency = 0;
  const auto saved_at = [&](double minutes) {
    const clipt_test::temporary_folder folder;
    options.save_every_minutes = minutes;
    std::vector<std::int64_t> steps;
    const auto file = folder.path() / "epoch_latest.safetensors";
    const validation look = [&](metrics_line& line) {
      if (std::filesystem::exists(file)) steps.push_back(read_training_state(file).step);
      line["top1"] = 0.5;
    };
    EXPECT_EQ(why_run_ends(folder.path(), options, look), "accepted");
    return steps;
  };
  EXPECT_EQ(saved_at(0).size(), 0u);
  const auto often = saved_at(1 / 60.0);  // the clock of these runs goes on by a second or two a step
  ASSERT_EQ(often.size(), 4u);
  EXPECT_EQ(often, (std::vector<std::int64_t>{1, 3, 5, 7}));  // in the step before, of two an epoch
  EXPECT_LT(saved_at(4 / 60.0).size(), 4u);
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
