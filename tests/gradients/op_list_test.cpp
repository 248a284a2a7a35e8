#include <gtest/gtest.h>
#include <set>
#include <string>
#include "op_list.hpp"

TEST(op_list, is_one_type) {
  std::set<std::string> names;
  int cases = 0;
  clipt_test::op_list::each([&]<class Case>(const Case&) {
    names.insert(Case::name);
    ++cases;
  });
  EXPECT_GE(cases, 80);
  EXPECT_GE(names.size(), 65u);
}
