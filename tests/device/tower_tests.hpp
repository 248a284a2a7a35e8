// The tests of CLIP on a device, real or emulated: what its towers and losses need against the CPU's numbers.
#pragma once
#include "device_check.hpp"      // device_check
#include "tower_operations.hpp"  // tower_cases

namespace clipt::test {

class tower_operation : public testing::TestWithParam<named_case<device_check>> {};

TEST_P(tower_operation, equals_the_cpu) {
  device_check check(GetParam().name);
  GetParam().run(check);
}
INSTANTIATE_TEST_SUITE_P(, tower_operation, testing::ValuesIn(tower_cases<device_check>),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace clipt::test
