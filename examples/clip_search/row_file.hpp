// Embeddings in a file: rows of floats, one behind another, each with a checksum that is kept elsewhere.
#pragma once
#include <clipt/evaluate/encode.hpp>
#include <clipt/io/file.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <vector>

/// The CRC-32 of a row's bytes.
std::uint32_t checksum_of(std::span<const float> row);

/// Whether a row has the length of an embedding: what a damaged one has not, and sooner to say than a checksum.
bool is_unit(std::span<const float> row);

/// Rows that are read when they are asked for. Nothing is mapped: a file that becomes shorter has rows that are not
/// there, and ends nothing.
class row_file {
 public:
  /// A file that is absent is one without rows. Errors: io_error for one that cannot be opened.
  row_file(const std::filesystem::path& path, clipt::dim_t width);

  clipt::dim_t width() const { return width_; }

  /// Reads rows from the first on, and returns how many of them are there.
  clipt::dim_t read(clipt::dim_t first, std::span<float> rows) const;

  /// Calls `visit(row, values)` for the rows [0, count), in parts on several threads; no values for a row that is not there.
  void for_each(clipt::dim_t count, int threads,
                const std::function<void(clipt::dim_t, std::span<const float>)>& visit) const;

 private:
  clipt::dim_t width_;
  clipt::detail::descriptor file_;
};
