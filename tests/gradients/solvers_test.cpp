#include "matrix_cases.hpp"
#include "walk.hpp"

TEST(op_list, solvers) { clipt_test::walk<clipt_test::solver_cases>(); }
