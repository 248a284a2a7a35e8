// Checkpoints of OpenAI, open_clip and Hugging Face: the same model from each, and what is said of a wrong one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/weights/load.hpp>
#include <clipt/weights/tensor_list.hpp>

#include "model_numbers.hpp"
#include "open_clip_variants.hpp"
#include "shared.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::numbers;
namespace variants = clipt_test::variants;

inline constexpr clip_config vit_tiny{64, vit_config{32, 8, 128, 3, 2}, text_config{77, 1000, 128, 2, 3}};
inline constexpr clip_config gelu_tiny{64, vit_config{32, 8, 128, 2, 2}, text_config{77, 1000, 128, 2, 2},
                                       activation::gelu};
inline constexpr clip_config rn_tiny{64, resnet_config{96, {1, 2, 1, 1}, 8, 4}, text_config{77, 500, 64, 1, 2}};
using tiny_models = model_list<vit_tiny, gelu_tiny, rn_tiny>;

/// The largest difference, as a part of the largest number.
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double most = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return most / scale;
}

struct checkpoint_case {
  const char* path;
  double rounding;  // of the file's numbers
};

template <auto Config>
void expect_the_same_model(const char* reference, const std::vector<checkpoint_case>& cases) {
  const auto expected = numbers(load<Config>(clipt_test::golden(reference)));
  for (const checkpoint_case& c : cases) {
    const auto path = clipt_test::golden(c.path);
    EXPECT_LE(difference(numbers(load<Config>(path)), expected), c.rounding) << c.path;
    int visited = 0;
    visit_model<tiny_models>(path, [&](const auto& model) {
      ++visited;
      EXPECT_TRUE(any_clip_config(model.config) == any_clip_config(Config)) << c.path;
    });
    EXPECT_EQ(visited, 1) << c.path;
  }
}

TEST(load, the_same_vision_transformer_from_every_format) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny");
  expect_the_same_model<vit_tiny>("vit_tiny/open_clip/open_clip_model.safetensors",
                                  {{"vit_tiny/open_clip", 0},
                                   {"vit_tiny/hf", 0},
                                   {"vit_tiny/hf/model.safetensors", 0},
                                   {"vit_tiny/state_dict.pt", 0},
                                   {"vit_tiny/checkpoint_open_clip.pt", 0},
                                   {"vit_tiny/state_dict_bf16.pt", 4e-3},
                                   {"vit_tiny/openai_jit.pt", 5e-4}});
}

TEST(load, the_same_resnet_from_every_format) {
  CLIPT_NEEDS_SHARED("golden/rn_tiny");
  expect_the_same_model<rn_tiny>("rn_tiny/open_clip/open_clip_model.safetensors",
                                 {{"rn_tiny/open_clip", 0},
                                  {"rn_tiny/state_dict.pt", 0},
                                  {"rn_tiny/checkpoint_open_clip.pt", 0},
                                  {"rn_tiny/state_dict_bf16.pt", 4e-3},
                                  {"rn_tiny/openai_jit.pt", 5e-4}});
}

TEST(load, the_configuration_file_tells_the_activation) {
  CLIPT_NEEDS_SHARED("golden/gelu_tiny");
  expect_the_same_model<gelu_tiny>("gelu_tiny/open_clip/open_clip_model.safetensors",
                                   {{"gelu_tiny/open_clip", 0}, {"gelu_tiny/hf", 0}});
}

TEST(load, an_index_names_several_files) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny");
  const clipt_test::temporary_folder folder;
  const safetensors_file whole(clipt_test::golden("vit_tiny/hf/model.safetensors"));
  const auto entries = whole.entries();
  const std::size_t half = entries.size() / 2;
  write_safetensors(folder / "model-1.safetensors", entries.subspan(0, half));
  write_safetensors(folder / "model-2.safetensors", entries.subspan(half));
  std::string map;
  for (std::size_t i = 0; i < entries.size(); ++i)
    map += fmt::format("{}\"{}\": \"model-{}.safetensors\"", i == 0 ? "" : ", ", entries[i].name, i < half ? 1 : 2);
  write_file_atomically(folder / "model.safetensors.index.json", "{\"weight_map\": {" + map + "}}");
  EXPECT_EQ(numbers(load<vit_tiny>(folder.path())), numbers(load<vit_tiny>(whole.path())));
}

TEST(load, an_unknown_configuration_is_printed_as_the_line_that_adds_it) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny");
  const auto path = clipt_test::golden("vit_tiny/open_clip");
  EXPECT_THAT(
      clipt_test::why([&] { visit_model<model_list<rn_tiny>>(path, [](const auto&) {}); }),
      testing::HasSubstr("inline constexpr clipt::clip_config my_model{64, clipt::vit_config{32, 8, 128, 3, 2}, "
                         "clipt::text_config{77, 1000, 128, 2, 3}, clipt::activation::quick_gelu};"));
}

