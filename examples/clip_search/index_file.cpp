// The tables of an index, and the way from lines of JSON to them.
#include "index_file.hpp"

#include <fmt/format.h>

#include <clipt/io/json_text.hpp>
#include <clipt/io/printable.hpp>

#include "row_file.hpp"

#include <charconv>
#include <map>
#include <system_error>

namespace fs = std::filesystem;

namespace {

constexpr int application = 0x636c7074;  // 'clpt', which tells the file of this program from others of SQLite
constexpr int format = 1;
constexpr clipt::dim_t widest = 1 << 16;

constexpr const char* tables[] = {
    "CREATE TABLE maker (model TEXT NOT NULL, fingerprint TEXT NOT NULL, embed INTEGER NOT NULL)",
    // row is NULL where a file cannot be read
    "CREATE TABLE files (path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, digest BLOB NOT "
    "NULL, "
    "row INTEGER) WITHOUT ROWID",
    "CREATE INDEX files_of_row ON files (row)",
    // rows of all that was ever embedded
    "CREATE TABLE embedded (digest BLOB PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID",
    // CRC-32 of the rows first, first + 1, ..., as they lie in the memory of little-endian machines
    "CREATE TABLE checksums (first INTEGER PRIMARY KEY, crc32 BLOB NOT NULL)"};

/// A database under another name until it is complete.
class unfinished_database {
 public:
  unfinished_database(const fs::path& folder, const index_maker& maker)
      : final_(index_file::database_of(folder)), own_(final_.string() + ".new") {
    remove();
    made_.emplace(own_, database::file::anew);
    begun_.emplace(*made_);
    for (const char* const table : tables) made_->run(table);
    made_->prepare("INSERT INTO maker VALUES (?, ?, ?)").with(maker.model, maker.fingerprint, maker.embed).run();
    made_->run(fmt::format("PRAGMA application_id = {}", application));
    made_->run(fmt::format("PRAGMA user_version = {}", format));
  }
  ~unfinished_database() {
    begun_.reset();
    made_.reset();
    remove();
  }

  const database& tables_of() const { return *made_; }

  void finish() {
    begun_->commit();
    begun_.reset();
    made_.reset();
    std::error_code failure;
    fs::rename(own_, final_, failure);
    if (failure)
      throw clipt::io_error(fmt::format("{}: cannot be put in its place: {}", final_.string(), failure.message()));
  }

 private:
  void remove() const {
    std::error_code absent;
    fs::remove(own_, absent);
    fs::remove(own_.string() + "-journal", absent);
  }

  fs::path final_, own_;
  std::optional<database> made_;
  std::optional<transaction> begun_;
};

fs::path description_of(const fs::path& folder) { return folder / "store.json"; }
fs::path records_of(const fs::path& folder) { return folder / "records.jsonl"; }

/// A path of the earlier form, in which bytes may be written `%ff`.
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

index_maker earlier_maker_of(const fs::path& folder) {
  const fs::path file = description_of(folder);
  const auto found = clipt::detail::parse_json<nlohmann::json>(clipt::read_file(file));
  try {
    const index_maker maker{found.at("model"), found.at("fingerprint"), found.at("embed")};
    if (found.at("index") == "clip_search" && maker.embed >= 1 && maker.embed <= widest) return maker;
  } catch (const nlohmann::json::exception&) {  // what is no JSON has no values either
  }
  throw clipt::io_error(fmt::format("{}: is damaged, or of another program; take another folder", file.string()));
}

/// What the lines of an index of the earlier form say, damaged ones left out.
struct earlier_index {
  clipt::dim_t on_disk = 0;  // rows
  std::map<std::string, known_file> files;
  std::map<std::string, clipt::dim_t> embedded;
  clipt::dim_t rows = 0;
  std::vector<std::string> damaged;

  void read(std::string_view line);
};

void earlier_index::read(std::string_view line) {
  const auto r = nlohmann::json::parse(line);
  if (const auto gone = r.find("gone"); gone != r.end()) {
    files.erase(unescaped(gone->get<std::string>()));
    return;
  }
  known_file file{r.at("size"), r.at("modified"), r.at("digest"), r.value("row", clipt::dim_t{-1})};
  const std::string path = unescaped(r.at("path"));
  if (file.row >= on_disk) {
    damaged.push_back(fmt::format("{}: its embedding is missing; add its folder again", path));
    file.row = -1;
  }
  if (file.row >= 0) {
    embedded[file.digest] = file.row;
    rows = std::max(rows, file.row + 1);
  }
  files[path] = file;
}

earlier_index read_records(const fs::path& file, clipt::dim_t on_disk) {
  earlier_index all{on_disk, {}, {}, 0, {}};
  std::error_code absent;
  const std::string text = fs::exists(file, absent) ? clipt::read_file(file) : "";
  int number = 0;
  // Half a line at the end is what a kill leaves.
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
    ++number;
    try {
      all.read(std::string_view(text).substr(at, end - at));
    } catch (const nlohmann::json::exception&) {
      all.damaged.push_back(
          fmt::format("{}: line {} is damaged and left out; add its folder again", file.string(), number));
    }
  }
  return all;
}

