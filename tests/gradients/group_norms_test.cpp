#include "walk.hpp"
#include "window_cases.hpp"

TEST(op_list, group_norms) { clipt_test::walk<clipt_test::group_norm_cases>(); }
