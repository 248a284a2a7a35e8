// What the command line of train_clip says.
#pragma once
#include <clipt/clip/data.hpp>
#include <clipt/clip/trainer.hpp>

#include <string>
#include <vector>

struct train_command {
  std::string preset = "resnet_64";
  std::string dataset;  // "csv" or "scenes"
  std::string train_data, val_data, vocabulary, output = "checkpoints/run", resume;
  clipt::csv_options csv;
  std::string val_where;
  std::vector<std::string> templates = {"{}"};
  int scenes = 20000;
  clipt::training_options options;
};

/// Runs a training of one compiled configuration; the program's exit code.
int train_scenes_64(const train_command&);
int train_resnet_64(const train_command&);
int train_vit_64(const train_command&);
