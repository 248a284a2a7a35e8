#include "row_cases.hpp"
#include "walk.hpp"

TEST(op_list, reductions) { clipt_test::walk<clipt_test::reduction_cases>(); }
