// The four released vision transformers, full size.
#include "full_size.hpp"

namespace {

TEST(full_size, vit_b_32) { clipt_test::expect_full_size_parity<clipt::vit_b_32>("ViT-B-32"); }
TEST(full_size, vit_b_16) { clipt_test::expect_full_size_parity<clipt::vit_b_16>("ViT-B-16"); }
TEST(full_size, vit_l_14) { clipt_test::expect_full_size_parity<clipt::vit_l_14>("ViT-L-14"); }
TEST(full_size, vit_l_14_336px) { clipt_test::expect_full_size_parity<clipt::vit_l_14_336px>("ViT-L-14-336px"); }

}  // namespace
