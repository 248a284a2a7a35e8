#include "row_cases.hpp"
#include "walk.hpp"

TEST(op_list, rows) { clipt_test::walk<clipt_test::row_cases>(); }
