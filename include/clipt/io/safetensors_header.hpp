// The header of a safetensors file, read event by event: what it may take of memory is bounded, whatever it says.
//
// 8 bytes of header length (little-endian), the header {name: {dtype, shape, data_offsets: [begin, end]}}, the data.
// Source: https://huggingface.co/docs/safetensors, "Format"; strings about the file go under "__metadata__".
#pragma once
#include <algorithm>    // adjacent_find, min, sort
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t, uint64_t
#include <cstring>      // memcpy
#include <map>          // map
#include <optional>     // optional
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <tuple>        // tie
#include <utility>      // exchange, in_range, move
#include <vector>       // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // json

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/foreign_file.hpp>  // foreign_file_kind
#include <clipt/io/printable.hpp>     // printable
#include <clipt/io/tensor_entry.hpp>  // tensor_entry

namespace clipt::inline CLIPT_BUILD {

/// The most tensors, and the most strings of metadata, that a safetensors file may name: a hundred times those of the
/// largest CLIP with its optimiser. With names of at most 4 KiB and 64 extents, a header of 100 MB takes at most three times
/// as much memory and 150 MB.
inline constexpr std::size_t safetensors_tensor_limit = std::size_t(1) << 18;

namespace detail {

/// The format's own limit; a longer header is an attack or another kind of file.
inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

/// One tensor of a header, with its place in the data.
struct placed_tensor {
  tensor_entry entry;
  std::uint64_t begin = 0, end = 0;
};

/// What the JSON library tells of a header, put together; every refusal says where, what was expected and what was found.
class safetensors_events : public nlohmann::json_sax<nlohmann::json> {
 public:
  safetensors_events(const std::string& file, std::size_t header_size, std::span<const std::byte> data,
                     std::map<std::string, std::string>& metadata)
      : file_(file), header_size_(header_size), data_(data), metadata_(metadata) {}

  std::vector<placed_tensor> tensors;

  [[noreturn]] void refuse(std::string_view where, std::string_view expected, std::string_view found) const {
    throw io_error(
        fmt::format("clipt::safetensors_file: {}: {}: expected {}, found {}", file_, where, expected, found));
  }

