#include "walk.hpp"
#include "window_cases.hpp"

TEST(op_list, max_pools) { clipt_test::walk<clipt_test::max_pool_cases>(); }
