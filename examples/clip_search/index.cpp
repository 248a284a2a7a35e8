// Keeping an index of pictures up to date, and searching it.
#include "index.hpp"

#include <clipt/clip/encode_files.hpp>
#include <clipt/clip/progress.hpp>
#include <clipt/io/sha256.hpp>
#include <clipt/nn/products.hpp>

#include "../common/picture_list.hpp"
#include "approximate.hpp"

#include <algorithm>
#include <set>

namespace fs = std::filesystem;

namespace {

/// Without its digest. A file that is gone again has some size; it is refused where it is read.
known_file look_at(const fs::path& path) {
  std::error_code gone;
  return {static_cast<std::int64_t>(fs::file_size(path, gone)),
          static_cast<std::int64_t>(fs::last_write_time(path, gone).time_since_epoch().count()), "", -1};
}

nlohmann::ordered_json record_of(const std::string& path, const known_file& file) {
  nlohmann::ordered_json r = {
      {"path", path}, {"size", file.size}, {"modified", file.modified}, {"digest", file.digest}};
  if (file.row >= 0) r["row"] = file.row;
  return r;
}

bool lies_below(const std::string& path, const fs::path& folder) {
  const std::string start = (folder / "").string();
  return path == folder.string() || path.starts_with(start);
}

}  // namespace

picture_index::picture_index(const fs::path& folder, const std::string& model, clipt::dim_t embed)
    : folder_(folder), store_(folder, embed, {{"index", "clip_search"}, {"model", model}}) {
  try {
    for (const record& r : store_.records()) apply(r);
  } catch (const nlohmann::json::exception&) {
    throw clipt::io_error(fmt::format("{}: records.jsonl holds what clip_search has not written", folder.string()));
  }
}

void picture_index::apply(const record& r) {
  if (r.contains("gone")) {
    files_.erase(r.value("gone", ""));
    return;
  }
  const known_file file{r.value("size", std::int64_t{0}), r.value("modified", std::int64_t{0}), r.value("digest", ""),
                        r.value("row", clipt::dim_t{-1})};
  files_[r.value("path", "")] = file;
  if (file.row >= 0) by_digest_[file.digest] = file.row;
}

std::vector<picture_index::record> picture_index::records_of_gone_files(const std::vector<fs::path>& folders) const {
  std::vector<record> gone;
  for (const auto& known : files_) {
    const std::string& path = known.first;
    const bool asked = std::any_of(folders.begin(), folders.end(), [&](const auto& f) { return lies_below(path, f); });
    if (asked && !fs::exists(path)) gone.push_back({{"gone", path}});
  }
  return gone;
}

std::vector<picture_index::named_file> picture_index::changed_files(const std::vector<fs::path>& folders,
                                                                    update_counts& counts) const {
  std::vector<named_file> changed;
  for (const fs::path& folder : folders)
    for (const fs::path& path : command_line::pictures_below(folder)) {
      const known_file now = look_at(path);
      const auto known = files_.find(path.string());
      if (known != files_.end() && known->second.size == now.size && known->second.modified == now.modified)
        ++counts.unchanged;
      else
        changed.emplace_back(path.string(), now);
    }
  if (changed.empty()) return changed;
  clipt::progress bar({.name = "reading", .total = static_cast<std::int64_t>(changed.size()), .unit = "pictures"},
                      clipt::standard_progress_output(2));
  std::int64_t read = 0;
  for (auto& [path, file] : changed) {
    try {
      file.digest = clipt::sha256_of_file(path);
    } catch (const clipt::io_error& e) {
      counts.reasons.emplace_back(e.what());
    }
    bar.update(++read);
  }
  bar.finish();
  std::erase_if(changed, [](const named_file& file) { return file.second.digest.empty(); });
  return changed;
}

