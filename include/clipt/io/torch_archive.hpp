// PyTorch archives, as torch.save and torch.jit.save write them: zip files of a pickle and the storages it names.
//
// <folder>/data.pkl holds the object, <folder>/data/<key> the storages, <folder>/byteorder "little" or nothing at all;
// constants and code of TorchScript are not looked at. Source: PyTorch, torch/serialization.py and
// torch/csrc/jit/serialization/pickler.cpp.
#pragma once
#include <cstddef>        // byte, size_t
#include <cstdint>        // int64_t, uint64_t
#include <filesystem>     // path
#include <map>            // map
#include <optional>       // optional
#include <span>           // span
#include <string>         // string, to_string
#include <string_view>    // string_view
#include <unordered_set>  // unordered_set
#include <utility>        // move
#include <variant>        // variant
#include <vector>         // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>        // io_error
#include <clipt/io/file.hpp>           // mapped_file
#include <clipt/io/foreign_file.hpp>   // foreign_file_kind
#include <clipt/io/pickle.hpp>         // pickle
#include <clipt/io/printable.hpp>      // printable
#include <clipt/io/tensor_entry.hpp>   // tensor_entry
#include <clipt/io/tensor_table.hpp>   // tensor_table
#include <clipt/io/torch_globals.hpp>  // torch_role_of
#include <clipt/io/torch_tensor.hpp>   // torch_tensor_reader
#include <clipt/io/zip_directory.hpp>  // zip_directory

namespace clipt::inline CLIPT_BUILD {

/// What a checkpoint says besides its tensors: `epoch`, `name` and the like.
using torch_scalar = std::variant<bool, std::int64_t, double, std::string>;

namespace detail {

/// Whether a pickle of PyTorch's may name this.
inline bool torch_allows(std::string_view name) { return torch_role_of(name).has_value(); }

/// Walks through the object of an archive and gathers its tensors under their paths.
class torch_object_walk {
 public:
  torch_object_walk(const std::string& source, std::size_t pickle_size, torch_tensor_reader& tensors,
                    std::vector<tensor_entry>& entries, std::vector<std::size_t>& holders,
                    std::map<std::string, torch_scalar, std::less<>>& scalars)
      : source_(source), left_(64 * pickle_size + (1 << 20)), tensors_(tensors), entries_(entries), holders_(holders),
        scalars_(scalars) {}

  void walk(const pickle_value& root) { walk({}, root); }

 private:
  using kind = pickle_object::kind;
  /// Where the walk is: the keys so far, how many objects lie around it, and how much of the path leads to the last key.
  struct spot {
    std::string path;
    int keys = 0, depth = 0;
    std::size_t holder = 0;
    spot inside() const { return {path, keys, depth + 1, holder}; }
    spot at(const std::string& key) const {
      if (keys == 0) return {key, 1, depth + 1, 0};
      return {path + '.' + key, keys + 1, depth + 1, path.size() + 1};
    }
  };
  static constexpr int nesting_limit = 100, scalar_keys = 2;

  [[noreturn]] void refuse(std::string_view where, std::string_view expected, std::string_view found) const {
    throw io_error(fmt::format("clipt::torch_archive: {}: '{}': expected {}, found {}", source_, printable(where),
                               expected, found));
  }

  /// Objects that share one another can be a few bytes and yet have more paths than there are atoms.
  void pay(const spot& here, std::size_t more) {
    const std::size_t price = here.path.size() + more + 64;
    if (price > left_) refuse(here.path, "paths in proportion to the file", "many more: objects share one another");
    left_ -= price;
  }

  void walk(const spot& here, const pickle_value& value) {
    const auto* pointer = std::get_if<pickle_object*>(&value);
    if (pointer == nullptr) return keep_scalar(here, value);
    const pickle_object& object = **pointer;
    if (here.depth > nesting_limit)
      refuse(here.path, fmt::format("at most {} objects in one another", nesting_limit), "more");
    pay(here, object.items.size());
    switch (object.what) {
      case kind::list:
      case kind::tuple:
      case kind::set:
        for (std::size_t i = 0; i < object.items.size(); ++i)
          if (std::holds_alternative<pickle_object*>(object.items[i]))
            walk(here.at(std::to_string(i)), object.items[i]);
        return;
      case kind::dictionary: return walk_items(here, object.items, 0);
      case kind::call: return walk_call(here, object);
      case kind::global:
      case kind::bytes:
      case kind::persistent: return;
    }
  }

