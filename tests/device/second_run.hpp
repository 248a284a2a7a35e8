// Says that an operation runs again.
#pragma once

namespace clipt::test {

/// Exists while an operation runs a second time; the emulator then takes its threads and blocks in the opposite order.
struct second_run {
  second_run();
  ~second_run();
};

}  // namespace clipt::test
