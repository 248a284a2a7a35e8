#include "index_cases.hpp"
#include "walk.hpp"

TEST(op_list, rearrangements) { clipt_test::walk<clipt_test::rearrangement_cases>(); }
