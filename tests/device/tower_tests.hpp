// The tests of CLIP on a device, real or emulated: what its towers and losses need against the CPU's numbers.
#pragma once
#include "device_check.hpp"      // device_check
#include "tower_model.hpp"       // train_clip
#include "tower_operations.hpp"  // tower_cases

namespace clipt::test {

class tower_operation : public device_case<float> {};

TEST_P(tower_operation, equals_the_cpu) { run(); }
INSTANTIATE_TEST_SUITE_P(, tower_operation, testing::ValuesIn(tower_cases<device_check<float>>),
                         [](const auto& info) { return name_of_case(info); });

TEST(towers, twenty_steps) {
  const auto got = train_clip<on<fp32, gpu>>(20, 9), expected = expected_clip_training();
  EXPECT_LT(relative_error(got.losses, expected.losses), 1e-5);
  EXPECT_LT(relative_error(got.parameters, expected.parameters), 1e-4);
  EXPECT_LT(expected.losses[38], 0.8 * expected.losses[0]);
  const second_run again;
  const auto repeated = train_clip<on<fp32, gpu>>(20, 9);
  EXPECT_EQ(got.losses, repeated.losses);
  EXPECT_EQ(got.parameters, repeated.parameters);
}

TEST(towers, a_gradient_without_a_norm_changes_nothing) {
  recording<gpu> ctx;
  tensor<float, shape<2, 3>, gpu> values, gradient;
  const tensor<float, shape<2, 3>> ones({}, {1, 1, 1, 1, 1, 1}), nan({}, {1, 1, NAN, 1, 1, 1}),
      huge({}, {INFINITY, 1, 1, 1, 1, 1});
  for (const auto* bad : {&nan, &huge}) {
    copy(ctx, ones, values);
    copy(ctx, *bad, gradient);
    std::vector<parameter_entry<float>> table;
    clipt::gradient slot;
    slot.data = gradient.data();
    slot.empty = false;
    table.push_back({"x", values.data(), &slot, 6, true, nullptr});
    adamw<float, gpu> optimiser(std::move(table));
    optimiser.step(ctx, 0.1, clipping_factor(ctx, gradient_norm(ctx, optimiser.parameters()), 1));
    EXPECT_EQ(on_host(ctx, view<const float, shape<2, 3>, gpu>(values.view())), std::vector<double>(6, 1.0));
  }
}

}  // namespace clipt::test
