// Encoders that say how far they are.
#pragma once
#include <clipt/evaluate/encoders.hpp>

namespace command_line {

/// The same encoders, with a bar on standard error where there is more to do than fits in one batch.
clipt::encoders with_progress(clipt::encoders encode);

}  // namespace command_line
