// train_clip: trains a CLIP, from scratch or further, on a table of pictures and captions, or on the embedded scenes.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>

#include "../models/model.hpp"
#include "../tensorboard/tensorboard.hpp"
#include "command.hpp"

namespace {

void add_data_options(CLI::App& app, train_command& c) {
  app.add_option("--dataset", c.dataset, "csv (a table, --train-data) or scenes (drawn by the program)")
      ->check(CLI::IsMember({"csv", "scenes"}));
  app.add_option("--train-data", c.train_data, "table of pictures and captions to train on")->check(CLI::ExistingFile);
  app.add_option("--scenes", c.scenes, "number of embedded scenes")
      ->capture_default_str()
      ->check(command_line::in_range({.least = 1}));
  app.add_flag("--exif-orientation", c.options.pictures.exif_orientation,
               "turn pictures as their EXIF data say; what uses the model does the same");
  app.add_option("--vocabulary", c.vocabulary, "merges file; without it a vocabulary is learned from the captions")
      ->check(CLI::ExistingFile);
  command_line::add_csv_flags(app, c.csv);
  command_line::add_evaluation_flags(app, c.evaluation, CLI::ExistingPath);
  command_line::add_class_flags(app, c.evaluation.classes);
  app.add_option("--val-where", c.evaluation.where, "rows to evaluate on")->group("Evaluation");
}

void add_training_options(CLI::App& app, clipt::training_options& o) {
  const std::map<std::string, clipt::schedule_kind> schedules{
      {"cosine", clipt::schedule_kind::cosine},
      {"const", clipt::schedule_kind::constant},
      {"const-cooldown", clipt::schedule_kind::constant_cooldown}};
  app.add_option("--epochs", o.epochs)->capture_default_str();
  app.add_option("--epochs-cooldown", o.epochs_cooldown)->capture_default_str();
  app.add_option("--batch-size", o.batch_size)->capture_default_str();
  app.add_option("--accum-freq", o.accum_freq,
                 "parts of a batch that are computed one after the other, with all negatives")
      ->capture_default_str();
  app.add_option("--lr", o.lr, "peak learning rate")->capture_default_str();
  app.add_option("--lr-scheduler", o.lr_scheduler, "cosine, const or const-cooldown")
      ->transform(CLI::CheckedTransformer(schedules));
  app.add_option("--warmup", o.warmup, "steps")->capture_default_str();
  app.add_option("--wd", o.wd, "weight decay")->capture_default_str();
  app.add_option("--beta1", o.beta1)->capture_default_str();
  app.add_option("--beta2", o.beta2)->capture_default_str();
  app.add_option("--eps", o.eps)->capture_default_str();
  app.add_option("--grad-clip-norm", o.grad_clip_norm, "0: no clipping")->capture_default_str();
  app.add_option("--average", o.average, "decay of the exponential moving average; 0: none")->capture_default_str();
  app.add_flag("--grad-checkpointing", o.grad_checkpointing, "keep only the blocks' results, compute the rest again");
  app.add_option("--freeze-bn-stats-after", o.freeze_bn_stats_after,
                 "epochs after which batch norm keeps its running statistics and goes by them; -1: never")
      ->capture_default_str();
  app.add_option("--save-frequency", o.save_frequency, "epochs")->capture_default_str();
  app.add_option("--save-every-minutes", o.save_every_minutes, "besides; 0: never")->capture_default_str();
  app.add_option("--save-most-recent", o.save_most_recent,
                 "checkpoints of the last so many saved epochs stay, as epoch_N.safetensors")
      ->capture_default_str();
  app.add_option(
      "--keep-best", o.keep_best,
      "figure of the validation (top1 or top5 of labels, else image_to_text_r1 or text_to_image_r1): the checkpoint of "
      "its largest value stays, as "
      "epoch_best.safetensors");
  app.add_option("--val-frequency", o.val_frequency, "epochs")->capture_default_str();
  app.add_option("--seed", o.seed, "of weights, order and augmentation")
      ->check(command_line::in_range({}))
      ->capture_default_str();
  app.add_option("--workers", o.workers, "threads that decode and augment; 0: the computing one does")
      ->capture_default_str();
  app.add_option("--threads", o.threads, "threads that compute; 0: all")->capture_default_str();
}

void add_fine_tuning_options(CLI::App& app, train_command& c) {
  const std::string group = "Fine-tuning";
  clipt::training_options& o = c.options;
  app.add_option("--pretrained", c.pretrained,
                 "begin with the weights of OpenAI, open_clip or Hugging Face (file or folder), or of a run")
      ->check(CLI::ExistingPath)
      ->group(group);
  app.add_flag("--lock-image", o.lock_image.locked, "the image tower stays as it is")->group(group);
  app.add_option("--lock-image-unlocked-groups", o.lock_image.unlocked_groups,
                 "but for so many of its last groups of layers: projection, last block, the block before it, ...")
      ->capture_default_str()
      ->group(group);
  app.add_flag_callback(
         "--lock-image-freeze-bn-stats", [&o] { o.freeze_bn_stats_after = 0; },
         "batch norm keeps its running statistics and goes by them")
      ->group(group);
  app.add_flag("--lock-text", o.lock_text.locked, "the text tower stays as it is")->group(group);
  app.add_option("--lock-text-unlocked-layers", o.lock_text.unlocked_groups, "but for so many of its last groups")
      ->capture_default_str()
      ->group(group);
  app.add_option("--layer-decay", o.layer_decay, "factor of the learning rate from a group of layers to the one before")
      ->capture_default_str()
      ->group(group);
  app.add_option("--lora-rank", o.lora_rank,
                 "train additions of this rank to the weights of attention and perceptrons; 0: the weights")
      ->capture_default_str()
      ->group(group);
  app.add_option("--lora-alpha", o.lora_alpha, "additions are taken times alpha / rank; 0: rank")
      ->capture_default_str()
      ->group(group);
  app.add_option("--distill-model", c.distill_model, "learn the logits of this model besides")
      ->check(CLI::ExistingPath)
      ->group(group);
  app.add_flag("--siglip", o.siglip, "judge every pair by itself, as SigLIP, with a learned bias")->group(group);
  app.add_option("--force-patch-dropout", o.patch_dropout,
                 "share of a picture's patches that a vision transformer does not see in training")
      ->capture_default_str()
      ->group(group);
}

void add_augmentation_options(CLI::App& app, clipt::augmentation& a) {
  const std::string group = "Augmentation";
  app.add_option("--aug-scale", a.scale_min, "least area of the random crop")->capture_default_str()->group(group);
  app.add_option("--aug-degrees", a.degrees, "rotations of up to so many degrees")->capture_default_str()->group(group);
  app.add_option("--aug-translate", a.translate, "shifts of up to this share of the side")
      ->capture_default_str()
      ->group(group);
  app.add_option("--aug-zoom-min", a.zoom_min, "least factor of size")->capture_default_str()->group(group);
  app.add_option("--aug-zoom-max", a.zoom_max, "largest factor of size")->capture_default_str()->group(group);
  app.add_option("--aug-shear", a.shear, "shears of up to so many degrees")->capture_default_str()->group(group);
  app.add_flag("--aug-flip", a.flip, "half of the pictures are mirrored")->group(group);
  app.add_option("--aug-brightness", a.brightness, "factors from 1 - x to 1 + x")->capture_default_str()->group(group);
  app.add_option("--aug-contrast", a.contrast, "factors from 1 - x to 1 + x")->capture_default_str()->group(group);
  app.add_option("--aug-saturation", a.saturation, "factors from 1 - x to 1 + x")->capture_default_str()->group(group);
  app.add_option("--aug-hue", a.hue, "turns of up to this share of the circle of colours")
      ->capture_default_str()
      ->group(group);
  app.add_option("--aug-grey", a.grey, "share of pictures that lose their colours")
      ->capture_default_str()
      ->group(group);
  app.add_option("--aug-erase", a.erase, "share of pictures of which a rectangle is erased")
      ->capture_default_str()
      ->group(group);
}

}  // namespace

