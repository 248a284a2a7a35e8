// The CPU's numbers for the tests of devices.
#include "expected.hpp"

#include <span>  // span

#include "flash_operations.hpp"
#include "operations.hpp"
#include "picture_operations.hpp"
#include "tower_model.hpp"
#include "tower_operations.hpp"

namespace clipt::test {

namespace {

struct host_check {
  std::vector<outcome> outcomes;

  template <class F, class... Shape>
  void operator()(const F& f, const Shape&... shapes) {
    outcomes.push_back(run<double, cpu>(f, shapes...));
  }
  template <class F, class... Shape>
  void values(const F& f, const Shape&... shapes) {
    outcomes.push_back(run_values<float, cpu>(f, shapes...));  // of the device's own numbers
  }
};

}  // namespace

std::vector<outcome> expected_outcomes(const std::string& name, bool rounded) {
  of_bfloat16 = rounded;
  host_check check;
  using cases = std::span<const named_case<host_check>>;
  for (const cases& list :
       {cases(statement_cases<host_check>), cases(fp32_cases<host_check>), cases(product_cases<host_check>),
        cases(flash_cases<host_check>), cases(tower_cases<host_check>), cases(picture_cases<host_check>)})
    for (const auto& one : list)
      if (one.name == name) one.run(check);
  of_bfloat16 = false;
  return check.outcomes;
}

training_result expected_clip_training() { return train_clip<fp64>(20, 9); }
training_result expected_training() { return train<double, cpu, 33, 77, 10>(19, 6); }

}  // namespace clipt::test
