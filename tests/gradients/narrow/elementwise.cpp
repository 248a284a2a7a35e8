#include "elementwise_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, operators) { clipt_test::walk_in_bfloat16<clipt_test::operator_cases>(); }
TEST(narrow_op_list, choices) { clipt_test::walk_in_bfloat16<clipt_test::choice_cases>(); }
TEST(narrow_op_list, functions) { clipt_test::walk_in_bfloat16<clipt_test::function_cases>(); }
TEST(narrow_op_list, analysis) { clipt_test::walk_in_bfloat16<clipt_test::analysis_cases>(); }
TEST(narrow_op_list, activations) { clipt_test::walk_in_bfloat16<clipt_test::activation_cases>(); }
TEST(narrow_op_list, broadcast) { clipt_test::walk_in_bfloat16<clipt_test::broadcast_cases>(); }
