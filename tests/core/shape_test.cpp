#include <gtest/gtest.h>
#include <cmath>   // nan
#include <limits>  // numeric_limits

#include <clipt/core/check.hpp>
#include <clipt/core/shape.hpp>

#include "why.hpp"

using namespace clipt;
using clipt_test::why;

namespace {
inline constexpr extent_name sides{"sides"};
}

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

// Every number that a program may give for a runtime extent, and the whole of what each is told.
TEST(shape, takes_whole_numbers_alone) {
  using named = shape<sides, 3>;
  const auto refused = [](auto extent, const std::string& printed) {
    EXPECT_EQ(why<shape_error>([&] { named{extent}; }),
              "clipt::shape: sides=" + printed +
                  ": an extent is a whole number from 0 to 2^59: give the number of elements along that axis");
  };
  refused(-5, "-5");
  refused(std::int8_t{-1}, "-1");
  refused(std::numeric_limits<dim_t>::min(), "-9223372036854775808");
  refused(dim_t{1} << 62, "4611686018427387904");
  refused(~std::uint64_t{0}, "18446744073709551615");
  refused(2.9, "2.900000");
  refused(-0.5f, "-0.500000");
  refused(1e30, "1000000000000000019884624838656.000000");
  refused(std::nan(""), "nan");
  refused(HUGE_VAL, "inf");
  EXPECT_EQ(named(3.0).extent(0), 3);
  EXPECT_EQ(named(3u).extent(0), 3);
  EXPECT_EQ(named(-0.0).extent(0), 0);
  EXPECT_EQ((shape<batch>(most_elements).size()), most_elements);
}

TEST(shape, has_a_product_that_fits) {
  const dim_t much = dim_t{1} << 40;
  const auto refused = [](auto make, const std::string& shape) {
    EXPECT_EQ(why<shape_error>(make),
              "clipt::shape: " + shape + " has more than 2^59 elements, more than memory holds: give smaller extents");
  };
  refused([&] { shape<batch, rows>(much, much); }, "[batch=1099511627776, rows=1099511627776]");
  refused([&] { shape<batch, 2>{most_elements}; }, "[batch=576460752303423488, 2]");
  refused([&] { shape<batch, 0, rows>(much, much); }, "[batch=1099511627776, 0, rows=1099511627776]");
  refused([&] { checked_size(shape<1 << 30, 1 << 30>{}); }, "[1073741824, 1073741824]");
  EXPECT_EQ((shape<batch, 0, rows>(much, 5).size()), 0);
  EXPECT_EQ((shape<batch, 1 << 19>(much).size()), most_elements);
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
