// What is read of the configuration files beside checkpoints, and what is refused by its name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/weights/checkpoint_file.hpp>

#include "open_clip_variants.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using nlohmann::json;
using testing::HasSubstr;
namespace variants = clipt_test::variants;

std::filesystem::path folder_of(const std::string& name) {
  return std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip" / name;
}

TEST(library_hints, each_variant_of_open_clip_is_known) {
  const std::pair<const char*, any_clip_config> all[] = {{"wide_perceptron", variants::wide_perceptron},
                                                         {"mean", variants::mean},
                                                         {"normalised_mean", variants::normalised_mean},
                                                         {"first_query", variants::first_query},
                                                         {"mean_of_queries", variants::mean_of_queries},
                                                         {"clipa", variants::clipa},
                                                         {"end_id", variants::end_id},
                                                         {"first_sees_all", variants::first_sees_all},
                                                         {"largest_sees_all", variants::largest_sees_all}};
  for (const auto& [name, config] : all) {
    const any_clip_config found = checkpoint_file(folder_of(name)).config();
    EXPECT_TRUE(found == config) << to_cpp(found, name) << "\nexpected\n" << to_cpp(config, name);
  }
}

TEST(library_hints, the_line_of_cpp_has_what_is_not_usual) {
  const auto line = [](const char* name) { return to_cpp(checkpoint_file(folder_of(name)).config(), "m"); };
  EXPECT_EQ(line("mean_of_queries"),
            "inline constexpr clipt::clip_config m{16, clipt::vit_config{16, 8, 16, 2, 2, 0, true, "
            "clipt::vision_pooling::mean, 4, 2}, clipt::text_config{12, 64, 16, 4, 2, 48, clipt::text_pooling::first, "
            "true, true}, clipt::activation::gelu};");
  EXPECT_EQ(line("end_id"),
            "inline constexpr clipt::clip_config m{8, clipt::vit_config{16, 8, 16, 2, 2}, clipt::text_config{12, 64, "
            "16, 4, 2, 0, clipt::text_pooling::end_id, true, true, 2}, clipt::activation::gelu_tanh};");
}

/// What is said of a variant whose configuration file has another value at a path.
std::string why_not(const std::string& path, const json& value) {
  const clipt_test::temporary_folder folder;
  std::filesystem::copy(folder_of("clipa"), folder / "m");
  json config = json::parse(read_file(folder_of("clipa") / "open_clip_config.json"));
  config[json::json_pointer("/model_cfg" + path)] = value;
  write_file_atomically(folder / "m/open_clip_config.json", config.dump());
  return clipt_test::why([&] { checkpoint_file(folder / "m").config(); });
}

TEST(library_hints, what_no_model_has_is_refused_by_name) {
  EXPECT_THAT(
      why_not("/vision_cfg/ls_init_value", 1e-4),
      HasSubstr("open_clip_config.json: model_cfg.vision_cfg.ls_init_value is 0.0001: no model of clipt has this"));
  EXPECT_THAT(why_not("/vision_cfg/attentional_pool", "parallel"), HasSubstr("attentional_pool is \"parallel\""));
  EXPECT_THAT(why_not("/vision_cfg/attentional_pool", 1), HasSubstr("attentional_pool is 1: expected true or false"));
  EXPECT_THAT(why_not("/text_cfg/tokenizer_kwargs", "x"), HasSubstr("tokenizer_kwargs is \"x\": expected an object"));
  EXPECT_THAT(why_not("/vision_cfg/pool_type", "none"), HasSubstr("vision_cfg.pool_type is \"none\""));
  EXPECT_THAT(why_not("/vision_cfg/timm_model_name", "vit"), HasSubstr("timm_model_name is \"vit\""));
  EXPECT_THAT(why_not("/vision_cfg/act_kwargs", {{"approximate", "tanh"}}), HasSubstr("vision_cfg.act_kwargs"));
  EXPECT_THAT(why_not("/vision_cfg/qk_norm", true), HasSubstr("vision_cfg.qk_norm is true"));
  EXPECT_THAT(why_not("/text_cfg/pool_type", "none"), HasSubstr("text_cfg.pool_type is \"none\""));
  EXPECT_THAT(why_not("/text_cfg/proj_type", "none"), HasSubstr("text_cfg.proj_type is \"none\""));
  EXPECT_THAT(why_not("/text_cfg/embed_cls", true), HasSubstr("text_cfg.embed_cls is true"));
  EXPECT_THAT(why_not("/text_cfg/hf_model_name", "roberta"), HasSubstr("hf_model_name is \"roberta\""));
  EXPECT_THAT(why_not("/text_cfg/norm_kwargs", {{"eps", 1e-6}}), HasSubstr("text_cfg.norm_kwargs"));
  EXPECT_THAT(why_not("/text_cfg/block_type", "custom"), HasSubstr("block_type is \"custom\""));
  EXPECT_THAT(why_not("/multimodal_cfg", {{"width", 512}}), HasSubstr("multimodal_cfg is {\"width\":512}"));
}

