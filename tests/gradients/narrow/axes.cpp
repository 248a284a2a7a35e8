#include "axis_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, axis_reductions) { clipt_test::walk_in_bfloat16<clipt_test::axis_reduction_cases>(); }
TEST(narrow_op_list, axis_moments) { clipt_test::walk_in_bfloat16<clipt_test::axis_moment_cases>(); }
TEST(narrow_op_list, axis_maps) { clipt_test::walk_in_bfloat16<clipt_test::axis_map_cases>(); }
