// The training of preset scenes_64, compiled by itself: models are large templates.
#include "run.hpp"

#include <clipt/clip/presets.hpp>

int train_scenes_64(const train_command& command) { return train_clip::run<clipt::scenes_64>(command); }
