// Embeddings in a folder with a line of JSON for each: appended, never rewritten, whole after a kill at any moment.
#pragma once
#include <cstdint>      // int64_t
#include <filesystem>   // path
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <system_error>  // error_code
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // ordered_json

#include <clipt/evaluate/encode.hpp>  // embeddings
#include <clipt/io/append_file.hpp>   // append_file
#include <clipt/io/file.hpp>          // mapped_file, read_file, write_file_atomically
#include <clipt/io/file_lock.hpp>     // file_lock
#include <clipt/io/json_text.hpp>     // json_text, parse_json

namespace clipt::inline CLIPT_BUILD {

/// What a store is opened for. One process at a time may append, while any number read what was there when they opened
/// it.
enum class store_access { read, append };

/// Rows of `embed` floats in embeddings.f32 and what they are in records.jsonl, an object a line; store.json says what
/// made them.
///
/// Rows reach the disk before the records that name them ("row": number), so a record's row is always there; half a
/// line or a row without a record is cut off when the folder is opened to append again.
class embedding_store {
 public:
  using record = nlohmann::ordered_json;

  /// Opens a folder, or makes it to append. `made_by` (model, digest, ...) must be that of a store that is there already.
  /// Errors: io_error for another one's store, for none to read, while another process appends, or for a file that
  /// cannot be read or written.
  embedding_store(const std::filesystem::path& folder, dim_t embed, record made_by,
                  store_access access = store_access::append)
      : folder_(folder), embed_(embed) {
    made_by["embed"] = embed;
    made_by = record::parse(json_text(made_by));  // as it will be read again
    const std::filesystem::path description = folder / "store.json";
    std::error_code failure;
    if (access == store_access::append) {
      std::filesystem::create_directories(folder, failure);
      if (failure)
        throw io_error(
            fmt::format("clipt::embedding_store: {}: cannot be made: {}", folder.string(), failure.message()));
      lock_.emplace(folder / "lock");
      if (!std::filesystem::exists(description, failure)) write_file_atomically(description, json_text(made_by) + '\n');
    } else if (!std::filesystem::exists(description, failure)) {
      throw io_error(fmt::format("clipt::embedding_store: {}: nothing is kept here yet", folder.string()));
    }
    const auto found = detail::parse_json<record>(read_file(description));
    if (!(found == made_by))  // what is no JSON is neither equal nor unequal
      throw io_error(fmt::format("clipt::embedding_store: {}: was made by {}, now it would be {}; take another folder",
                                 folder.string(), found.dump(), made_by.dump()));
    const std::size_t kept = read_records();
    if (access == store_access::read) return;
    rows_file_.emplace(rows_path(), static_cast<std::uint64_t>(rows_) * row_size());
    records_file_.emplace(records_path(), kept);
  }

  const std::vector<record>& records() const { return records_; }
  dim_t embed() const { return embed_; }
  dim_t rows() const { return rows_; }

  /// Adds rows, then records. The first new row has the number that rows() returned before. Errors: io_error for a
  /// store that was opened to read, or files that cannot be written.
  void append(std::span<const float> rows, std::span<const record> more) {
    if (!lock_) throw io_error(fmt::format("clipt::embedding_store: {}: was opened to read", folder_.string()));
    rows_file_->append(std::as_bytes(rows));
    rows_ += static_cast<dim_t>(rows.size()) / embed_;
    std::string lines;
    for (const record& r : more) lines += json_text(r) + '\n';
    records_file_->append(lines);
    records_.insert(records_.end(), more.begin(), more.end());
  }

  /// The rows as they lie on the disk now, valid as long as what is returned.
  mapped_file map_rows() const { return mapped_file(rows_path()); }

 private:
  std::uint64_t row_size() const { return static_cast<std::uint64_t>(embed_) * sizeof(float); }

  std::filesystem::path rows_path() const { return folder_ / "embeddings.f32"; }
  std::filesystem::path records_path() const { return folder_ / "records.jsonl"; }

  /// Reads the records before the first that is not whole; how many bytes they are.
  std::size_t read_records() {
    std::error_code absent;
    const std::string text = std::filesystem::exists(records_path(), absent) ? read_file(records_path()) : "";
    const std::uint64_t bytes = std::filesystem::file_size(rows_path(), absent);
    const std::uint64_t on_disk = absent ? 0 : bytes / row_size();
    std::size_t kept = 0;
    for (std::size_t end; (end = text.find('\n', kept)) != text.npos; kept = end + 1) {
      auto r = detail::parse_json<record>(std::string_view(text).substr(kept, end - kept));
      if (!r.is_object()) break;
      if (const auto row = r.find("row"); row != r.end()) {
        if (!row->is_number_unsigned() || row->get<std::uint64_t>() >= on_disk) break;
        rows_ = std::max(rows_, row->get<dim_t>() + 1);
      }
      records_.push_back(std::move(r));
    }
    return kept;
  }

  std::filesystem::path folder_;
  dim_t embed_, rows_ = 0;
  std::optional<file_lock> lock_;  // of a store that may be appended to
  std::vector<record> records_;
  std::optional<append_file> rows_file_, records_file_;
};

}  // namespace clipt::inline CLIPT_BUILD
