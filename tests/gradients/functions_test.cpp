#include "elementwise_cases.hpp"
#include "walk.hpp"

TEST(op_list, functions) { clipt_test::walk<clipt_test::function_cases>(); }
