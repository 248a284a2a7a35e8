#include "product_cases.hpp"
#include "walk.hpp"

TEST(op_list, products) { clipt_test::walk<clipt_test::product_cases>(); }
