// Where a run begins, and what may not have changed since a checkpoint.
#include "origin.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/io/json_text.hpp>
#include <clipt/text/bpe_train.hpp>
#include <clipt/weights/fingerprint.hpp>

#include "../common/seen_pictures.hpp"

namespace fs = std::filesystem;

namespace {

clipt::tokenizer make_vocabulary(const train_command& c, const origin& from, const clipt::any_dataset& data, int room) {
  if (from.words) return *from.words;
  if (!c.vocabulary.empty()) return clipt::tokenizer::from_file(c.vocabulary);
  std::vector<std::string> captions;
  for (int i = 0; i < data.size() && captions.size() < 200'000; ++i)
    for (auto& caption : data.captions(i)) captions.push_back(std::move(caption));
  return clipt::train_tokenizer(captions, {room - 514, 2});  // 512 bytes and the two ends of a text
}

nlohmann::ordered_json augmentation_json(const clipt::augmentation& a) {
  return {{"scale", a.scale_min},
          {"degrees", a.degrees},
          {"translate", a.translate},
          {"zoom_min", a.zoom_min},
          {"zoom_max", a.zoom_max},
          {"shear", a.shear},
          {"flip", a.flip},
          {"brightness", a.brightness},
          {"contrast", a.contrast},
          {"saturation", a.saturation},
          {"hue", a.hue},
          {"grey", a.grey},
          {"erase", a.erase}};
}

/// What is not the usual: older checkpoints know nothing of it.
nlohmann::ordered_json fine_tuning_json(const train_command& c, const origin& from) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  const clipt::training_options& o = c.options;
  const clipt::training_options usual;
  const auto add = [&](const char* name, const auto& value, const auto& otherwise) {
    if (value != otherwise) out[name] = value;
  };
  add("pretrained", from.weights, "");
  add("distill_model", from.teacher, "");
  add("lock_image", o.lock_image.locked, false);
  add("lock_image_unlocked_groups", o.lock_image.unlocked_groups, 0);
  add("lock_text", o.lock_text.locked, false);
  add("lock_text_unlocked_layers", o.lock_text.unlocked_groups, 0);
  add("layer_decay", o.layer_decay, usual.layer_decay);
  add("lora_rank", o.lora_rank, 0);
  add("lora_alpha", o.lora_alpha, usual.lora_alpha);
  add("siglip", o.siglip, false);
  add("force_patch_dropout", o.patch_dropout, usual.patch_dropout);
  return out;
}

/// What makes a run this run: recorded in its checkpoints, and compared when it is resumed.
nlohmann::ordered_json options_json(const train_command& c, const origin& from) {
  const auto& o = c.options;
  nlohmann::ordered_json out{{"dataset", c.dataset}};
  if (c.dataset == "scenes")
    out["scenes"] = c.scenes;
  else
    out.update({{"train_data", c.train_data},
                {"csv_img_key", c.csv.img_key},
                {"csv_caption_key", c.csv.caption_key},
                {"csv_where", c.csv.where}});
  out.update({{"epochs", o.epochs},
              {"batch_size", o.batch_size},
              {"accum_freq", o.accum_freq},
              {"lr", o.lr},
              {"lr_scheduler", static_cast<int>(o.lr_scheduler)},
              {"warmup", o.warmup},
              {"epochs_cooldown", o.epochs_cooldown},
              {"wd", o.wd},
              {"beta1", o.beta1},
              {"beta2", o.beta2},
              {"eps", o.eps},
              {"grad_clip_norm", o.grad_clip_norm},
              {"average", o.average},
              {"freeze_bn_stats_after", o.freeze_bn_stats_after},
              {"seed", o.seed}});
  out.update(fine_tuning_json(c, from));
  out["augmentation"] = augmentation_json(*o.augment);
  return out;
}

/// A digest of the data; empty of scenes, which the options determine.
std::string digest_of(const train_command& c, const clipt::any_dataset& data) {
  return c.dataset == "scenes" ? std::string() : command_line::digest_of(data);
}

/// Whether captions are those of one column, which may be called otherwise: then there are no shares that they are drawn by.
bool of_one_column(const nlohmann::ordered_json& options) {
  const auto key = options.find("csv_caption_key");
  return key != options.end() && key->is_string() && key->get<std::string>().find_first_of(",:*") == std::string::npos;
}

/// The options that differ from those of a checkpoint, as a text. A run may become longer, and where its rows are the same
/// their table may lie elsewhere.
std::string other_options(const std::string& of_checkpoint, const nlohmann::ordered_json& now, bool same_rows,
                          bool new_data) {
  auto before = clipt::detail::parse_json<nlohmann::ordered_json>(of_checkpoint);
  if (!before.is_object()) before = nlohmann::ordered_json::object();
  const auto said = [](const nlohmann::ordered_json& options, const std::string& name) {
    return options.contains(name) ? options[name].dump() : std::string("not set");
  };
  nlohmann::ordered_json all = now;
  all.update(before);
  std::string differing;
  for (const auto& [name, value] : all.items()) {
    const bool longer = name == "epochs" && now[name] > value;
    const bool of_rows = name == "train_data" || name == "csv_img_key" || name == "csv_where" ||
                         (name == "csv_caption_key" && of_one_column(now) && of_one_column(before));
    const bool of_data = name == "train_data" || name.starts_with("csv_");
    if (!longer && !(same_rows && of_rows) && !(new_data && of_data) && said(before, name) != said(now, name))
      differing += fmt::format(" {} was {}, is {};", name, said(before, name), said(now, name));
  }
  return differing;
}

/// Whether a file is in a folder itself.
bool lies_in(const fs::path& file, const fs::path& folder) {
  std::error_code absent;
  return fs::equivalent(fs::absolute(file).parent_path(), folder, absent);
}

}  // namespace

