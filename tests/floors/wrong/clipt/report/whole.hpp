// A report may include every room but cuda/.
#pragma once
#include <clipt/train/trainer.hpp>
#include <clipt/nn/layers.hpp>
#include <clipt/data/loader.hpp>
#include <clipt/cuda/map.cuh>
