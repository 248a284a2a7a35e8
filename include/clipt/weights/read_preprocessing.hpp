// What open_clip and transformers say, in the files beside a model's weights, of how its pictures are prepared.
#pragma once
#include <filesystem>  // path

#include <clipt/pictures/image.hpp>               // preprocessing
#include <clipt/weights/checkpoint_file.hpp>      // checkpoint_file
#include <clipt/weights/hugging_face_config.hpp>  // hugging_face_pictures
#include <clipt/weights/json_file.hpp>            // json_file
#include <clipt/weights/open_clip_config.hpp>     // open_clip_pictures
#include <clipt/weights/preprocessing_text.hpp>   // preprocessing_of_metadata

namespace clipt::inline CLIPT_BUILD {

/// How a model's pictures are prepared, and which file says so; none if it is for want of a file that they are as
/// OpenAI's.
struct preprocessing_source {
  preprocessing how;
  std::filesystem::path file{};
};

namespace detail {

inline preprocessing preprocessing_of_open_clip(const json_file& json) {
  preprocessing how;
  open_clip_pictures(open_clip_objects(field_reader(json)).pictures, 0, how);
  return how;
}

/// For a model whose pictures have `side` pixels.
inline preprocessing preprocessing_of_hugging_face(const json_file& json, int side) {
  preprocessing how = hugging_face_preprocessing;
  hugging_face_pictures(field_reader(json), side, how);
  return how;
}

/// The object of transformers' image processor: alone in a file, or, as transformers 5 writes it, with the tokenizer's.
inline json_file image_processor_beside(const std::filesystem::path& weights) {
  json_file together(weights.parent_path() / hugging_face_processor_file, "/image_processor");
  return together.exists() ? together : json_file(weights.parent_path() / hugging_face_pictures_file);
}

}  // namespace detail

/// How a model's pictures are prepared: as a checkpoint of train_clip itself says, else as open_clip_config.json (`preprocess_cfg`) or preprocessor_config.json (or
/// processor_config.json) of transformers beside the weights says; of both, the one whose library named the tensors.
///
/// Without either as OpenAI's models. Errors: io_error for a value that is not understood, naming file, key and value;
/// keys that are not known are passed over.
inline preprocessing_source read_preprocessing(const checkpoint_file& file) {
  if (file.metadata().contains("clipt.preset"))
    return {detail::preprocessing_of_metadata(file.metadata(), file.path()), file.path()};
  const int side = std::visit([](const auto& c) { return c.vision.image; }, file.config());
  const bool hugging_face_first = file.names() == naming::hugging_face;
  for (const bool hugging_face : {hugging_face_first, !hugging_face_first}) {
    const detail::json_file json = hugging_face ? detail::image_processor_beside(file.path())
                                                : detail::json_file(detail::open_clip_config_beside(file.path()));
    if (json.exists())
      return {
          hugging_face ? detail::preprocessing_of_hugging_face(json, side) : detail::preprocessing_of_open_clip(json),
          json.path()};
  }
  return {};
}

}  // namespace clipt::inline CLIPT_BUILD
