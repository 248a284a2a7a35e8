// Where the reference data lies, and the sentence of a test that must do without it.
#pragma once
#include <gtest/gtest.h>
#include <filesystem>
#include <iostream>
#include <string>

namespace clipt_test {

inline std::filesystem::path shared(const std::string& name) { return std::filesystem::path(CLIPT_SHARED_DIR) / name; }

inline std::filesystem::path golden(const std::string& name) { return shared("golden/" + name); }

}  // namespace clipt_test

/// Ends the test with `skipped: ../shared/... is absent` unless `name` exists there.
#define CLIPT_NEEDS_SHARED(name)                          \
  if (!std::filesystem::exists(clipt_test::shared(name))) \
  GTEST_SKIP() << "skipped: ../shared/" << (name) << " is absent"