TEST(library_hints, sizes_are_those_of_the_tensors) {
  const std::string rest = "; the files are of different models";
  const auto refused = [&](const std::string& path, const json& value, const std::string& what) {
    EXPECT_THAT(why_not(path, value), HasSubstr(what + " by ")) << path;
  };
  refused("/embed_dim", 16, "the width of an embedding is 8 by the tensors and 16");
  refused("/vision_cfg/width", 32, "the width of the picture tower is 16 by the tensors and 32");
  refused("/vision_cfg/layers", 1, "the layers of the picture tower is 2 by the tensors and 1");
  refused("/vision_cfg/patch_size", 4, "a patch's side is 8 by the tensors and 4");
  refused("/vision_cfg/mlp_ratio", 2, "the width inside visual.transformer. is 64 by the tensors and 32");
  refused("/text_cfg/width", 32, "the width of the text tower is 16 by the tensors and 32");
  refused("/text_cfg/layers", 3, "the layers of the text tower is 2 by the tensors and 3");
  refused("/text_cfg/vocab_size", 65, "the vocabulary is 64 by the tensors and 65");
  EXPECT_THAT(why_not("/text_cfg/mlp_ratio", "4"), HasSubstr("mlp_ratio is \"4\": expected a positive number"));
  EXPECT_THAT(why_not("/text_cfg/heads", 3), HasSubstr("a width of 16 cannot be shared by 3 heads"));
}

TEST(library_hints, pictures_are_square) {
  EXPECT_EQ(why_not("/vision_cfg/image_size", {16, 16}), "accepted");
  for (const json& other : {json{64, 16}, json{16}, json{0, 0}, json{-16, -16}, json{"16", "16"}, json::array()})
    EXPECT_THAT(why_not("/vision_cfg/image_size", other), HasSubstr("image_size is")) << other;
  EXPECT_THAT(why_not("/vision_cfg/image_size", {64, 16}), HasSubstr("understood: square pictures"));
  EXPECT_THAT(why_not("/vision_cfg/image_size", 20), HasSubstr("20 pixels are no whole number of patches of 8"));
  const checkpoint_file file(folder_of("end_id"));
  state_dict state = file.state();  // a table of 4 x 2 places, nothing beside it
  const std::vector<float> table(9 * 16);
  const tensor_entry entry = make_entry<float>("visual.positional_embedding", {9, 16}, table);
  state["visual.positional_embedding"] = {{&entry}};
  EXPECT_THAT(clipt_test::why([&] { read_config(state, {}, "m"); }), HasSubstr("has 9 rows: expected 1 and a square"));
}

TEST(library_hints, options_at_their_defaults_are_not_refused) {
  for (const char* path : {"/vision_cfg/ls_init_value", "/vision_cfg/timm_model_name", "/text_cfg/act_kwargs"})
    EXPECT_EQ(why_not(path, nullptr), "accepted") << path;
  EXPECT_EQ(why_not("/vision_cfg/attentional_pool", false), "accepted");
  EXPECT_EQ(why_not("/text_cfg/scale_fc", false), "accepted");
  EXPECT_EQ(why_not("/text_cfg/norm_kwargs", {{"eps", 1e-5}}), "accepted");
}

