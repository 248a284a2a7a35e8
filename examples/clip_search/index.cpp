// Keeping an index of pictures up to date, and searching it.
#include "index.hpp"

#include <fmt/format.h>

#include <clipt/evaluate/encode_files.hpp>
#include <clipt/eval/parallel.hpp>
#include <clipt/io/picture_walk.hpp>
#include <clipt/io/sha256.hpp>
#include <clipt/train/progress.hpp>

#include "approximate.hpp"

#include <algorithm>
#include <tuple>

namespace fs = std::filesystem;

namespace {

/// Without its digest. A file that is gone again has some size; it is refused where it is read.
known_file look_at(const fs::path& path) {
  std::error_code gone;
  return {static_cast<std::int64_t>(fs::file_size(path, gone)),
          static_cast<std::int64_t>(fs::last_write_time(path, gone).time_since_epoch().count()), "", -1};
}

/// Not so where a folder on the way cannot be read now.
bool is_gone(const fs::path& path) {
  std::error_code failure;
  return !fs::exists(path, failure) && failure != std::errc::permission_denied && failure != std::errc::io_error;
}

fs::path whole_path(const fs::path& path) {
  std::error_code failure;
  const fs::path whole = fs::absolute(path, failure).lexically_normal();
  return whole.has_filename() || !whole.has_relative_path() ? whole : whole.parent_path();
}

/// Where the path leads, as far as that can be said.
fs::path real_path(const fs::path& path) {
  std::error_code failure;
  const fs::path whole = whole_path(path), real = fs::weakly_canonical(whole, failure);
  return failure ? whole : real;
}

}  // namespace

picture_index::picture_index(const fs::path& folder, const std::optional<index_maker>& maker, index_access access)
    : folder_(folder) {
  std::error_code absent;
  const fs::file_type type = fs::status(folder, absent).type();
  if (type != fs::file_type::directory && type != fs::file_type::not_found)
    throw clipt::io_error(fmt::format("{}: expected the folder of an index, found a file", folder.string()));
  const bool there = fs::exists(index_file::database_of(folder), absent) || index_file::is_of_earlier_form(folder);
  if (!there && (access == index_access::read || !maker))
    throw clipt::io_error(fmt::format("{}: nothing is kept here yet; add a folder of pictures", folder.string()));
  if (!there) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure) throw clipt::io_error(fmt::format("{}: cannot be made: {}", folder.string(), failure.message()));
  }
  if (access == index_access::change || index_file::is_of_earlier_form(folder)) lock_.emplace(folder / "lock");
  open_or_make(maker);
  if (access == index_access::read) lock_.reset();
}

void picture_index::open_or_make(const std::optional<index_maker>& maker) {
  std::error_code absent;
  if (lock_ && index_file::is_of_earlier_form(folder_))
    notes_ = index_file::convert(folder_, maker);
  else if (lock_ && !fs::exists(index_file::database_of(folder_), absent))
    index_file::make(folder_, *maker);
  if (lock_) index_file::remove_leftovers(folder_);
  files_.emplace(index_file::open(folder_));
  maker_ = index_file::maker_of(*files_);
  index_file::check_maker(folder_, maker_, maker);
  if (lock_) {
    statement check = files_->prepare("PRAGMA quick_check(1)");
    if (check.step() && check.bytes(0) != "ok")
      throw clipt::io_error(fmt::format("{}: is damaged: {}; put a copy in its place, or take another folder",
                                        files_->path().string(), check.bytes(0)));
  }
  read_checksums();
  rows_.emplace(index_file::rows_of(folder_), maker_.embed);
}

void picture_index::read_checksums() {
  statement s = files_->prepare("SELECT first, crc32 FROM checksums ORDER BY first");
  while (s.step()) {
    const std::string_view bytes = s.bytes(1);
    if (s.integer(0) != static_cast<std::int64_t>(checksums_.size()) || bytes.size() % sizeof(std::uint32_t) != 0)
      throw clipt::io_error(fmt::format("{}: is damaged: checksums are missing from row {}; take another folder",
                                        files_->path().string(), checksums_.size()));
    const std::size_t old = checksums_.size();
    checksums_.resize(old + bytes.size() / sizeof(std::uint32_t));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(checksums_.data() + old));
  }
}

bool picture_index::is_whole(clipt::dim_t row, std::span<const float> values) const {
  return !values.empty() && checksum_of(values) == checksums_[static_cast<std::size_t>(row)];
}

void picture_index::find_damaged_rows() {
  std::vector<char> bad(checksums_.size());
  rows_->for_each(static_cast<clipt::dim_t>(bad.size()), 0, [&](clipt::dim_t row, std::span<const float> values) {
    bad[static_cast<std::size_t>(row)] = !is_whole(row, values);
  });
  for (std::size_t row = 0; row < bad.size(); ++row)
    if (bad[row]) damaged_.insert(static_cast<clipt::dim_t>(row));
}

std::vector<std::string> picture_index::paths_of(clipt::dim_t row) const {
  std::vector<std::string> paths;
  statement s = files_->prepare("SELECT path FROM files WHERE row = ?");
  for (s.with(row); s.step();) paths.emplace_back(s.bytes(0));
  return paths;
}

std::optional<known_file> picture_index::known(const std::string& path) const {
  statement s = files_->prepare("SELECT size, modified, digest, row FROM files WHERE path = ?");
  if (!s.with(path).step()) return std::nullopt;
  return known_file{s.integer(0), s.integer(1), std::string(s.bytes(2)), s.is_null(3) ? -1 : s.integer(3)};
}

