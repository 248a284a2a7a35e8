// What the CPU gets for the same operations, in doubles: computed in a file of its own, which no GPU compiler reads.
#pragma once
#include "compare.hpp"  // outcome
#include "model.hpp"    // training_result

namespace clipt::test {

/// The results and gradients of all operations of a case, in its order; `rounded`: of numbers that bfloat16 has.
std::vector<outcome> expected_outcomes(const std::string& name, bool rounded);

/// The training of model.hpp: inputs, hidden units and classes as the tests have them.
training_result expected_training();

/// The training of tower_model.hpp.
training_result expected_clip_training();

}  // namespace clipt::test
