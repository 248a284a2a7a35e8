#include "matrix_cases.hpp"
#include "walk.hpp"

TEST(op_list, decompositions) { clipt_test::walk<clipt_test::decomposition_cases>(); }
