// What an index consists of on the disk, and how it comes about: made anew, or out of the form of earlier versions.
#pragma once
#include "database.hpp"

#include <clipt/evaluate/encode.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// A file as it was when it was embedded.
struct known_file {
  std::int64_t size = 0, modified = 0;  // bytes; nanoseconds since the file clock's epoch
  std::string digest;                   // SHA-256 of its bytes
  clipt::dim_t row = -1;                // of its embedding; -1: it cannot be read
};

/// The weights, by a digest, and the width of their embeddings.
struct index_maker {
  std::string model, fingerprint;
  clipt::dim_t embed = 0;

  bool operator==(const index_maker&) const = default;
};

namespace index_file {

/// The database of an index, and the file of its embeddings.
std::filesystem::path database_of(const std::filesystem::path& folder);
std::filesystem::path rows_of(const std::filesystem::path& folder);

/// Makes the database of an empty index, whole or not at all. The folder is there and locked.
void make(const std::filesystem::path& folder, const index_maker& maker);

/// Opens a database. Errors: io_error for what is none of clip_search, or of a newer one.
database open(const std::filesystem::path& folder);

/// Who has made an index.
index_maker maker_of(const database& index);

/// Errors: io_error if an index is another's than that which is asked for.
void check_maker(const std::filesystem::path& folder, const index_maker& found,
                 const std::optional<index_maker>& asked);

/// Adds or replaces a file.
void put(const database& index, const std::string& path, const known_file& file);

/// Writes the checksums of the rows from `first` on.
void put_checksums(const database& index, clipt::dim_t first, std::span<const std::uint32_t> checksums);

/// Whether there is an index of the earlier form and none of this one.
bool is_of_earlier_form(const std::filesystem::path& folder);

/// Turns an index of the earlier form, lines of JSON beside the same embeddings, into one of this form, whole or not at
/// all; says so, and returns sentences about what is damaged. The folder is locked.
std::vector<std::string> convert(const std::filesystem::path& folder, const std::optional<index_maker>& asked);

/// Removes what a conversion that was killed may have left.
void remove_leftovers(const std::filesystem::path& folder);

}  // namespace index_file
