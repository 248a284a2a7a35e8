#include "layout_cases.hpp"
#include "walk.hpp"

TEST(op_list, parts) { clipt_test::walk<clipt_test::part_cases>(); }