TEST(load, all_mismatches_are_listed_and_nothing_is_loaded) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny");
  clip<gelu_tiny> model;
  const auto before = numbers(model);
  const auto path = clipt_test::golden("vit_tiny/hf");
  const checkpoint_file file(path);
  const std::string said = clipt_test::why([&] { load_state(model, file.state(), "hf"); });
  EXPECT_THAT(said, testing::HasSubstr("24 of the model's tensors do not match"));
  EXPECT_THAT(said, testing::HasSubstr("unexpected: visual.transformer.resblocks.2.attn.in_proj_weight [384, 128]"));
  EXPECT_THAT(clipt_test::why([&] { load_state(model, path); }),
              testing::HasSubstr("vit_config{32, 8, 128, 3, 2}"));  // what the configuration beside it says
  EXPECT_EQ(numbers(model), before);
}

TEST(load, position_tables_are_interpolated_on_demand) {
  CLIPT_NEEDS_SHARED("golden/vit_tiny");
  constexpr clip_config larger{64, vit_config{48, 8, 128, 3, 2}, text_config{32, 1000, 128, 2, 3}};
  const auto path = clipt_test::golden("vit_tiny/open_clip");
  EXPECT_THAT(clipt_test::why([&] {
                clip<larger> other;
                const checkpoint_file file(path);
                load_state(other, file.state(), "open_clip");
              }),
              testing::HasSubstr("wrong shape: visual.positional_embedding: the model has [37, 128], the file has "
                                 "[17, 128]"));
  const auto model = load_resized<larger>(path);
  const auto before = load<vit_tiny>(path);
  for (int i = 0; i < 128; ++i)
    EXPECT_EQ(model.visual.positional_embedding[i], before.visual.positional_embedding[i]) << "the class token's row";
  EXPECT_EQ(numbers(load_resized<vit_tiny>(path)), numbers(before));
}

// What a file says of sizes that tables can be resized to is what open_clip makes of them.
TEST(load, a_configuration_file_of_another_picture_size_and_context) {
  const clipt_test::temporary_folder folder;
  std::filesystem::copy(std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip/clipa", folder / "m");
  const auto file = folder / "m/open_clip_config.json";
  auto config = nlohmann::json::parse(read_file(file));
  config["model_cfg"]["vision_cfg"]["image_size"] = 32;
  config["model_cfg"]["text_cfg"]["context_length"] = 9;
  write_file_atomically(file, config.dump());
  constexpr auto larger = [] {
    auto c = clipt_test::variants::clipa;
    c.vision.image = 32;
    c.text.context = 9;
    return c;
  }();
  EXPECT_TRUE(checkpoint_file(folder / "m").config() == any_clip_config(larger));
  const auto asked = load<larger>(folder / "m");
  std::filesystem::remove(file);
  EXPECT_EQ(clipt_test::numbers(asked), clipt_test::numbers(load_resized<larger>(folder / "m")));
  bool visited = false;
  write_file_atomically(file, config.dump());
  visit_model<model_list<larger>>(folder / "m", [&](const auto& found) {
    visited = true;
    EXPECT_EQ(clipt_test::numbers(found), clipt_test::numbers(asked));
  });
  EXPECT_TRUE(visited);
  EXPECT_THAT(clipt_test::why([&] { load<clipt_test::variants::clipa>(folder / "m"); }),
              testing::HasSubstr("the configuration in it or beside it is of another model:"));
}

TEST(load, a_text_tower_apart_and_a_projection_as_a_linear_layer) {
  const auto whole = std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip/mean_of_queries";
  const clipt_test::temporary_folder folder;
  const safetensors_file file(whole / "open_clip_model.safetensors");
  const auto write = [&](const char* name, bool with_bias) {  // as open_clip's CustomTextCLIP names its tensors
    tensor_list apart;
    for (tensor_entry entry : file.entries()) {
      if (!with_bias && entry.name == "text_projection.bias") continue;
      if (!entry.name.starts_with("visual.") && entry.name != "logit_scale") entry.name.insert(0, "text.");
      apart.add(entry);
    }
    std::filesystem::create_directory(folder / name);
    std::filesystem::copy(whole / "open_clip_config.json", folder / name);
    write_safetensors(folder / name / "open_clip_model.safetensors", apart.entries());
    return folder / name;
  };
  const auto model = load<variants::mean_of_queries>(whole);
  EXPECT_EQ(numbers(load<variants::mean_of_queries>(write("with", true))), numbers(model));
  constexpr auto without_bias = [] {
    clip_config config = variants::mean_of_queries;
    config.text.projection_bias = false;
    return config;
  }();
  const auto matrix = load<without_bias>(write("without", false));
  EXPECT_EQ(matrix.text.text_projection[1 * 16 + 2], model.text.text_projection.weight[2 * 16 + 1]);
}

TEST(load, an_empty_folder_and_a_broken_index) {
  const clipt_test::temporary_folder folder;
  EXPECT_THAT(clipt_test::why([&] { load<vit_tiny>(folder.path()); }),
              testing::HasSubstr("no weights in this folder; expected one of open_clip_model.safetensors"));
  write_file_atomically(folder / "model.safetensors.index.json", R"({"weight_map": {"a": "../b"}})");
  EXPECT_THAT(clipt_test::why([&] { load<vit_tiny>(folder.path()); }), testing::HasSubstr("no file beside it"));
}

}  // namespace
