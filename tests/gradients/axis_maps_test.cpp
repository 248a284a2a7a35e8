#include "axis_cases.hpp"
#include "walk.hpp"

TEST(op_list, axis_maps) { clipt_test::walk<clipt_test::axis_map_cases>(); }
