// Preprocessing as the files beside a model's weights say: the pixels of the library that reads them, and refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clipt/clip/initialise.hpp>
#include <clipt/weights/read_preprocessing.hpp>
#include <clipt/weights/save.hpp>
#include <clipt/io/image_file.hpp>

#include "temporary_folder.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr int side = 17;
inline constexpr clip_config one_layer{16, vit_config{side, side, 64, 1, 1}, text_config{12, 514, 64, 1, 1}};

/// A folder with a model's weights, and nothing beside them.
class pictures_folder {
 public:
  explicit pictures_folder(naming names = naming::openai) {
    clip<one_layer> model;
    initialise(model, 1);
    if (names == naming::openai) {
      save(model, weights(), library::openai);
    } else {
      save(model, folder_ / "hf", library::hugging_face);
      std::filesystem::rename(folder_ / "hf/model.safetensors", weights());
    }
  }

  std::filesystem::path weights() const { return folder_ / "weights.safetensors"; }
  void put(const std::string& name, const json& values) const { write_file_atomically(folder_ / name, values.dump()); }
  preprocessing_source read() const { return read_preprocessing(checkpoint_file(weights())); }

  /// What is said where a file holds these values.
  std::string why(const std::string& name, const json& values) const {
    put(name, values);
    return clipt_test::why([&] { read(); });
  }

 private:
  clipt_test::temporary_folder folder_;
};

const char* const of_open_clip = "open_clip_config.json";
const char* const of_hugging_face = "preprocessor_config.json";

TEST(read_preprocessing, makes_the_pixels_of_the_library_that_wrote_the_file) {
  const auto golden = std::filesystem::path(CLIPT_TEST_DIR) / "golden/preprocess/modes";
  const safetensors_file expected(golden / "files.safetensors");
  const json files = json::parse(read_file(golden / "files.json"));
  int compared = 0;
  for (const auto& [name, file] : files.items()) {
    const pictures_folder folder;
    const std::string kind = file.at("file");
    folder.put(kind, kind == of_open_clip ? json{{"preprocess_cfg", file.at("values")}} : file.at("values"));
    const preprocessing_source read = folder.read();
    EXPECT_EQ(read.file, folder.weights().parent_path() / kind);
    for (const char* picture : {"rgb_tall.png", "rgba.png", "la.png", "p_transparent.png"}) {
      const auto bytes = expected.at(name + " " + picture).bytes;
      const image made = preprocess_pixels(read_image(golden / picture), side, read.how);
      ASSERT_EQ(made.pixels.size(), bytes.size());
      int different = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i) different += made.pixels[i] != std::to_integer<int>(bytes[i]);
      EXPECT_EQ(different, 0) << name << " " << picture;
      ++compared;
    }
    const auto bytes = expected.at(name + " normalised").bytes;
    std::vector<float> planes(3 * side * side), theirs(planes.size());
    ASSERT_EQ(bytes.size(), planes.size() * sizeof(float));
    std::memcpy(theirs.data(), bytes.data(), bytes.size());
    preprocess(read_image(golden / "rgb.png"), side, planes, read.how);
    for (std::size_t i = 0; i < planes.size(); ++i) ASSERT_NEAR(planes[i], theirs[i], 1e-6) << name << " " << i;
  }
  EXPECT_EQ(compared, 32);
}

TEST(read_preprocessing, is_openais_without_a_file) {
  const preprocessing_source read = pictures_folder().read();
  EXPECT_TRUE(read.file.empty());
  EXPECT_EQ(read.how.order, pixel_order::openai);
  EXPECT_EQ(read.how.statistics.mean, clip_statistics.mean);
}

TEST(read_preprocessing, follows_the_library_whose_names_the_tensors_have) {
  const pictures_folder openai, hugging_face(naming::hugging_face);
  for (const pictures_folder* folder : {&openai, &hugging_face}) {
    folder->put(of_hugging_face, {{"size", side}, {"crop_size", side}, {"image_mean", 0.25}});
    folder->put(of_open_clip, {{"preprocess_cfg", {{"mean", 0.75}}}});
  }
  EXPECT_EQ(openai.read().how.statistics.mean[0], 0.75f);
  EXPECT_EQ(hugging_face.read().how.statistics.mean[0], 0.25f);
  hugging_face.put("processor_config.json", {{"image_processor", {{"size", side}, {"crop_size", side}}}});
  EXPECT_EQ(hugging_face.read().how.statistics.mean, clip_statistics.mean);
  EXPECT_EQ(hugging_face.read().file.filename(), "processor_config.json");
}

