// What the configuration file beside a checkpoint says of its model; what no model of clipt can be is refused by name.
#pragma once
#include <algorithm>  // copy
#include <filesystem>  // path

#include <clipt/weights/any_config.hpp>           // config_hints
#include <clipt/weights/checkpoint_names.hpp>     // naming
#include <clipt/weights/hugging_face_config.hpp>  // hugging_face_model
#include <clipt/weights/json_file.hpp>            // json_file
#include <clipt/weights/open_clip_config.hpp>     // open_clip_config_beside, open_clip_model

namespace clipt::inline CLIPT_BUILD::detail {

/// What open_clip_config.json says.
inline config_hints open_clip_hints(const json_file& json) {
  const open_clip_objects file{field_reader(json)};
  config_hints hints{.from = json.path().string(), .resizes = true};
  if (is_resnet(file)) {
    resnet_config vision{};
    open_clip_model(file, hints.embed, vision, hints.text, hints.activation);
    hints.vision.image = vision.image;
    hints.vision.width = vision.width;
    hints.vision.heads = vision.heads;
    std::ranges::copy(vision.stages, hints.stages);
  } else {
    open_clip_model(file, hints.embed, hints.vision, hints.text, hints.activation);
  }
  return hints;
}

/// What transformers' config.json says.
inline config_hints hugging_face_hints(const json_file& json) {
  config_hints hints{.from = json.path().string()};
  hugging_face_model(field_reader(json), hints.embed, hints.vision, hints.text, hints.activation);
  return hints;
}

/// The configuration file of the library that named a checkpoint's tensors, whether it is there or not.
inline std::filesystem::path config_file_beside(const std::filesystem::path& file, naming names) {
  return names == naming::hugging_face ? file.parent_path() / hugging_face_config_file : open_clip_config_beside(file);
}

/// What the configuration file beside a checkpoint of open_clip or transformers says; without one OpenAI's.
inline config_hints hints_beside(const std::filesystem::path& file, naming names) {
  const json_file json(config_file_beside(file, names));
  if (!json.exists()) return {};
  return names == naming::hugging_face ? hugging_face_hints(json) : open_clip_hints(json);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
