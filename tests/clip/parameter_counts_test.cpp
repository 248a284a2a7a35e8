// The number of parameters of the nine released models, checked when this file compiles.
#include <gtest/gtest.h>

#include <clipt/clip/model.hpp>

namespace {

using namespace clipt;

// Source: OpenAI's modules.
static_assert(parameters_of<clip<rn50>> == 102'007'137);
static_assert(parameters_of<clip<rn101>> == 119'688'033);
static_assert(parameters_of<clip<rn50x4>> == 178'300'601);
static_assert(parameters_of<clip<rn50x16>> == 290'979'217);
static_assert(parameters_of<clip<rn50x64>> == 623'258'305);
static_assert(parameters_of<clip<vit_b_32>> == 151'277'313);
static_assert(parameters_of<clip<vit_b_16>> == 149'620'737);
static_assert(parameters_of<clip<vit_l_14>> == 427'616'513);
static_assert(parameters_of<clip<vit_l_14_336px>> == 427'944'193);

TEST(parameters_of, is_what_a_visit_counts) {
  constexpr clip_config small{16, resnet_config{64, {1, 2, 1, 1}, 4, 2}, text_config{12, 514, 64, 1, 1}};
  EXPECT_EQ(parameters_of<clip<small>>, parameter_count(clip<small>()));
}

}  // namespace
