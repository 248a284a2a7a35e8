#include <gtest/gtest.h>
#include <clipt/core/dims.hpp>
#include <set>
#include <string>

using namespace clipt;

namespace {
inline constexpr extent_name faces{"faces"};
inline constexpr extent_name longest{"points_3d_12"}, nines{"999999999999"}, line{"_"};
}  // namespace

TEST(dims, every_runtime_extent_has_its_own_word) {
  std::set<std::string> words;
  for (const extent_name name : {batch, tokens, sequences, offsets, classes, height, width, rows, columns}) {
    EXPECT_LT(name.code, 0);
    words.insert(word_of(name.code));
  }
  EXPECT_EQ(words.size(), 9u);
  EXPECT_EQ(word_of(batch.code), "batch");
  EXPECT_EQ(word_of(columns.code), "columns");
  EXPECT_EQ(word_of(-100), "runtime");
}

TEST(dims, a_name_of_ones_own_is_its_word) {
  EXPECT_EQ(word_of(faces.code), "faces");
  EXPECT_EQ(word_of(longest.code), "points_3d_12");
  EXPECT_EQ(word_of(nines.code), "999999999999");
  EXPECT_EQ(word_of(line.code), "_");
  static_assert(extent_name{"faces"}.code == faces.code, "the same word is the same name in every source");
  static_assert(extent_name{"a"}.code != extent_name{"_a"}.code && extent_name{"a"}.code != extent_name{"a_"}.code);
}

template <dim_t Extent = batch>
struct sized {
  static constexpr dim_t extent = Extent;
};

TEST(dims, names_are_negative_numbers_in_types_cases_and_constants) {
  static_assert(sized<>::extent == -1 && sized<faces>::extent == faces.code);
  constexpr dim_t alias = height;
  static_assert(alias == -6);
  switch (sized<>::extent) {
    case batch: break;
    default: FAIL();
  }
}
