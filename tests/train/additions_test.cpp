// Additions of low rank that a run keeps apart: with the weights that they were made to they are the run's model.
#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>
#include <clipt/data/scenes_dataset.hpp>
#include <clipt/text/bpe_train.hpp>
#include <clipt/train/trainer.hpp>
#include <clipt/weights/merged_additions.hpp>

#include <sstream>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

inline constexpr clipt::clip_config with_statistics{8, clipt::resnet_config{32, {1, 1, 1, 1}, 4, 2, false},
                                                    clipt::text_config{16, 514, 16, 2, 1}};

}  // namespace

TEST(additions_apart, make_the_model_of_the_run_of_their_own_base_alone) {
  const clipt::scenes_dataset data(1, 4);
  const clipt::tokenizer words = clipt::train_tokenizer({}, {0, 2});
  const clipt_test::temporary_folder folder;
  clipt::training_options options;
  options.epochs = options.threads = options.workers = 1;
  options.batch_size = 4;
  options.warmup = 0;
  options.lora_rank = 2;
  clipt::trainer<clipt::clip<with_statistics>, clipt::scenes_dataset> training(data, words, options, folder.path(), {});
  clipt::clip<with_statistics> base;
  clipt::initialise(base, 1);
  clipt::initialise(training.model(), 1);
  training.start();
  std::ostringstream unseen;
  const std::atomic<bool> stop{false};
  training.run(stop, {&unseen, false, [] { return 80; }, [] { return 0.0; }}, {});

  const auto apart = folder.path() / "lora.safetensors";
  const auto before = state_of(base), after = state_of(training.model());
  const clipt::merged_additions merged(before, apart);
  ASSERT_EQ(merged.entries().size(), after.size());
  for (std::size_t k = 0; k < after.size(); ++k) {  // the statistics of batch norms, too
    const auto values = clipt::to_vector<double>(merged.entries()[k]), of_run = clipt::to_vector<double>(after[k]);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], of_run[i], 1e-6) << after[k].name;
  }
  for (const auto& others : {after, merged.entries()})
    EXPECT_NE(clipt_test::why([&] { clipt::merged_additions(others, apart); }).find("additions to other weights"),
              std::string::npos);
}
