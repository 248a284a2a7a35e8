#include "product_cases.hpp"
#include "walk.hpp"

TEST(op_list, attentions) { clipt_test::walk<clipt_test::attention_cases>(); }
