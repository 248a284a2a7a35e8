// Weights that know what they are good for; models and files are right.
#pragma once
#include <clipt/evaluate/retrieval.hpp>
#include <clipt/clip/model.hpp>
#include <clipt/io/safetensors.hpp>
