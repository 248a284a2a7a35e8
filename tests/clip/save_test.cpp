// What is written for other libraries is read back bit for bit, and is what they expect, file by file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>
#include <clipt/clip/load.hpp>
#include <clipt/clip/save.hpp>

#include "model_numbers.hpp"
#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::numbers;
using testing::ElementsAre;
using testing::HasSubstr;

inline constexpr clip_config small_vit{16, vit_config{16, 8, 64, 2, 1}, text_config{12, 514, 128, 2, 1},
                                       activation::gelu};
inline constexpr clip_config small_resnet{16, resnet_config{64, {1, 2, 1, 1}, 4, 2}, text_config{12, 514, 64, 1, 1}};

template <auto Config>
void expect_a_round_trip(library to, const char* name) {
  const clipt_test::temporary_folder folder;
  clip<Config> model;
  initialise(model, 3);
  save(model, folder / name, to);
  bool visited = false;
  visit_model<model_list<small_resnet, small_vit>>(folder / name, [&](const auto& read) {
    visited = true;
    EXPECT_EQ(numbers(read), numbers(model)) << name;
    EXPECT_TRUE(any_clip_config(read.config) == any_clip_config(Config));
  });
  EXPECT_TRUE(visited);
}

TEST(save, a_vision_transformer_for_each_library) {
  expect_a_round_trip<small_vit>(library::open_clip, "model");
  expect_a_round_trip<small_vit>(library::hugging_face, "model");
}

TEST(save, a_resnet_for_open_clip_and_openai) {
  expect_a_round_trip<small_resnet>(library::open_clip, "model");
  expect_a_round_trip<small_resnet>(library::openai, "model.safetensors");
  expect_a_round_trip<small_resnet>(library::openai, "model.pt");
}

TEST(save, transformers_find_the_files_that_they_look_for) {
  const clipt_test::temporary_folder folder;
  const clip<small_vit> model;
  const tokenizer words;
  save(model, folder / "m", library::hugging_face, &words);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "m")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_THAT(names, ElementsAre("config.json", "merges.txt", "model.safetensors", "preprocessor_config.json",
                                 "special_tokens_map.json", "tokenizer_config.json", "vocab.json"));
  const auto json = nlohmann::json::parse(read_file(folder / "m/config.json"));
  EXPECT_EQ(json.at("text_config").at("hidden_act"), "gelu");
  EXPECT_EQ(json.at("vision_config").at("num_attention_heads"), 1);
  const auto vocabulary = nlohmann::json::parse(read_file(folder / "m/vocab.json"));
  EXPECT_EQ(vocabulary.size(), 514u);
  EXPECT_EQ(vocabulary.at("<|endoftext|>"), 513);
  EXPECT_EQ(vocabulary.at("!</w>"), 256);
}

TEST(save, a_converted_checkpoint_is_that_of_the_other_library) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny");
  const clipt_test::temporary_folder folder;
  const checkpoint_file file(clipt_test::golden("vit_tiny/open_clip"));
  write_checkpoint(folder / "hf", library::hugging_face, tensors_of(file.state()).entries(), file.config());
  const safetensors_file written(folder / "hf/model.safetensors"),
      theirs(clipt_test::golden("vit_tiny/hf/model.safetensors"));
  EXPECT_EQ(written.entries().size(), theirs.entries().size());
  for (const tensor_entry& entry : theirs.entries()) {
    const tensor_entry& mine = written.at(entry.name);
    EXPECT_EQ(mine.shape, entry.shape) << entry.name;
    EXPECT_TRUE(std::ranges::equal(mine.bytes, entry.bytes)) << entry.name;
  }
}

TEST(save, a_resnet_is_refused_for_transformers_and_leaves_nothing) {
  const clipt_test::temporary_folder folder;
  const clip<small_resnet> model;
  EXPECT_THAT(clipt_test::why([&] { save(model, folder / "m", library::hugging_face); }),
              HasSubstr("open_clip's format"));
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

}  // namespace
