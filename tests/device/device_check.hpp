// Each operation on a device, real or emulated, twice, against the CPU's numbers.
#pragma once
#include <algorithm>  // equal

#include "expected.hpp"    // expected_outcomes
#include "operations.hpp"  // named_case

namespace clipt::test {

/// Exists while an operation runs a second time; the emulator then takes its threads and blocks in the opposite order.
struct second_run {
  second_run();
  ~second_run();
};

/// Runs each operation on the GPU in floats, twice, and compares with what the CPU got in doubles.
class device_check {
 public:
  explicit device_check(const std::string& name) : expected_(expected_outcomes(name)) {}

  template <class F, class... Shape>
  void operator()(const F& f, const Shape&... shapes) {
    SCOPED_TRACE((std::string() + ... + to_string(shapes)));
    const outcome got = run<float, gpu>(f, shapes...);
    expect_close(got, expected_.at(next_++), 5e-6);
    const second_run again;
    EXPECT_TRUE(std::ranges::equal(got, run<float, gpu>(f, shapes...), [](const auto& a, const auto& b) {
      return std::ranges::equal(a, b, same_number);
    })) << "two runs differ";
  }
  template <class F, class... Shape>
  void values(const F& f, const Shape&... shapes) {
    expect_close(run_values<float, gpu>(f, shapes...), expected_.at(next_++), 5e-6);
  }

 private:
  std::vector<outcome> expected_;
  std::size_t next_ = 0;
};

}  // namespace clipt::test
