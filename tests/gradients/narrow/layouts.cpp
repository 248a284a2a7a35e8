#include "layout_cases.hpp"
#include "index_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, parts) { clipt_test::walk_in_bfloat16<clipt_test::part_cases>(); }
TEST(narrow_op_list, arrangements) { clipt_test::walk_in_bfloat16<clipt_test::arrangement_cases>(); }
TEST(narrow_op_list, indices) { clipt_test::walk_in_bfloat16<clipt_test::index_cases>(); }
TEST(narrow_op_list, rearrangements) { clipt_test::walk_in_bfloat16<clipt_test::rearrangement_cases>(); }
