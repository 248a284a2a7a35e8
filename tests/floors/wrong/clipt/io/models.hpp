// A file that knows models.
#pragma once
#include <nlohmann/json.hpp>
#include <clipt/nn/layers.hpp>
#include <clipt/clip/model.hpp>