TEST(read_preprocessing, passes_over_what_it_does_not_know_and_what_is_null) {
  const pictures_folder folder;
  folder.put(of_open_clip, {{"preprocess_cfg", {{"colour", "blue"}, {"mean", nullptr}, {"size", "large"}}}});
  EXPECT_EQ(folder.read().how.statistics.mean, clip_statistics.mean);
}

TEST(read_preprocessing, names_file_key_and_value_that_it_does_not_understand) {
  const pictures_folder folder;
  const auto open_clip = [&](const char* key, const json& value) {
    return folder.why(of_open_clip, {{"preprocess_cfg", {{key, value}}}});
  };
  EXPECT_THAT(open_clip("interpolation", "lanczos"),
              HasSubstr("open_clip_config.json: preprocess_cfg.interpolation is \"lanczos\": understood: \"bicubic\""));
  EXPECT_THAT(open_clip("resize_mode", 3), HasSubstr("preprocess_cfg.resize_mode is 3: understood"));
  EXPECT_THAT(open_clip("mean", {1, 2}), HasSubstr("preprocess_cfg.mean is [1,2]: expected three numbers"));
  EXPECT_THAT(open_clip("std", {1, 0, 1}), HasSubstr("preprocess_cfg.std is [1,0,1]: expected three positive numbers"));
  EXPECT_THAT(open_clip("fill_color", 256), HasSubstr("fill_color is 256: expected a whole number from 0 to 255"));
  EXPECT_THAT(open_clip("mean", {1, 1e300, 1}), HasSubstr("mean is [1,1e+300,1]: expected three numbers"));
  EXPECT_THAT(open_clip("mode", "L"), HasSubstr("preprocess_cfg.mode is \"L\""));
  folder.put(of_open_clip, json::object());  // present, and silent
  EXPECT_EQ(folder.read().how.resize, resize_mode::shortest);
}

TEST(read_preprocessing, a_deeply_nested_file_is_refused) {
  const pictures_folder folder;
  std::string text(1 << 20, '[');
  write_file_atomically(folder.weights().parent_path() / of_open_clip,
                        "{\"a\":" + text + std::string(1 << 20, ']') + "}");
  EXPECT_THAT(clipt_test::why([&] { folder.read(); }), HasSubstr("expected a JSON object of at most 16 levels"));
}

TEST(read_preprocessing, names_what_it_does_not_understand_of_transformers) {
  const pictures_folder folder(naming::hugging_face);
  const auto hugging_face = [&](json values) {
    for (const char* key : {"size", "crop_size"})
      if (!values.contains(key)) values[key] = side;
    return folder.why(of_hugging_face, values);
  };
  EXPECT_EQ(hugging_face(json::object()), "accepted");
  EXPECT_THAT(hugging_face({{"resample", 1}}), HasSubstr("preprocessor_config.json: resample is 1: understood: 2, 3"));
  EXPECT_THAT(hugging_face({{"crop_size", 20}}), HasSubstr("crop_size is 20: the model's pictures have 17 pixels"));
  EXPECT_THAT(hugging_face({{"size", {{"shortest_edge", 9}}}}), HasSubstr("size is {\"shortest_edge\":9}: understood"));
  EXPECT_THAT(hugging_face({{"size", {{"shortest_edge", 17}, {"longest_edge", 40}}}}), HasSubstr("size is {"));
  EXPECT_THAT(hugging_face({{"size", {{"height", 17}, {"width", 18}}}}),
              HasSubstr("the same \"height\" and \"width\""));
  EXPECT_THAT(hugging_face({{"size", -1}}), HasSubstr("size is -1: expected a whole number"));
  EXPECT_THAT(hugging_face({{"do_center_crop", false}}), HasSubstr("do_center_crop is false"));
  EXPECT_THAT(hugging_face({{"do_resize", false}}), HasSubstr("do_resize is false: understood: true"));
  EXPECT_THAT(hugging_face({{"rescale_factor", 1}}), HasSubstr("rescale_factor is 1: understood: 1/255"));
  EXPECT_THAT(hugging_face({{"do_normalize", "yes"}}), HasSubstr("do_normalize is \"yes\": expected true or false"));
  EXPECT_THAT(hugging_face({{"image_processor_type", "ViTImageProcessor"}}),
              AllOf(HasSubstr("image_processor_type is \"ViTImageProcessor\""), HasSubstr("CLIPImageProcessor")));
  EXPECT_THAT(folder.why("processor_config.json", {{"image_processor", 3}}),
              HasSubstr("processor_config.json: image_processor is 3: expected an object"));
}

}  // namespace
