// What clipt throws: one base, and one type for each thing that can be wrong.
#pragma once
#include <new>        // bad_alloc
#include <stdexcept>  // runtime_error
#include <string>     // string

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// Everything that clipt throws but memory_error; `what()` is one sentence: operation, rule, numbers, remedy.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Extents that do not fit, or a value outside its range.
struct shape_error : error {
  using error::error;
};

/// Numbers for which a result does not exist: a singular matrix, one that is not positive definite, a NaN in either.
struct numeric_error : error {
  using error::error;
};

/// A file that cannot be read or written: which file, where in it, what was expected, what was found.
struct io_error : error {
  using error::error;
};

/// Memory that the system does not have: how many elements of what, and how many bytes.
struct memory_error : std::bad_alloc {
  explicit memory_error(const std::string& what) : what_(what) {}
  const char* what() const noexcept override { return what_.what(); }

 private:
  std::runtime_error what_;  // which is copied without memory
};

/// A device that is absent or that failed.
struct device_error : error {
  using error::error;
};

}  // namespace clipt::inline CLIPT_BUILD
