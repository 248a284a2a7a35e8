// The directory of a zip file that lies in memory: the names of its members, and the place of each one's bytes.
//
// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10, sections 4.3.7 (local header), 4.3.12 (central
// header), 4.3.14 to 4.3.16 (ends, ZIP64) and 4.5.3 (ZIP64 extra field).
#pragma once
#include <zlib.h>  // inflate

#include <algorithm>         // min, sort
#include <cstddef>           // byte, size_t
#include <cstdint>           // uint16_t, uint32_t, uint64_t
#include <cstring>           // memcpy
#include <initializer_list>  // initializer_list
#include <span>              // span
#include <string>            // string
#include <string_view>       // string_view
#include <unordered_map>     // unordered_map
#include <utility>           // move, pair
#include <vector>            // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>    // io_error
#include <clipt/io/printable.hpp>  // printable

namespace clipt::inline CLIPT_BUILD {

/// A file within a zip file; `packed` are the bytes that stand for it there, its own if `stored()`.
struct zip_member {
  std::string_view name;
  int method;
  std::uint64_t size;
  std::span<const std::byte> packed;

  bool stored() const { return method == 0; }
};

namespace detail {

/// Reads and checks the directory of one zip file; every refusal says where, what was expected and what was found.
class zip_reader {
 public:
  zip_reader(const std::string& file, std::span<const std::byte> bytes) : file_(file), bytes_(bytes) {}

  std::vector<zip_member> read() const {
    const extent directory = find_directory();
    std::vector<zip_member> members;
    std::vector<place> places;
    std::uint64_t at = directory.begin;
    while (at < directory.end) members.push_back(read_member(at, directory, places));
    if (members.size() != directory.count)
      refuse("directory", fmt::format("{} members", directory.count), fmt::format("{}", members.size()));
    check_places(places);
    return members;
  }

 private:
  struct extent {
    std::uint64_t begin, end, count;
  };
  struct place {
    std::uint64_t begin, end;
    std::string_view name;
  };
  static constexpr std::uint32_t local_header = 0x04034b50, central_header = 0x02014b50, end_record = 0x06054b50,
                                 end_record_64 = 0x06064b50, end_locator_64 = 0x07064b50;

  [[noreturn]] void refuse(std::string_view where, std::string_view expected, std::string_view found) const {
    throw io_error(fmt::format("clipt::zip_directory: {}: {}: expected {}, found {}", file_, where, expected, found));
  }

  std::span<const std::byte> take(std::uint64_t at, std::uint64_t length, std::string_view what) const {
    if (at > bytes_.size() || length > bytes_.size() - at)
      refuse(what, fmt::format("{} bytes at {}", length, at),
             fmt::format("a file of {} bytes; has it been cut short?", bytes_.size()));
    return bytes_.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
  }

  /// The number at `offset` of a record whose length has been checked.
  template <class T>
  static T number(std::span<const std::byte> record, std::size_t offset) {
    T value;
    std::memcpy(&value, record.data() + offset, sizeof(T));
    return value;
  }
  static std::string_view text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// The end record is the last thing in the file but for a comment, whose length it says.
  std::uint64_t find_end() const {
    constexpr std::size_t length = 22, longest_comment = 0xffff;
    for (std::size_t comment = 0; comment <= longest_comment && comment + length <= bytes_.size(); ++comment) {
      const std::size_t at = bytes_.size() - length - comment;
      const auto record = bytes_.subspan(at, length);
      if (number<std::uint32_t>(record, 0) == end_record && number<std::uint16_t>(record, 20) == comment) return at;
    }
    refuse("end of the file", "the end record of a zip file", "none; has the file been cut short?");
  }

