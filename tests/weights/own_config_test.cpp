// The checkpoints of runs say of their model what the shapes of its tensors do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>
#include <clipt/clip/presets.hpp>
#include <clipt/train/training_checkpoint.hpp>
#include <clipt/weights/load.hpp>
#include <clipt/weights/save.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::why;
using testing::HasSubstr;

inline constexpr clip_config with_gelu{8, vit_config{16, 8, 64, 1, 4}, text_config{8, 600, 64, 1, 2}, activation::gelu};
inline constexpr clip_config plain{8, vit_config{16, 8, 64, 1, 1}, text_config{8, 600, 64, 1, 1}};
inline constexpr clip_config no_stem_pool{8, resnet_config{32, {1, 1, 1, 1}, 4, 8, false},
                                          text_config{8, 600, 64, 1, 1}};

/// A checkpoint as of a run, without what a run needs to go on.
template <auto Config>
void write_run(const std::filesystem::path& file) {
  clip<Config> model;
  initialise(model, 3);
  write_safetensors(file, state_of(model), detail::metadata_of({"", 0, 0, "{}", ""}, Config));
}

template <auto Config>
void expect_known() {
  const clipt_test::temporary_folder folder;
  write_run<Config>(folder / "run.safetensors");
  const any_clip_config found = checkpoint_file(folder / "run.safetensors").config();
  EXPECT_TRUE(found == any_clip_config(Config)) << to_cpp(found, "found") << '\n' << to_cpp(Config, "expected");
  load<Config>(folder / "run.safetensors");
}

TEST(own_config, is_that_of_the_model) {
  expect_known<with_gelu>();
  expect_known<plain>();
  expect_known<tiny_64>();
  expect_known<no_stem_pool>();
}

TEST(own_config, a_run_is_not_read_as_another_model_of_its_shapes) {
  const clipt_test::temporary_folder folder;
  write_run<with_gelu>(folder / "run.safetensors");
  EXPECT_THAT(why([&] { load<plain>(folder / "run.safetensors"); }), HasSubstr("of another model"));
}

TEST(own_config, what_no_other_library_has_is_not_written_for_it) {
  const clipt_test::temporary_folder folder;
  clip<no_stem_pool> model;
  initialise(model, 3);
  for (const library to : {library::openai, library::open_clip, library::hugging_face})
    EXPECT_THAT(why([&] { save(model, folder / "m.pt", to); }), HasSubstr("no pooling in its stem"));
  write_safetensors(folder / "basic", state_of(clip<plain>{}), detail::metadata_of({"", 0, 0, "{}", ""}, basic_64));
  EXPECT_THAT(why([&] { checkpoint_file(folder / "basic").config(); }), HasSubstr("of a kind that clipt alone has"));
  write_safetensors(folder / "no_json", state_of(clip<plain>{}), {{"clipt.config", "["}});
  EXPECT_THAT(why([&] { checkpoint_file(folder / "no_json").config(); }), HasSubstr("'clipt.config' is '['"));
}

TEST(own_config, a_tokenizer_of_fewer_ids_than_the_model_names_its_end_token) {
  const clipt_test::temporary_folder folder;
  clip<plain> model;
  initialise(model, 3);
  const tokenizer words;  // bytes alone, 514 ids
  save(model, folder / "m", library::hugging_face, &words);
  const auto text = nlohmann::json::parse(read_file(folder / "m/config.json"))["text_config"];
  EXPECT_EQ(text["bos_token_id"], words.vocabulary_size() - 2);
  EXPECT_EQ(text["eos_token_id"], words.vocabulary_size() - 1);
  EXPECT_TRUE(checkpoint_file(folder / "m").config() == any_clip_config(plain));
}

}  // namespace
