// Searching an index: the pictures nearest to queries, and those that are alike.
#include <clipt/eval/columns.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/train/progress.hpp>

#include "approximate.hpp"
#include "index.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace {

constexpr float damaged_cosine = -2;

void sort_by_cosine(std::vector<found_picture>& found) {
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return std::tie(b.cosine, a.path) < std::tie(a.cosine, b.path); });
}

/// Sets that are joined.
class groups {
 public:
  explicit groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }

  std::size_t of(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[std::max(of(a), of(b))] = std::min(of(a), of(b)); }

 private:
  std::vector<std::size_t> parent_;
};

/// Which of `count` unit rows are alike, and how much each is like another at most.
std::vector<float> compare(const std::vector<float>& rows, clipt::dim_t width, double threshold, int threads,
                           groups& alike) {
  using namespace clipt;
  const auto count = static_cast<dim_t>(rows.size()) / width;
  constexpr dim_t tall = 256, wide = 4096;
  std::vector<float> most(static_cast<std::size_t>(count), damaged_cosine);
  inference<> ctx;
  ctx.settings.threads = threads;
  progress bar({.name = "comparing", .total = count, .unit = "pictures"}, standard_progress_output(2));
  const auto part = [&](dim_t first, dim_t end) {
    return view<const float, shape<clipt::rows, columns>>{rows.data() + first * width,
                                                          shape<clipt::rows, columns>(end - first, width)};
  };
  for (dim_t i = 0; i < count; i += tall) {
    const dim_t below = std::min(i + tall, count);
    for (dim_t j = i; j < count; j += wide) {
      const dim_t right = std::min(j + wide, count);
      ctx.reset();
      const auto cosines = matmul_nt(ctx, part(i, below), part(j, right));
      for (dim_t a = i; a < below; ++a)
        for (dim_t b = std::max(j, a + 1); b < right; ++b) {
          const float cosine = cosines.data()[(a - i) * (right - j) + b - j];
          if (!(cosine >= threshold)) continue;
          alike.join(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
          for (const dim_t one : {a, b})
            most[static_cast<std::size_t>(one)] = std::max(most[static_cast<std::size_t>(one)], cosine);
        }
    }
    bar.update(below);
  }
  bar.finish();
  return most;
}

}  // namespace

std::vector<std::vector<float>> picture_index::cosines(const clipt::embeddings& queries, int threads) {
  const auto count = static_cast<clipt::dim_t>(checksums_.size());
  std::vector<std::vector<float>> all(static_cast<std::size_t>(queries.count),
                                      std::vector<float>(checksums_.size(), damaged_cosine));
  std::vector<char> bad(checksums_.size());
  rows_->for_each(count, threads, [&](clipt::dim_t row, std::span<const float> values) {
    const auto i = static_cast<std::size_t>(row);
    bad[i] = !is_unit(values);
    for (clipt::dim_t q = 0; q < queries.count && !bad[i]; ++q)
      all[static_cast<std::size_t>(q)][i] = clipt::on_cpu::row_dot(queries.row(q).data(), values.data(), embed());
  });
  for (std::size_t i = 0; i < bad.size(); ++i)
    if (bad[i]) damaged_.insert(static_cast<clipt::dim_t>(i));
  return all;
}

std::vector<std::vector<found_picture>> picture_index::nearest(const clipt::embeddings& queries,
                                                               const search_options& how) {
  std::vector<std::vector<found_picture>> found;
  if (how.by_faiss) {
    for (clipt::dim_t q = 0; q < queries.count; ++q) found.push_back(nearly_best(queries.row(q), how));
    return found;
  }
  for (const std::vector<float>& of_query : cosines(queries, how.threads)) found.push_back(best_of(of_query, how));
  return found;
}

