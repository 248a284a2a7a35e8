// The number of parameters of every preset, checked when this file compiles.
#include <gtest/gtest.h>

#include <clipt/clip/model.hpp>
#include <clipt/clip/open_clip_presets.hpp>

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

// Source: open_clip 3.3's modules.
static_assert(parameters_of<clip<open_clip::vit_s_32_alt>> == 43'224'449);
static_assert(parameters_of<clip<open_clip::vit_s_16>> == 62'257'537);
static_assert(parameters_of<clip<open_clip::vit_m_32>> == 103'119'873);
static_assert(parameters_of<clip<open_clip::vit_b_32_256>> == 151'288'833);
static_assert(parameters_of<clip<open_clip::vit_b_16_plus_240>> == 208'377'345);
static_assert(parameters_of<clip<open_clip::vit_l_16>> == 427'739'393);
static_assert(parameters_of<clip<open_clip::vit_l_14_336>> == 427'944'193);
static_assert(parameters_of<clip<open_clip::vit_h_14>> == 986'109'441);
static_assert(parameters_of<clip<open_clip::vit_h_14_378>> == 986'714'881);
static_assert(parameters_of<clip<open_clip::vit_g_14>> == 1'366'678'273);
static_assert(parameters_of<clip<open_clip::vit_bigg_14>> == 2'539'567'105);

TEST(parameters_of, is_what_a_visit_counts) {
  constexpr clip_config small{16, resnet_config{64, {1, 2, 1, 1}, 4, 2}, text_config{12, 514, 64, 1, 1}};
  EXPECT_EQ(parameters_of<clip<small>>, parameter_count(clip<small>()));
}

}  // namespace
