// Cells of faiss: an inverted file of the rows themselves, which stays on the disk but for the cells that are looked at.
#include "approximate.hpp"

#ifdef CLIPT_FAISS
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <cmath>
#include <memory>
#include <system_error>

namespace {

using idx_t = faiss::Index::idx_t;

std::unique_ptr<faiss::IndexIVF> read(const std::filesystem::path& file) {
  std::unique_ptr<faiss::Index> index(faiss::read_index(file.c_str(), faiss::IO_FLAG_MMAP));
  auto* const cells = dynamic_cast<faiss::IndexIVF*>(index.get());
  if (cells == nullptr) throw clipt::io_error(file.string() + ": no inverted file of faiss; remove it");
  index.release();
  return std::unique_ptr<faiss::IndexIVF>(cells);
}

void make(const std::filesystem::path& file, const std::vector<float>& rows, std::size_t width) {
  const std::size_t count = rows.size() / width;
  const auto cells = std::max<std::size_t>(
      1, std::min(count / 40, static_cast<std::size_t>(4 * std::sqrt(static_cast<double>(count)))));
  fmt::print(stderr, "clip_search: {} rows are divided into {} cells\n", count, cells);
  faiss::IndexFlatIP centres(static_cast<idx_t>(width));
  faiss::IndexIVFFlat index(&centres, width, cells, faiss::METRIC_INNER_PRODUCT);
  index.cp.min_points_per_centroid = 1;
  index.train(static_cast<idx_t>(count), rows.data());
  index.add(static_cast<idx_t>(count), rows.data());
  const std::filesystem::path unfinished = file.string() + ".tmp";
  std::error_code failure;
  faiss::write_index(&index, unfinished.c_str());
  std::filesystem::rename(unfinished, file, failure);
  if (failure) throw clipt::io_error(file.string() + ": cannot be put in its place: " + failure.message());
}

/// The cells of all rows, made where they are not there.
std::unique_ptr<faiss::IndexIVF> cells_of(const std::filesystem::path& file, const near_request& asked) {
  std::error_code absent;
  const auto count = static_cast<idx_t>(asked.wanted->size());
  if (std::filesystem::exists(file, absent))
    if (auto cells = read(file); cells->ntotal == count) return cells;
  make(file, asked.read_rows(), asked.query.size());
  return read(file);
}

}  // namespace

near_rows nearest_by_faiss(const std::filesystem::path& file, const near_request& asked) {
  if (asked.threads > 0) omp_set_num_threads(asked.threads);
  const std::vector<bool>& wanted = *asked.wanted;
  try {
    const auto index = cells_of(file, asked);
    index->parallel_mode = 1;  // over the cells: there is one query
    std::vector<std::uint8_t> bits((wanted.size() + 7) / 8);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i]) bits[i / 8] |= static_cast<std::uint8_t>(1 << i % 8);
    faiss::IDSelectorBitmap selector(bits.size(), bits.data());
    faiss::IVFSearchParameters how;
    how.nprobe = std::max<std::size_t>(8, index->nlist / 32);
    how.sel = &selector;
    const std::size_t most = std::min(asked.most, wanted.size());
    std::vector<float> cosines(most);
    std::vector<idx_t> found(most);
    index->search(1, asked.query.data(), static_cast<idx_t>(most), cosines.data(), found.data(), &how);
    near_rows result;
    for (std::size_t i = 0; i < most && found[i] >= 0; ++i) result.emplace_back(found[i], cosines[i]);
    return result;
  } catch (const faiss::FaissException& e) {
    throw clipt::io_error(file.string() + ": " + e.what() + "; remove this file");
  }
}
#else
near_rows nearest_by_faiss(const std::filesystem::path&, const near_request&) {
  throw clipt::io_error("this clip_search is built without faiss; configure with -DCLIPT_FAISS=ON (libfaiss-dev)");
}
#endif
