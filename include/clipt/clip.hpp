// clipt for users on the CPU: tensors, expressions, automatic differentiation, layers, and CLIP.
// Files of models, which bring a JSON reader along, are <clipt/weights/load.hpp> and <clipt/weights/save.hpp>.
#pragma once
#include <clipt/autodiff/calls.hpp>  // first: messages name the way to it
#include <clipt/clip/initialise.hpp>
#include <clipt/clip/model.hpp>
#include <clipt/clip/objective.hpp>
#include <clipt/clip/presets.hpp>
#include <clipt/evaluate/zero_shot.hpp>
#include <clipt/fmt.hpp>
#include <clipt/io/image_file.hpp>
#include <clipt/pictures/image.hpp>
#include <clipt/tensor.hpp>
#include <clipt/text/tokenizer.hpp>
#include <clipt/train/train.hpp>