update_counts picture_index::update(const std::vector<fs::path>& given, const clipt::encoders& encode) {
  std::vector<fs::path> folders;
  for (const fs::path& folder : given) folders.push_back(fs::weakly_canonical(fs::absolute(folder)));
  update_counts counts;
  std::vector<record> records = records_of_gone_files(folders);
  counts.gone = static_cast<int>(records.size());
  std::vector<named_file> fresh;
  for (auto& [path, now] : changed_files(folders, counts)) {
    if (const auto same = by_digest_.find(now.digest); same != by_digest_.end()) {
      now.row = same->second;
      records.push_back(record_of(path, now));
      ++counts.moved;
    } else {
      fresh.emplace_back(path, now);
    }
  }
  store_.append({}, records);
  for (const record& r : records) apply(r);
  embed(fresh, encode, counts);
  return counts;
}

void picture_index::embed(const std::vector<named_file>& files, const clipt::encoders& encode, update_counts& counts) {
  if (files.empty()) return;
  constexpr std::size_t at_once = 64;
  clipt::progress bar({.name = "embedding", .total = static_cast<std::int64_t>(files.size()), .unit = "pictures"},
                      clipt::standard_progress_output(2));
  for (std::size_t begin = 0; begin < files.size(); begin += at_once) {
    const std::size_t end = std::min(begin + at_once, files.size());
    std::vector<fs::path> paths;
    for (std::size_t i = begin; i < end; ++i) paths.emplace_back(files[i].first);
    const clipt::file_embeddings part = clipt::encode_files(encode, paths);
    std::vector<float> rows;
    std::vector<record> records;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      known_file file = files[begin + i].second;
      if (part.reasons[i].empty()) {
        file.row = store_.rows() + static_cast<clipt::dim_t>(rows.size()) / store_.embed();
        const auto row = part.values.row(static_cast<clipt::dim_t>(i));
        rows.insert(rows.end(), row.begin(), row.end());
        ++counts.embedded;
      } else {
        counts.reasons.push_back(part.reasons[i]);
      }
      records.push_back(record_of(paths[i].string(), file));
    }
    store_.append(rows, records);
    for (const record& r : records) apply(r);
    bar.update(static_cast<std::int64_t>(end));
  }
  bar.finish();
}

std::vector<found_picture> picture_index::nearest(std::span<const float> query, std::size_t most, int threads,
                                                  bool by_faiss) const {
  using namespace clipt;
  const mapped_file mapped = store_.map_rows();
  const auto* const values = reinterpret_cast<const float*>(mapped.bytes().data());
  if (by_faiss)
    return nearly_nearest({values, static_cast<std::size_t>(store_.rows() * store_.embed())}, query, most, threads);
  const view<const float, shape<clipt::rows, columns>> all{values,
                                                           shape<clipt::rows, columns>(store_.rows(), store_.embed())};
  const view<const float, shape<1, columns>> one{query.data(), shape<1, columns>(store_.embed())};
  inference<> ctx;
  ctx.settings.threads = threads;
  const auto cosines = matmul_nt(ctx, one, all);
  std::vector<found_picture> found;
  for (const auto& [path, file] : files_)
    if (file.row >= 0) found.push_back({path, cosines[file.row]});
  most = std::min(most, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), found.end(),
                    [](const auto& a, const auto& b) { return a.cosine > b.cosine; });
  found.resize(most);
  return found;
}

std::vector<found_picture> picture_index::nearly_nearest(std::span<const float> rows, std::span<const float> query,
                                                         std::size_t most, int threads) const {
  std::vector<bool> wanted(static_cast<std::size_t>(store_.rows()));
  std::multimap<clipt::dim_t, std::string> paths;
  for (const auto& [path, file] : files_) {
    if (file.row < 0) continue;
    wanted[static_cast<std::size_t>(file.row)] = true;
    paths.emplace(file.row, path);
  }
  std::vector<found_picture> found;
  for (const auto& [row, cosine] : nearest_by_faiss(folder_ / "cells.faiss", rows, query, wanted, most, threads))
    for (auto [at, end] = paths.equal_range(row); at != end && found.size() < most; ++at)
      found.push_back({at->second, cosine});
  return found;
}