std::vector<found_picture> picture_index::best_of(const std::vector<float>& cosines, const search_options& how) {
  std::vector<clipt::dim_t> heap;
  const auto cosine = [&](clipt::dim_t row) { return cosines[static_cast<std::size_t>(row)]; };
  const auto less = [&](clipt::dim_t a, clipt::dim_t b) { return cosine(a) < cosine(b); };
  for (std::size_t row = 0; row < cosines.size(); ++row)
    if (cosines[row] != damaged_cosine && cosines[row] >= how.threshold) heap.push_back(static_cast<clipt::dim_t>(row));
  std::make_heap(heap.begin(), heap.end(), less);
  std::vector<found_picture> found;
  std::vector<float> values(static_cast<std::size_t>(embed()));
  // Those that are as near as the last are looked at as well: the path decides between them.
  while (!heap.empty() && (found.size() < how.most || cosine(heap.front()) == found.back().cosine)) {
    std::pop_heap(heap.begin(), heap.end(), less);
    const clipt::dim_t row = heap.back();
    heap.pop_back();
    const std::vector<std::string> paths = paths_of(row);
    if (paths.empty()) continue;
    if (rows_->read(row, values) < 1 || !is_whole(row, values))
      damaged_.insert(row);
    else
      for (const std::string& path : paths) found.push_back({path, cosine(row)});
  }
  sort_by_cosine(found);
  found.resize(std::min(found.size(), how.most));
  return found;
}

std::vector<clipt::dim_t> picture_index::rows_in_use() const {
  std::vector<clipt::dim_t> all;
  statement s = files_->prepare("SELECT DISTINCT row FROM files WHERE row IS NOT NULL ORDER BY row");
  while (s.step())
    if (s.integer(0) >= 0 && s.integer(0) < static_cast<clipt::dim_t>(checksums_.size())) all.push_back(s.integer(0));
  return all;
}

std::vector<found_picture> picture_index::nearly_best(std::span<const float> query, const search_options& how) {
  std::vector<bool> wanted(checksums_.size());
  for (const clipt::dim_t row : rows_in_use()) wanted[static_cast<std::size_t>(row)] = true;
  const auto all_rows = [&] {
    std::vector<float> rows(checksums_.size() * static_cast<std::size_t>(embed()));
    rows_->read(0, rows);
    return rows;
  };
  std::vector<float> values(static_cast<std::size_t>(embed()));
  std::vector<found_picture> found;
  for (const auto& [row, cosine] :
       nearest_by_faiss(folder_ / "cells.faiss", {query, &wanted, all_rows, how.most, how.threads})) {
    if (cosine < how.threshold) break;
    if (rows_->read(row, values) < 1 || !is_whole(row, values))
      damaged_.insert(row);
    else
      for (const std::string& path : paths_of(row)) found.push_back({path, cosine});
  }
  sort_by_cosine(found);
  found.resize(std::min(found.size(), how.most));
  return found;
}

std::vector<std::vector<found_picture>> picture_index::alike(double threshold, int threads) {
  find_damaged_rows();
  std::vector<clipt::dim_t> used = rows_in_use();
  std::erase_if(used, [&](clipt::dim_t row) { return damaged_.contains(row); });
  const auto width = static_cast<std::size_t>(embed());
  std::vector<float> rows(used.size() * width);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::span<float> row = std::span(rows).subspan(i * width, width);
    if (rows_->read(used[i], row) < 1) std::fill(row.begin(), row.end(), 0.f);  // it was there a moment ago
  }
  groups joined(used.size());
  const std::vector<float> most = compare(rows, embed(), threshold, threads, joined);
  std::map<std::size_t, std::vector<found_picture>> by_group;
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::vector<std::string> paths = paths_of(used[i]);
    const double cosine = paths.size() > 1 ? 1.0 : most[i];  // the same bytes
    if (cosine < threshold) continue;
    for (const std::string& path : paths) by_group[joined.of(i)].push_back({path, cosine});
  }
  std::vector<std::vector<found_picture>> found;
  for (auto& [first, group] : by_group) {
    sort_by_cosine(group);
    found.push_back(std::move(group));
  }
  return found;
}
