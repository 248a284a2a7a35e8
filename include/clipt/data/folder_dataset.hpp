// Pictures in folders: the name of a folder is the label of what lies below it.
#pragma once
#include <filesystem>    // path, equivalent
#include <string>        // string
#include <system_error>  // error_code
#include <utility>       // pair, move
#include <vector>        // vector

#include <clipt/core/error.hpp>       // io_error
#include <clipt/data/dataset.hpp>     // dataset
#include <clipt/io/image_file.hpp>    // read_image
#include <clipt/io/picture_walk.hpp>  // find_pictures

namespace clipt::inline CLIPT_BUILD {

/// A folder of folders of pictures, in the order of their paths. PyTorch equivalent:
/// `torchvision.datasets.ImageFolder`, which names neither what it passes over nor links that it does not follow.
class folder_dataset {
 public:
  /// Every picture that `find_pictures` finds below a label's folder, also in folders in it and behind links.
  /// Errors: io_error if there is none in any folder; what else is not read is in `left_out`.
  explicit folder_dataset(const std::filesystem::path& folder) {
    picture_walk walk = find_pictures(folder);
    left_out_ = std::move(walk.left_out);
    for (const std::filesystem::path& file : walk.files)
      if (is_in_a_label(file, folder))
        files_.emplace_back(file, file.lexically_relative(folder).begin()->string());
      else
        left_out_.push_back({file, "lies in no label's folder"});
    std::error_code gone;
    for (const std::filesystem::path& link : walk.again)
      if (!is_in_a_label(link, folder) && !std::filesystem::equivalent(link, folder, gone))
        left_out_.push_back({link, "leads to a folder that is read under another name; a picture has one label"});
    if (files_.empty())
      throw io_error("clipt::folder_dataset: " + folder.string() +
                     ": expected a folder for each label with its pictures, found no picture in any folder" +
                     (left_out_.empty() ? "" : "; left out: " + left_out_.front().text()));
  }

  /// What lies there and is not part of the data: see picture_walk, and pictures that lie in no label's folder.
  const std::vector<left_out_path>& left_out() const { return left_out_; }

  int size() const { return static_cast<int>(files_.size()); }
  image load(int i) const { return read_image(at(i).first); }
  std::string name(int i) const { return at(i).first.string(); }
  std::string label(int i) const { return at(i).second; }
  std::string caption(int i, random_stream) const { return label(i); }

 private:
  static bool is_in_a_label(const std::filesystem::path& file, const std::filesystem::path& folder) {
    const std::filesystem::path below = file.lexically_relative(folder);
    return ++below.begin() != below.end();
  }

  const std::pair<std::filesystem::path, std::string>& at(int i) const { return files_[static_cast<std::size_t>(i)]; }

  std::vector<std::pair<std::filesystem::path, std::string>> files_;
  std::vector<left_out_path> left_out_;
};

static_assert(dataset<folder_dataset>);

}  // namespace clipt::inline CLIPT_BUILD
