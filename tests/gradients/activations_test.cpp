#include "elementwise_cases.hpp"
#include "walk.hpp"

TEST(op_list, activations) { clipt_test::walk<clipt_test::activation_cases>(); }
