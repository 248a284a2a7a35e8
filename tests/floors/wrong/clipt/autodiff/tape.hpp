// The tape knows no layers.
#pragma once
#include <vector>
#include <clipt/nn/layers.hpp>
