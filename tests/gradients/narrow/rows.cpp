#include "row_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, rows) { clipt_test::walk_in_bfloat16<clipt_test::row_cases>(); }
TEST(narrow_op_list, reductions) { clipt_test::walk_in_bfloat16<clipt_test::reduction_cases>(); }