  bool null() override { return other("null"); }
  bool boolean(bool value) override { return other(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return other(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (at_ != place::list) return other(std::to_string(value));
    if (!std::in_range<std::int64_t>(value)) refuse_number(std::to_string(value));
    std::vector<std::int64_t>& numbers = member_ == member::shape ? shape_ : offsets_;
    if (numbers.size() == most_extents) refuse(list_name(), fmt::format("at most {} integers", most_extents), "more");
    numbers.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool number_float(number_float_t, const string_t& text) override { return other(text); }
  bool binary(binary_t&) override { return other("bytes"); }
  bool string(string_t& value) override {
    if (at_ == place::metadata) return add_metadata(std::move(value));
    if (at_ != place::tensor || member_ != member::dtype) return other(fmt::format("\"{}\"", printable(value)));
    dtype_ = dtype_named(value);
    if (!dtype_)
      refuse(tensor_name(), "a dtype among F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL",
             fmt::format("\"{}\"", printable(value)));
    return true;
  }

  bool start_object(std::size_t) override {
    if (inside_other_ > 0 || (at_ == place::tensor && member_ == member::other)) return deeper();
    if (at_ == place::outside)
      at_ = place::header;
    else if (at_ == place::header)
      at_ = name_ == "__metadata__" ? place::metadata : place::tensor, seen_ = 0, shape_.clear(), offsets_.clear();
    else
      return other("an object");
    return true;
  }
  bool end_object() override {
    if (inside_other_ > 0) return --inside_other_, true;
    if (at_ == place::tensor) add_tensor();
    at_ = at_ == place::header ? place::outside : place::header;
    return true;
  }
  bool start_array(std::size_t) override {
    if (inside_other_ > 0 || (at_ == place::tensor && member_ == member::other)) return deeper();
    if (at_ != place::tensor || member_ == member::dtype) return other("a list");
    at_ = place::list;
    return true;
  }
  bool end_array() override {
    if (inside_other_ > 0) return --inside_other_, true;
    at_ = place::tensor;
    return true;
  }

  bool key(string_t& name) override {
    if (inside_other_ > 0) return true;
    if (at_ == place::tensor) return next_member(name);
    constexpr std::size_t longest = 4096;
    if (name.size() > longest) refuse("header", fmt::format("names of at most {} bytes", longest), printable(name));
    name_ = std::move(name);
    if (at_ == place::header && name_ == "__metadata__" && std::exchange(has_metadata_, true)) refuse_twice(name_);
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& problem) override {
    if (dynamic_cast<const nlohmann::json::out_of_range*>(&problem) != nullptr)
      refuse("header", "numbers that a double can hold", "one that none can");
    const std::string_view what = problem.what();  // [json.exception.parse_error.101] parse error at ...
    const std::size_t bracket = what.find("] ");
    refuse(fmt::format("header, byte {} of {}", byte, header_size_), "JSON",
           printable(bracket == what.npos ? what : what.substr(bracket + 2), 160));
  }

  [[noreturn]] void refuse_twice(std::string_view name) const {
    refuse("header", "every name once", fmt::format("'{}' twice", printable(name)));
  }

 private:
  enum class place { outside, header, metadata, tensor, list };
  enum class member { dtype, shape, offsets, other };
  static constexpr std::size_t most_extents = 64, deepest = 16;

  std::string tensor_name() const { return fmt::format("tensor '{}'", printable(name_)); }
  std::string list_name() const { return tensor_name() + (member_ == member::shape ? ", shape" : ", data_offsets"); }
  [[noreturn]] void refuse_number(std::string_view found) const {
    refuse(list_name(), "integers from 0 to 2^63 - 1", printable(found));
  }

  /// A value where another kind is expected, or one that means nothing here.
  bool other(std::string_view found) const {
    if (inside_other_ > 0 || (at_ == place::tensor && member_ == member::other)) return true;
    if (at_ == place::outside) refuse("header", "an object", found);
    if (at_ == place::metadata) refuse(fmt::format("__metadata__, '{}'", printable(name_)), "a string", found);
    if (at_ == place::list) refuse_number(found);
    if (at_ == place::header && name_ == "__metadata__") refuse(name_, "an object of strings", found);
    if (at_ == place::header) refuse(tensor_name(), "an object", found);
    if (member_ != member::dtype) refuse(list_name(), "a list of integers", found);
    refuse(tensor_name(), "a dtype among F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL", found);
  }
  bool deeper() {
    if (++inside_other_ > deepest) refuse("header", "objects of objects of lists", "deeper nesting");
    return true;
  }

  void count(std::size_t there, std::string_view what) const {
    if (there >= safetensors_tensor_limit)
      refuse("header", fmt::format("at most {} {}", safetensors_tensor_limit, what), "more");
  }
  bool add_metadata(std::string value) {
    count(metadata_.size(), "strings of metadata");
    if (!metadata_.emplace(name_, std::move(value)).second) refuse_twice(name_);
    return true;
  }
  bool next_member(std::string_view name) {
    constexpr std::string_view names[] = {"dtype", "shape", "data_offsets"};
    member_ = member::other;
    for (unsigned i = 0; i < 3; ++i) {
      if (name != names[i]) continue;
      if ((seen_ >> i & 1) != 0) refuse_twice(name);
      seen_ |= 1u << i;
      member_ = static_cast<member>(i);
    }
    return true;
  }

  static std::optional<dtype_code> dtype_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(dtype_code::boolean); ++i)
      if (name_of(static_cast<dtype_code>(i)) == name) return static_cast<dtype_code>(i);
    return {};
  }

  void add_tensor() {
    count(tensors.size(), "tensors");
    constexpr std::string_view names[] = {"dtype", "shape", "data_offsets"};
    for (unsigned i = 0; i < 3; ++i)
      if ((seen_ >> i & 1) == 0) refuse(tensor_name(), "dtype, shape and data_offsets", fmt::format("no {}", names[i]));
    if (offsets_.size() != 2 || offsets_[0] > offsets_[1])
      refuse(tensor_name(), "data_offsets [begin, end] in this order", fmt::format("[{}]", joined(offsets_, ",")));
    const auto begin = static_cast<std::uint64_t>(offsets_[0]), end = static_cast<std::uint64_t>(offsets_[1]);
    if (end > data_.size())
      refuse(tensor_name(), fmt::format("an end within the {} bytes of data", data_.size()),
             fmt::format("{}; the file has been cut short", end));
    const auto elements = element_count(shape_);
    const std::uint64_t size = end - begin;
    if (!elements || *elements > size || *elements * item_size(*dtype_) != size)  // the product does not overflow
      refuse(
          tensor_name(),
          elements ? fmt::format("{} elements of {} bytes", *elements, item_size(*dtype_)) : "fewer than 2^63 elements",
          fmt::format("shape [{}] in {} bytes", joined(shape_), size));
    const auto bytes = data_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
    tensors.push_back({{std::move(name_), *dtype_, shape_, bytes}, begin, end});
  }

  const std::string& file_;
  std::size_t header_size_;
  std::span<const std::byte> data_;
  std::map<std::string, std::string>& metadata_;
  place at_ = place::outside;
  member member_ = member::other;
  unsigned seen_ = 0;             // a bit for each member of the tensor
  std::size_t inside_other_ = 0;  // brackets around what is passed over
  bool has_metadata_ = false;
  std::string name_;
  std::optional<dtype_code> dtype_;
  std::vector<std::int64_t> shape_, offsets_;
};

/// Reads and checks the header of one file.
class safetensors_header {
 public:
  safetensors_header(std::string file, std::span<const std::byte> bytes) : file_(std::move(file)), bytes_(bytes) {}

