// The safetensors format: a JSON header that names tensors, and their bytes, one after the other.
#pragma once
#include <algorithm>    // stable_sort
#include <cstdint>      // uint64_t
#include <filesystem>   // path
#include <map>          // map
#include <set>          // set
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/file.hpp>          // mapped_file, atomic_file
#include <clipt/io/safetensors_header.hpp>  // safetensors_header
#include <clipt/io/printable.hpp>           // printable
#include <clipt/io/tensor_entry.hpp>        // tensor_entry
#include <clipt/io/tensor_table.hpp>        // tensor_table

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Text as JSON, quoted.
inline std::string json_text(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    throw io_error("clipt::write_safetensors: names and metadata must be UTF-8");
  }
}

/// The header for tensors that are written in the order given; padded so that the data begin at a multiple of 8.
inline std::string make_safetensors_header(std::span<const tensor_entry* const> entries,
                                           const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> items;
  std::set<std::string_view> names;
  if (!metadata.empty()) {
    for (const auto& [key, value] : metadata) items.push_back(json_text(key) + ':' + json_text(value));
    items = {fmt::format(R"("__metadata__":{{{}}})", joined(items, ","))};
  }
  std::uint64_t begin = 0;
  for (const tensor_entry* entry : entries) {
    static_cast<void>(element_count(*entry));  // throws unless shape and bytes agree
    if (entry->name == "__metadata__" || !names.insert(entry->name).second)
      throw io_error(fmt::format("clipt::write_safetensors: the name '{}' is {}", printable(entry->name),
                                 entry->name == "__metadata__" ? "reserved" : "there twice"));
    const std::uint64_t end = begin + entry->bytes.size();
    items.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json_text(entry->name),
                                name_of(entry->dtype), joined(entry->shape, ","), begin, end));
    begin = end;
  }
  std::string out = fmt::format("{{{}}}", joined(items, ","));
  out.append((8 - out.size() % 8) % 8, ' ');
  if (out.size() > safetensors_header_limit)
    throw io_error(fmt::format("clipt::write_safetensors: a header of {} bytes, at most {} can be read back",
                               out.size(), safetensors_header_limit));
  return out;
}

}  // namespace detail

/// The tensors of a safetensors file, which stays mapped into memory as long as this object lives.
///
/// Everything is checked before anything is handed out: the header's length and JSON, names once, known types, sizes as
/// the shapes say, and data without overlap or hole; memory is bounded as safetensors_tensor_limit says.
/// Errors: io_error with file, place, expected and found.
/// Python equivalent: safetensors.safe_open(path, "pt").
class safetensors_file {
 public:
  explicit safetensors_file(const std::filesystem::path& path) : path_(path), file_(path), table_(read()) {}

  /// In the order of their data in the file.
  std::span<const tensor_entry> entries() const { return table_.entries(); }

  /// The tensor called `name`, or nullptr.
  const tensor_entry* find(std::string_view name) const { return table_.find(name); }

  /// The tensor called `name`. Errors: io_error with the names most like it.
  const tensor_entry& at(std::string_view name) const { return table_.at(name); }

  /// What the file says about itself.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  const std::filesystem::path& path() const { return path_; }

 private:
  detail::tensor_table read() {
    std::vector<tensor_entry> entries;
    detail::safetensors_header(path_.string(), file_.bytes()).read(entries, metadata_);
    return {fmt::format("clipt::safetensors_file: {}", path_.string()), std::move(entries)};
  }

  std::filesystem::path path_;
  mapped_file file_;
  std::map<std::string, std::string> metadata_;
  detail::tensor_table table_;  // after what `read` uses
};

/// Writes tensors to a safetensors file, whole or not at all, straight from where they lie.
///
/// Types with longer elements come first and the data begin at a multiple of 8, so that every tensor is aligned to its
/// elements; otherwise the order is the caller's. Errors: shape_error for a shape that does not fit its bytes, io_error
/// for a name there twice or a file that cannot be written. Python equivalent: safetensors.torch.save_file.
inline void write_safetensors(const std::filesystem::path& path, std::span<const tensor_entry> entries,
                              const std::map<std::string, std::string>& metadata = {},
                              const written_tensor& written = {}) {
  std::vector<const tensor_entry*> order;
  for (const tensor_entry& entry : entries) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const tensor_entry* a, const tensor_entry* b) {
    return item_size(a->dtype) > item_size(b->dtype);
  });
  const std::string header = detail::make_safetensors_header(order, metadata);
  const std::uint64_t length = header.size();
  atomic_file file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const tensor_entry* entry : order) {
    file.write(entry->bytes);
    if (written) written(*entry);
  }
  file.commit();
}

}  // namespace clipt::inline CLIPT_BUILD
