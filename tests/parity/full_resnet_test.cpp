// The five released ResNets, full size.
#include "full_size.hpp"

namespace {

TEST(full_size, rn50) { clipt_test::expect_full_size_parity<clipt::rn50>("RN50"); }
TEST(full_size, rn101) { clipt_test::expect_full_size_parity<clipt::rn101>("RN101"); }
TEST(full_size, rn50x4) { clipt_test::expect_full_size_parity<clipt::rn50x4>("RN50x4"); }
TEST(full_size, rn50x16) { clipt_test::expect_full_size_parity<clipt::rn50x16>("RN50x16"); }
TEST(full_size, rn50x64) { clipt_test::expect_full_size_parity<clipt::rn50x64>("RN50x64"); }

}  // namespace
