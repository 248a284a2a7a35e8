// Search by faiss for indexes of millions of pictures, in programs that are built with it (CLIPT_FAISS).
#pragma once
#include <clipt/evaluate/encode.hpp>

#include <filesystem>
#include <span>
#include <utility>
#include <vector>

/// Rows and their cosines with a unit row, the largest first.
using near_rows = std::vector<std::pair<clipt::dim_t, double>>;

/// Looks for `query` in a few of the cells into which faiss divides `rows`, [rows.size() / query.size(), query.size()]:
/// a good part of the nearest, much sooner than all. Only those that are `wanted` are found.
///
/// What faiss keeps in `file` is made anew when there are more rows than it knows. Errors: io_error without faiss.
near_rows nearest_by_faiss(const std::filesystem::path& file, std::span<const float> rows, std::span<const float> query,
                           const std::vector<bool>& wanted, std::size_t most, int threads);