  void read(std::vector<tensor_entry>& entries, std::map<std::string, std::string>& metadata) {
    const std::string_view text = header_text();
    const auto data = bytes_.subspan(8 + text.size());
    safetensors_events events(file_, text.size(), data, metadata);
    if (!text.starts_with('{')) events.refuse("header", "a JSON object that begins with {", first_byte(text));
    nlohmann::json::sax_parse(text.begin(), text.end(), &events);
    check_names(events);
    check_places(events, data.size());
    entries.reserve(events.tensors.size());
    for (placed_tensor& tensor : events.tensors) entries.push_back(std::move(tensor.entry));
  }

 private:
  std::string_view header_text() const {
    const auto refuse = [&](std::string_view where, std::string_view expected, std::string_view found) {
      throw io_error(
          fmt::format("clipt::safetensors_file: {}: {}: expected {}, found {}", file_, where, expected, found));
    };
    const std::string_view all(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    if (all.starts_with("PK"))
      refuse("byte 0", "a safetensors file", "a zip archive, as torch.save writes; read it as clipt::torch_archive");
    if (const auto kind = foreign_file_kind(bytes_); !kind.empty() && !all.empty())
      refuse("byte 0", "a safetensors file", kind);
    if (all.size() < 8) refuse("byte 0", "8 bytes of header length", fmt::format("{} bytes", all.size()));
    std::uint64_t length = 0;
    std::memcpy(&length, all.data(), 8);
    const std::uint64_t most = std::min<std::uint64_t>(safetensors_header_limit, all.size() - 8);
    if (length > most) refuse("header length", fmt::format("at most {}", most), std::to_string(length));
    return all.substr(8, static_cast<std::size_t>(length));
  }
  static std::string first_byte(std::string_view text) {
    return text.empty() ? "nothing" : fmt::format("byte {:#04x}", static_cast<unsigned char>(text[0]));
  }

  static void check_names(const safetensors_events& events) {
    std::vector<std::string_view> names;
    names.reserve(events.tensors.size());
    for (const placed_tensor& tensor : events.tensors) names.push_back(tensor.entry.name);
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
      events.refuse_twice(*twice);
  }

  /// Sorted by place, each tensor begins where the one before ends: no byte is shared and none is unaccounted for.
  static void check_places(safetensors_events& events, std::size_t size) {
    std::sort(events.tensors.begin(), events.tensors.end(), [](const placed_tensor& a, const placed_tensor& b) {
      return std::tie(a.begin, a.end, a.entry.name) < std::tie(b.begin, b.end, b.entry.name);
    });
    std::uint64_t end = 0;
    for (const placed_tensor& tensor : events.tensors) {
      if (tensor.begin != end)
        events.refuse(
            fmt::format("tensor '{}'", printable(tensor.entry.name)), fmt::format("its data at offset {}", end),
            fmt::format("{}: {}", tensor.begin, tensor.begin < end ? "it overlaps the one before" : "a hole"));
      end = tensor.end;
    }
    if (end != size)
      events.refuse("end of the data", fmt::format("{} bytes", end),
                    fmt::format("{}: more than the tensors hold", size));
  }

  std::string file_;
  std::span<const std::byte> bytes_;
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
