// Mentions are not inclusions.
#pragma once
// #include <Eigen/Core> would be wrong here; so would "#include <fmt/core.h>".
