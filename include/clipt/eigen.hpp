// What a program includes to use Eigen and clipt side by side: as_eigen, from_eigen, assign.
#pragma once
#include <clipt/eval/cpu_eigen.hpp>  // as_eigen, from_eigen, assign
