// Weights that know of data, a forwarding header, and a namespace that does not name the build.
#pragma once
#include <clipt/clip/load.hpp>
#include <clipt/data/data.hpp>

namespace clipt::detail {}