/// The checksums of rows; a row that is no embedding gets another one than it has, and so is a damaged one.
std::vector<std::uint32_t> checksums_of(const row_file& rows, clipt::dim_t count) {
  std::vector<std::uint32_t> all(static_cast<std::size_t>(count));
  rows.for_each(count, 0, [&](clipt::dim_t row, std::span<const float> values) {
    all[static_cast<std::size_t>(row)] = is_unit(values) ? checksum_of(values) : ~checksum_of(values);
  });
  return all;
}

}  // namespace

namespace index_file {

fs::path database_of(const fs::path& folder) { return folder / "index.sqlite"; }
fs::path rows_of(const fs::path& folder) { return folder / "embeddings.f32"; }

void make(const fs::path& folder, const index_maker& maker) { unfinished_database(folder, maker).finish(); }

database open(const fs::path& folder) {
  database index(database_of(folder));
  const std::string file = index.path().string();
  if (index.integer("PRAGMA application_id") != application)
    throw clipt::io_error(fmt::format("{}: is a database of another program; take another folder", file));
  if (const auto found = index.integer("PRAGMA user_version"); found != format)
    throw clipt::io_error(fmt::format(
        "{}: is of a newer clip_search: format {}, this one knows format {}; use the newer one", file, found, format));
  return index;
}

index_maker maker_of(const database& index) {
  statement s = index.prepare("SELECT model, fingerprint, embed FROM maker");
  index_maker maker;
  if (s.step()) maker = {std::string(s.bytes(0)), std::string(s.bytes(1)), s.integer(2)};
  if (maker.embed < 1 || maker.embed > widest)
    throw clipt::io_error(
        fmt::format("{}: is damaged: it does not say how wide embeddings are", index.path().string()));
  return maker;
}

void put(const database& index, const std::string& path, const known_file& file) {
  statement s = index.prepare("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)");
  if (file.row < 0) {
    s.with(path, file.size, file.modified, file.digest, nullptr).run();
    return;
  }
  s.with(path, file.size, file.modified, file.digest, file.row).run();
  index.prepare("INSERT OR REPLACE INTO embedded VALUES (?, ?)").with(file.digest, file.row).run();
}

void put_checksums(const database& index, clipt::dim_t first, std::span<const std::uint32_t> checksums) {
  if (checksums.empty()) return;
  index.prepare("INSERT INTO checksums VALUES (?, ?)")
      .with(first, std::string_view(reinterpret_cast<const char*>(checksums.data()), checksums.size_bytes()))
      .run();
}

bool is_of_earlier_form(const fs::path& folder) {
  std::error_code absent;
  return !fs::exists(database_of(folder), absent) && fs::exists(description_of(folder), absent);
}

void check_maker(const fs::path& folder, const index_maker& found, const std::optional<index_maker>& asked) {
  if (!asked || found == *asked) return;
  throw clipt::io_error(fmt::format(
      "{}: was made by {} (digest {}, {} numbers a picture), now it would be {} (digest {}, {} numbers); take another "
      "folder",
      folder.string(), found.model, found.fingerprint, found.embed, asked->model, asked->fingerprint, asked->embed));
}

std::vector<std::string> convert(const fs::path& folder, const std::optional<index_maker>& asked) {
  const index_maker maker = earlier_maker_of(folder);
  check_maker(folder, maker, asked);
  std::error_code absent;
  const std::uintmax_t bytes = fs::file_size(rows_of(folder), absent);
  const auto on_disk = absent ? 0 : static_cast<clipt::dim_t>(bytes / sizeof(float)) / maker.embed;
  earlier_index earlier = read_records(records_of(folder), on_disk);
  unfinished_database made(folder, maker);
  for (const auto& [path, file] : earlier.files) put(made.tables_of(), path, file);
  for (const auto& [digest, row] : earlier.embedded)
    made.tables_of().prepare("INSERT OR REPLACE INTO embedded VALUES (?, ?)").with(digest, row).run();
  put_checksums(made.tables_of(), 0, checksums_of(row_file(rows_of(folder), maker.embed), earlier.rows));
  made.finish();
  remove_leftovers(folder);
  fmt::print(stderr, "clip_search: {}: an index of an earlier form; its {} pictures are now in index.sqlite\n",
             clipt::detail::on_one_line(folder.string()), earlier.files.size());
  return earlier.damaged;
}

void remove_leftovers(const fs::path& folder) {
  std::error_code absent;
  if (!fs::exists(database_of(folder), absent)) return;
  fs::remove(description_of(folder), absent);
  fs::remove(records_of(folder), absent);
}

}  // namespace index_file
