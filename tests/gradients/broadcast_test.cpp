#include "elementwise_cases.hpp"
#include "walk.hpp"

TEST(op_list, broadcast) { clipt_test::walk<clipt_test::broadcast_cases>(); }
