// An index of pictures on disk: which files it knows, what changed since, and those most like an embedding.
#pragma once
#include <clipt/evaluate/embedding_store.hpp>
#include <clipt/evaluate/encoders.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// A file as it was when it was embedded.
struct known_file {
  std::int64_t size = 0, modified = 0;  // bytes; nanoseconds since the file clock's epoch
  std::string digest;                   // SHA-256 of its bytes
  clipt::dim_t row = -1;                // of its embedding; -1: it cannot be read
};

/// What an update has done.
struct update_counts {
  int unchanged = 0, embedded = 0, moved = 0, gone = 0;
  std::vector<std::string> reasons;  // a sentence for each file that cannot be read
};

struct found_picture {
  std::string path;
  double cosine;
};

/// Pictures and their embeddings in a folder. Every change is a record behind the others, so a kill loses at most the
/// batch in work; the same bytes are embedded once, wherever they lie.
class picture_index {
 public:
  /// Opens an index, or makes one to append. Errors: io_error for an index of another model, and as of embedding_store.
  picture_index(const std::filesystem::path& folder, const std::string& model, const std::string& fingerprint,
                clipt::dim_t embed, clipt::store_access access);

  /// Brings the index up to what lies below the folders now, with bars on standard error.
  update_counts update(const std::vector<std::filesystem::path>& folders, const clipt::encoders& encode);

  /// The pictures whose embeddings have the largest cosines with `query`, a unit row; the largest first, equal ones by
  /// path. With `by_faiss` most of them; see approximate.hpp.
  std::vector<found_picture> nearest(std::span<const float> query, std::size_t most, int threads,
                                     bool by_faiss = false) const;

  std::size_t size() const { return files_.size(); }

 private:
  using record = clipt::embedding_store::record;
  using named_file = std::pair<std::string, known_file>;

  void apply(const record& r);
  void add(std::span<const record> records, std::span<const float> rows = {});
  std::vector<record> records_of_gone_files(const std::vector<std::filesystem::path>& folders) const;
  std::vector<named_file> changed_files(const std::vector<std::filesystem::path>& folders, update_counts& counts) const;
  std::vector<found_picture> nearly_nearest(std::span<const float> rows, std::span<const float> query, std::size_t most,
                                            int threads) const;
  /// Records files whose bytes were embedded before, and returns the others.
  std::vector<named_file> without_known(const std::vector<named_file>& files, update_counts& counts);
  void embed(const std::vector<named_file>& files, const clipt::encoders& encode, update_counts& counts);

  std::filesystem::path folder_;
  clipt::embedding_store store_;
  std::map<std::string, known_file> files_;        // by absolute path
  std::map<std::string, clipt::dim_t> by_digest_;  // rows of all that was ever embedded
};
