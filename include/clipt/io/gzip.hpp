// Gzip files, read with a limit on what they may unpack to and written byte for byte the same each time.
#pragma once
#include <zlib.h>  // inflate, deflate

#include <algorithm>    // min
#include <cstddef>      // size_t
#include <filesystem>   // path
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>  // messages

#include <clipt/core/error.hpp>  // io_error
#include <clipt/io/file.hpp>     // read_file, write_file_atomically

namespace clipt::inline CLIPT_BUILD {

/// What a gzip file may unpack to unless the caller says otherwise, in bytes; a few kilobytes can unpack to gigabytes.
inline constexpr std::size_t gzip_default_limit = std::size_t(256) << 20;

/// Whether `bytes` begin as a gzip file does.
inline bool is_gzip(std::string_view bytes) { return bytes.size() >= 2 && bytes.substr(0, 2) == "\x1f\x8b"; }

namespace detail {

inline std::string_view gzip_problem(int code, const z_stream& stream) {
  if (stream.msg != nullptr) return stream.msg;
  return code == Z_BUF_ERROR || code == Z_OK ? "the file ends in the middle of the compressed data" : zError(code);
}

/// Unpacks one member (a gzip file may hold several, one after the other) and takes it from the front of `bytes`.
inline void gunzip_member(std::string_view& bytes, std::string& out, std::size_t limit, const std::string& name) {
  constexpr std::size_t chunk = 1 << 16;
  constexpr std::size_t input_at_once = std::size_t(1) << 30;  // zlib counts its input in 32 bits
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw io_error("clipt::gunzip: zlib could not start");
  std::string buffer(chunk, '\0');
  int code = Z_OK;
  const std::size_t whole = bytes.size();
  while (code == Z_OK) {
    const std::size_t given = std::min(bytes.size(), input_at_once);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = chunk;
    code = inflate(&stream, Z_NO_FLUSH);
    bytes.remove_prefix(given - stream.avail_in);
    out.append(buffer, 0, chunk - stream.avail_out);
    if (out.size() > limit) {
      inflateEnd(&stream);
      throw io_error(fmt::format("clipt::gunzip: {} unpacks to more than the limit of {} bytes", name, limit));
    }
  }
  const std::string problem(code == Z_STREAM_END ? "" : gzip_problem(code, stream));
  inflateEnd(&stream);
  if (code != Z_STREAM_END)
    throw io_error(
        fmt::format("clipt::gunzip: {} is damaged at byte {} of {}: {}", name, whole - bytes.size(), whole, problem));
}

}  // namespace detail

/// Unpacks a gzip file's bytes, all its members; zero padding after the last is ignored, as gzip does.
/// `limit`: bytes it may unpack to; `name` stands for the file in messages. Throws io_error for anything damaged,
/// cut short, longer than the limit or followed by something else.
inline std::string gunzip(std::string_view bytes, std::size_t limit = gzip_default_limit,
                          const std::string& name = "the data") {
  if (!is_gzip(bytes)) throw io_error(fmt::format("clipt::gunzip: {} does not begin with gzip's bytes 1f 8b", name));
  std::string out;
  const std::size_t whole = bytes.size();
  while (is_gzip(bytes)) detail::gunzip_member(bytes, out, limit, name);
  if (bytes.find_first_not_of('\0') != std::string_view::npos)
    throw io_error(fmt::format("clipt::gunzip: {} has {} bytes after the end of its compressed data, at byte {}", name,
                               bytes.size(), whole - bytes.size()));
  return out;
}

/// Packs `content` as a gzip file with no time or name in it, so that the same content gives the same bytes.
/// `level`: 1 (fast) to 9 (small).
inline std::string gzip(std::string_view content, int level = 9) {
  z_stream stream{};
  if (content.size() > (std::size_t(1) << 31))
    throw io_error(fmt::format("clipt::gzip: {} bytes are more than this function packs, 2147483648", content.size()));
  if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw io_error(fmt::format("clipt::gzip: level is {}, must be 1 to 9", level));
  std::string out(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.erase(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw io_error("clipt::gzip: zlib did not finish");
  return out;
}

/// A whole file, unpacked if it is a gzip file and as it is otherwise. `limit`: bytes it may hold once unpacked.
/// Throws io_error when it cannot be read, is damaged or holds more.
inline std::string read_gzip_file(const std::filesystem::path& path, std::size_t limit = gzip_default_limit) {
  std::string bytes = read_file(path);
  if (is_gzip(bytes)) return gunzip(bytes, limit, path.string());
  if (bytes.size() > limit)
    throw io_error(
        fmt::format("clipt::read_gzip_file: {} holds {} bytes, the limit is {}", path.string(), bytes.size(), limit));
  return bytes;
}

/// Writes `content` as a gzip file, whole or not at all. Throws io_error when it cannot be written.
inline void write_gzip_file(const std::filesystem::path& path, std::string_view content) {
  write_file_atomically(path, gzip(content));
}

}  // namespace clipt::inline CLIPT_BUILD
