// The training of preset vit_64, compiled by itself: models are large templates.
#include "run.hpp"

#include <clipt/clip/presets.hpp>

int train_vit_64(const train_command& command) { return train_clip::run<clipt::vit_64>(command); }
