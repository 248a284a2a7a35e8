#include <gtest/gtest.h>
#include <clipt/core/dims.hpp>
#include <set>
#include <string>

TEST(dims, every_runtime_extent_has_its_own_word) {
  using namespace clipt;
  std::set<std::string> words;
  for (const dim_t name : {batch, tokens, sequences, offsets, classes, height, width, rows, columns}) {
    EXPECT_LT(name, 0);
    words.insert(extent_name(name));
  }
  EXPECT_EQ(words.size(), 9u);
  EXPECT_EQ(std::string(extent_name(-100)), "runtime");
}
