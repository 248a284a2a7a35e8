// Tensors written as torch.save writes a state_dict: an archive that PyTorch reads with weights_only=True.
#pragma once
#include <cstddef>        // size_t
#include <cstdint>        // int32_t, int64_t and others
#include <filesystem>     // path
#include <span>           // span
#include <string>         // string, to_string
#include <string_view>    // string_view
#include <unordered_set>  // unordered_set
#include <utility>        // in_range
#include <vector>         // vector

#include <fmt/format.h>  // format
#include <utf8proc.h>    // utf8proc_iterate

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/file.hpp>          // atomic_file
#include <clipt/io/printable.hpp>     // printable
#include <clipt/io/tensor_entry.hpp>  // tensor_entry, element_count
#include <clipt/io/torch_globals.hpp>  // torch_kinds
#include <clipt/io/zip_writer.hpp>    // zip_writer

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The pickle, protocol 2, of an OrderedDict of tensors whose storages are called 0, 1, 2, ...
class torch_pickle_writer {
 public:
  torch_pickle_writer() {
    out_ = "\x80\x02";
    put_ordered_dict();
    out_ += '(';  // a mark; key, value, ... up to SETITEMS
  }

  void add(const tensor_entry& entry, std::size_t storage) {
    const std::string_view kind = torch_kinds[static_cast<std::size_t>(entry.dtype)];
    put(entry.name);
    put_global("torch._utils", "_rebuild_tensor_v2");
    out_ += "((";
    put("storage");
    put_global("torch", std::string(kind) + "Storage");
    put(std::to_string(storage));
    put("cpu");
    put(static_cast<std::int64_t>(element_count(entry)));
    out_ += "tQ";  // the five as a tuple, and that as a persistent id
    put(std::int64_t(0));
    put(entry.shape);
    put(row_major_strides(entry));
    out_ += '\x89';  // requires_grad = False
    put_ordered_dict();
    out_ += "tR";
  }

  std::string finish() { return out_ + "u."; }

 private:
  void put_global(std::string_view module, std::string_view name) { out_ += fmt::format("c{}\n{}\n", module, name); }
  void put_ordered_dict() {
    put_global("collections", "OrderedDict");
    out_ += ")R";
  }
  template <class T>
  void put_bytes(T number) {
    out_.append(reinterpret_cast<const char*>(&number), sizeof(T));
  }
  void put(std::string_view text) {
    out_ += 'X';
    put_bytes(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  void put(std::int64_t number) {
    if (std::in_range<std::int32_t>(number)) {
      out_ += 'J';
      put_bytes(static_cast<std::int32_t>(number));
    } else {
      out_ += "\x8a\x08";
      put_bytes(number);
    }
  }
  void put(const std::vector<std::int64_t>& numbers) {
    out_ += '(';
    for (const std::int64_t number : numbers) put(number);
    out_ += 't';
  }
  static std::vector<std::int64_t> row_major_strides(const tensor_entry& entry) {
    std::vector<std::int64_t> out(entry.shape.size(), 1);
    if (entry.bytes.empty()) return out;  // the other extents' product may not fit 64 bits
    for (std::size_t i = out.size(); i-- > 1;) out[i - 1] = out[i] * entry.shape[i];
    return out;
  }

  std::string out_;
};

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t ignored;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &ignored);
    if (length <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

}  // namespace detail

/// Writes tensors to a PyTorch archive, whole or not at all, straight from where they lie.
///
/// The same tensors give the same bytes. Errors: shape_error for a shape that does not fit its bytes, io_error for a
/// name that is there twice or is not UTF-8, or a file that cannot be written.
/// PyTorch equivalent: torch.save(OrderedDict(entries), path).
inline void write_torch_archive(const std::filesystem::path& path, std::span<const tensor_entry> entries,
                                const written_tensor& written = {}) {
  detail::torch_pickle_writer pickle;
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!detail::is_utf8(entries[i].name) || !names.insert(entries[i].name).second)
      throw io_error(fmt::format("clipt::write_torch_archive: expected names in UTF-8, each once, found '{}'{}",
                                 detail::printable(entries[i].name), names.contains(entries[i].name) ? " twice" : ""));
    pickle.add(entries[i], i);
  }
  const auto text = [](std::string_view bytes) { return std::as_bytes(std::span(bytes)); };
  atomic_file file(path);
  zip_writer zip(file);
  zip.add("archive/data.pkl", text(pickle.finish()));
  zip.add("archive/byteorder", text("little"));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    zip.add(fmt::format("archive/data/{}", i), entries[i].bytes);
    if (written) written(entries[i]);
  }
  zip.add("archive/version", text("3\n"));
  zip.finish();
  file.commit();
}

}  // namespace clipt::inline CLIPT_BUILD