  /// `items`: key, value, key, value, ... from `first` on. Keys that are neither text nor integers make no path.
  void walk_items(const spot& here, std::span<const pickle_value> items, std::size_t first) {
    for (std::size_t i = first; i + 1 < items.size(); i += 2) {
      if (here.keys >= scalar_keys && !std::holds_alternative<pickle_object*>(items[i + 1])) continue;
      if (const auto* text = std::get_if<std::string_view>(&items[i]))
        walk(here.at(std::string(*text)), items[i + 1]);
      else if (const auto* number = std::get_if<std::int64_t>(&items[i]))
        walk(here.at(std::to_string(*number)), items[i + 1]);
    }
  }

  void walk_call(const spot& here, const pickle_object& call) {
    const std::string name = name_of(*object_in(call.items[0], kind::global));
    const auto& arguments = object_in(call.items[1], kind::tuple)->items;
    if (name.starts_with("__torch__.")) return walk(here.inside(), call.items[2]);  // a module's attributes
    switch (torch_role_of(name).value()) {
      case torch_role::tensor: return keep_tensor(here, call);
      case torch_role::subclass: return walk_subclass(here, arguments);
      case torch_role::dictionary: return walk_dictionary(here, name, call);
      case torch_role::wrapper:
        if (!arguments.empty() && std::holds_alternative<pickle_object*>(arguments[0]))
          walk(here.inside(), arguments[0]);
        return;
      case torch_role::inert: return;
      case torch_role::unusable:
        refuse(here.path, "tensors that lie in a storage",
               fmt::format("one made by {}; save the state_dict alone, of such tensors t.dequantize(), t.to_dense() or "
                           "t.cpu()",
                           name));
    }
  }

  /// (function, class, its arguments, attributes): the function makes the tensor.
  void walk_subclass(const spot& here, const std::vector<pickle_value>& arguments) {
    if (arguments.size() < 3 || object_in(arguments[0], kind::global) == nullptr ||
        object_in(arguments[2], kind::tuple) == nullptr)
      refuse(here.path, "a function, a class and a tuple of arguments", "something else");
    pickle_object made{kind::call, {arguments[0], arguments[2], {}}};
    walk(here.inside(), &made);
  }

  /// One that is filled item by item; a Counter comes with the whole, a defaultdict with its default's class.
  void walk_dictionary(const spot& here, std::string_view name, const pickle_object& call) {
    for (const pickle_value& argument : object_in(call.items[1], kind::tuple)->items) {
      if (object_in(argument, kind::dictionary) != nullptr)
        walk(here.inside(), argument);
      else if (object_in(argument, kind::global) == nullptr)
        refuse(here.path, fmt::format("a {} that is filled item by item", name.substr(name.find('.') + 1)),
               "one made of something else");
    }
    walk_items(here, call.items, 3);
  }

  void keep_tensor(const spot& here, const pickle_object& call) {
    constexpr std::size_t largest_entry = 1024;  // with 64 extents
    pay(here, largest_entry);
    if (!names_.insert(here.path).second) refuse(here.path, "one tensor of this name", "two");
    entries_.push_back(tensors_.read(here.path, call));
    holders_.push_back(here.holder);
  }

  void keep_scalar(const spot& here, const pickle_value& value) {
    if (here.keys == 0 || here.keys > scalar_keys) return;
    pay(here, 0);
    if (const auto* flag = std::get_if<bool>(&value)) scalars_[here.path] = *flag;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) scalars_[here.path] = *integer;
    if (const auto* real = std::get_if<double>(&value)) scalars_[here.path] = *real;
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      pay(here, text->size());
      scalars_[here.path] = std::string(*text);
    }
  }

  const std::string& source_;
  std::size_t left_;
  torch_tensor_reader& tensors_;
  std::vector<tensor_entry>& entries_;
  std::vector<std::size_t>& holders_;
  std::map<std::string, torch_scalar, std::less<>>& scalars_;
  std::unordered_set<std::string> names_;
};

/// What is said of a file that is no zip archive.
inline std::string_view torch_archive_likeness(std::span<const std::byte> bytes) {
  if (const std::string_view kind = foreign_file_kind(bytes); !kind.empty()) return kind;
  if (bytes.size() > 8 && bytes[8] == std::byte{'{'})
    return "what looks like safetensors; read it as clipt::safetensors_file";
  return "something else; weights are read from safetensors and from what torch.save writes";
}

/// What is said of a zip archive that is none of PyTorch's.
inline std::string zip_likeness(const zip_directory& members) {
  for (const zip_member& member : members.members()) {
    if (member.name.ends_with(".npy")) return "NumPy's arrays; write them with safetensors.numpy.save_file";
    for (const std::string_view end : {".safetensors", ".bin", ".pt", ".pth", ".ckpt"})
      if (member.name.ends_with(end)) return fmt::format("'{}'; unpack it", printable(member.name));
  }
  return fmt::format("{} other members", members.members().size());
}

