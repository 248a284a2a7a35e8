// Cells of faiss: an inverted file of the rows themselves, which stays on the disk but for the cells that are looked at.
#include "approximate.hpp"

#ifdef CLIPT_FAISS
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <cmath>
#include <memory>

namespace {

using idx_t = faiss::Index::idx_t;

std::unique_ptr<faiss::IndexIVF> read(const std::filesystem::path& file) {
  std::unique_ptr<faiss::Index> index(faiss::read_index(file.c_str(), faiss::IO_FLAG_MMAP));
  auto* const cells = dynamic_cast<faiss::IndexIVF*>(index.get());
  if (cells == nullptr) throw clipt::io_error(file.string() + ": no inverted file of faiss; remove it");
  index.release();
  return std::unique_ptr<faiss::IndexIVF>(cells);
}

void make(const std::filesystem::path& file, std::span<const float> rows, std::size_t width) {
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
  faiss::write_index(&index, unfinished.c_str());
  std::filesystem::rename(unfinished, file);
}

}  // namespace

near_rows nearest_by_faiss(const std::filesystem::path& file, std::span<const float> rows, std::span<const float> query,
                           const std::vector<bool>& wanted, std::size_t most, int threads) {
  if (threads > 0) omp_set_num_threads(threads);
  const auto count = static_cast<idx_t>(wanted.size());
  if (!std::filesystem::exists(file) || read(file)->ntotal != count) make(file, rows, query.size());
  const auto index = read(file);
  index->parallel_mode = 1;  // over the cells: there is one query
  std::vector<std::uint8_t> bits((wanted.size() + 7) / 8);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i]) bits[i / 8] |= static_cast<std::uint8_t>(1 << i % 8);
  faiss::IDSelectorBitmap selector(bits.size(), bits.data());
  faiss::IVFSearchParameters how;
  how.nprobe = std::max<std::size_t>(8, index->nlist / 32);
  how.sel = &selector;
  most = std::min(most, wanted.size());
  std::vector<float> cosines(most);
  std::vector<idx_t> found(most);
  index->search(1, query.data(), static_cast<idx_t>(most), cosines.data(), found.data(), &how);
  near_rows result;
  for (std::size_t i = 0; i < most && found[i] >= 0; ++i) result.emplace_back(found[i], cosines[i]);
  return result;
}
#else
near_rows nearest_by_faiss(const std::filesystem::path&, std::span<const float>, std::span<const float>,
                           const std::vector<bool>&, std::size_t, int) {
  throw clipt::io_error("this clip_search is built without faiss; configure with -DCLIPT_FAISS=ON (libfaiss-dev)");
}
#endif
