// Statements, rows and sums of bfloat16 on a device, real or emulated.
#pragma once
#include "device_check.hpp"  // device_case

namespace clipt::test {

using bf16_operation = device_case<bfloat16>;

TEST_P(bf16_operation, equals_the_cpu) { run(); }
INSTANTIATE_TEST_SUITE_P(, bf16_operation, testing::ValuesIn(statement_cases<device_check<bfloat16>>),
                         [](const auto& info) { return name_of_case(info); });

}  // namespace clipt::test
