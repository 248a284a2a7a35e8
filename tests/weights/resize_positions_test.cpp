// Position tables of other sizes, against what PyTorch's interpolation makes of table(r, c) = sin(1.7 (2 r + c)).
#include <gtest/gtest.h>

#include <clipt/weights/fitted_state.hpp>
#include <clipt/weights/resize_positions.hpp>

namespace {

using namespace clipt;

std::vector<double> table(dim_t rows) {
  std::vector<double> values;
  for (dim_t i = 0; i < 2 * rows; ++i) values.push_back(std::sin(1.7 * static_cast<double>(i)));
  return values;
}

/// The sum of all rows, each times its number from 1, and the last row.
void expect_table(const std::vector<double>& found, dim_t rows, double sum0, double sum1, double last0, double last1) {
  ASSERT_EQ(static_cast<dim_t>(found.size()), 2 * rows);
  double sums[2] = {0, 0};
  for (std::size_t i = 0; i < found.size(); ++i) sums[i % 2] += static_cast<double>(i / 2 + 1) * found[i];
  EXPECT_NEAR(sums[0], sum0, 1e-8);
  EXPECT_NEAR(sums[1], sum1, 1e-8);
  EXPECT_NEAR(found[found.size() - 2], last0, 1e-8);
  EXPECT_NEAR(found[found.size() - 1], last1, 1e-8);
}

TEST(resize_positions, of_grids) {
  expect_table(resize_grid_positions(table(10), 3, 5, 2), 26, -25.561210207, 31.199880137, -1.000446256, 0.949965392);
  expect_table(resize_grid_positions(table(26), 5, 3, 2), 10, -0.687384959, 0.13181481, -0.123745331, 0.002266632);
  expect_table(resize_grid_positions(table(50), 7, 10, 2), 101, -16.441659639, -113.952188401, -0.029977138,
               -1.158875113);
}

TEST(resize_positions, of_texts) {
  expect_table(resize_text_positions(table(5), 5, 8, 2), 8, 5.1560595459, 1.3260509297, 0.8591618149, 0.3967405731);
  expect_table(resize_text_positions(table(8), 8, 3, 2), 3, 1.9599192364, -0.9196936175, 0.6711943425, -0.0306874372);
}

TEST(resize_positions, to_the_same_size_changes_nothing) {
  const auto grid = table(17), text = table(6);
  const auto same_grid = resize_grid_positions(grid, 4, 4, 2), same_text = resize_text_positions(text, 6, 6, 2);
  for (std::size_t i = 0; i < grid.size(); ++i) EXPECT_NEAR(same_grid[i], grid[i], 1e-15);
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_NEAR(same_text[i], text[i], 1e-15);
}

/// A table of T as a state dictionary, resized to another context.
template <class T>
void expect_type_kept() {
  std::vector<T> values;
  for (const double value : table(8)) values.push_back(T(static_cast<float>(value)));
  const tensor_entry entry = make_entry<T>("positional_embedding", {8, 2}, std::span<const T>(values));
  clip_config<vit_config> config{8, {16, 8, 16, 1, 1}, {3, 64, 2, 1, 1}};
  const fitted_state fitted({{entry.name, {{&entry}}}}, config);
  const tensor_entry& found = *fitted.state().at(entry.name).parts.front();
  EXPECT_EQ(found.dtype, entry.dtype);
  EXPECT_EQ(found.shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_NEAR(to_vector<double>(found)[4], 0.6711943425, 0.01);
}

TEST(resize_positions, a_models_tables_keep_their_types) {
  expect_type_kept<float>();
  expect_type_kept<double>();
  expect_type_kept<float16>();
  expect_type_kept<bfloat16>();
}

}  // namespace
