#include "axis_cases.hpp"
#include "walk.hpp"

TEST(op_list, axis_reductions) { clipt_test::walk<clipt_test::axis_reduction_cases>(); }
