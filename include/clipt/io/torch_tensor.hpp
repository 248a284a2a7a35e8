// PyTorch's records of tensors: a storage in an archive, and how the tensor lies in it.
//
// A tensor is a call of torch._utils._rebuild_tensor_v2(storage, offset, extents, strides, requires_grad, hooks), and
// its storage a persistent object ('storage', torch.FloatStorage, '7', 'cpu', elements): the member data/7. The third
// version has the type behind the hooks, and a storage that counts bytes.
// Source: PyTorch, torch/_utils.py and torch/serialization.py.
#pragma once
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t, uint64_t
#include <cstring>      // memcpy
#include <optional>     // optional
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <variant>      // get_if
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>        // io_error
#include <clipt/io/pickle.hpp>         // pickle_object
#include <clipt/io/printable.hpp>      // printable
#include <clipt/io/tensor_entry.hpp>   // tensor_entry, element_count
#include <clipt/io/torch_globals.hpp>  // torch_dtype, torch_storage_dtype
#include <clipt/io/zip_directory.hpp>  // zip_directory

namespace clipt::inline CLIPT_BUILD::detail {

/// How a tensor lies in the elements of a storage; strides count elements.
struct strided {
  std::uint64_t offset;
  std::vector<std::int64_t> extents, strides;

  /// The elements that the tensor needs up to its last one, if they are at most `limit`; an empty tensor needs none.
  std::optional<std::uint64_t> reach(std::uint64_t limit) const {
    for (const std::int64_t extent : extents)
      if (extent == 0) return 0;
    if (offset >= limit) return {};
    std::uint64_t last = offset;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const auto steps = static_cast<std::uint64_t>(extents[i] - 1), stride = static_cast<std::uint64_t>(strides[i]);
      if (steps == 0) continue;
      if (stride > (limit - 1 - last) / steps) return {};
      last += steps * stride;
    }
    return last + 1;
  }

  bool row_major() const {
    std::int64_t expected = 1;
    for (std::size_t i = extents.size(); i-- > 0;) {
      if (extents[i] == 0) return true;
      if (extents[i] != 1 && strides[i] != expected) return false;
      expected *= extents[i];
    }
    return true;
  }

  /// The `count` elements in row-major order, copied from a storage that holds them all.
  std::vector<std::byte> gather(std::span<const std::byte> storage, std::size_t item, std::uint64_t count) const {
    std::vector<std::byte> out(static_cast<std::size_t>(count) * item);
    std::vector<std::int64_t> index(extents.size(), 0);
    std::uint64_t place = offset;  // wraps where the stride of an extent of 1 is absurd, and wraps back
    for (std::size_t i = 0; i < out.size(); i += item) {
      std::memcpy(out.data() + i, storage.data() + place * item, item);
      for (std::size_t axis = extents.size(); axis-- > 0;) {
        place += static_cast<std::uint64_t>(strides[axis]);
        if (++index[axis] < extents[axis]) break;
        place -= static_cast<std::uint64_t>(strides[axis]) * static_cast<std::uint64_t>(extents[axis]);
        index[axis] = 0;
      }
    }
    return out;
  }
};

/// Makes entries of records; what is not row-major is laid out anew, in memory that the caller keeps.
class torch_tensor_reader {
 public:
  /// `folder` is the archive's own, with its slash; `laid_out` grows by at most `budget` bytes.
  torch_tensor_reader(std::string source, const zip_directory& members, std::string folder, std::uint64_t budget,
                      std::vector<std::vector<std::byte>>& laid_out)
      : source_(std::move(source)), members_(members), folder_(std::move(folder)), budget_(budget), left_(budget),
        laid_out_(laid_out) {}

  tensor_entry read(const std::string& name, const pickle_object& call) {
    name_ = &name;
    const auto* arguments = object_in(call.items[1], pickle_object::kind::tuple);
    if (arguments->items.size() < 4) refuse("a storage, offset, extents and strides", "fewer arguments");
    check_bits_mean_themselves(arguments->items);
    const storage from = read_storage(arguments->items[0], arguments->items);
    strided where{integer("an offset", arguments->items[1]), integers("extents", arguments->items[2]),
                  integers("strides", arguments->items[3])};
    const std::size_t item = item_size(from.dtype);
    const auto count = element_count(where.extents);
    if (where.extents.size() != where.strides.size() || !count)
      refuse("as many strides as extents, and fewer than 2^63 elements",
             fmt::format("extents [{}], strides [{}]", joined(where.extents), joined(where.strides)));
    const auto reach = where.reach(from.bytes.size() / item);
    if (!reach)
      refuse(fmt::format("elements within the {} of its storage", from.bytes.size() / item),
             fmt::format("offset {}, extents [{}], strides [{}]", where.offset, joined(where.extents),
                         joined(where.strides)));
    std::span<const std::byte> bytes;
    if (*reach > 0) bytes = where.row_major() ? slice(from, where, *count) : lay_out(from, where, *count);
    return {name, from.dtype, std::move(where.extents), bytes};
  }