std::size_t picture_index::size() const {
  return static_cast<std::size_t>(files_->integer("SELECT count(*) FROM files"));
}

std::size_t picture_index::embedded() const {
  return static_cast<std::size_t>(files_->integer("SELECT count(row) FROM files"));
}

std::vector<std::string> picture_index::complaints() const {
  std::vector<std::string> all = notes_;
  for (const clipt::dim_t row : damaged_)
    for (const std::string& path : paths_of(row))
      all.push_back(fmt::format("{}: its embedding (row {} of {}) is damaged; add its folder again", path, row,
                                index_file::rows_of(folder_).string()));
  return all;
}

int picture_index::forget(const fs::path& path, bool only_gone) {
  std::set<std::string> forgotten;
  for (const fs::path& folder : {whole_path(path), real_path(path)}) {
    const std::string first = (folder / "").string();
    const std::string behind = first.substr(0, first.size() - 1) + '0';  // the byte behind the slash
    statement s = files_->prepare("SELECT path FROM files WHERE path = ?1 OR (path > ?2 AND path < ?3)");
    for (s.with(folder.string(), first, behind); s.step();)
      if (!only_gone || is_gone(fs::path(s.bytes(0)))) forgotten.emplace(s.bytes(0));
  }
  transaction change(*files_);
  for (const std::string& one : forgotten) files_->prepare("DELETE FROM files WHERE path = ?").with(one).run();
  change.commit();
  return static_cast<int>(forgotten.size());
}

std::vector<picture_index::named_file> picture_index::changed_files(const std::vector<fs::path>& folders,
                                                                    update_counts& counts) const {
  std::vector<named_file> changed;
  for (const fs::path& folder : folders) {
    const clipt::picture_walk found = clipt::find_pictures(folder);
    for (const clipt::left_out_path& path : found.left_out) counts.reasons.push_back(path.text());
    for (const fs::path& path : found.files) {
      const known_file now = look_at(path);
      const auto then = known(path.string());
      const bool same = then && then->size == now.size && then->modified == now.modified;
      if (same && then->row >= 0 && !damaged_.contains(then->row))  // what could not be read is tried and named again
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
  update_counts counts;
  find_damaged_rows();
  std::vector<fs::path> folders;
  for (const fs::path& folder : given) folders.push_back(real_path(folder));
  for (const fs::path& folder : folders) counts.gone += forget(folder, true);
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
  std::vector<named_file> again, others;
  statement s = files_->prepare("SELECT row FROM embedded WHERE digest = ?");
  for (named_file file : files) {
    const bool embedded = s.with(file.second.digest).step();
    if (embedded && !damaged_.contains(s.integer(0))) {
      file.second.row = s.integer(0);
      again.push_back(std::move(file));
      ++counts.moved;
    } else {
      others.push_back(std::move(file));
    }
  }
  s.with(std::string_view());  // a statement that is not at its end holds the file
  add(again);
  return others;
}

void picture_index::add(std::span<const named_file> files, std::span<const float> rows) {
  if (!rows.empty()) {
    const auto row_size = static_cast<std::size_t>(maker_.embed) * sizeof(float);
    clipt::append_file(index_file::rows_of(folder_), checksums_.size() * row_size).append(std::as_bytes(rows));
  }
  std::vector<std::uint32_t> checksums;
  const auto width = static_cast<std::size_t>(maker_.embed);
  for (std::size_t at = 0; at < rows.size(); at += width) checksums.push_back(checksum_of(rows.subspan(at, width)));
  transaction change(*files_);
  index_file::put_checksums(*files_, static_cast<clipt::dim_t>(checksums_.size()), checksums);
  for (const auto& [path, file] : files) index_file::put(*files_, path, file);
  change.commit();
  checksums_.insert(checksums_.end(), checksums.begin(), checksums.end());
}

void picture_index::embed(const std::vector<named_file>& files, const clipt::encoders& encode, update_counts& counts) {
  if (files.empty()) return;
  constexpr std::size_t at_once = 64;
  clipt::progress bar({.name = "embedding", .total = static_cast<std::int64_t>(files.size()), .unit = "pictures"},
                      clipt::standard_progress_output(2));
  for (std::size_t begin = 0; begin < files.size(); begin += at_once) {
    const std::size_t end = std::min(begin + at_once, files.size());
    std::vector<named_file> here(files.begin() + static_cast<std::ptrdiff_t>(begin),
                                 files.begin() + static_cast<std::ptrdiff_t>(end));
    const std::vector<fs::path> paths = [&] {
      std::vector<fs::path> all;
      for (const named_file& file : here) all.emplace_back(file.first);
      return all;
    }();
    const clipt::file_embeddings part = clipt::encode_files(encode, paths);
    std::vector<float> rows;
    for (std::size_t i = 0; i < here.size(); ++i) {
      if (!part.reasons[i].empty()) {
        counts.reasons.push_back(part.reasons[i]);
        continue;
      }
      here[i].second.row =
          static_cast<clipt::dim_t>(checksums_.size() + rows.size() / static_cast<std::size_t>(embed()));
      const auto row = part.values.row(static_cast<clipt::dim_t>(i));
      rows.insert(rows.end(), row.begin(), row.end());
      ++counts.embedded;
    }
    add(here, rows);
    bar.update(static_cast<std::int64_t>(end));
  }
  bar.finish();
}
