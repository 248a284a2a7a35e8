// The costs of the released models against the counts of the official implementations.
#include <gtest/gtest.h>

#include <clipt/evaluate/costs.hpp>

namespace {

using namespace clipt;

void expect_costs(const any_clip_config& config, double image, double text) {
  EXPECT_NEAR(costs_of(config).image, image, 6e-4);
  EXPECT_NEAR(costs_of(config).text, text, 6e-4);
}

TEST(costs, of_the_released_models) {
  expect_costs(rn50, 5.793, 2.980);
  expect_costs(rn101, 9.504, 2.980);
  expect_costs(rn50x4, 20.581, 4.633);
  expect_costs(rn50x16, 72.868, 6.650);
  expect_costs(rn50x64, 260.127, 11.773);
  expect_costs(vit_b_32, 4.409, 2.980);
  expect_costs(vit_b_16, 17.563, 2.980);
  expect_costs(vit_l_14, 81.013, 6.650);
  expect_costs(vit_l_14_336px, 190.960, 6.650);
}

TEST(costs, of_a_short_caption) { EXPECT_NEAR(costs_of(vit_b_32, 12).text, 0.46, 0.01); }

}  // namespace