 private:
  struct storage {
    dtype_code dtype;
    std::span<const std::byte> bytes;
  };

  [[noreturn]] void refuse(std::string_view expected, std::string_view found) const {
    throw io_error(fmt::format("clipt::torch_archive: {}: tensor '{}': expected {}, found {}", source_,
                               printable(*name_), expected, found));
  }

  std::uint64_t integer(std::string_view what, const pickle_value& value) const {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number < 0) refuse(fmt::format("{} from 0 to 2^63 - 1", what), "something else");
    return static_cast<std::uint64_t>(*number);
  }
  std::vector<std::int64_t> integers(std::string_view what, const pickle_value& value) const {
    constexpr std::size_t most = 64;  // PyTorch's own limit
    const auto* tuple = object_in(value, pickle_object::kind::tuple);
    if (tuple == nullptr || tuple->items.size() > most)
      refuse(fmt::format("at most {} {}", most, what), "something else");
    std::vector<std::int64_t> out;
    for (const pickle_value& item : tuple->items) out.push_back(static_cast<std::int64_t>(integer(what, item)));
    return out;
  }

  /// PyTorch may leave a change of sign or a conjugate for later; a dictionary behind the hooks says so.
  void check_bits_mean_themselves(const std::vector<pickle_value>& arguments) const {
    for (std::size_t i = 6; i < arguments.size(); ++i)
      if (const auto* marks = object_in(arguments[i], pickle_object::kind::dictionary); marks && !marks->items.empty())
        refuse("numbers as they lie there", "a tensor to negate or conjugate; save t.resolve_neg().resolve_conj()");
  }

  /// The type that a tensor itself says, where its storage is one of bytes.
  dtype_code own_type(const std::vector<pickle_value>& arguments) const {
    constexpr std::size_t place = 6;
    const auto* type = arguments.size() > place ? object_in(arguments[place], pickle_object::kind::global) : nullptr;
    if (type == nullptr) refuse("the type of the numbers in a storage of bytes", "none");
    const auto dtype = torch_dtype(name_of(*type));
    if (!dtype) refuse("a type of numbers among float64 to bfloat16, int64 to int8, uint8 and bool", name_of(*type));
    return *dtype;
  }

  storage read_storage(const pickle_value& value, const std::vector<pickle_value>& arguments) const {
    const auto* object = object_in(value, pickle_object::kind::persistent);
    const auto* id = object == nullptr ? nullptr : object_in(object->items[0], pickle_object::kind::tuple);
    const auto* type =
        id == nullptr || id->items.size() < 5 ? nullptr : object_in(id->items[1], pickle_object::kind::global);
    const auto* key = type == nullptr ? nullptr : std::get_if<std::string_view>(&id->items[2]);
    constexpr std::size_t longest_key = 64;  // PyTorch counts: 0, 1, 2, ...
    if (key == nullptr || key->size() > longest_key || id->items[0] != pickle_value(std::string_view("storage")))
      refuse("a storage, its type, key, device and size", "something else");
    const bool untyped = name_of(*type) == torch_untyped_storage;
    const auto dtype = untyped ? own_type(arguments) : torch_storage_dtype(name_of(*type));
    if (!dtype) refuse("a storage of real numbers, integers or booleans", name_of(*type));
    const std::string member_name = fmt::format("{}data/{}", folder_, *key);
    const zip_member* member = members_.find(member_name);
    if (member == nullptr) refuse(fmt::format("member '{}'", printable(member_name)), "none");
    if (!member->stored())
      refuse(fmt::format("member '{}' stored, as PyTorch does", printable(member_name)),
             "it packed; unpack the archive and zip it without compression (zip -0 -r)");
    const std::uint64_t size = integer("a storage's size", id->items[4]), item = untyped ? 1 : item_size(*dtype);
    if (size > member->size / item)
      refuse(fmt::format("{} elements of {} bytes in member '{}'", size, item, printable(member_name)),
             fmt::format("{} bytes", member->size));
    return {*dtype, member->packed.subspan(0, static_cast<std::size_t>(size * item))};
  }

  static std::span<const std::byte> slice(const storage& from, const strided& where, std::uint64_t count) {
    const std::size_t item = item_size(from.dtype);
    return from.bytes.subspan(static_cast<std::size_t>(where.offset) * item, static_cast<std::size_t>(count) * item);
  }

  /// Honest archives hold each element of such tensors once; a tiny one could stand for terabytes by strides of 0.
  std::span<const std::byte> lay_out(const storage& from, const strided& where, std::uint64_t count) {
    const std::size_t item = item_size(from.dtype);
    if (count > left_ / item)
      refuse(fmt::format("all that is not row-major to fit the file's {} bytes", budget_),
             fmt::format("extents [{}], strides [{}]", joined(where.extents), joined(where.strides)));
    left_ -= count * item;
    return laid_out_.emplace_back(where.gather(from.bytes, item, count));
  }

  std::string source_;
  const zip_directory& members_;
  std::string folder_;
  std::uint64_t budget_, left_;
  std::vector<std::vector<std::byte>>& laid_out_;
  const std::string* name_ = nullptr;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
