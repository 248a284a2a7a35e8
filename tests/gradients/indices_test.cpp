#include "index_cases.hpp"
#include "walk.hpp"

TEST(op_list, indices) { clipt_test::walk<clipt_test::index_cases>(); }
