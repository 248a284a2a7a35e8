// The training of preset resnet_64, compiled by itself: models are large templates.
#include "run.hpp"

#include <clipt/clip/presets.hpp>

int train_resnet_64(const train_command& command) { return train_clip::run<clipt::resnet_64>(command); }
