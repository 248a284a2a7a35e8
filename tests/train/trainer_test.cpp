// What the trainer's options do to batch norm: statistics that stay from an epoch on, and checkpointing that counts once.
#include <gtest/gtest.h>
#include <sstream>

#include <clipt/text/bpe_train.hpp>
#include <clipt/clip/initialise.hpp>
#include <clipt/data/scenes_dataset.hpp>
#include <clipt/train/trainer.hpp>
#include "temporary_folder.hpp"

namespace {

using namespace clipt;

inline constexpr clip_config config{8, basic_resnet_config{32, {1, 1, 1, 1}, 4}, text_config{16, 514, 16, 2, 2}};

/// The running statistics and the batches that were counted, after a run over eight scenes in batches of four.
std::vector<double> statistics_after(training_options options) {
  const clipt_test::temporary_folder folder;
  const scenes_dataset data(1, 8);
  const tokenizer words = train_tokenizer({}, {0, 2});
  options.batch_size = 4;
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

// A variable hides the extent of its name from its own initialiser on; for this one the two mean the same.
TEST(training_batch, may_be_called_batch) {
  const std::vector<float> pixels(2 * 3 * 4 * 4);
  const std::vector<std::int32_t> ids(6), ends{0, 3, 6};
  const packed_captions<> captions{{ids.data(), shape<tokens>(6)}, {ends.data(), shape<offsets>(3)}};
  const training_batch<float, 4> batch{{pixels.data(), shape<batch, 3, 4, 4>(2)}, captions};
  static_assert(std::is_same_v<shape<batch, 3>, shape<clipt::batch, 3>>);
  EXPECT_EQ(batch.size(), 2);
}
