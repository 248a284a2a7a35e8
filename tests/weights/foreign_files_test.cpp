// Files that say what nobody expects: what the fuzzers found, or would have found next, and what is said of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <clipt/weights/checkpoint_file.hpp>
#include <clipt/io/torch_archive_writer.hpp>
#include <clipt/evaluate/costs.hpp>
#include <clipt/evaluate/embedding_store.hpp>
#include <clipt/train/metrics_log.hpp>
#include <clipt/weights/tensor_list.hpp>
#include <clipt/train/training_checkpoint.hpp>

#include "io/made_archive.hpp"
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
  EXPECT_EQ(config_beside(R"({"model_cfg": {"vision_cfg": {"pool_type": "avg", "width": 4}}})").vision.pooling,
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
    auto metadata = detail::metadata_of({"p", 0, 0, "{}", ""}, vit_b_32);
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

/// A pickled dictionary, its values already pickled.
using pickled_items = std::vector<std::pair<std::string, std::string>>;
std::string pickled_dictionary(const pickled_items& items) {
  std::string out = "}(";
  for (const auto& [key, value] : items) out += clipt_test::pickled(key) + value;
  return out + "u";
}

/// A tensor of these extents in the archive's one storage.
std::string pickled_tensor(const std::vector<std::int64_t>& extents) {
  std::vector<std::int64_t> strides(extents.size(), 1);
  for (std::size_t i = extents.size(); i-- > 1;) strides[i - 1] = strides[i] * extents[i];
  return clipt_test::tensor(64, 0, extents, strides);
}

/// What `rename` makes of the names of a tiny model's tensors, as one dictionary.
template <class Rename>
std::string pickled_model(Rename rename) {
  pickled_items items;
  for (const tensor_entry& entry : clipt_test::tiny_checkpoint())
    items.emplace_back(rename(entry.name), pickled_tensor(entry.shape));
  return pickled_dictionary(items);
}
std::string below(const std::string& prefix) {
  return pickled_model([&](const std::string& name) { return prefix + name; });
}

/// The names of the model's tensors and of those left out in an archive of this object, or why there are none.
struct found_names {
  std::vector<std::string> model, left_out;
  std::string problem;
};
found_names found_in(const std::string& object) {
  const clipt_test::temporary_folder folder;
  write_file_atomically(folder / "m.pt",
                        clipt_test::archive_of(clipt_test::program(object), std::string(64 * sizeof(float), '\1')));
  found_names out;
  out.problem = why([&] {
    const checkpoint_file file(folder / "m.pt");
    for (const auto& [name, source] : file.state()) out.model.push_back(name);
    out.left_out.assign(file.left_out().begin(), file.left_out().end());
    static_cast<void>(file.config());
  });
  return out;
}

std::vector<std::string> models_names() {
  std::vector<std::string> names;
  for (const tensor_entry& entry : clipt_test::tiny_checkpoint()) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

TEST(foreign_files, a_model_is_found_below_any_prefixes) {
  for (const char* prefix : {"", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model.",
                             "model.module.", "clip.", "clip_model.", "_fsdp_wrapped_module.",
                             "_forward_module.clip_model._orig_mod.", "base_model.model.", "net.1.x."}) {
    const found_names flat = found_in(below(prefix));
    EXPECT_EQ(flat.model, models_names()) << prefix;
    EXPECT_EQ(flat.problem, "accepted") << prefix;
    EXPECT_EQ(found_in(pickled_dictionary({{"state_dict", below(prefix)}})).model, models_names()) << prefix;
  }
}

TEST(foreign_files, module_wrappers_may_stand_inside_names) {
  const auto wrapped = [](const std::string& name) {
    const std::size_t block = name.find("resblocks.0.");
    if (block != name.npos)
      return std::string(name).insert(block + 12, "_fsdp_wrapped_module._checkpoint_wrapped_module.");
    return name.starts_with("visual.") ? "visual._orig_mod.module." + name.substr(7) : name;
  };
  EXPECT_EQ(found_in(pickled_model(wrapped)).model, models_names());
  std::string averaged = below("module.");  // of torch.optim.swa_utils.AveragedModel
  averaged.insert(averaged.size() - 1, clipt_test::pickled("n_averaged") + pickled_tensor({}));
  EXPECT_EQ(found_in(averaged).model, models_names());
  EXPECT_EQ(found_in(pickled_dictionary({{"state_dict", averaged}})).model, models_names());
}

TEST(foreign_files, a_model_is_found_in_any_dictionary) {
  const std::string step = pickled_dictionary({{"exp_avg", pickled_tensor({4})}});
  const std::string optimiser = pickled_dictionary({{"state", pickled_dictionary({{"0", step}})}});
  for (const char* key :
       {"state_dict", "model_state_dict", "model", "ema", "model_ema", "network", "module", "weights"}) {
    const found_names found = found_in(pickled_dictionary({{"optimizer_state_dict", optimiser}, {key, below("")}}));
    EXPECT_EQ(found.model, models_names()) << key;
    EXPECT_EQ(found.left_out, std::vector<std::string>{"optimizer_state_dict.state.0.exp_avg"}) << key;
  }
  const found_names beside = found_in(
      pickled_dictionary({{"checkpoint", pickled_dictionary({{"optim", optimiser}, {"model", below("module.")}})},
                          {"best", pickled_tensor({})}}));
  EXPECT_EQ(beside.model, models_names());
  EXPECT_EQ(beside.left_out.size(), 2u);
}

TEST(foreign_files, of_two_models_the_one_that_is_no_copy) {
  const found_names found =
      found_in(pickled_dictionary({{"state_dict_ema", below("")}, {"state_dict", below("module.")}}));
  EXPECT_EQ(found.model, models_names());
  EXPECT_EQ(found.left_out.front().substr(0, 15), "state_dict_ema.");
  EXPECT_THAT(found_in(pickled_dictionary({{"a", below("")}, {"b", below("")}})).problem,
              HasSubstr("holds two models of 9 tensors, below 'a.' and below 'b.'"));
  EXPECT_THAT(found_in(pickled_dictionary({{"logit_scale", pickled_tensor({1})},
                                           {"module", pickled_dictionary({{"logit_scale", pickled_tensor({1})}})}}))
                  .problem,
              HasSubstr("'logit_scale' is there twice"));
}

TEST(foreign_files, what_lies_beside_a_models_tensors_is_kept) {
  const auto found =
      found_in(pickled_dictionary({{"state_dict", pickled_model([](const std::string& name) {
                                      return name == "ln_final.weight" ? "loss.temperature\x1b" : "model." + name;
                                    })}}));
  EXPECT_THAT(found.model, testing::Contains("state_dict.loss.temperature\x1b"));
  EXPECT_THAT(found.left_out, testing::IsEmpty());
}

TEST(foreign_files, the_bias_of_siglip_is_no_part_of_the_state) {
  const clipt_test::temporary_folder folder;
  auto tensors = clipt_test::tiny_checkpoint();
  const std::vector<float> bias = {-9.5f, 1};
  tensors.push_back(make_entry<float>("logit_bias", {1}, std::span(bias).first(1)));
  write_safetensors(folder / "siglip.safetensors", tensors);
  const checkpoint_file file(folder / "siglip.safetensors");
  EXPECT_EQ(file.logit_bias(), -9.5f);
  EXPECT_FALSE(file.state().contains("logit_bias"));
  EXPECT_THAT(file.left_out(), testing::ElementsAre("logit_bias"));
  tensors.back() = make_entry<float>("logit_bias", {2}, bias);
  write_safetensors(folder / "two.safetensors", tensors);
  EXPECT_THAT(clipt_test::why([&] { checkpoint_file(folder / "two.safetensors"); }),
              testing::HasSubstr("logit_bias is [2]: expected one number"));
}

TEST(foreign_files, towers_may_lie_apart_or_alone) {
  const auto of_tower = [](bool image, const std::string& prefix) {
    pickled_items items;
    for (const tensor_entry& entry : clipt_test::tiny_checkpoint())
      if (entry.name.starts_with("visual.") == image)
        items.emplace_back(prefix + entry.name, pickled_tensor(entry.shape));
    return pickled_dictionary(items);
  };
  EXPECT_EQ(found_in(pickled_dictionary({{"image", of_tower(true, "module.")}, {"words", of_tower(false, "")}})).model,
            models_names());
  EXPECT_THAT(
      found_in(of_tower(true, "")).problem,
      HasSubstr("only the image tower is in it (4 tensors), the text tower is missing (token_embedding.weight"));
  EXPECT_THAT(found_in(of_tower(false, "text.")).problem, HasSubstr("only the text tower is in it"));
  EXPECT_THAT(found_in(pickled_dictionary({{"vision_model.pre_layrnorm.weight", pickled_tensor({4})}})).problem,
              HasSubstr("the text tower is missing"));
  const found_names bare =
      found_in(pickled_dictionary({{"vision.embeddings.patch_embedding.weight", pickled_tensor({4})},
                                   {"vision.encoder.layers.0.self_attn.out_proj.bias", pickled_tensor({4})},
                                   {"words.embeddings.token_embedding.weight", pickled_tensor({4})},
                                   {"words.final_layer_norm.bias", pickled_tensor({4})},
                                   {"words.head", pickled_tensor({4})}}));  // of transformers 5
  EXPECT_THAT(bare.model, testing::ElementsAre("head", "ln_final.bias", "token_embedding.weight", "visual.conv1.weight",
                                               "visual.transformer.resblocks.0.attn.out_proj.bias"));
  EXPECT_THAT(found_in(pickled_dictionary({{"embeddings.patch_embedding.weight", pickled_tensor({4})}})).problem,
              HasSubstr("only the image tower is in it (1 tensors)"));
  EXPECT_THAT(found_in(pickled_dictionary({{"fc.weight", pickled_tensor({4})}})).problem, HasSubstr("no CLIP"));
}

TEST(foreign_files, an_index_may_name_files_of_torch_save) {
  const clipt_test::temporary_folder folder;
  const auto entries = clipt_test::tiny_checkpoint();
  const std::span<const tensor_entry> all(entries);
  write_torch_archive(folder / "pytorch_model-00001-of-00002.bin", all.first(4));
  write_safetensors(folder / "part.safetensors", all.subspan(4));
  nlohmann::json map;
  for (std::size_t i = 0; i < entries.size(); ++i)
    map[entries[i].name] = i < 4 ? "pytorch_model-00001-of-00002.bin" : "part.safetensors";
  const auto write_index = [&] {
    write_file_atomically(folder / "pytorch_model.bin.index.json", nlohmann::json{{"weight_map", map}}.dump());
  };
  write_index();
  EXPECT_EQ(checkpoint_file(folder / "").state().size(), entries.size());
  EXPECT_EQ(checkpoint_file(folder / "pytorch_model.bin.index.json").state().size(), entries.size());
  map["visual.ln_post.weight"] = "part.safetensors";
  write_index();
  EXPECT_THAT(why([&] { checkpoint_file(folder / ""); }), HasSubstr("'visual.ln_post.weight' is not in "));
  map.erase("visual.ln_post.weight");
  write_index();
  write_safetensors(folder / "part.safetensors", all.subspan(3));
  EXPECT_THAT(why([&] { checkpoint_file(folder / ""); }), HasSubstr(fmt::format("'{}' is in ", entries[3].name)));
  std::filesystem::remove(folder / "part.safetensors");
  EXPECT_THAT(why([&] { checkpoint_file(folder / ""); }), HasSubstr("part.safetensors: cannot be opened"));
}

}  // namespace
