// What is written for other libraries is read back bit for bit, and is what they expect, file by file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>
#include <clipt/weights/load.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include <clipt/weights/read_tokenizer.hpp>
#include <clipt/weights/save.hpp>

#include "model_numbers.hpp"
#include "open_clip_variants.hpp"
#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
namespace variants = clipt_test::variants;
using clipt_test::numbers;
using testing::ElementsAre;
using testing::HasSubstr;

inline constexpr clip_config small_vit{16, vit_config{16, 8, 64, 2, 1}, text_config{12, 514, 128, 2, 1},
                                       activation::gelu};
inline constexpr clip_config other_perceptrons{16, vit_config{16, 8, 64, 2, 4, 100},
                                               text_config{12, 514, 48, 3, 1, 70, text_pooling::end_id, true, false, 5},
                                               activation::gelu_tanh};
inline constexpr clip_config with_quick_gelu{16, small_vit.vision, small_vit.text};
inline constexpr clip_config small_resnet{16, resnet_config{64, {1, 2, 1, 1}, 4, 2}, text_config{12, 514, 64, 1, 1}};

using models = model_list<small_resnet, small_vit, other_perceptrons, variants::wide_perceptron, variants::mean,
                          variants::normalised_mean, variants::first_query, variants::mean_of_queries, variants::clipa,
                          variants::end_id, variants::first_sees_all, variants::largest_sees_all>;

