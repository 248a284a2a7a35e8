// One type for all data sets: what the held one knows is passed on, what it does not know is empty or an error.
#include <clipt/data/any_dataset.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "solid_pictures.hpp"
#include "why.hpp"

namespace {

using namespace clipt;
using clipt_test::why;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// What every data set must know, and no more.
struct bare_pictures {
  int size() const { return 2; }
  image load(int i) const { return blank_image(1 + i, 1, 3, pixel_mode::rgb); }
  std::string name(int i) const { return "picture " + std::to_string(i); }
  std::string caption(int i, random_stream) const { return "number " + std::to_string(i); }
};

TEST(any_dataset, passes_on_what_the_held_one_knows) {
  const any_dataset data = clipt_test::solid_pictures({{{255, 0, 0}, "red", {"pure red", "a red"}}});
  EXPECT_EQ(data.size(), 1);
  EXPECT_EQ(data.name(0), "picture 0");
  EXPECT_EQ(data.label(0), "red");
  EXPECT_THAT(data.captions(0), ElementsAre("pure red", "a red"));
  EXPECT_EQ(data.value(0, "it is"), "it is warm");
  EXPECT_EQ(data.load(0).pixels[0], 255);
}

TEST(any_dataset, what_the_held_one_does_not_know_is_empty) {
  const any_dataset data = bare_pictures{};
  EXPECT_EQ(data.label(1), "");
  EXPECT_THAT(data.captions(1), ElementsAre("number 1"));  // one that stands for all
  EXPECT_EQ(data.load(1).width, 2);
}

TEST(any_dataset, a_column_of_no_table_is_refused) {
  const any_dataset data = bare_pictures{};
  EXPECT_THAT(why([&] { data.value(1, "vendor"); }), AllOf(HasSubstr("picture 1"), HasSubstr("no column 'vendor'")));
}

TEST(any_dataset, copies_share_and_equal_ones_do_not) {
  const any_dataset one = bare_pictures{}, other = bare_pictures{}, copy = one;
  EXPECT_TRUE(copy.shares_with(one));
  EXPECT_FALSE(other.shares_with(one));
}

}  // namespace
