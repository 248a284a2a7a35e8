// NumPy's format for one array: a header in Python's spelling, then the numbers.
#pragma once
#include <cstddef>     // byte
#include <cstdint>     // int64_t
#include <filesystem>  // path
#include <span>        // span
#include <string>      // string

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // shape_error
#include <clipt/io/file.hpp>     // atomic_file

namespace clipt::inline CLIPT_BUILD {

/// Writes a matrix [rows, columns] of floats, whole or not at all. Source: NumPy's NEP 1, version 1.0.
/// Errors: shape_error for another number of values. Python equivalent: numpy.save(path, array).
inline void write_npy(const std::filesystem::path& path, std::int64_t rows, std::int64_t columns,
                      std::span<const float> values) {
  if (rows < 0 || columns < 0 ||
      static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns) != values.size())
    throw shape_error(fmt::format("clipt::write_npy: {} values are no [{}, {}]", values.size(), rows, columns));
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  constexpr std::size_t before = 10;  // magic, version, length
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  atomic_file file(path);
  file.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const auto length = static_cast<std::uint16_t>(header.size());
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  file.write(std::as_bytes(values));
  file.commit();
}

}  // namespace clipt::inline CLIPT_BUILD
