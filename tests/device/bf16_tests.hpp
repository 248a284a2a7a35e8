// bfloat16 on a device, real or emulated: statements, rows and sums, products, and a CLIP of mixed precision.
#pragma once
#include "device_check.hpp"      // device_case
#include "flash_operations.hpp"  // flash_cases
#include "tower_model.hpp"       // train_clip

namespace clipt::test {

using bf16_operation = device_case<bfloat16>;

TEST_P(bf16_operation, equals_the_cpu) { run(); }
INSTANTIATE_TEST_SUITE_P(statements, bf16_operation, testing::ValuesIn(statement_cases<device_check<bfloat16>>),
                         [](const auto& info) { return name_of_case(info); });
INSTANTIATE_TEST_SUITE_P(products, bf16_operation, testing::ValuesIn(product_cases<device_check<bfloat16>>),
                         [](const auto& info) { return name_of_case(info); });
INSTANTIATE_TEST_SUITE_P(towers, bf16_operation, testing::ValuesIn(flash_cases<device_check<bfloat16>>),
                         [](const auto& info) { return name_of_case(info); });

TEST(bf16_towers, six_steps) {
  const auto got = train_clip<on<bf16_mixed, gpu>>(6, 9);
  auto expected = expected_clip_training().losses;
  expected.resize(got.losses.size());
  EXPECT_LT(relative_error(got.losses, expected), 2e-2);
  const second_run again;
  const auto repeated = train_clip<on<bf16_mixed, gpu>>(6, 9);
  EXPECT_EQ(got.losses, repeated.losses);
  EXPECT_EQ(got.parameters, repeated.parameters);
}

}  // namespace clipt::test
