// The safetensors format: a JSON header that names tensors, and their bytes, one after the other.
//
// 8 bytes of header length (little-endian), the header {name: {dtype, shape, data_offsets: [begin, end]}}, the data.
// Source: https://huggingface.co/docs/safetensors, "Format"; strings about the file go under "__metadata__".
#pragma once
#include <algorithm>    // sort, stable_sort
#include <array>        // array
#include <cstdint>      // int64_t, uint64_t
#include <cstring>      // memcpy
#include <filesystem>   // path
#include <map>          // map
#include <optional>     // optional
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
#include <clipt/io/tensor_entry.hpp>  // tensor_entry
#include <clipt/io/tensor_table.hpp>  // tensor_table

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The format's own limit; a longer header is an attack or another kind of file.
inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

/// Reads and checks the header of one file; every refusal says where, what was expected and what was found.
class safetensors_header {
 public:
  safetensors_header(std::string file, std::span<const std::byte> bytes) : file_(std::move(file)), bytes_(bytes) {}

  void read(std::vector<tensor_entry>& entries, std::map<std::string, std::string>& metadata) {
    const nlohmann::json header = parse(header_text());
    std::vector<placed> tensors;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__")
        read_metadata(value, metadata);
      else
        tensors.push_back(read_tensor(name, value));
    }
    check_places(tensors);
    for (placed& tensor : tensors) entries.push_back(std::move(tensor.entry));
  }

 private:
  struct placed {
    tensor_entry entry;
    std::uint64_t begin, end;
  };

  [[noreturn]] void refuse(std::string_view where, std::string_view expected, std::string_view found) const {
    throw io_error(
        fmt::format("clipt::safetensors_file: {}: {}: expected {}, found {}", file_, where, expected, found));
  }
  [[noreturn]] void refuse_value(std::string_view where, std::string_view expected, const nlohmann::json& found) const {
    refuse(where, expected, shorten(found.dump()));
  }
  static std::string shorten(std::string text) { return text.size() <= 80 ? text : text.substr(0, 80) + "..."; }

  /// What people hand over instead of a safetensors file, most often.
  std::string_view likeness() const {
    const std::string_view start(reinterpret_cast<const char*>(bytes_.data()), std::min<std::size_t>(bytes_.size(), 8));
    if (start.starts_with("PK")) return " (a zip archive, as torch.save writes)";
    if (start.starts_with("version ")) return " (a pointer of Git LFS; fetch the file itself with git lfs pull)";
    if (start.starts_with("<")) return " (a web page?)";
    return "";
  }

  std::string_view header_text() {
    if (bytes_.size() < 8) refuse("byte 0", "8 bytes of header length", fmt::format("{} bytes", bytes_.size()));
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), 8);
    const std::uint64_t most = std::min<std::uint64_t>(safetensors_header_limit, bytes_.size() - 8);
    if (length > most)
      refuse("header length", fmt::format("at most {}", most), fmt::format("{}{}", length, likeness()));
    data_ = bytes_.subspan(8 + static_cast<std::size_t>(length));
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + 8, static_cast<std::size_t>(length));
    if (!text.starts_with('{')) refuse("header", "a JSON object that begins with {", first_byte(text));
    return text;
  }
  static std::string first_byte(std::string_view text) {
    return text.empty() ? "nothing" : fmt::format("byte {:#04x}", static_cast<unsigned char>(text[0]));
  }

  /// The callback is for what the library lets pass: the last of two equal keys wins, and brackets may fill memory.
  nlohmann::json parse(std::string_view text) const {
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
      using happened = nlohmann::json::parse_event_t;
      if (event == happened::object_start || event == happened::array_start) {
        if (depth > 2) refuse("header", "objects of objects of lists", "deeper nesting");
        keys.resize(static_cast<std::size_t>(depth) + 2);
        keys.back().clear();
      } else if (event == happened::key &&
                 !keys[static_cast<std::size_t>(depth)].insert(value.get<std::string>()).second) {
        refuse("header", "every name once", fmt::format("'{}' twice", shorten(value.get<std::string>())));
      }
      return true;
    };
    try {
      return nlohmann::json::parse(text.begin(), text.end(), watch);
    } catch (const nlohmann::json::parse_error& problem) {
      const std::string_view what = problem.what();  // [json.exception.parse_error.101] parse error at ...
      const std::size_t bracket = what.find("] ");
      refuse(fmt::format("header, byte {} of {}", problem.byte, text.size()), "JSON",
             bracket == what.npos ? what : what.substr(bracket + 2));
    } catch (const nlohmann::json::out_of_range&) {
      refuse("header", "numbers that a double can hold", "one that none can");
    }
  }

  void read_metadata(const nlohmann::json& value, std::map<std::string, std::string>& metadata) const {
    if (!value.is_object()) refuse_value("__metadata__", "an object of strings", value);
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) refuse_value(fmt::format("__metadata__, '{}'", key), "a string", text);
      metadata.emplace(key, text.get<std::string>());
    }
  }

  static std::optional<dtype_code> dtype_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(dtype_code::boolean); ++i)
      if (name_of(static_cast<dtype_code>(i)) == name) return static_cast<dtype_code>(i);
    return {};
  }

  const nlohmann::json& field(const std::string& where, const nlohmann::json& value, const char* key) const {
    const auto found = value.find(key);
    if (found == value.end()) refuse(where, "dtype, shape and data_offsets", fmt::format("no {}", key));
    return *found;
  }

  /// A list of integers from 0 to 2^63 - 1.
  std::vector<std::int64_t> integers(const std::string& where, const nlohmann::json& value) const {
    if (!value.is_array()) refuse_value(where, "a list of integers", value);
    std::vector<std::int64_t> out;
    for (const nlohmann::json& number : value) {
      if (!number.is_number_unsigned() || !std::in_range<std::int64_t>(number.get<std::uint64_t>()))
        refuse_value(where, "integers from 0 to 2^63 - 1", number);
      out.push_back(number.get<std::int64_t>());
    }
    return out;
  }

  placed read_tensor(const std::string& name, const nlohmann::json& value) const {
    const std::string where = fmt::format("tensor '{}'", name);
    if (!value.is_object()) refuse_value(where, "an object", value);
    const nlohmann::json& type = field(where, value, "dtype");
    const auto dtype = type.is_string() ? dtype_named(type.get_ref<const std::string&>()) : std::nullopt;
    if (!dtype) refuse_value(where, "a dtype among F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL", type);
    const auto shape = integers(where + ", shape", field(where, value, "shape"));
    const auto offsets = integers(where + ", data_offsets", field(where, value, "data_offsets"));
    if (offsets.size() != 2 || offsets[0] > offsets[1])
      refuse_value(where, "data_offsets [begin, end] in this order", value["data_offsets"]);
    const auto begin = static_cast<std::uint64_t>(offsets[0]), end = static_cast<std::uint64_t>(offsets[1]);
    if (end > data_.size())
      refuse(where, fmt::format("an end within the {} bytes of data", data_.size()),
             fmt::format("{}; the file has been cut short", end));
    const auto count = element_count(shape);
    const std::uint64_t size = end - begin;
    if (!count || *count > size || *count * item_size(*dtype) != size)  // count <= size: no overflow in the product
      refuse(where,
             count ? fmt::format("{} elements of {} bytes", *count, item_size(*dtype)) : "fewer than 2^63 elements",
             fmt::format("shape [{}] in {} bytes", joined(shape), size));
    const auto bytes = data_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
    return {{name, *dtype, shape, bytes}, begin, end};
  }

  /// Sorted by place, each tensor begins where the one before ends: no byte is shared and none is unaccounted for.
  void check_places(std::vector<placed>& tensors) const {
    std::sort(tensors.begin(), tensors.end(),
              [](const placed& a, const placed& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
    std::uint64_t end = 0;
    for (const placed& tensor : tensors) {
      if (tensor.begin != end)
        refuse(fmt::format("tensor '{}'", tensor.entry.name), fmt::format("its data at offset {}", end),
               fmt::format("{}: {}", tensor.begin, tensor.begin < end ? "it overlaps the one before" : "a hole"));
      end = tensor.end;
    }
    if (end != data_.size())
      refuse("end of the data", fmt::format("{} bytes", end),
             fmt::format("{}: more than the tensors hold", data_.size()));
  }

  std::string file_;
  std::span<const std::byte> bytes_, data_;
};

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
      throw io_error(fmt::format("clipt::write_safetensors: the name '{}' is {}", entry->name,
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
/// the shapes say, and data without overlap or hole. Errors: io_error with file, place, expected and found.
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
