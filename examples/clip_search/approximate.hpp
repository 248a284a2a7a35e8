// Search by faiss for indexes of millions of pictures, in programs that are built with it (CLIPT_FAISS).
#pragma once
#include <clipt/evaluate/encode.hpp>

#include <filesystem>
#include <functional>
#include <span>
#include <utility>
#include <vector>

/// Rows and their cosines with a unit row, the largest first.
using near_rows = std::vector<std::pair<clipt::dim_t, double>>;

/// What is looked for, and in what.
struct near_request {
  std::span<const float> query;
  const std::vector<bool>* wanted;                // of each row: whether it may be found
  std::function<std::vector<float>()> read_rows;  // all of them, [wanted.size(), query.size()]
  std::size_t most;
  int threads;
};

/// Looks for a unit row in a few of the cells into which faiss divides all rows: a good part of the nearest, much sooner
/// than all.
///
/// What faiss keeps in `file` is made anew, and the rows read for it, when there are more rows than it knows. Errors:
/// io_error without faiss, and for a file that is not faiss's or cannot be written.
near_rows nearest_by_faiss(const std::filesystem::path& file, const near_request& asked);
