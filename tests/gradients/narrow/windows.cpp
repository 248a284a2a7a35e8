#include "window_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, windows) { clipt_test::walk_in_bfloat16<clipt_test::window_cases>(); }
TEST(narrow_op_list, max_pools) { clipt_test::walk_in_bfloat16<clipt_test::max_pool_cases>(); }
TEST(narrow_op_list, group_norms) { clipt_test::walk_in_bfloat16<clipt_test::group_norm_cases>(); }
