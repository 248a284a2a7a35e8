// A core header that includes a higher floor.
#pragma once
#include <clipt/core/shape.hpp>  // its own floor
#include <clipt/expr/node.hpp>   // too high
