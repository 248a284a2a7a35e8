#include "walk.hpp"
#include "window_cases.hpp"

TEST(op_list, windows) { clipt_test::walk<clipt_test::window_cases>(); }
