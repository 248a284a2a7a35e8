// Samples that know of models, words and layers; pictures and files are right.
#pragma once
#include <clipt/clip/model.hpp>
#include <clipt/text/tokenizer.hpp>
#include <clipt/nn/layers.hpp>
#include <clipt/weights/load.hpp>
#include <clipt/pictures/image.hpp>
#include <clipt/io/tsv.hpp>
