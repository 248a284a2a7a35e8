#include "layout_cases.hpp"
#include "walk.hpp"

TEST(op_list, arrangements) { clipt_test::walk<clipt_test::arrangement_cases>(); }
