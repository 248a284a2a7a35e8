// Checkpoints of a training run: one safetensors file with the model, its average, the optimiser, and how to go on.
#pragma once
#include <charconv>      // from_chars
#include <cstdint>       // int64_t
#include <filesystem>    // path
#include <map>           // map
#include <string>        // string
#include <system_error>  // errc

#include <fmt/format.h>  // format

#include <clipt/weights/checkpoint_names.hpp>  // average_prefix, optimiser_prefix
#include <clipt/text/tokenizer.hpp>            // tokenizer
#include <clipt/weights/own_config.hpp>        // config_text, config_key
#include <clipt/weights/preprocessing_text.hpp>  // preprocessing_text
#include <clipt/weights/weights.hpp>           // load_state, state_of
#include <clipt/io/printable.hpp>              // printable
#include <clipt/nn/optim.hpp>                  // adamw, exponential_average

namespace clipt::inline CLIPT_BUILD {

/// Where a run stands, and what it is: saved as the file's metadata.
struct training_state {
  std::string preset;
  std::int64_t epoch = 0;  // of the next step, from 0
  std::int64_t step = 0;   // of the next step, from 0, in the whole run
  std::string options;     // the run's options as JSON, so that a resumed run cannot silently be another one
  std::string merges;      // the vocabulary
  preprocessing pictures = training_preprocessing;
  std::string data{};  // a digest of the pictures and captions, so that a resumed run cannot silently have others
};

namespace detail {

template <class Config>
std::map<std::string, std::string> metadata_of(const training_state& state, const Config& config) {
  return {{"clipt.preset", state.preset},
          {config_key, config_text(config)},
          {"clipt.epoch", std::to_string(state.epoch)},
          {"clipt.step", std::to_string(state.step)},
          {"clipt.options", state.options},
          {"clipt.merges", state.merges},
          {preprocessing_key, preprocessing_text(state.pictures, config.vision.image)},
          {"clipt.data", state.data}};
}

inline training_state state_of_metadata(const safetensors_file& file, const std::string& source) {
  const auto& metadata = file.metadata();
  const auto get = [&](const char* key) {
    const auto found = metadata.find(key);
    if (found == metadata.end())
      throw io_error(source + ": not a checkpoint of train_clip: the metadata has no '" + key + "'");
    return found->second;
  };
  const auto get_number = [&](const char* key) {
    const std::string text = get(key);
    std::int64_t number = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (status != std::errc{} || end != text.data() + text.size() || number < 0)
      throw io_error(
          fmt::format("{}: not a checkpoint of train_clip: '{}' is '{}' and no number", source, key, printable(text)));
    return number;
  };
  return {get("clipt.preset"),
          get_number("clipt.epoch"),
          get_number("clipt.step"),
          get("clipt.options"),
          get("clipt.merges"),
          preprocessing_of_metadata(metadata, source),
          metadata.contains("clipt.data") ? get("clipt.data") : ""};
}

/// The tensors whose names begin with `prefix`, without it; of an empty prefix those without any.
inline state_dict tensors_below(const safetensors_file& file, const std::string& prefix) {
  state_dict result;
  for (const tensor_entry& entry : file.entries()) {
    const bool plain = !entry.name.starts_with(average_prefix) && !entry.name.starts_with(optimiser_prefix) &&
                       entry.name != "logit_bias";
    if (prefix.empty() ? plain : entry.name.starts_with(prefix)) result[entry.name.substr(prefix.size())] = {{&entry}};
  }
  return result;
}

}  // namespace detail

/// What a checkpoint says of its run; `io_error` if the file is no checkpoint of a run.
inline training_state read_training_state(const std::filesystem::path& path) {
  return detail::state_of_metadata(safetensors_file(path), path.string());
}

namespace detail {

/// Refuses a model that has become useless, in the place of whose file a good one may be.
template <class Model>
void check_finite(const Model& model, const std::filesystem::path& path) {
  for_each_state(model, [&](const std::string& name, const state_member& member) {
    member.with_elements([&](auto elements) {
      const auto bad =
          std::find_if(elements.begin(), elements.end(), [](auto x) { return !std::isfinite(static_cast<double>(x)); });
      if (bad != elements.end())
        throw error(
            fmt::format("clipt::save_training: {}: '{}' is {} at element {}; weights that are not finite are not "
                        "written, the file stays as it was",
                        path.string(), name, *bad, bad - elements.begin()));
    });
  });
}

}  // namespace detail

/// Writes a checkpoint, whole or not at all. Parameters have OpenAI's names; `average` may be null; `more` is kept besides.
///
/// Errors: `clipt::error` when a weight is not finite, `io_error` when the file cannot be written.
template <class Model, class T>
void save_training(const std::filesystem::path& path, const Model& model, adamw<T>& optimiser,
                   exponential_average<Model>* average, const training_state& state,
                   const std::vector<tensor_entry>& more = {}) {
  detail::check_finite(model, path);
  if (average != nullptr) detail::check_finite(average->model(), path);
  auto entries = state_of(model);
  if (average != nullptr) {
    const auto more = state_of(average->model(), detail::average_prefix);
    entries.insert(entries.end(), more.begin(), more.end());
  }
  optimiser.for_each_state([&](const std::string& name, T* data, dim_t size) {
    entries.push_back(make_entry<T>(detail::optimiser_prefix + name, {size},
                                    std::span<const T>(data, static_cast<std::size_t>(size))));
  });
  entries.insert(entries.end(), more.begin(), more.end());
  write_safetensors(path, entries, detail::metadata_of(state, Model::config));
}

/// Reads what `save_training` wrote, all of it or nothing, and returns where the run goes on.
template <class Model, class T>
training_state load_training(const std::filesystem::path& path, Model& model, adamw<T>& optimiser,
                             exponential_average<Model>* average) {
  const safetensors_file file(path);
  const training_state state = detail::state_of_metadata(file, path.string());
  load_state(model, detail::tensors_below(file, ""), path.string());
  if (average != nullptr) {
    load_state(average->model(), detail::tensors_below(file, detail::average_prefix), path.string());
    average->set_steps(state.step);
  }
  optimiser.for_each_state([&](const std::string& name, T* data, dim_t size) {
    copy_to(file.at(detail::optimiser_prefix + name), std::span<T>(data, static_cast<std::size_t>(size)));
  });
  optimiser.set_steps(state.step);
  return state;
}

/// Reads the model that a checkpoint is for: the average if there is one, else the parameters themselves.
template <class Model>
training_state load_trained(const std::filesystem::path& path, Model& model) {
  const safetensors_file file(path);
  const auto average = detail::tensors_below(file, detail::average_prefix);
  load_state(model, average.empty() ? detail::tensors_below(file, "") : average, path.string());
  return detail::state_of_metadata(file, path.string());
}

}  // namespace clipt::inline CLIPT_BUILD
