// Each operation on a device, real or emulated, twice, against the CPU's numbers.
#pragma once
#include <algorithm>  // equal

#include "expected.hpp"    // expected_outcomes
#include "operations.hpp"  // named_case
#include "second_run.hpp"

namespace clipt::test {

/// Runs each operation on the GPU with elements of type T, twice, and compares with what the CPU got in doubles.
template <class T>
class device_check {
 public:
  explicit device_check(const std::string& name) : expected_(expected_outcomes(name, std::is_same_v<T, bfloat16>)) {}

  template <class F, class... Shape>
  void operator()(const F& f, const Shape&... shapes) {
    SCOPED_TRACE((std::string() + ... + to_string(shapes)));
    const outcome got = run<T, gpu>(f, shapes...);
    expect_close(got, expected_.at(next_++), tolerance);
    const second_run again;
    EXPECT_TRUE(std::ranges::equal(got, run<T, gpu>(f, shapes...), [](const auto& a, const auto& b) {
      return std::ranges::equal(a, b, same_number);
    })) << "two runs differ";
  }
  template <class F, class... Shape>
  void values(const F& f, const Shape&... shapes) {
    expect_close(run_values<T, gpu>(f, shapes...), expected_.at(next_++), tolerance);
  }

 private:
  static constexpr double tolerance = std::is_same_v<T, float> ? 5e-6 : 2e-2;

  std::vector<outcome> expected_;
  std::size_t next_ = 0;
};

/// A case with elements of type T.
template <class T>
class device_case : public testing::TestWithParam<named_case<device_check<T>>> {
 protected:
  void run() {
    device_check<T> check(this->GetParam().name);
    this->GetParam().run(check);
  }
};

inline std::string name_of_case(const auto& info) { return info.param.name; }

}  // namespace clipt::test
