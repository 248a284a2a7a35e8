// Pictures in folders: the name of a folder is the label of what lies below it.
#pragma once
#include <algorithm>   // sort
#include <filesystem>  // path
#include <string>      // string
#include <utility>     // pair
#include <vector>      // vector

#include <clipt/core/error.hpp>     // io_error
#include <clipt/data/dataset.hpp>   // dataset
#include <clipt/io/image_file.hpp>  // read_image

namespace clipt::inline CLIPT_BUILD {

/// A folder of folders of pictures, in the order of their paths. PyTorch equivalent: `torchvision.datasets.ImageFolder`.
class folder_dataset {
 public:
  /// Files whose name begins with a dot are left out. Errors: io_error if there is no file in any folder.
  explicit folder_dataset(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::error_code loop;  // of symbolic links: it is neither a folder nor a file
    for (const auto& label : fs::directory_iterator(folder)) {
      if (!label.is_directory(loop)) continue;
      for (const auto& file : fs::recursive_directory_iterator(label, fs::directory_options::skip_permission_denied))
        if (file.is_regular_file(loop) && !file.path().filename().string().starts_with('.'))
          files_.emplace_back(file.path(), label.path().filename().string());
    }
    std::sort(files_.begin(), files_.end());
    if (files_.empty())
      throw io_error("clipt::folder_dataset: " + folder.string() +
                     ": expected a folder for each label with its pictures, found no file in any folder");
  }

  int size() const { return static_cast<int>(files_.size()); }
  image load(int i) const { return read_image(at(i).first); }
  std::string name(int i) const { return at(i).first.string(); }
  std::string label(int i) const { return at(i).second; }
  std::string caption(int i, random_stream) const { return label(i); }

 private:
  const std::pair<std::filesystem::path, std::string>& at(int i) const { return files_[static_cast<std::size_t>(i)]; }

  std::vector<std::pair<std::filesystem::path, std::string>> files_;
};

static_assert(dataset<folder_dataset>);

}  // namespace clipt::inline CLIPT_BUILD
