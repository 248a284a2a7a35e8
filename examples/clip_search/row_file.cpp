// Reading rows at their places in the file.
#include "row_file.hpp"

#include <zlib.h>

#include <clipt/eval/columns.hpp>
#include <clipt/eval/parallel.hpp>

#include <algorithm>
#include <cerrno>

std::uint32_t checksum_of(std::span<const float> row) {
  const auto bytes = std::as_bytes(row);
  return static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

bool is_unit(std::span<const float> row) {
  const float squares = clipt::on_cpu::row_dot(row.data(), row.data(), static_cast<clipt::dim_t>(row.size()));
  return squares > 0.999f && squares < 1.001f;  // what is not finite is not
}

row_file::row_file(const std::filesystem::path& path, clipt::dim_t width)
    : width_(width), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!file_ && errno != ENOENT) clipt::detail::refuse_file("row_file", path, "cannot be opened", errno);
}

clipt::dim_t row_file::read(clipt::dim_t first, std::span<float> rows) const {
  const auto bytes = std::as_writable_bytes(rows);
  const auto row_size = static_cast<std::size_t>(width_) * sizeof(float);
  std::size_t filled = 0;
  while (file_ && filled < bytes.size()) {
    const ssize_t count = ::pread(file_.number(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(static_cast<std::size_t>(first) * row_size + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;  // what a disk cannot read any more is not there
    filled += static_cast<std::size_t>(count);
  }
  return static_cast<clipt::dim_t>(filled / row_size);
}

void row_file::for_each(clipt::dim_t count, int threads,
                        const std::function<void(clipt::dim_t, std::span<const float>)>& visit) const {
  const clipt::dim_t part = std::max<clipt::dim_t>(1, (clipt::dim_t{1} << 18) / width_);  // a megabyte
  clipt::on_cpu::parallel_for(threads, (count + part - 1) / part, [&](clipt::dim_t i) {
    const clipt::dim_t first = i * part, here = std::min(part, count - first);
    thread_local std::vector<float> buffer;
    buffer.resize(static_cast<std::size_t>(here * width_));
    const clipt::dim_t there = read(first, buffer);
    for (clipt::dim_t k = 0; k < here; ++k) {
      const auto values = std::span<const float>(buffer).subspan(static_cast<std::size_t>(k * width_));
      visit(first + k, k < there ? values.first(static_cast<std::size_t>(width_)) : std::span<const float>());
    }
  });
}
