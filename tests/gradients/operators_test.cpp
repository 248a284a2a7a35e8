#include "elementwise_cases.hpp"
#include "walk.hpp"

TEST(op_list, operators) { clipt_test::walk<clipt_test::operator_cases>(); }