/// The archive's folder, with its slash. Errors: io_error if there is none, or if its numbers are big-endian.
inline std::string torch_archive_folder(const std::string& source, const zip_directory& members) {
  constexpr std::string_view object = "data.pkl";
  std::optional<std::string> folder;
  for (const zip_member& member : members.members()) {
    const std::size_t slash = member.name.find('/');
    if (slash != member.name.npos && member.name.substr(slash + 1) == object)
      folder = std::string(member.name.substr(0, slash + 1));
  }
  if (!folder)
    throw io_error(
        fmt::format("clipt::torch_archive: {}: expected a folder with {}, as PyTorch writes since version "
                    "1.6, found {}",
                    source, object, zip_likeness(members)));
  const zip_member* order = members.find(*folder + "byteorder");
  if (order != nullptr && members.read(*order, 64) != "little")
    throw io_error(
        fmt::format("clipt::torch_archive: {}: expected little-endian numbers, found byteorder '{}'; save it "
                    "again on another machine",
                    source, printable(members.read(*order, 64))));
  return *folder;
}

}  // namespace detail

/// The tensors of a PyTorch archive (a state_dict, a checkpoint or a TorchScript module), which stays mapped into
/// memory as long as this object lives.
///
/// Names are the paths to the tensors: keys of dictionaries, attributes of modules and places in lists, with dots
/// between them ("state_dict.visual.conv1.weight"). A tensor that lies row-major in its storage is not copied; others
/// are laid out in memory of this object. Nothing in the file is ever run, and names that have nothing to do with
/// tensors are refused. Errors: io_error with file, place, expected and found.
/// PyTorch equivalent: torch.load(path, mmap=True, weights_only=True), torch.jit.load(path).state_dict().
class torch_archive {
 public:
  explicit torch_archive(const std::filesystem::path& path) : path_(path), file_(path), table_(read()) {}

  /// In the order in which the archive names them.
  std::span<const tensor_entry> entries() const { return table_.entries(); }

  /// Of each entry, how many bytes of its name lead to the dictionary, list or module that holds it:
  /// "state_dict.visual.proj" may be "visual.proj" of "state_dict.", or "proj" of "state_dict.visual.".
  std::span<const std::size_t> holders() const { return holders_; }

  /// The tensor called `name`, or nullptr.
  const tensor_entry* find(std::string_view name) const { return table_.find(name); }

  /// The tensor called `name`. Errors: io_error with the names most like it.
  const tensor_entry& at(std::string_view name) const { return table_.at(name); }

  /// The numbers, flags and texts with at most two keys in their paths.
  const std::map<std::string, torch_scalar, std::less<>>& scalars() const { return scalars_; }

  const std::filesystem::path& path() const { return path_; }

 private:
  detail::tensor_table read() {
    constexpr std::uint64_t packed_pickle_limit = std::uint64_t(64) << 20;
    const std::string source = path_.string();
    const auto bytes = file_.bytes();
    if (bytes.size() < 2 || bytes[0] != std::byte{'P'} || bytes[1] != std::byte{'K'})
      throw io_error(fmt::format("clipt::torch_archive: {}: expected a zip file, found {}", source,
                                 detail::torch_archive_likeness(bytes)));
    const zip_directory members(source, bytes);
    const std::string folder = detail::torch_archive_folder(source, members);
    const zip_member& object = *members.find(folder + "data.pkl");
    std::string unpacked;
    if (!object.stored()) unpacked = members.read(object, packed_pickle_limit);
    const auto code = object.stored() ? object.packed : std::as_bytes(std::span<const char>(unpacked));
    const pickle value(source + ": data.pkl", code, detail::torch_allows);
    detail::torch_tensor_reader tensors(source, members, folder, bytes.size(), laid_out_);
    std::vector<tensor_entry> entries;
    detail::torch_object_walk(source, code.size(), tensors, entries, holders_, scalars_).walk(value.value());
    return {fmt::format("clipt::torch_archive: {}", source), std::move(entries)};
  }

  std::filesystem::path path_;
  mapped_file file_;
  std::vector<std::vector<std::byte>> laid_out_;
  std::vector<std::size_t> holders_;
  std::map<std::string, torch_scalar, std::less<>> scalars_;
  detail::tensor_table table_;  // after what `read` fills
};

namespace detail {

/// Files of torch.save, also those of old that are refused: they begin as a zip, or are called as such files are and do
/// not begin as safetensors.
inline bool is_torch_archive(const std::filesystem::path& path) {
  const mapped_file file(path);
  const auto bytes = file.bytes();
  if (bytes.size() >= 2 && bytes[0] == std::byte{'P'} && bytes[1] == std::byte{'K'}) return true;
  if (bytes.size() >= 9 && bytes[8] == std::byte{'{'}) return false;
  return path.extension() == ".pt" || path.extension() == ".pth" || path.extension() == ".bin";
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