int main(int argc, char** argv) {
  train_command c;
  CLI::App app(
      "Trains a CLIP from scratch, or one that exists further.\n"
      "  train_clip --train-data pictures.tsv --output run\n"
      "  train_clip --pretrained ViT-B-32.pt --train-data pictures.tsv --lora-rank 8 --lr 1e-4 --output tuned\n"
      "Exit codes: 0 done, 2 for what cannot be done, 130 interrupted and saved.",
      "train_clip");
  std::string names;
  for (const auto& known : models::all()) names += (names.empty() ? "" : ", ") + known.name;
  app.add_option("--preset", c.preset, "model (basic_64, or that of --pretrained): " + names);
  app.add_option("--output", c.output, "folder of checkpoint, metrics.jsonl and report.html")->capture_default_str();
  app.add_option("--resume", c.resume,
                 "latest (if there is one), or a checkpoint file; with larger --epochs a run goes on behind its end");
  app.add_flag("--overwrite", c.overwrite, "begin anew in a folder that has a run, which is lost");
  app.add_flag("--allow-new-data", c.allow_new_data, "resume although the table has changed");
  app.add_option("--report-to", c.report_to,
                 "tensorboard: figures also as event files in OUTPUT/tensorboard, for tensorboard --logdir; or none");
  app.add_option("--precision", c.precision, "fp32")->capture_default_str();
  add_data_options(app, c);
  add_training_options(app, c.options);
  add_fine_tuning_options(app, c);
  add_augmentation_options(app, *c.options.augment);
  return command_line::run(app, argc, argv, [&] {
    if (c.precision != "fp32")
      throw clipt::io_error(
          fmt::format("--precision {}: training is in fp32; other precisions are not there yet", c.precision));
    clipt::check_options(c.options);
    tensorboard::check_report_to(c.report_to);
    if (c.dataset.empty()) c.dataset = c.train_data.empty() ? "scenes" : "csv";
    if (c.dataset == "csv" && c.train_data.empty()) throw clipt::io_error("--dataset csv needs --train-data");
    c.evaluation.captions = true;
    if (c.evaluation.strict) c.options.bad = clipt::bad_samples::fatal;
    return run_training(c);
  });
}