template <auto Config>
void expect_a_round_trip(library to, const char* name) {
  const clipt_test::temporary_folder folder;
  clip<Config> model;
  initialise(model, 3);
  save(model, folder / name, to);
  bool visited = false;
  visit_model<models>(folder / name, [&](const auto& read) {
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

TEST(save, other_perceptrons_heads_and_end_token_for_each_library) {
  expect_a_round_trip<other_perceptrons>(library::open_clip, "model");
  expect_a_round_trip<other_perceptrons>(library::hugging_face, "model");
}

TEST(save, every_pooling_for_open_clip) {
  expect_a_round_trip<variants::wide_perceptron>(library::open_clip, "wide_perceptron");
  expect_a_round_trip<variants::mean>(library::open_clip, "mean");
  expect_a_round_trip<variants::normalised_mean>(library::open_clip, "normalised_mean");
  expect_a_round_trip<variants::first_query>(library::open_clip, "first_query");
  expect_a_round_trip<variants::mean_of_queries>(library::open_clip, "mean_of_queries");
  expect_a_round_trip<variants::clipa>(library::open_clip, "clipa");
  expect_a_round_trip<variants::end_id>(library::open_clip, "end_id");
  expect_a_round_trip<variants::first_sees_all>(library::open_clip, "first_sees_all");
  expect_a_round_trip<variants::largest_sees_all>(library::open_clip, "largest_sees_all");
}

/// What is said of writing a model for transformers, without the part that is the same for all.
template <auto Config>
std::string why_not_for_transformers() {
  return clipt_test::why([] { hugging_face_files(any_clip_config(Config), nullptr); });
}

TEST(save, what_transformers_cannot_have_is_refused_by_name) {
  constexpr text_config text{12, 64, 16, 4, 2};
  constexpr vit_config vision{16, 8, 16, 2, 2};
  constexpr auto end_id_2 = [] {
    clip_config config = other_perceptrons;
    config.text.end_id = 2;
    return config;
  }();
  constexpr auto with_bias = [] {
    clip_config config = small_vit;
    config.text.projection_bias = true;
    return config;
  }();
  constexpr clip_config first{8, vision, text_config{12, 64, 16, 4, 2, 0, text_pooling::first}};
  constexpr clip_config mean{8, vit_config{16, 8, 16, 2, 2, 0, true, vision_pooling::mean}, text};
  EXPECT_THAT(why_not_for_transformers<variants::first_query>(), HasSubstr("this model has attention pooling, which"));
  EXPECT_THAT(why_not_for_transformers<variants::clipa>(), HasSubstr("has no ln_pre"));
  EXPECT_THAT(why_not_for_transformers<mean>(), HasSubstr("the mean of its patches"));
  EXPECT_THAT(why_not_for_transformers<variants::largest_sees_all>(), HasSubstr("texts that see their padding"));
  EXPECT_THAT(why_not_for_transformers<first>(), HasSubstr("the first token as the text"));
  EXPECT_THAT(why_not_for_transformers<end_id_2>(), HasSubstr("an end token of id 2"));
  EXPECT_THAT(why_not_for_transformers<with_bias>(), HasSubstr("a projection with bias, which transformers'"));
  EXPECT_THAT(why_not_for_transformers<with_bias>(), HasSubstr("write it in open_clip's format"));
  EXPECT_EQ(why_not_for_transformers<other_perceptrons>(), "accepted");
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

template <auto... Configs>
void expect_names_as_the_models(model_list<Configs...>) {
  const auto expect = [](const auto& model) {
    std::vector<std::string> names;
    for_each_state(model, [&](const std::string& name, const state_member&) { names.push_back(name); });
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names_of_tensors(any_clip_config(model.config)), names);
  };
  (expect(clip<Configs>()), ...);
}

TEST(save, the_names_of_a_configuration_are_those_of_its_model) { expect_names_as_the_models(models()); }

TEST(save, nothing_is_written_with_tensors_too_many_or_too_few) {
  const clipt_test::temporary_folder folder;
  const clip<small_resnet> model;
  const any_clip_config config = small_resnet;
  auto tensors = state_of(model);
  std::erase_if(tensors, [](const tensor_entry& entry) { return entry.name == "visual.layer2.0.downsample.0.weight"; });
  const std::vector<float> bias = {-10};
  tensors.push_back(make_entry<float>("logit_bias", {}, bias));
  tensors.push_back(make_entry<float>("ma\x1b[2Jsk", {}, bias));
  EXPECT_EQ(unknown_tensors(tensors, config), (std::vector<std::string>{"logit_bias", "ma\x1b[2Jsk"}));
  for (const library to : {library::openai, library::open_clip, library::hugging_face})
    EXPECT_THAT(
        clipt_test::why([&] { write_checkpoint(folder / "m", to, tensors, config); }),
        testing::EndsWith("m is not written, no library would load it: 1 tensors of the model are missing, and 2 are "
                          "none of its:\n  missing: visual.layer2.0.downsample.0.weight\n  unknown: "
                          "logit_bias\n  unknown: ma?[2Jsk"));
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST(save, a_resnet_is_refused_for_transformers_and_leaves_nothing) {
  const clipt_test::temporary_folder folder;
  const clip<small_resnet> model;
  EXPECT_THAT(clipt_test::why([&] { save(model, folder / "m", library::hugging_face); }),
              HasSubstr("open_clip's format"));
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

/// A tokenizer that has a merge, and preprocessing with nothing of OpenAI's.
tokenizer some_words() { return tokenizer::from_merges_text("#version: 0.2\nt h\nth e</w>\n"); }
constexpr preprocessing other_pictures{
    .resize = resize_mode::squash, .filter = interpolation::bilinear, .statistics = siglip_statistics};

TEST(save, tokenizer_and_preprocessing_go_from_library_to_library_and_back) {
  const clipt_test::temporary_folder folder;
  clip<small_vit> model;
  initialise(model, 3);
  const tokenizer words = some_words();
  save(model, folder / "a.safetensors", library::openai, &words, other_pictures);
  std::filesystem::path from = folder / "a.safetensors";
  std::filesystem::create_directory(folder / "end");
  for (const auto& [to, name] : {std::pair{library::open_clip, "oc"}, std::pair{library::hugging_face, "hf"},
                                 std::pair{library::openai, "end/b.safetensors"}}) {
    const checkpoint_file file(from);
    const tokenizer found = read_tokenizer(file).words;
    write_checkpoint(folder / name, to, tensors_of(file.state()).entries(), file.config(), &found,
                     read_preprocessing(file).how);
    from = folder / name;
  }
  EXPECT_EQ(read_file(folder / "merges.txt"), read_file(folder / "end/merges.txt"));
  EXPECT_EQ(read_file(folder / "a.safetensors.open_clip_config.json"),
            read_file(folder / "end/b.safetensors.open_clip_config.json"));
  EXPECT_TRUE(any_clip_config(small_vit) == checkpoint_file(from).config());  // its exact GELU is in the file beside
}

TEST(save, openais_own_need_no_file_beside_them) {
  const clipt_test::temporary_folder folder;
  const clip<with_quick_gelu> model;
  save(model, folder / "a.pt", library::openai);
  EXPECT_THAT(folder.names(), ElementsAre("a.pt"));
}

TEST(save, one_file_formats_lie_in_one_folder_each_with_its_own_configuration) {
  const clipt_test::temporary_folder folder;
  const clip<small_vit> model;
  const clip<with_quick_gelu> openais;
  const auto is = [&](const char* name, const any_clip_config& config, const preprocessing& how) {
    const checkpoint_file file(folder / name);
    EXPECT_TRUE(config == file.config()) << name;
    EXPECT_EQ(read_preprocessing(file).how, how) << name;
  };
  save(openais, folder / "openais.pt", library::openai);
  save(model, folder / "m.pt", library::openai);
  save(model, folder / "m.safetensors", library::openai, nullptr, other_pictures);
  is("openais.pt", with_quick_gelu, {});
  is("m.pt", small_vit, {});
  is("m.safetensors", small_vit, other_pictures);
  save(openais, folder / "m.pt", library::openai);  // over another model: its configuration goes, too
  is("m.pt", with_quick_gelu, {});
}

TEST(save, a_file_beside_other_libraries_models_has_its_own_configuration) {
  const clipt_test::temporary_folder folder;
  const clip<small_vit> model;
  const clip<with_quick_gelu> openais;
  for (const auto& [to, name] : {std::pair{library::open_clip, "oc"}, std::pair{library::hugging_face, "hf"}}) {
    save(model, folder / name, to, nullptr, other_pictures);
    save(openais, folder / name / "openais.pt", library::openai);
    EXPECT_EQ(read_preprocessing(checkpoint_file(folder / name / "openais.pt")).how, preprocessing{}) << name;
    EXPECT_TRUE(any_clip_config(with_quick_gelu) == checkpoint_file(folder / name / "openais.pt").config()) << name;
  }
}

TEST(save, each_file_says_all_that_is_done_to_pictures) {
  const clip<small_vit> model;
  preprocessing turned = training_preprocessing, cropped = hugging_face_preprocessing;
  turned.exif_orientation = true;
  cropped.resized = 20;
  for (const preprocessing& how :
       {preprocessing{}, training_preprocessing, hugging_face_preprocessing, turned, cropped})
    for (const auto& [to, name] : {std::pair{library::open_clip, "oc"}, std::pair{library::hugging_face, "hf"},
                                   std::pair{library::openai, "a.pt"}, std::pair{library::openai, "a.safetensors"}}) {
      if (to == library::open_clip && how.resized != 0) continue;  // refused
      const clipt_test::temporary_folder folder;
      save(model, folder / name, to, nullptr, how);
      EXPECT_EQ(read_preprocessing(checkpoint_file(folder / name)).how, how) << name;
    }
}

TEST(save, does_not_change_what_belongs_to_other_weights) {
  const clipt_test::temporary_folder folder;
  const clip<with_quick_gelu> model;
  const tokenizer one, other = some_words();
  save(model, folder / "a.pt", library::openai, &one);
  EXPECT_THAT(clipt_test::why([&] { save(model, folder / "b.pt", library::openai, &other); }),
              HasSubstr("merges.txt: there already, for other weights"));
  EXPECT_THAT(folder.names(), ElementsAre("a.pt", "merges.txt"));
}

TEST(save, says_what_a_library_cannot_be_told_of) {
  const clipt_test::temporary_folder folder;
  const clip<small_vit> model;
  const auto why = [&](library to, const tokenizer& words, const preprocessing& how) {
    return clipt_test::why([&] { save(model, folder / "m", to, &words, how); });
  };
  EXPECT_THAT(why(library::hugging_face, {}, {.resize = resize_mode::longest}), HasSubstr("longer side"));
  EXPECT_THAT(why(library::open_clip, {}, {.resized = 20}), HasSubstr("resized to 20 and cropped to 16"));
  EXPECT_THAT(why(library::hugging_face, tokenizer().with_cleaning(text_cleaning::whitespace), {}),
              HasSubstr("cleaned by 'whitespace'"));
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST(save, open_clip_is_told_which_tokenizer_it_is) {
  CLIPT_NEEDS_SHARED("clip/bpe_simple_vocab_16e6.txt.gz");
  const tokenizer clips = tokenizer::from_file(clipt_test::shared("clip/bpe_simple_vocab_16e6.txt.gz"));
  const auto told = [](const tokenizer& words) {
    nlohmann::ordered_json json = {{"model_cfg", {{"text_cfg", nlohmann::ordered_json::object()}}}};
    detail::write_open_clip_tokenizer(detail::open_clip_objects(detail::field_writer(json)), words);
    return json["model_cfg"]["text_cfg"].dump();
  };
  EXPECT_EQ(told(clips), "{}");  // its SimpleTokenizer, as it is
  EXPECT_EQ(told(clips.with_cleaning(text_cleaning::none).with_rules(token_rules::hugging_face)), "{}");
  EXPECT_EQ(told(clips.with_cleaning(text_cleaning::canonicalize)), R"({"tokenizer_kwargs":{"clean":"canonicalize"}})");
  EXPECT_EQ(told(some_words()), R"({"hf_tokenizer_name":".","tokenizer_kwargs":{"clean":"lower"}})");
  EXPECT_EQ(told(clips.with_cleaning(text_cleaning::whitespace).with_rules(token_rules::hugging_face)),
            R"({"hf_tokenizer_name":"."})");
}

}  // namespace
