// What open_clip and transformers say, in the files beside a model's weights, of how its pictures are prepared.
#pragma once
#include <algorithm>   // all_of
#include <array>       // array
#include <cmath>       // abs, isfinite
#include <filesystem>  // path
#include <string>      // string
#include <utility>     // pair

#include <fmt/format.h>  // format

#include <clipt/weights/checkpoint_file.hpp>  // checkpoint_file
#include <clipt/pictures/image.hpp>           // preprocessing
#include <clipt/weights/json_file.hpp>        // json_file

namespace clipt::inline CLIPT_BUILD {

/// How a model's pictures are prepared, and which file says so; none if it is for want of a file that they are as
/// OpenAI's.
struct preprocessing_source {
  preprocessing how;
  std::filesystem::path file{};
};

namespace detail {

/// Three numbers, or one for all channels.
inline std::array<float, 3> three_numbers(const json_file& json, const std::string& place,
                                          const std::array<float, 3>& otherwise, bool positive) {
  if (!json.has(place)) return otherwise;
  nlohmann::json value = json.at(place);
  if (value.is_number()) value = {value, value, value};
  const auto fits = [&](const nlohmann::json& v) {
    return v.is_number() && std::isfinite(v.get<float>()) && (!positive || v.get<float>() > 0);
  };
  if (!value.is_array() || value.size() != 3 || !std::ranges::all_of(value, fits))
    json.refuse(place, fmt::format("expected three {}numbers", positive ? "positive " : ""));
  return {value[0].get<float>(), value[1].get<float>(), value[2].get<float>()};
}

/// preprocess_cfg of open_clip_config.json. Its `size` counts for nothing: as in open_clip it is the model's.
inline preprocessing preprocessing_of_open_clip(const json_file& json) {
  preprocessing how;
  (void)json.one_of<const char*>("/preprocess_cfg/mode", 0, {{"RGB", 0}});
  how.statistics = {three_numbers(json, "/preprocess_cfg/mean", clip_statistics.mean, false),
                    three_numbers(json, "/preprocess_cfg/std", clip_statistics.std, true)};
  how.filter = json.one_of<const char*>("/preprocess_cfg/interpolation", interpolation::bicubic,
                                        {{"bicubic", interpolation::bicubic},
                                         {"bilinear", interpolation::bilinear},
                                         {"random", interpolation::bicubic}});  // random in training alone
  how.resize = json.one_of<const char*>(
      "/preprocess_cfg/resize_mode", resize_mode::shortest,
      {{"shortest", resize_mode::shortest}, {"longest", resize_mode::longest}, {"squash", resize_mode::squash}});
  how.fill = static_cast<std::uint8_t>(json.integer("/preprocess_cfg/fill_color", 0, 0, 255));
  return how;
}

/// A number, or {"height": n, "width": n}.
inline int side_at(const json_file& json, const std::string& place, int otherwise) {
  constexpr int most = 1 << 16;
  if (!json.at(place).is_object()) return json.integer(place, otherwise, 1, most);
  const int height = json.integer(place + "/height", 0, 1, most);
  if (height == 0 || json.integer(place + "/width", 0, 1, most) != height)
    json.refuse(place, R"(understood: a number, or an object with the same "height" and "width")");
  return height;
}

/// What pictures are resized to: a number or "shortest_edge" is the shorter side, "height" and "width" are both.
inline std::pair<resize_mode, int> resizing_of(const json_file& json) {
  constexpr int most = 1 << 16;
  if (json.has("/size/longest_edge") || json.has("/size/max_height"))
    json.refuse("/size", R"(understood: a number, "shortest_edge" alone, or the same "height" and "width")");
  if (json.has("/size/shortest_edge")) return {resize_mode::shortest, json.integer("/size/shortest_edge", 0, 1, most)};
  return {json.at("/size").is_object() ? resize_mode::squash : resize_mode::shortest, side_at(json, "/size", 224)};
}

/// What a CLIPImageProcessor's values must be for its steps to be those of preprocess_pixels.
inline void check_steps(const json_file& json) {
  for (const char* type : {"/image_processor_type", "/feature_extractor_type"})
    (void)json.one_of<const char*>(type, 0,
                                   {{"CLIPImageProcessor", 0},
                                    {"CLIPImageProcessorFast", 0},
                                    {"CLIPImageProcessorPil", 0},
                                    {"CLIPFeatureExtractor", 0}});
  for (const char* step : {"/do_resize", "/do_rescale"})
    if (!json.flag(step, true)) json.refuse(step, "understood: true");
  if (json.flag("/do_pad", false)) json.refuse("/do_pad", "understood: false");
  const nlohmann::json& factor = json.at("/rescale_factor");
  if (!factor.is_null() && (!factor.is_number() || std::abs(factor.get<double>() * 255 - 1) > 1e-5))
    json.refuse("/rescale_factor", "understood: 1/255");
}

/// preprocessor_config.json of a CLIPImageProcessor, for a model whose pictures have `side` pixels.
inline preprocessing preprocessing_of_hugging_face(const json_file& json, int side) {
  check_steps(json);
  preprocessing how = hugging_face_preprocessing;
  if (json.flag("/do_normalize", true))
    how.statistics = {three_numbers(json, "/image_mean", clip_statistics.mean, false),
                      three_numbers(json, "/image_std", clip_statistics.std, true)};
  else
    how.statistics = {{0, 0, 0}, {1, 1, 1}};
  how.filter = json.one_of<int>("/resample", interpolation::bicubic,
                                {{2, interpolation::bilinear}, {3, interpolation::bicubic}});
  const auto [mode, size] = resizing_of(json);
  const bool crops = json.flag("/do_center_crop", true);
  if (!crops && mode == resize_mode::shortest)
    json.refuse("/do_center_crop",
                R"(understood with a "size" of "height" and "width" alone: others leave no squares)");
  const std::string cropped = crops ? "/crop_size" : "/size";
  if (const int result = crops ? side_at(json, cropped, 224) : size; result != side)
    json.refuse(cropped, fmt::format("the model's pictures have {} pixels a side", side));
  if (size < side) json.refuse("/size", fmt::format("understood: at least \"crop_size\", {}", side));
  how.resize = mode;
  how.resized = size == side ? 0 : size;
  return how;
}

/// The object of transformers' image processor: alone in a file, or, as transformers 5 writes it, with the tokenizer's.
inline json_file image_processor_beside(const std::filesystem::path& weights) {
  json_file together(weights.parent_path() / "processor_config.json", "/image_processor");
  return together.exists() ? together : json_file(weights.parent_path() / "preprocessor_config.json");
}

}  // namespace detail

/// How a model's pictures are prepared: as open_clip_config.json (`preprocess_cfg`) or preprocessor_config.json (or
/// processor_config.json) of transformers beside the weights says; of both, the one whose library named the tensors.
///
/// Without either as OpenAI's models. Errors: io_error for a value that is not understood, naming file, key and value;
/// keys that are not known are passed over.
inline preprocessing_source read_preprocessing(const checkpoint_file& file) {
  const int side = std::visit([](const auto& c) { return c.vision.image; }, file.config());
  const bool hugging_face_first = file.names() == naming::hugging_face;
  for (const bool hugging_face : {hugging_face_first, !hugging_face_first}) {
    const detail::json_file json = hugging_face
                                       ? detail::image_processor_beside(file.path())
                                       : detail::json_file(file.path().parent_path() / "open_clip_config.json");
    if (json.exists())
      return {
          hugging_face ? detail::preprocessing_of_hugging_face(json, side) : detail::preprocessing_of_open_clip(json),
          json.path()};
  }
  return {};
}

}  // namespace clipt::inline CLIPT_BUILD
