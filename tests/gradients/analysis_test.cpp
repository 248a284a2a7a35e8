#include "elementwise_cases.hpp"
#include "walk.hpp"

TEST(op_list, analysis) { clipt_test::walk<clipt_test::analysis_cases>(); }
