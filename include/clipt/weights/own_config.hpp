// A model's configuration as a text in the checkpoints of its runs, which shapes and 64 numbers a head do not tell.
#pragma once
#include <filesystem>   // path
#include <string>       // string
#include <type_traits>  // is_constructible_v, is_same_v
#include <utility>      // move

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/core/error.hpp>                // io_error
#include <clipt/io/json_text.hpp>              // parse_json
#include <clipt/io/printable.hpp>              // printable
#include <clipt/weights/any_config.hpp>        // any_clip_config, config_hints
#include <clipt/weights/library_hints.hpp>     // open_clip_hints
#include <clipt/weights/open_clip_config.hpp>  // open_clip_model

namespace clipt::inline CLIPT_BUILD::detail {

/// The key of a checkpoint's metadata.
inline constexpr const char* config_key = "clipt.config";

/// What open_clip has no key for.
template <class Fields>
void own_stem(const Fields& file, bool& stem_pool) {
  file.object("clipt").option("stem_pool", stem_pool, true, {{true, true}, {false, false}});
}

/// open_clip's model_cfg, with clipt's own object; null for a model of a kind that no other library has.
template <class Config>
std::string config_text(Config c) {
  ordered_json json;
  if constexpr (std::is_constructible_v<any_clip_config, Config>) {
    const field_writer file{json};
    open_clip_model(open_clip_objects{file}, c.embed, c.vision, c.text, c.activation);
    if constexpr (std::is_same_v<decltype(c.vision), resnet_config>) own_stem(file, c.vision.stem_pool);
  }
  return json.dump();
}

/// What such a text says. Errors: io_error that names `source`.
inline config_hints hints_of_text(const std::string& text, const std::filesystem::path& source) {
  nlohmann::json json = parse_json(text);
  if (json.is_null())
    throw io_error(
        fmt::format("{}: a model of a kind that clipt alone has, no other library; only a run of train_clip holds it",
                    source.string()));
  if (!json.is_object())
    throw io_error(fmt::format("{}: not a checkpoint of train_clip: '{}' is '{}' and no JSON object", source.string(),
                               config_key, printable(text)));
  const json_file file = json_file::within(source, std::move(json));
  config_hints hints = open_clip_hints(file);
  own_stem(field_reader(file), hints.stem_pool);
  hints.resizes = false;
  return hints;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
