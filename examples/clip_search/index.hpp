// An index of pictures on disk: which files it knows, what changed since, and those most like an embedding.
#pragma once
#include <clipt/evaluate/encoders.hpp>
#include <clipt/io/append_file.hpp>
#include <clipt/io/file_lock.hpp>

#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "index_file.hpp"
#include "row_file.hpp"

/// What an update has done.
struct update_counts {
  int unchanged = 0, embedded = 0, moved = 0, gone = 0;
  std::vector<std::string> reasons;  // a sentence for each file that cannot be read
};

struct found_picture {
  std::string path;
  double cosine;
};

/// Which pictures are found, and how.
struct search_options {
  std::size_t most = 10;
  double threshold = -std::numeric_limits<double>::infinity();  // least cosine
  int threads = 0;
  bool by_faiss = false;  // most of them, see approximate.hpp
};

enum class index_access { read, change };

/// Pictures and their embeddings in a folder: a database of files, and a file of rows. Rows reach the disk before what
/// names them, and a piece of work is there whole or not at all, so a kill loses at most the piece in work; the same
/// bytes are embedded once, wherever they lie. One process at a time may change it, while any number read.
class picture_index {
 public:
  /// Opens an index, or makes one to change it where the maker is known. Errors: io_error for another maker's index, for
  /// none to read, for one that another process is changing, and for what is no index.
  picture_index(const std::filesystem::path& folder, const std::optional<index_maker>& maker, index_access access);

  /// Brings the index up to what lies below the folders now, with bars on standard error.
  update_counts update(const std::vector<std::filesystem::path>& folders, const clipt::encoders& encode);

  /// Forgets the files that lie at or below a path, or of those the ones that are gone; how many.
  int forget(const std::filesystem::path& path, bool only_gone);

  /// The pictures whose embeddings have the largest cosines with each query, a unit row; the largest first, equal ones
  /// by path. What is damaged is left out and noted.
  std::vector<std::vector<found_picture>> nearest(const clipt::embeddings& queries, const search_options& how);

  /// Groups of pictures, each with the largest of its cosines with others of the group, and that is at least `threshold`.
  std::vector<std::vector<found_picture>> alike(double threshold, int threads);

  /// How many pictures are known, and how many of them have an embedding.
  std::size_t size() const;
  std::size_t embedded() const;
  clipt::dim_t embed() const { return maker_.embed; }

  /// Sentences about what is damaged, as far as it was found.
  std::vector<std::string> complaints() const;

 private:
  using named_file = std::pair<std::string, known_file>;

  void open_or_make(const std::optional<index_maker>& maker);
  void read_checksums();
  bool is_whole(clipt::dim_t row, std::span<const float> values) const;
  void find_damaged_rows();
  std::vector<std::string> paths_of(clipt::dim_t row) const;
  std::optional<known_file> known(const std::string& path) const;
  std::vector<named_file> changed_files(const std::vector<std::filesystem::path>& folders, update_counts& counts) const;
  /// Records files whose bytes were embedded before, and returns the others.
  std::vector<named_file> without_known(const std::vector<named_file>& files, update_counts& counts);
  void embed(const std::vector<named_file>& files, const clipt::encoders& encode, update_counts& counts);
  void add(std::span<const named_file> files, std::span<const float> rows = {});
  std::vector<std::vector<float>> cosines(const clipt::embeddings& queries, int threads);
  std::vector<found_picture> best_of(const std::vector<float>& cosines, const search_options& how);
  std::vector<found_picture> nearly_best(std::span<const float> query, const search_options& how);
  std::vector<clipt::dim_t> rows_in_use() const;

  std::filesystem::path folder_;
  std::vector<std::string> notes_;  // of a conversion
  std::optional<clipt::file_lock> lock_;
  std::optional<database> files_;
  index_maker maker_;
  std::optional<row_file> rows_;
  std::vector<std::uint32_t> checksums_;  // of all rows
  std::set<clipt::dim_t> damaged_;
};
