// The op list: every operation of expr/operators.hpp and nn/ with its gradients, in one type.
//
// A public function that no `name` here mentions fails the test gradients.op_list_is_complete. Each list below is
// walked by a program of its own, so that each compiles in a few seconds.
#pragma once
#include "axis_cases.hpp"
#include "elementwise_cases.hpp"
#include "image_cases.hpp"
#include "index_cases.hpp"
#include "layout_cases.hpp"
#include "matrix_cases.hpp"
#include "product_cases.hpp"
#include "row_cases.hpp"
#include "window_cases.hpp"

namespace clipt_test {

using op_list =
    joined<operator_cases, choice_cases, function_cases, analysis_cases, activation_cases, broadcast_cases, row_cases,
           reduction_cases, product_cases, attention_cases, part_cases, arrangement_cases, convolution_cases,
           channel_cases, decomposition_cases, solver_cases, axis_reduction_cases, axis_moment_cases, axis_map_cases,
           index_cases, rearrangement_cases, window_cases, max_pool_cases, group_norm_cases>::type;

}  // namespace clipt_test
