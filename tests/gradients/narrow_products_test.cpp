#include "product_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, products) { clipt_test::walk_in_bfloat16<clipt_test::product_cases>(); }
TEST(narrow_op_list, attentions) { clipt_test::walk_in_bfloat16<clipt_test::attention_cases>(); }