origin open_origin(train_command& c) {
  origin from;
  if (!c.pretrained.empty()) {
    from.file = std::make_unique<clipt::checkpoint_file>(models::weights_of(c.pretrained));
    const std::string name = models::architecture_of(*from.file).name;
    if (!c.preset.empty() && c.preset != name)
      throw clipt::io_error(fmt::format("--preset {}: the weights of --pretrained are of {}", c.preset, name));
    c.preset = name;
    models::preparation how = models::preparation_of(*from.file, c.vocabulary, c.options.threads);
    how.pictures.exif_orientation |= c.options.pictures.exif_orientation;
    c.options.pictures = how.pictures;
    from.words = std::move(how.words);
    from.weights = clipt::fingerprint(from.file->state());
  }
  if (c.options.lora_rank > 0 && c.pretrained.empty())
    throw clipt::io_error("--lora-rank needs --pretrained: additions are made to weights that have learned something");
  if (c.preset.empty()) c.preset = "basic_64";
  if (!c.distill_model.empty()) {
    from.teacher_model = models::open(c.distill_model, {}, c.options.threads);
    from.teacher = models::fingerprint(c.distill_model, {}, from.teacher_model->encode.preprocess);
  }
  return from;
}

clipt::training_state new_state(const train_command& c, const origin& begun, const clipt::any_dataset& data, int room) {
  const auto words = make_vocabulary(c, begun, data, room);
  if (words.vocabulary_size() > room)
    throw clipt::io_error(fmt::format("{}: {} symbols; preset {} has room for {}", c.vocabulary,
                                      words.vocabulary_size(), c.preset, room));
  return {c.preset, 0, 0, options_json(c, begun).dump(), words.merges_text(), c.options.pictures, digest_of(c, data)};
}

clipt::training_state resumed_state(const train_command& c, const origin& begun, const clipt::any_dataset& data,
                                    const fs::path& from) {
  auto state = clipt::read_training_state(from);
  const auto refuse = [&](const std::string& why) { throw clipt::io_error(fmt::format("{}: {}", from.string(), why)); };
  if (state.preset != c.preset) refuse(fmt::format("of preset {}, not {}", state.preset, c.preset));
  const std::string now = digest_of(c, data);
  const bool same_rows = !now.empty() && state.data == now;
  const std::string other = other_options(state.options, options_json(c, begun), same_rows, c.allow_new_data);
  if (!other.empty()) refuse(fmt::format("of a run with other options:{} give the same to go on", other));
  if (state.pictures != c.options.pictures) {
    clipt::preprocessing turned = c.options.pictures;
    turned.exif_orientation = state.pictures.exif_orientation;
    refuse(state.pictures == turned
               ? fmt::format("of a run {} --exif-orientation; give the same to go on",
                             turned.exif_orientation ? "with" : "without")
               : fmt::format("of a run that prepared pictures otherwise than the files beside --pretrained {} say now; "
                             "put those of then back to go on",
                             c.pretrained));
  }
  if (!state.data.empty() && state.data != now && !c.allow_new_data)
    refuse(
        fmt::format("of a run on other data ({}; now {}): rows, captions or their order have changed; give it the "
                    "same table, or --allow-new-data",
                    state.data, now));
  state.options = options_json(c, begun).dump();
  state.data = now;
  return state;
}

fs::path checkpoint_to_resume(const train_command& c, const clipt::run_folder& folder) {
  if (!c.resume.empty() && c.overwrite) throw clipt::io_error("--resume and --overwrite: one of the two");
  std::error_code absent;
  for (const auto& [flag, path] : {std::pair("--pretrained", c.pretrained), {"--distill-model", c.distill_model}})
    if (c.overwrite && !path.empty() && lies_in(models::weights_of(path), c.output))
      throw clipt::io_error(
          fmt::format("{} {}: it lies in the folder that --overwrite clears, and the new run could not be resumed "
                      "without it; take another --output",
                      flag, path));
  if (c.resume == "latest") {
    if (fs::exists(folder.latest(), absent)) return folder.latest();
    const fs::path kept = folder.kept();
    if (kept.empty()) return {};
    throw clipt::io_error(
        fmt::format("--resume latest: {} is not there; --resume {} goes on from another checkpoint of "
                    "the run, --overwrite begins anew",
                    folder.latest().string(), kept.string()));
  }
  if (!c.resume.empty()) {
    const fs::path beside = fs::path(c.resume).parent_path();
    if (folder.holds_run() && !fs::equivalent(beside.empty() ? "." : beside, c.output, absent))
      throw clipt::io_error(
          fmt::format("--output {}: there is another run in this folder than that of --resume {}; take "
                      "its folder, or a new one",
                      c.output, c.resume));
    return c.resume;
  }
  if (folder.holds_run() && !c.overwrite)
    throw clipt::io_error(fmt::format(
        "--output {}: there is a run in this folder; --resume latest goes on with it, --overwrite begins anew, or take "
        "another folder",
        c.output));
  return {};
}

void begin(const train_command& c, const origin& begun, models::training& training, const fs::path& resumed) {
  if (begun.file) training.load(*begun.file);
  if (begun.teacher_model) training.learn_from(begun.teacher_model->encode);
  if (resumed.empty())
    training.start(c.options.seed);
  else
    training.resume(resumed);
}
