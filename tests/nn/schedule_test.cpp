// Learning rates against open_clip's, step by step.
#include <clipt/nn/schedule.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace {

using clipt::schedule;
using clipt::schedule_kind;

void expect_like(const char* name, schedule_kind kind) {
  const auto golden =
      nlohmann::json::parse(std::ifstream(std::string(CLIPT_TEST_DIR) + "/golden/schedule.json")).at(name);
  schedule rate{kind, golden.at("peak"), golden.at("warmup"), golden.at("steps")};
  if (golden.contains("cooldown_steps")) rate.cooldown = golden.at("cooldown_steps");
  if (golden.contains("cooldown_power")) rate.power = golden.at("cooldown_power");
  if (golden.contains("cooldown_end_lr")) rate.end = golden.at("cooldown_end_lr");
  const auto& rates = golden.at("lr");
  ASSERT_EQ(rates.size(), static_cast<std::size_t>(rate.total));
  for (std::size_t step = 0; step < rates.size(); ++step)
    EXPECT_NEAR(rate(static_cast<clipt::dim_t>(step)), rates[step].get<double>(), 1e-15) << name << " step " << step;
}

TEST(schedule, cosine) { expect_like("cosine", schedule_kind::cosine); }
TEST(schedule, constant) { expect_like("const", schedule_kind::constant); }
TEST(schedule, constant_with_cooldown) { expect_like("const-cooldown", schedule_kind::constant_cooldown); }

}  // namespace
