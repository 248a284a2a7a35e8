// One training run: data, vocabulary, model, loop, evaluation on the way and at the end, report.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>

#include <clipt/data/scenes_dataset.hpp>
#include <clipt/io/file_lock.hpp>
#include <clipt/text/bpe_train.hpp>
#include <clipt/weights/fingerprint.hpp>
#include <clipt/report/run_report.hpp>

#include "../common/seen_pictures.hpp"
#include "../models/training.hpp"
#include "../tensorboard/tensorboard.hpp"
#include "command.hpp"

namespace {

namespace fs = std::filesystem;

std::atomic<bool> interrupted{false};

/// The first signal ends the run after its step; a second one ends the program as usual.
void stop_politely(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

/// Where a run begins: what it is given of other models, and digests of these.
struct origin {
  std::unique_ptr<const clipt::checkpoint_file> file;  // --pretrained
  std::optional<clipt::tokenizer> words;               // its own
  std::optional<models::model> teacher_model;          // --distill-model
  std::string weights, teacher;                        // digests; empty where there is none
};

/// Opens what a run begins with, and takes from it what the command line leaves open: preset, vocabulary, preprocessing.
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

clipt::any_dataset training_data(const train_command& c) {
  if (c.dataset == "scenes") return clipt::scenes_dataset(c.options.seed, c.scenes);
  return clipt::csv_dataset(c.train_data, c.csv);
}

/// What the run is evaluated on; of a table only what labels or a table of its own make possible.
clipt::evaluation_plan evaluation_plan(const train_command& c, const clipt::any_dataset& training) {
  if (c.dataset == "scenes") return command_line::plan_of_scenes(c.evaluation, c.options.seed, c.options.threads);
  if (c.evaluation.data.empty() && c.csv.label_key.empty()) return {};
  command_line::evaluation_flags flags = c.evaluation;
  if (flags.data.empty()) flags.data = c.train_data;
  clipt::evaluation_plan plan = command_line::plan_of_table(flags, c.csv, c.options.threads);
  plan.seen = command_line::trained_on(plan.labelled ? *plan.labelled : *plan.paired, training);
  return plan;
}

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

clipt::training_state new_state(const train_command& c, const origin& from, const clipt::any_dataset& data, int room) {
  const auto words = make_vocabulary(c, from, data, room);
  if (words.vocabulary_size() > room)
    throw clipt::io_error(fmt::format("{}: {} symbols; preset {} has room for {}", c.vocabulary,
                                      words.vocabulary_size(), c.preset, room));
  return {c.preset, 0, 0, options_json(c, from).dump(), words.merges_text(), c.options.pictures, digest_of(c, data)};
}

/// The options that differ from those of a checkpoint, as a text. A run may become longer, and where its rows are the same
/// their table may lie elsewhere.
std::string other_options(const std::string& of_checkpoint, const nlohmann::ordered_json& now, bool same_rows) {
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
    const bool of_rows = name == "train_data" || name.starts_with("csv_");
    if (!longer && !(same_rows && of_rows) && said(before, name) != said(now, name))
      differing += fmt::format(" {} was {}, is {};", name, said(before, name), said(now, name));
  }
  return differing;
}

/// The state of a checkpoint, with the options and the data of now. Errors: io_error where these are others.
clipt::training_state resumed_state(const train_command& c, const origin& begun, const clipt::any_dataset& data,
                                    const fs::path& from) {
  auto state = clipt::read_training_state(from);
  const auto refuse = [&](const std::string& why) { throw clipt::io_error(fmt::format("{}: {}", from.string(), why)); };
  if (state.preset != c.preset) refuse(fmt::format("of preset {}, not {}", state.preset, c.preset));
  const std::string now = digest_of(c, data);
  const bool same_rows = c.allow_new_data || (!now.empty() && state.data == now);
  if (const std::string other = other_options(state.options, options_json(c, begun), same_rows); !other.empty())
    refuse(fmt::format("of a run with other options:{} give the same to go on", other));
  if (state.pictures != c.options.pictures)
    refuse(fmt::format("of a run {} --exif-orientation; give the same to go on",
                       state.pictures.exif_orientation ? "with" : "without"));
  if (!state.data.empty() && state.data != now && !c.allow_new_data)
    refuse(
        fmt::format("of a run on other data ({}; now {}): rows, captions or their order have changed; give it the "
                    "same table, or --allow-new-data",
                    state.data, now));
  state.options = options_json(c, begun).dump();
  state.data = now;
  return state;
}

/// The checkpoint to go on from, if any. Errors: io_error where the folder has a run that was not asked for.
fs::path checkpoint_to_resume(const train_command& c, const clipt::run_folder& folder) {
  if (!c.resume.empty() && c.overwrite) throw clipt::io_error("--resume and --overwrite: one of the two");
  std::error_code absent;
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

void add_validation(clipt::metrics_line& line, const clipt::encoders& model, const clipt::evaluation_plan& plan) {
  clipt::evaluation_plan quick = plan;
  quick.group_key.clear();
  if (quick.labelled) quick.paired.reset();
  const clipt::evaluation e = clipt::evaluate(model, quick);
  if (e.labels) {
    line["top1"] = e.labels->top1;
    line["top5"] = e.labels->top5;
  } else {
    line["image_to_text_r1"] = e.retrieval->image_to_text.at1;
    line["text_to_image_r1"] = e.retrieval->text_to_image.at1;
  }
}

void say_what_is_trained(const train_command& c, models::training& training, int pairs, int symbols, bool resumed) {
  const auto all = training.parameters(), moving = training.trained_parameters();
  fmt::print("{}: {} parameters{}, {} pairs, {} symbols, {} steps{}\n", c.preset, all,
             moving == all ? "" : fmt::format(", {} trained", moving), pairs, symbols, training.total_steps(),
             resumed ? fmt::format(", from step {}", training.state().step) : "");
}

void finish(const train_command& c, models::training& training, const clipt::encoders& model,
            const clipt::evaluation_plan& plan) {
  const clipt::run_folder folder(c.output);
  const fs::path page = folder.path() / "report.html";
  const clipt::evaluation e = clipt::evaluate(model, plan);
  fmt::print("{}", clipt::evaluation_text(e));
  auto configuration =
      clipt::report_configuration(clipt::detail::parse_json<nlohmann::ordered_json>(training.state().options));
  configuration.insert(configuration.begin(),
                       {{"preset", c.preset}, {"parameters", fmt::format("{}", training.parameters())}});
  const std::string title =
      fmt::format("{} on {}", c.preset, c.dataset == "scenes" ? "scenes" : fs::path(c.train_data).filename().string());
  clipt::write_report(page, clipt::make_run_report(title, plan, e, folder.metrics(), std::move(configuration)));
  if (e.labels && e.labels->bad.count > 0) fmt::print("evaluation: {}\n", e.labels->bad.text(plan.labelled->size(), 5));
  fmt::print("report: {}\n", page.string());
}

}  // namespace

int run_training(train_command c) {
  const origin begun = open_origin(c);
  const models::architecture& architecture = models::find(c.preset, "--preset");
  const clipt::any_dataset data = training_data(c);
  const clipt::evaluation_plan plan = evaluation_plan(c, data);
  const clipt::run_folder folder(c.output);
  const fs::path resumed = checkpoint_to_resume(c, folder);
  const clipt::training_state state =
      resumed.empty() ? new_state(c, begun, data, architecture.vocabulary) : resumed_state(c, begun, data, resumed);
  const auto words = clipt::tokenizer::from_merges_text(state.merges);
  fs::create_directories(c.output);
  const clipt::file_lock one_at_a_time(folder.path() / "lock");
  folder.remove_unfinished();
  std::unique_ptr<tensorboard::event_log> events;
  if (c.report_to == "tensorboard") c.options.observe = [&](const clipt::metrics_line& line) { events->write(line); };
  const auto training = architecture.train(data, words, c.options, c.output, state);
  if (begun.file) training->load(*begun.file);
  if (begun.teacher_model) training->learn_from(begun.teacher_model->encode);
  if (resumed.empty())
    training->start(c.options.seed);
  else
    training->resume(resumed);
  if (c.overwrite) folder.clear();  // not before: what it begins with may lie there, or something may be refused
  if (c.options.observe)
    events = tensorboard::open(folder.path() / "tensorboard",
                               resumed.empty() ? std::nullopt : std::optional(training->state().step));
  say_what_is_trained(c, *training, data.size(), words.vocabulary_size(), !resumed.empty());
  std::fflush(stdout);
  std::signal(SIGINT, stop_politely);
  std::signal(SIGTERM, stop_politely);

  const clipt::encoders model = training->encoders(words);
  std::function<void(clipt::metrics_line&)> validate;
  if (plan.labelled || plan.paired) validate = [&](clipt::metrics_line& line) { add_validation(line, model, plan); };
  const auto end = training->run(interrupted, clipt::standard_progress_output(1), validate);
  if (!training->bad_pictures().empty()) fmt::print("{}\n", training->bad_pictures());
  const std::string checkpoint = folder.latest().string();
  if (end == clipt::training_end::interrupted) {
    fmt::print("checkpoint: {}\ninterrupted at step {} of {}: the same command with --resume latest goes on\n",
               checkpoint, training->state().step, training->total_steps());
    return exit_interrupted;
  }
  finish(c, *training, model, plan);
  fmt::print("checkpoint: {}\n", checkpoint);
  return 0;
}
