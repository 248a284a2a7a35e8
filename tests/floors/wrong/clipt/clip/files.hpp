// A model that reads files and its own weights; layers, text and pictures are right.
#pragma once
#include <clipt/io/safetensors.hpp>
#include <clipt/weights/weights.hpp>
#include <clipt/nn/layers.hpp>
#include <clipt/text/tokenizer.hpp>
#include <clipt/pictures/image.hpp>
