// Archives and pickles made by hand, a wrong byte wherever a test wants one.
#pragma once
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <clipt/io/zip_writer.hpp>

namespace clipt_test {

/// What zip_writer writes to, in memory.
struct string_file {
  std::string bytes;
  void write(std::string_view more) { bytes += more; }
  void write(std::span<const std::byte> more) { write({reinterpret_cast<const char*>(more.data()), more.size()}); }
  std::uint64_t size() const { return bytes.size(); }
};

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

using members = std::vector<std::pair<std::string, std::string>>;

inline std::string zip_of(const members& all, std::uint32_t zip64_from = 0xffffffff) {
  string_file file;
  clipt::zip_writer zip(file, zip64_from);
  for (const auto& [name, content] : all) zip.add(name, bytes_of(content));
  zip.finish();
  return file.bytes;
}

/// An archive of this pickle and one storage, "0".
inline std::string archive_of(const std::string& pickle, const std::string& storage = {}) {
  return zip_of({{"x/data.pkl", pickle}, {"x/data/0", storage}});
}

/// A number's bytes.
template <class T>
std::string raw(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(T)};
}

/// `zip` with a number at `offset` from the `count`-th place that begins with `signature`.
template <class T>
std::string patched(std::string zip, std::string_view signature, std::size_t offset, T number, int count = 1) {
  std::size_t at = zip.find(signature);
  while (--count > 0) at = zip.find(signature, at + 1);
  return zip.replace(at + offset, sizeof(T), raw(number));
}
/// `content` packed, without a frame around it.
inline std::string deflate(const std::string& content) {
  std::string packed(compressBound(static_cast<uLong>(content.size())), '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.erase(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// Pieces of pickles; a program is "\x80\2", pieces, ".".
inline std::string pickled(std::string_view text) {
  return "X" + raw(static_cast<std::uint32_t>(text.size())) + std::string(text);
}
inline std::string pickled(std::int64_t number) { return "\x8a\x08" + raw(number); }
inline std::string pickled(const std::vector<std::int64_t>& numbers) {
  std::string out = "(";
  for (const std::int64_t number : numbers) out += pickled(number);
  return out + "t";
}
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string program(const std::string& pieces) { return "\x80\x02" + pieces + "."; }

/// A tensor in the storage "0", which claims to hold `elements`.
inline std::string tensor(std::int64_t elements, std::int64_t offset, const std::vector<std::int64_t>& extents,
                          const std::vector<std::int64_t>& strides, const std::string& storage = "FloatStorage") {
  return global("torch._utils", "_rebuild_tensor_v2") + "((" + pickled("storage") + global("torch", storage) +
         pickled("0") + pickled("cpu") + pickled(elements) + "tQ" + pickled(offset) + pickled(extents) +
         pickled(strides) + "\x89" + global("collections", "OrderedDict") + ")RtR";
}

/// A dictionary of one entry.
inline std::string dictionary(std::string_view key, const std::string& value) {
  return "}" + pickled(key) + value + "s";
}

}  // namespace clipt_test