  extent find_directory() const {
    const std::uint64_t end = find_end();
    constexpr std::uint64_t locator_length = 20;
    if (end >= locator_length) {
      const auto locator = take(end - locator_length, locator_length, "end of the directory");
      if (number<std::uint32_t>(locator, 0) == end_locator_64)
        return checked(read_end_64(number<std::uint64_t>(locator, 8)), end - locator_length);
    }
    const auto record = take(end, 22, "end of the directory");
    if (number<std::uint32_t>(record, 4) != 0) refuse("end of the directory", "a zip file in one part", "several");
    const std::uint64_t begin = number<std::uint32_t>(record, 16);
    return checked({begin, begin + number<std::uint32_t>(record, 12), number<std::uint16_t>(record, 10)}, end);
  }
  extent read_end_64(std::uint64_t at) const {
    const auto record = take(at, 56, "end of the directory (ZIP64)");
    if (number<std::uint32_t>(record, 0) != end_record_64 || number<std::uint64_t>(record, 16) != 0)
      refuse("end of the directory (ZIP64)", "its record, and a zip file in one part", "something else");
    const auto begin = number<std::uint64_t>(record, 48), size = number<std::uint64_t>(record, 40);
    static_cast<void>(take(begin, size, "directory"));  // so that the sum does not wrap
    return {begin, begin + size, number<std::uint64_t>(record, 32)};
  }
  extent checked(extent directory, std::uint64_t limit) const {
    if (directory.begin > directory.end || directory.end > limit)
      refuse("directory", fmt::format("it before its end record at {}", limit),
             fmt::format("bytes {} to {}; has the file been cut short?", directory.begin, directory.end));
    return directory;
  }

  /// Reads the header at `at` and moves on to the next.
  zip_member read_member(std::uint64_t& at, const extent& directory, std::vector<place>& places) const {
    const std::string where = fmt::format("directory, byte {}", at);
    const auto header = take(at, 46, where);
    if (number<std::uint32_t>(header, 0) != central_header) refuse(where, "the header of a member", "something else");
    const std::size_t name = number<std::uint16_t>(header, 28), extra = number<std::uint16_t>(header, 30);
    const std::size_t length = 46 + name + extra + number<std::uint16_t>(header, 32);
    if (length > directory.end - at) refuse(where, "a header within the directory", "one that goes beyond its end");
    zip_member member{text(take(at + 46, name, where)), number<std::uint16_t>(header, 10), 0, {}};
    if ((number<std::uint16_t>(header, 8) & 1) != 0) refuse(shown(member), "a member in the clear", "an encrypted one");
    std::uint64_t packed = number<std::uint32_t>(header, 20), begin = number<std::uint32_t>(header, 42);
    member.size = number<std::uint32_t>(header, 24);
    widen(member, take(at + 46 + name, extra, where), {&member.size, &packed, &begin});
    at += length;
    if (member.stored() && packed != member.size)
      refuse(shown(member), fmt::format("{} stored bytes", member.size), fmt::format("{}", packed));
    member.packed = locate(member, begin, packed, directory, places);
    return member;
  }
  static std::string shown(const zip_member& member) { return fmt::format("member '{}'", printable(member.name)); }

  /// Where a number does not fit 32 bits, all of these are set and the ZIP64 field holds it, in this order.
  void widen(const zip_member& member, std::span<const std::byte> extra,
             std::initializer_list<std::uint64_t*> numbers) const {
    std::span<const std::byte> wide;
    while (extra.size() >= 4) {
      const std::size_t size = number<std::uint16_t>(extra, 2);
      if (size > extra.size() - 4) refuse(shown(member), "extra fields that fill their place", "one that is longer");
      if (number<std::uint16_t>(extra, 0) == 1) wide = extra.subspan(4, size);
      extra = extra.subspan(4 + size);
    }
    for (std::uint64_t* value : numbers) {
      if (*value != 0xffffffff) continue;
      if (wide.size() < 8) refuse(shown(member), "a ZIP64 field with the sizes", "none, or a shorter one");
      *value = number<std::uint64_t>(wide, 0);
      wide = wide.subspan(8);
    }
  }

