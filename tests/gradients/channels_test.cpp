#include "image_cases.hpp"
#include "walk.hpp"

TEST(op_list, channels) { clipt_test::walk<clipt_test::channel_cases>(); }
