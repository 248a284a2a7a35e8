// The tests of a device, real or emulated: all operations against the CPU's numbers, training, copies.
#pragma once
#include <algorithm>  // equal

#include <clipt/autodiff/checkpoint.hpp>  // checkpoint

#include "device_check.hpp"  // device_check
#include "model.hpp"         // train

namespace clipt::test {

using device_operation = device_case<float>;

TEST_P(device_operation, equals_the_cpu) { run(); }
INSTANTIATE_TEST_SUITE_P(statements, device_operation, testing::ValuesIn(statement_cases<device_check<float>>),
                         [](const auto& info) { return name_of_case(info); });
INSTANTIATE_TEST_SUITE_P(others, device_operation, testing::ValuesIn(fp32_cases<device_check<float>>),
                         [](const auto& info) { return name_of_case(info); });
INSTANTIATE_TEST_SUITE_P(products, device_operation, testing::ValuesIn(product_cases<device_check<float>>),
                         [](const auto& info) { return name_of_case(info); });

TEST(device, a_wrong_label_gives_no_number) {
  recording<gpu> ctx;
  const auto logits = random_tensor<float>(ctx, shape<3, 5>{}, 0);
  tensor<std::int32_t, shape<3>> host({}, {4, 5, -1});
  tensor<std::int32_t, shape<3>, gpu> labels;
  copy(ctx, host, labels);
  const auto losses = on_host(ctx, detach(cross_entropy(ctx, logits, labels)));
  EXPECT_TRUE(std::isfinite(losses[0]));
  EXPECT_TRUE(std::isnan(losses[1]));
  EXPECT_TRUE(std::isnan(losses[2]));
}

TEST(device, training) {
  const auto got = train<float, gpu, 33, 77, 10>(19, 6), expected = expected_training();
  EXPECT_LT(relative_error(got.losses, expected.losses), 1e-6);
  EXPECT_LT(relative_error(got.parameters, expected.parameters), 1e-5);
  EXPECT_LT(got.losses.back(), 0.5 * got.losses.front());
  const second_run again;
  const auto repeated = train<float, gpu, 33, 77, 10>(19, 6);
  EXPECT_EQ(got.losses, repeated.losses);
  EXPECT_EQ(got.parameters, repeated.parameters);
}

TEST(device, checkpoint_gives_the_same_bits) {
  const auto block = [](auto& ctx, const auto& x) { return softmax(ctx, square(eval(ctx, tanh(x)))); };
  const auto plain = [&](auto& ctx, const auto& x) { return block(ctx, x); };
  const auto again = [&](auto& ctx, const auto& x) {
    return checkpoint(
        ctx, [block](auto& c, const auto& y) { return block(c, y); }, x);
  };
  EXPECT_EQ((run<float, gpu>(plain, matrix_shape(4, 77))), (run<float, gpu>(again, matrix_shape(4, 77))));
}

TEST(device, copies_and_items) {
  recording<gpu> ctx;
  tensor<float, shape<2, 3>> host({}, {1, 2, 3, 4, 5, 6}), back;
  tensor<float, shape<2, 3>, gpu> there;
  copy(ctx, host, there);
  const auto another = there;  // the elements, not the address
  copy(ctx, tensor<float, shape<2, 3>>{}, there);
  copy(ctx, another, back);
  EXPECT_TRUE(std::equal(host.begin(), host.end(), back.begin()));
  EXPECT_EQ(item(ctx, sum(ctx, another)), 21.0f);
  tensor<float, shape<batch, 3>, gpu> other(2);
  tensor<float, shape<batch, 3>> wrong(3);
  EXPECT_THROW(copy(ctx, wrong, other), shape_error);
}

}  // namespace clipt::test
