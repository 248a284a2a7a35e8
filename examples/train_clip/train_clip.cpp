// train_clip: trains a CLIP from scratch on a table of pictures and captions, or on the embedded scenes.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>

#include "command.hpp"

namespace {

const std::map<std::string, int (*)(const train_command&)> presets{
    {"scenes_64", train_scenes_64}, {"resnet_64", train_resnet_64}, {"vit_64", train_vit_64}};

void add_data_options(CLI::App& app, train_command& c) {
  app.add_option("--dataset", c.dataset, "csv (a table, --train-data) or scenes (drawn by the program)")->check(CLI::IsMember({"csv", "scenes"}));
  app.add_option("--train-data", c.train_data, "table of pictures and captions to train on")->check(CLI::ExistingFile);
  app.add_option("--val-data", c.val_data, "table of labelled pictures to evaluate on")->check(CLI::ExistingFile);
  app.add_option("--csv-separator", c.csv.separator, "what separates columns")->capture_default_str();
  app.add_option("--csv-img-key", c.csv.img_key, "column of paths")->capture_default_str();
  app.add_option("--csv-caption-key", c.csv.caption_key, "columns of captions: name or name:0.7,keywords*4:0.3")->capture_default_str();
  app.add_option("--csv-where", c.csv.where, "rows to train on: vendor=noto,twemoji;core!=0");
  app.add_option("--val-where", c.val_where, "rows to evaluate on");
  app.add_option("--csv-label-key", c.csv.label_key, "column of labels for the evaluation");
  app.add_option("--template", c.templates, "sentence for a label, with {} in its place; may be given several times")->capture_default_str();
  app.add_option("--scenes", c.scenes, "number of embedded scenes")->capture_default_str();
  app.add_option("--vocabulary", c.vocabulary, "merges file; without it a vocabulary is learned from the captions")->check(CLI::ExistingFile);
}

void add_training_options(CLI::App& app, clipt::training_options& o) {
  const std::map<std::string, clipt::schedule_kind> schedules{
      {"cosine", clipt::schedule_kind::cosine}, {"const", clipt::schedule_kind::constant}, {"const-cooldown", clipt::schedule_kind::constant_cooldown}};
  app.add_option("--epochs", o.epochs)->capture_default_str();
  app.add_option("--epochs-cooldown", o.epochs_cooldown)->capture_default_str();
  app.add_option("--batch-size", o.batch_size)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--accum-freq", o.accum_freq, "parts of a batch that are computed one after the other, with all negatives")->capture_default_str();
  app.add_option("--lr", o.lr, "peak learning rate")->capture_default_str();
  app.add_option("--lr-scheduler", o.lr_scheduler, "cosine, const or const-cooldown")->transform(CLI::CheckedTransformer(schedules));
  app.add_option("--warmup", o.warmup, "steps")->capture_default_str();
  app.add_option("--wd", o.wd, "weight decay")->capture_default_str();
  app.add_option("--beta1", o.beta1)->capture_default_str();
  app.add_option("--beta2", o.beta2)->capture_default_str();
  app.add_option("--eps", o.eps)->capture_default_str();
  app.add_option("--grad-clip-norm", o.grad_clip_norm, "0: no clipping")->capture_default_str();
  app.add_option("--average", o.average, "decay of the exponential moving average; 0: none")->capture_default_str();
  app.add_flag("--grad-checkpointing", o.grad_checkpointing, "keep only the blocks' results, compute the rest again");
  app.add_option("--save-frequency", o.save_frequency, "epochs")->capture_default_str();
  app.add_option("--val-frequency", o.val_frequency, "epochs")->capture_default_str();
  app.add_option("--seed", o.seed)->capture_default_str();
  app.add_option("--workers", o.workers, "threads that decode and augment")->capture_default_str();
  app.add_option("--threads", o.threads, "threads that compute; 0: all")->capture_default_str();
}

void add_augmentation_options(CLI::App& app, clipt::augmentation& a) {
  const std::string group = "Augmentation";
  app.add_option("--aug-scale", a.scale_min, "least area of the random crop")->capture_default_str()->group(group);
  app.add_option("--aug-degrees", a.degrees)->capture_default_str()->group(group);
  app.add_option("--aug-translate", a.translate)->capture_default_str()->group(group);
  app.add_option("--aug-zoom-min", a.zoom_min)->capture_default_str()->group(group);
  app.add_option("--aug-zoom-max", a.zoom_max)->capture_default_str()->group(group);
  app.add_option("--aug-shear", a.shear)->capture_default_str()->group(group);
  app.add_flag("--aug-flip", a.flip)->group(group);
  app.add_option("--aug-brightness", a.brightness)->capture_default_str()->group(group);
  app.add_option("--aug-contrast", a.contrast)->capture_default_str()->group(group);
  app.add_option("--aug-saturation", a.saturation)->capture_default_str()->group(group);
  app.add_option("--aug-hue", a.hue)->capture_default_str()->group(group);
  app.add_option("--aug-grey", a.grey)->capture_default_str()->group(group);
  app.add_option("--aug-erase", a.erase)->capture_default_str()->group(group);
}

}  // namespace

int main(int argc, char** argv) {
  train_command command;
  CLI::App app("Trains a CLIP from scratch.");
  std::string names;
  for (const auto& [name, run] : presets) names += (names.empty() ? "" : ", ") + name;
  app.add_option("--preset", command.preset, "model: " + names)->capture_default_str();
  app.add_option("--output", command.output, "folder of the checkpoint, the log and the report")->capture_default_str();
  app.add_option("--resume", command.resume, "latest, or a checkpoint file");
  add_data_options(app, command);
  add_training_options(app, command.options);
  add_augmentation_options(app, *command.options.augment);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (command.dataset.empty()) command.dataset = command.train_data.empty() ? "scenes" : "csv";
    if (command.dataset == "csv" && command.train_data.empty()) throw clipt::io_error("--dataset csv needs --train-data");
    const auto preset = presets.find(command.preset);
    if (preset == presets.end()) throw clipt::io_error(fmt::format("--preset {}: there is none of that name; there are {}", command.preset, names));
    return preset->second(command);
  } catch (const std::exception& e) {
    fmt::print(stderr, "train_clip: {}\n", e.what());
    return 2;
  }
}
