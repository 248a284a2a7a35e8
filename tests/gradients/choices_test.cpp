#include "elementwise_cases.hpp"
#include "walk.hpp"

TEST(op_list, choices) { clipt_test::walk<clipt_test::choice_cases>(); }
