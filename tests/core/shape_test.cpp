#include <gtest/gtest.h>
#include <clipt/core/check.hpp>
#include <clipt/core/shape.hpp>

using namespace clipt;

TEST(shape, knows_its_extents) {
  const shape<batch, 3, tokens, 5> s(7, 11);
  EXPECT_EQ(s.extent(0), 7);
  EXPECT_EQ(s.extent(1), 3);
  EXPECT_EQ(s.extent(2), 11);
  EXPECT_EQ(s.extent(3), 5);
  EXPECT_EQ(s.size(), 7 * 3 * 11 * 5);
  EXPECT_EQ(s.rows(), 7 * 3 * 11);
  EXPECT_EQ(s.columns(), 5);
  EXPECT_EQ(s.leading(2), 21);
  EXPECT_EQ(to_string(s), "[batch=7, 3, tokens=11, 5]");
}

TEST(shape, of_a_scalar_is_one_element) {
  EXPECT_EQ(shape<>{}.size(), 1);
  EXPECT_EQ(shape<>{}.rows(), 1);
  EXPECT_EQ(shape<>{}.columns(), 1);
  EXPECT_EQ(to_string(shape<>{}), "[]");
}

TEST(shape, static_extents_cost_nothing) {
  EXPECT_TRUE(std::is_empty_v<decltype(shape<2, 3>{})>);
  EXPECT_EQ(sizeof(shape<batch, 3>), sizeof(dim_t));
}

TEST(shape, is_made_from_all_extents) {
  EXPECT_EQ((shape<batch, 3, tokens>::from({4, 3, 9})), (shape<batch, 3, tokens>(4, 9)));
  EXPECT_FALSE((shape<batch>(4) == shape<batch>(5)));
}

TEST(shape, broadcasts_from_the_right) {
  static_assert(std::is_same_v<broadcast_t<shape<batch, 1, 5>, shape<3, 1>>, shape<batch, 3, 5>>);
  static_assert(std::is_same_v<broadcast_t<shape<>, shape<batch, 2>>, shape<batch, 2>>);
  static_assert(std::is_same_v<broadcast_t<shape<7>, shape<batch, 7>>, shape<batch, 7>>);
  static_assert(broadcast<shape<batch, 1>, shape<batch, 5>>::compatible);
  static_assert(!broadcast<shape<2, 4>, shape<2, 5>>::compatible);
  static_assert(!broadcast<shape<batch>, shape<tokens>>::compatible, "two names are two extents");
  static_assert(!broadcast<shape<batch>, shape<5>>::compatible, "a name is not a number");
}

TEST(shape, algebra_of_result_shapes) {
  static_assert(std::is_same_v<drop_last_t<shape<batch, 2, 3>>, shape<batch, 2>>);
  static_assert(std::is_same_v<drop_last_t<shape<>>, shape<>>);
  static_assert(std::is_same_v<with_last_t<shape<batch, 2>, 9>, shape<batch, 9>>);
  static_assert(std::is_same_v<sub_shape_t<shape<1, 2, 3, 4>, 1, 2>, shape<2, 3>>);
  const auto leading = leading_axes<shape<batch, tokens>>(shape<batch, tokens, 3>(2, 5));
  EXPECT_EQ(leading, (shape<batch, tokens>(2, 5)));
  EXPECT_EQ((with_last_axis<shape<batch, columns>>(shape<batch, 3>(2), 8)), (shape<batch, columns>(2, 8)));
}

TEST(check, elements_compares_products_and_names) {
  static_assert(elements<shape<2, 6>, shape<3, 4>>::equal);
  static_assert(!elements<shape<2, 6>, shape<3, 5>>::equal);
  static_assert(elements<shape<batch, 6>, shape<2, batch, 3>>::equal);
  static_assert(!elements<shape<batch, 6>, shape<tokens, 6>>::equal);
  static_assert(!elements<shape<batch, offsets>, shape<tokens, sequences>>::equal,
                "names are compared one by one, not by their sum");
  static_assert(elements<shape<>, shape<1, 1>>::equal);
}

TEST(check, small_conditions) {
  static_assert(divides<3, 12>::evenly && !divides<5, 12>::evenly && !divides<0, 12>::evenly);
  static_assert(rank_of<shape<2, 3>>::is<2> && !rank_of<shape<2, 3>>::at_least<3>);
  static_assert(static_extent<3>::known && !static_extent<batch>::known);
}
