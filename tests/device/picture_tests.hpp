// The tests of ResNets on a device, real or emulated.
#pragma once
#include "device_check.hpp"        // device_case
#include "picture_operations.hpp"  // picture_cases

namespace clipt::test {

class picture_operation : public device_case<float> {};

TEST_P(picture_operation, equals_the_cpu) { run(); }
INSTANTIATE_TEST_SUITE_P(, picture_operation, testing::ValuesIn(picture_cases<device_check<float>>),
                         [](const auto& info) { return name_of_case(info); });

}  // namespace clipt::test
