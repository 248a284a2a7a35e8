#include "image_cases.hpp"
#include "narrow_walk.hpp"

TEST(narrow_op_list, convolutions) { clipt_test::walk_in_bfloat16<clipt_test::convolution_cases>(); }
TEST(narrow_op_list, channels) { clipt_test::walk_in_bfloat16<clipt_test::channel_cases>(); }
