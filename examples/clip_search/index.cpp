// Keeping an index of pictures up to date, and searching it.
#include "index.hpp"

#include <clipt/evaluate/encode_files.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/text/unicode.hpp>
#include <clipt/io/picture_walk.hpp>
#include <clipt/io/sha256.hpp>
#include <clipt/nn/products.hpp>

#include "approximate.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

namespace fs = std::filesystem;

namespace {

/// Without its digest. A file that is gone again has some size; it is refused where it is read.
known_file look_at(const fs::path& path) {
  std::error_code gone;
  return {static_cast<std::int64_t>(fs::file_size(path, gone)),
          static_cast<std::int64_t>(fs::last_write_time(path, gone).time_since_epoch().count()), "", -1};
}

/// A path as text of JSON: where its bytes are no UTF-8 those beyond ASCII, and always `%`, are written `%ff`.
std::string escaped(const std::string& path) {
  const bool text = clipt::unicode::valid_utf8(path) == path;
  std::string out;
  for (const char c : path)
    if (const auto byte = static_cast<unsigned char>(c); c == '%' || (byte >= 0x80 && !text))
      out += fmt::format("%{:02x}", byte);
    else
      out += c;
  return out;
}

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (unsigned byte = 0; text[i] == '%' && i + 3 <= text.size() &&
                           std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  return out;
}

/// Not so where a folder on the way cannot be read now.
bool is_gone(const fs::path& path) {
  std::error_code failure;
  return !fs::exists(path, failure) && failure != std::errc::permission_denied && failure != std::errc::io_error;
}

/// Where the path leads, as far as that can be said.
fs::path real_path(const fs::path& path) {
  std::error_code failure;
  const fs::path whole = fs::absolute(path, failure).lexically_normal();
  const fs::path real = fs::weakly_canonical(whole, failure);
  return failure ? whole : real;
}

nlohmann::ordered_json record_of(const std::string& path, const known_file& file) {
  nlohmann::ordered_json r = {
      {"path", escaped(path)}, {"size", file.size}, {"modified", file.modified}, {"digest", file.digest}};
  if (file.row >= 0) r["row"] = file.row;
  return r;
}

bool lies_below(const std::string& path, const fs::path& folder) {
  const std::string start = (folder / "").string();
  return path == folder.string() || path.starts_with(start);
}

}  // namespace

picture_index::picture_index(const fs::path& folder, const std::string& model, const std::string& fingerprint,
                             clipt::dim_t embed, clipt::store_access access)
    : folder_(folder),
      store_(folder, embed, {{"index", "clip_search"}, {"model", model}, {"fingerprint", fingerprint}}, access) {
  try {
    for (const record& r : store_.records()) apply(r);
  } catch (const nlohmann::json::exception&) {
    throw clipt::io_error(fmt::format("{}: records.jsonl holds what clip_search has not written", folder.string()));
  }
}

void picture_index::apply(const record& r) {
  if (r.contains("gone")) {
    files_.erase(unescaped(r.value("gone", "")));
    return;
  }
  const known_file file{r.value("size", std::int64_t{0}), r.value("modified", std::int64_t{0}), r.value("digest", ""),
                        r.value("row", clipt::dim_t{-1})};
  files_[unescaped(r.value("path", ""))] = file;
  if (file.row >= 0) by_digest_[file.digest] = file.row;
}

std::vector<picture_index::record> picture_index::records_of_gone_files(const std::vector<fs::path>& folders) const {
  std::vector<record> gone;
  for (const auto& known : files_) {
    const std::string& path = known.first;
    const bool asked = std::any_of(folders.begin(), folders.end(), [&](const auto& f) { return lies_below(path, f); });
    if (asked && is_gone(path)) gone.push_back({{"gone", escaped(path)}});
  }
  return gone;
}

std::vector<picture_index::named_file> picture_index::changed_files(const std::vector<fs::path>& folders,
                                                                    update_counts& counts) const {
  std::vector<named_file> changed;
  for (const fs::path& folder : folders) {
    const clipt::picture_walk found = clipt::find_pictures(folder);
    for (const clipt::left_out_path& path : found.left_out) counts.reasons.push_back(path.text());
    for (const fs::path& path : found.files) {
      const known_file now = look_at(path);
      const auto known = files_.find(path.string());
      const bool same =
          known != files_.end() && known->second.size == now.size && known->second.modified == now.modified;
      if (same && known->second.row >= 0)  // what could not be read is tried again, and named again
        ++counts.unchanged;
      else
        changed.emplace_back(path.string(), now);
    }
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
  for (const fs::path& folder : given) folders.push_back(real_path(folder));
  update_counts counts;
  const std::vector<record> gone = records_of_gone_files(folders);
  counts.gone = static_cast<int>(gone.size());
  add(gone);
  for (std::vector<named_file> rest = changed_files(folders, counts); !rest.empty();) {
    std::vector<named_file> first_of_their_bytes, copies;
    std::set<std::string> seen;
    for (named_file& file : without_known(rest, counts))
      (seen.insert(file.second.digest).second ? first_of_their_bytes : copies).push_back(std::move(file));
    embed(first_of_their_bytes, encode, counts);
    rest = std::move(copies);
  }
  return counts;
}

std::vector<picture_index::named_file> picture_index::without_known(const std::vector<named_file>& files,
                                                                    update_counts& counts) {
  std::vector<record> known;
  std::vector<named_file> others;
  for (named_file file : files) {
    if (const auto same = by_digest_.find(file.second.digest); same != by_digest_.end()) {
      file.second.row = same->second;
      known.push_back(record_of(file.first, file.second));
      ++counts.moved;
    } else {
      others.push_back(std::move(file));
    }
  }
  add(known);
  return others;
}

void picture_index::add(std::span<const record> records, std::span<const float> rows) {
  store_.append(rows, records);
  for (const record& r : records) apply(r);
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
    add(records, rows);
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
  std::partial_sort(
      found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), found.end(),
      [](const auto& a, const auto& b) { return std::tie(b.cosine, a.path) < std::tie(a.cosine, b.path); });
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
