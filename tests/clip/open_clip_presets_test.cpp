// The presets of open_clip's list against open_clip: the same configuration, and as many parameters (static assertions).
#include <gtest/gtest.h>

#include <clipt/weights/library_configs.hpp>
#include <clipt/clip/model.hpp>
#include <clipt/clip/open_clip_presets.hpp>

namespace {

using namespace clipt;
using nlohmann::json;
namespace oc = clipt::open_clip;

struct named_preset {
  std::string name;
  any_clip_config config;
  dim_t parameters;
};

/// A preset under open_clip's name, and its number of parameters, which is checked when this file compiles.
template <auto Config, dim_t Parameters>
named_preset preset(const char* name) {
  static_assert(parameters_of<clip<Config>> == Parameters);
  return {name, Config, Parameters};
}

const named_preset presets[] = {
    preset<oc::vit_s_32_alt, 43'224'449>("ViT-S-32-alt"),
    preset<oc::vit_s_16_alt, 42'396'161>("ViT-S-16-alt"),
    preset<oc::vit_s_32, 63'085'825>("ViT-S-32"),
    preset<oc::vit_s_16, 62'257'537>("ViT-S-16"),
    preset<oc::vit_m_32_alt, 80'070'273>("ViT-M-32-alt"),
    preset<oc::vit_m_32, 103'119'873>("ViT-M-32"),
    preset<oc::vit_m_16, 102'015'489>("ViT-M-16"),
    preset<oc::vit_b_32, 151'277'313>("ViT-B-32"),
    preset<oc::vit_b_32_256, 151'288'833>("ViT-B-32-256"),
    preset<oc::vit_b_32_plus_256, 210'297'473>("ViT-B-32-plus-256"),
    preset<oc::vit_b_16, 149'620'737>("ViT-B-16"),
    preset<oc::vit_b_16_plus, 208'351'361>("ViT-B-16-plus"),
    preset<oc::vit_b_16_plus_240, 208'377'345>("ViT-B-16-plus-240"),
    preset<oc::vit_l_16, 427'739'393>("ViT-L-16"),
    preset<oc::vit_l_16_320, 427'948'289>("ViT-L-16-320"),
    preset<oc::vit_l_14, 427'616'513>("ViT-L-14"),
    preset<oc::vit_l_14_280, 427'763'969>("ViT-L-14-280"),
    preset<oc::vit_l_14_336, 427'944'193>("ViT-L-14-336"),
    preset<oc::vit_l_14_worldwide, 581'747'969>("ViT-L-14-worldwide"),
    preset<oc::vit_l_14_clipa, 414'210'561>("ViT-L-14-CLIPA"),
    preset<oc::vit_l_14_clipa_336, 414'538'241>("ViT-L-14-CLIPA-336"),
    preset<oc::vit_h_16, 986'263'041>("ViT-H-16"),
    preset<oc::vit_h_14, 986'109'441>("ViT-H-14"),
    preset<oc::vit_h_14_378, 986'714'881>("ViT-H-14-378"),
    preset<oc::vit_h_14_worldwide, 1'858'783'745>("ViT-H-14-worldwide"),
    preset<oc::vit_h_14_worldwide_378, 1'859'389'185>("ViT-H-14-worldwide-378"),
    preset<oc::vit_h_14_clipa, 968'235'009>("ViT-H-14-CLIPA"),
    preset<oc::vit_h_14_clipa_336, 968'644'609>("ViT-H-14-CLIPA-336"),
    preset<oc::vit_g_14, 1'366'678'273>("ViT-g-14"),
    preset<oc::vit_bigg_14, 2'539'567'105>("ViT-bigG-14"),
    preset<oc::vit_bigg_14_worldwide, 3'630'409'985>("ViT-bigG-14-worldwide"),
    preset<oc::vit_bigg_14_worldwide_378, 3'631'197'057>("ViT-bigG-14-worldwide-378"),
    preset<oc::vit_bigg_14_clipa, 2'517'223'937>("ViT-bigG-14-CLIPA"),
    preset<oc::vit_bigg_14_clipa_336, 2'517'756'417>("ViT-bigG-14-CLIPA-336"),
    preset<oc::vit_e_14, 4'581'086'465>("ViT-e-14"),
    preset<oc::rn50, 102'007'137>("RN50"),
    preset<oc::rn101, 119'688'033>("RN101"),
    preset<oc::rn50x4, 178'300'601>("RN50x4"),
    preset<oc::rn50x16, 290'979'217>("RN50x16"),
    preset<oc::rn50x64, 623'258'305>("RN50x64"),
    preset<oc::with_quick_gelu(oc::rn101), 119'688'033>("RN101-quickgelu"),
    preset<oc::with_quick_gelu(oc::rn50), 102'007'137>("RN50-quickgelu"),
    preset<oc::with_quick_gelu(oc::rn50x16), 290'979'217>("RN50x16-quickgelu"),
    preset<oc::with_quick_gelu(oc::rn50x4), 178'300'601>("RN50x4-quickgelu"),
    preset<oc::with_quick_gelu(oc::rn50x64), 623'258'305>("RN50x64-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_b_16), 149'620'737>("ViT-B-16-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_b_32), 151'277'313>("ViT-B-32-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_h_14_378), 986'714'881>("ViT-H-14-378-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_h_14), 986'109'441>("ViT-H-14-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_h_14_worldwide), 1'858'783'745>("ViT-H-14-worldwide-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_l_14_336), 427'944'193>("ViT-L-14-336-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_l_14), 427'616'513>("ViT-L-14-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_l_14_worldwide), 581'747'969>("ViT-L-14-worldwide-quickgelu"),
    preset<oc::with_quick_gelu(oc::vit_bigg_14), 2'539'567'105>("ViT-bigG-14-quickgelu"),
};

json golden() {
  return json::parse(read_file(std::filesystem::path(CLIPT_TEST_DIR) / "golden/open_clip_presets.json"));
}

/// A configuration with open_clip's defaults for what it does not say, each quantity in one way, without the tokenizer.
json complete(const json& config, const json& defaults) {
  json all = config;
  for (const char* tower : {"vision_cfg", "text_cfg"}) {
    json section = defaults.at(tower);
    section.update(config.at(tower));
    section["mlp_width"] = int(section.at("width").get<int>() * section.at("mlp_ratio").get<double>());
    for (const char* key : {"mlp_ratio", "hf_tokenizer_name", "tokenizer_kwargs"}) section.erase(key);
    all[tower] = section;
  }
  if (!all.contains("quick_gelu")) all["quick_gelu"] = false;
  return all;
}

TEST(open_clip_presets, are_the_models_of_its_list) {
  const json list = golden();
  EXPECT_EQ(std::size(presets), list.at("models").size());
  for (const named_preset& p : presets) {
    ASSERT_TRUE(list.at("models").contains(p.name)) << p.name;
    const json& theirs = list.at("models").at(p.name);
    const json ours = json::parse(open_clip_files(p.config, nullptr).at("open_clip_config.json")).at("model_cfg");
    EXPECT_EQ(complete(ours, list.at("defaults")), complete(theirs.at("model_cfg"), list.at("defaults"))) << p.name;
    EXPECT_EQ(p.parameters, theirs.at("parameters")) << p.name;
  }
}

TEST(open_clip_presets, with_quick_gelu_is_openais_model) {
  static_assert(oc::with_quick_gelu(oc::rn50) == rn50);
  static_assert(oc::with_quick_gelu(oc::rn101) == rn101);
  static_assert(oc::with_quick_gelu(oc::rn50x4) == rn50x4);
  static_assert(oc::with_quick_gelu(oc::rn50x16) == rn50x16);
  static_assert(oc::with_quick_gelu(oc::rn50x64) == rn50x64);
  static_assert(oc::with_quick_gelu(oc::vit_b_32) == vit_b_32);
  static_assert(oc::with_quick_gelu(oc::vit_b_16) == vit_b_16);
  static_assert(oc::with_quick_gelu(oc::vit_l_14) == vit_l_14);
  static_assert(oc::with_quick_gelu(oc::vit_l_14_336) == vit_l_14_336px);
  static_assert(oc::with_quick_gelu(oc::vit_h_14) != oc::vit_h_14);
}

}  // namespace
