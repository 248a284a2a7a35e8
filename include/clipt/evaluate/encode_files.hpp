// The embeddings of picture files: those that cannot be read are named and left out.
#pragma once
#include <algorithm>   // count_if, fill_n
#include <filesystem>  // path
#include <span>        // span
#include <string>      // string
#include <vector>      // vector

#include <clipt/evaluate/encoders.hpp>  // encoders, encode_readable
#include <clipt/io/image_file.hpp>      // read_image

namespace clipt::inline CLIPT_BUILD {

/// Unit embeddings of files, and why some have none.
struct file_embeddings {
  embeddings values;                 ///< [files, embed]; zeros for a file that cannot be read
  std::vector<std::string> reasons;  ///< of each file: empty if it could be read

  std::size_t bad() const {
    return static_cast<std::size_t>(std::count_if(reasons.begin(), reasons.end(), [](auto& r) { return !r.empty(); }));
  }
};

/// Reads, preprocesses and encodes picture files in their order, on several threads.
inline file_embeddings encode_files(const encoders& model, std::span<const std::filesystem::path> files) {
  file_embeddings result{{}, std::vector<std::string>(files.size())};
  result.values = detail::encode_readable(
      model, model.pictures, static_cast<dim_t>(files.size()),
      [&](dim_t i) { return read_image(files[static_cast<std::size_t>(i)]); },
      [&](dim_t i, const io_error& e) { result.reasons[static_cast<std::size_t>(i)] = e.what(); });
  for (std::size_t i = 0; i < files.size(); ++i)
    if (!result.reasons[i].empty())
      std::fill_n(result.values.values.begin() + static_cast<std::ptrdiff_t>(i) * result.values.embed,
                  result.values.embed, 0.f);
  return result;
}

}  // namespace clipt::inline CLIPT_BUILD