  /// The member's bytes lie behind its local header, whose sizes may be unset and whose extra field is another one.
  std::span<const std::byte> locate(const zip_member& member, std::uint64_t begin, std::uint64_t packed,
                                    const extent& directory, std::vector<place>& places) const {
    const auto header = take(begin, 30, shown(member));
    const std::uint64_t name = number<std::uint16_t>(header, 26), extra = number<std::uint16_t>(header, 28);
    if (number<std::uint32_t>(header, 0) != local_header || text(take(begin + 30, name, shown(member))) != member.name)
      refuse(shown(member), fmt::format("its own header at {}", begin), "something else");
    const std::uint64_t data = begin + 30 + name + extra;
    const auto out = take(data, packed, shown(member));
    if (data + packed > directory.begin)
      refuse(shown(member), fmt::format("an end before the directory at {}", directory.begin),
             fmt::format("{}", data + packed));
    places.push_back({begin, data + packed, member.name});
    return out;
  }

  /// No byte belongs to two members, or a small file could stand for a huge one.
  void check_places(std::vector<place>& places) const {
    std::sort(places.begin(), places.end(), [](const place& a, const place& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < places.size(); ++i)
      if (places[i].begin < places[i - 1].end)
        refuse(fmt::format("member '{}'", printable(places[i].name)),
               fmt::format("bytes from {} on", places[i - 1].end),
               fmt::format("{}: it overlaps '{}'", places[i].begin, printable(places[i - 1].name)));
  }

  const std::string& file_;
  std::span<const std::byte> bytes_;
};

}  // namespace detail

/// The members of a zip file that lies in memory, where it must stay; nothing is unpacked or copied.
///
/// Checked before anything is handed out: every place lies within the file, no two overlap, every name is there once.
/// Checksums are not looked at: PyTorch may leave them uncomputed. Errors: io_error with file, place, expected and
/// found. Python equivalent: zipfile.ZipFile(file).infolist().
class zip_directory {
 public:
  /// `file` is what messages call it.
  zip_directory(std::string file, std::span<const std::byte> bytes)
      : file_(std::move(file)), members_(detail::zip_reader(file_, bytes).read()) {
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (!by_name_.emplace(members_[i].name, i).second)
        throw io_error(fmt::format("clipt::zip_directory: {}: expected every name once, found '{}' twice", file_,
                                   detail::printable(members_[i].name)));
  }

  /// In the order of the directory.
  std::span<const zip_member> members() const { return members_; }

  /// The member called `name`, or nullptr.
  const zip_member* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &members_[found->second];
  }

  /// A member's bytes, unpacked if need be; `limit`: bytes it may hold, below 2^32 (zlib's own limit).
  /// Errors: io_error if they are more, damaged or packed in another way than zlib's deflate.
  /// Python equivalent: zipfile.ZipFile(file).read(name).
  std::string read(const zip_member& member, std::uint64_t limit) const {
    constexpr std::uint64_t best_ratio = 1032;  // zlib's, https://zlib.net/zlib_tech.html
    limit = std::min<std::uint64_t>(limit, 0xffffffff);
    const auto refuse = [&](std::string_view why) {
      throw io_error(
          fmt::format("clipt::zip_directory: {}: member '{}' {}", file_, detail::printable(member.name), why));
    };
    if (member.size > limit || member.packed.size() > limit)
      refuse(fmt::format("holds {} bytes, the limit is {}", member.size, limit));
    if (member.method != 0 && member.method != 8)
      refuse(fmt::format("is packed with method {}, expected 0 (stored) or 8 (deflated)", member.method));
    if (member.size / best_ratio > member.packed.size())
      refuse(fmt::format("claims {} bytes, more than {} can hold", member.size, member.packed.size()));
    std::string out(static_cast<std::size_t>(member.size), '\0');
    if (!member.stored() && !inflate_to(out, member.packed)) refuse("is damaged: it does not unpack to what it claims");
    if (member.stored() && !out.empty()) std::memcpy(out.data(), member.packed.data(), out.size());
    return out;
  }

 private:
  /// Whether `packed` is a whole deflate stream for exactly `out`.
  static bool inflate_to(std::string& out, std::span<const std::byte> packed) {
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) throw io_error("clipt::zip_directory: zlib could not start");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return code == Z_STREAM_END && stream.avail_out == 0;
  }

  std::string file_;
  std::vector<zip_member> members_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

}  // namespace clipt::inline CLIPT_BUILD
