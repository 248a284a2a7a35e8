// Files that say what nobody expects: what the fuzzers found, or would have found next, and what is said of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/evaluate/costs.hpp>
#include <clipt/evaluate/embedding_store.hpp>
#include <clipt/train/metrics_log.hpp>
#include <clipt/weights/tensor_list.hpp>
#include <clipt/train/training_checkpoint.hpp>

#include "weights/tiny_checkpoint.hpp"
#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::why;
using testing::HasSubstr;

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

tensor_entry without_numbers(std::string name, std::vector<std::int64_t> shape) {
  return {std::move(name), dtype_code::f32, std::move(shape), {}};
}

TEST(foreign_files, a_configuration_may_be_of_any_shape) {
  const clipt_test::temporary_folder folder;
  write_safetensors(folder / "open_clip_model.safetensors", clipt_test::tiny_checkpoint());
  const auto config_beside = [&](const std::string& text) {
    write_file_atomically(folder / "open_clip_config.json", text);
    return std::get<0>(checkpoint_file(folder / "").config());
  };
  EXPECT_EQ(config_beside(R"({"model_cfg": {"vision_cfg": {"pool_type": "avg"}}})").vision.pooling,
            vision_pooling::mean);
  const std::pair<const char*, const char*> refused[] = {
      {R"({"model_cfg": [1]})", "model_cfg is [1]"},
      {R"({"model_cfg": {"vision_cfg": [{}], "text_cfg": 1}})", "model_cfg.vision_cfg is [{}]"},
      {R"({"model_cfg": {"vision_cfg": {"pool_type": 1}}})", "vision_cfg.pool_type is 1"},
      {R"({"model_cfg": {"vision_cfg": {"width": 1e300}}})", "vision_cfg.width is 1e+300"},
      {R"({"model_cfg": {"vision_cfg": {"head_width": -1}}})", "vision_cfg.head_width is -1"}};
  for (const auto& [text, reason] : refused)
    EXPECT_THAT(why([&, config = text] { config_beside(config); }), HasSubstr(reason));
  EXPECT_THAT(why([&] { config_beside(R"({"model_cfg": )" + nested(1000000) + "}"); }), HasSubstr("a JSON object"));
}

TEST(foreign_files, an_index_may_be_of_any_shape) {
  const clipt_test::temporary_folder folder;
  for (const std::string& text : {std::string("[1]"), std::string(R"({"weight_map": {"a": [".."]}})"),
                                  R"({"weight_map": {"a": )" + nested(1000000) + "}}"}) {
    write_file_atomically(folder / "model.safetensors.index.json", text);
    EXPECT_THAT(why([&] { checkpoint_file(folder / ""); }), HasSubstr("expected an index"));
  }
}

TEST(foreign_files, a_run_has_numbers_where_numbers_belong) {
  const clipt_test::temporary_folder folder;
  for (const char* step : {"", "x", "1x", "-1", "99999999999999999999"}) {
    auto metadata = detail::metadata_of({"p", 0, 0, "{}", ""});
    metadata["clipt.step"] = step;
    write_safetensors(folder / "run", {}, metadata);
    EXPECT_THAT(why([&] { read_training_state(folder / "run"); }), HasSubstr("'clipt.step'")) << step;
  }
}

TEST(foreign_files, a_projection_that_is_no_matrix_is_not_turned_round) {
  const std::vector<tensor_entry> openai{without_numbers("text_projection.weight", {})};
  EXPECT_EQ(from_openai(openai).at("text_projection.weight").shape().size(), 0u);
  const std::vector<tensor_entry> other{without_numbers("visual_projection.weight", {0})};
  EXPECT_EQ(from_hugging_face(other).at("visual_projection.weight").shape().size(), 1u);
  EXPECT_THAT(why([] { to_hugging_face(std::vector{without_numbers("visual.proj", {0})}); }), HasSubstr("a matrix"));
  EXPECT_THAT(
      why([] { to_hugging_face(std::vector{without_numbers("transformer.resblocks.0.attn.in_proj_bias", {})}); }),
      HasSubstr("three parts"));
}

TEST(foreign_files, parts_without_numbers_are_not_stacked) {
  constexpr std::int64_t huge = std::int64_t{1} << 62;  // two of them are more than an integer holds
  std::vector<tensor_entry> parts;
  for (const char* name : {"q_proj", "k_proj", "v_proj"})
    parts.push_back(
        without_numbers(std::string("text_model.encoder.layers.0.self_attn.") + name + ".weight", {huge, 0}));
  EXPECT_FALSE(from_hugging_face(parts).contains("transformer.resblocks.0.attn.in_proj_weight"));
}

TEST(foreign_files, a_patch_of_millions_of_pixels_is_no_model) {
  auto entries = clipt_test::tiny_checkpoint();
  entries[1] = without_numbers("visual.conv1.weight", {4, 0, 2, 1 << 24});
  EXPECT_THAT(why([&] { read_config(from_openai(entries), {}, "it"); }), HasSubstr("expected 4 axes"));
}

TEST(foreign_files, a_store_ends_before_the_first_record_that_is_none) {
  const clipt_test::temporary_folder folder;
  const auto records_with = [&](const std::string& row) {
    { const embedding_store made(folder / "s", 2, {}); }
    write_file_atomically(folder / "s/embeddings.f32", std::string(16, '\0'));
    write_file_atomically(folder / "s/records.jsonl", "{\"row\":0}\n{\"row\":" + row + "}\n");
    return embedding_store(folder / "s", 2, {}).records().size();
  };
  EXPECT_EQ(records_with("1"), 2u);
  for (const std::string& row : {std::string("\"1\""), std::string("-1"), std::string("1e300"), std::string("2"),
                                 std::string("18446744073709551615"), nested(1000000)})
    EXPECT_EQ(records_with(row), 1u) << row.substr(0, 20);
  for (const std::string& text : {std::string(), std::string("{\"embed\": 3}"), nested(1000000)}) {
    write_file_atomically(folder / "s/store.json", text);
    EXPECT_THAT(why([&] { embedding_store(folder / "s", 2, {}); }), HasSubstr("take another folder"));
  }
}

TEST(foreign_files, a_log_does_not_nest_endlessly) {
  const clipt_test::temporary_folder folder;
  write_file_atomically(folder / "log", R"({"step": 1, "loss": )" + nested(1000000) + "}\n");
  EXPECT_THAT(why([&] { metrics_log(folder / "log", 1); }), HasSubstr("line 1: expected a JSON object"));
}

}  // namespace
