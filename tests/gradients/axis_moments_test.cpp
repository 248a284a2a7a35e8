#include "axis_cases.hpp"
#include "walk.hpp"

TEST(op_list, axis_moments) { clipt_test::walk<clipt_test::axis_moment_cases>(); }
