// A tag that knows a kernel, a function above it, and how a CPU computes.
#pragma once
#include <clipt/expr/node.hpp>
#include <clipt/eval/cpu_map.hpp>
#include <clipt/nn/rows.hpp>
inline constexpr auto piece = clipt::on_cpu::grain;
