#include "image_cases.hpp"
#include "walk.hpp"

TEST(op_list, convolutions) { clipt_test::walk<clipt_test::convolution_cases>(); }
