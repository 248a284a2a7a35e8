// How pictures are prepared, as a text in the checkpoints of runs.
#pragma once
#include <filesystem>  // path
#include <map>         // map
#include <string>      // string
#include <utility>     // move

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>                // io_error
#include <clipt/io/json_text.hpp>              // parse_json
#include <clipt/io/printable.hpp>              // printable
#include <clipt/pictures/image.hpp>            // preprocessing
#include <clipt/weights/json_file.hpp>         // json_file
#include <clipt/weights/open_clip_config.hpp>  // open_clip_pictures

namespace clipt::inline CLIPT_BUILD::detail {

/// The key of a checkpoint's metadata.
inline constexpr const char* preprocessing_key = "clipt.preprocessing";

/// For pictures of `side` pixels: open_clip's preprocess_cfg, with clipt's own object.
inline std::string preprocessing_text(preprocessing how, int side) {
  ordered_json json;
  open_clip_pictures(field_writer(json), side, how);
  return json.dump();
}

/// Of a checkpoint that does not say it: as runs were trained before they did. Errors: io_error that names `source`.
inline preprocessing preprocessing_of_metadata(const std::map<std::string, std::string>& metadata,
                                               const std::filesystem::path& source) {
  const auto found = metadata.find(preprocessing_key);
  if (found == metadata.end()) return training_preprocessing;
  nlohmann::json json = parse_json(found->second);
  if (!json.is_object())
    throw io_error(fmt::format("{}: not a checkpoint of train_clip: '{}' is '{}' and no JSON object", source.string(),
                               preprocessing_key, printable(found->second)));
  preprocessing how;
  open_clip_pictures(field_reader(json_file::within(source, std::move(json))), 0, how);
  return how;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