/// What one of the readers finds in a file of that text.
template <auto Read>
config_hints hints_of(const std::string& text) {
  const clipt_test::temporary_folder folder;
  write_file_atomically(folder / "config.json", text);
  return Read(detail::json_file(folder / "config.json"));
}

TEST(library_hints, open_clips_defaults_where_its_file_says_nothing) {
  const auto hints = hints_of<detail::open_clip_hints>(
      R"({"model_cfg": {"vision_cfg": {"width": 1280}, "text_cfg": {"context_length": 77}}})");
  EXPECT_EQ(hints.vision.heads, 20);
  EXPECT_EQ(hints.text.heads, 8);
  EXPECT_EQ(hints.vision.pool_heads, 8);
  EXPECT_EQ(hints.activation, activation::gelu);
  EXPECT_EQ(hints.text.pooling, text_pooling::largest_id);
  EXPECT_TRUE(hints.text.causal);
  const auto resnet = R"({"model_cfg": {"vision_cfg": {"width": 64, "layers": [1, 1, 1, 1]}}})";
  EXPECT_EQ(hints_of<detail::open_clip_hints>(resnet).vision.heads, 32);
}

TEST(library_hints, transformers) {
  const auto read = hints_of<detail::hugging_face_hints>;
  EXPECT_EQ(read("{}").vision.heads, 12);
  EXPECT_EQ(read("{}").text.heads, 8);
  EXPECT_EQ(read("{}").activation, activation::quick_gelu);
  const auto both = [](const std::string& fields) {
    return R"({"text_config": {)" + fields + R"(}, "vision_config": {)" + fields + "}}";
  };
  EXPECT_EQ(read(both(R"("hidden_act": "gelu_pytorch_tanh")")).activation, activation::gelu_tanh);
  EXPECT_EQ(read(both(R"("hidden_act": "gelu")")).activation, activation::gelu);
  EXPECT_THAT(clipt_test::why([&] { read(both(R"("hidden_act": "relu")")); }),
              HasSubstr("config.json: text_config.hidden_act is \"relu\""));
  EXPECT_THAT(clipt_test::why([&] { read(R"({"text_config": {"hidden_act": "gelu"}})"); }),
              HasSubstr("vision_config.hidden_act is null"));
  EXPECT_THAT(clipt_test::why([&] { read(both(R"("layer_norm_eps": 1e-6)")); }), HasSubstr("layer_norm_eps"));

  // Older files: what transformers fills up with its defaults, the section beside it is not looked at.
  const auto older = read(R"({"text_config": {"hidden_act": "gelu", "num_attention_heads": 2, "hidden_size": 64},
                              "vision_config": {"hidden_act": "gelu", "patch_size": 16},
                              "text_config_dict": {"hidden_act": "quick_gelu", "num_hidden_layers": 3},
                              "vision_config_dict": {"projection_dim": 5}})");
  EXPECT_EQ(older.activation, activation::quick_gelu);
  EXPECT_EQ(older.text.heads, 8);
  EXPECT_EQ(older.text.width, 512);
  EXPECT_EQ(older.text.layers, 3);
  EXPECT_EQ(older.vision.patch, 32);
  EXPECT_EQ(older.vision.image, 224);
  EXPECT_EQ(older.vision.hidden, 3072);
  EXPECT_EQ(read(R"({"text_config_dict": null, "text_config": {"hidden_size": 64}})").text.width, 64);
  EXPECT_EQ(read("{}").text.width, 0);  // what a file does not say is not compared

  const auto end = [&](int id) {
    return read(fmt::format(R"({{"text_config": {{"vocab_size": 100, "eos_token_id": {}}}}})", id));
  };
  EXPECT_EQ(end(99).text.pooling, text_pooling::largest_id);
  EXPECT_EQ(end(2).text.pooling, text_pooling::largest_id);
  EXPECT_EQ(end(7).text.pooling, text_pooling::end_id);
  EXPECT_EQ(end(7).text.end_id, 7);
  EXPECT_EQ(end(0).text.end_id, 0);
  EXPECT_EQ(end(0).text.pooling, text_pooling::end_id);
}

}  // namespace
