// What a run was trained on: a digest that its checkpoints keep, and which pictures of an evaluation are among it.
#pragma once
#include <clipt/data/any_dataset.hpp>

#include <string>

namespace command_line {

/// A digest of the rows that are trained on: names of files and captions in their order.
std::string digest_of(const clipt::any_dataset& data);

/// How many of the evaluated pictures are files that are trained on.
int trained_on(const clipt::any_dataset& evaluated, const clipt::any_dataset& training);

}  // namespace command_line
