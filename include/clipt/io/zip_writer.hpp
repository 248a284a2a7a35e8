// A zip file of members as they are (stored, not packed), written from front to back as they come.
//
// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3.
#pragma once
#include <zlib.h>  // crc32_z

#include <cstddef>      // byte, size_t
#include <cstdint>      // uint16_t, uint32_t, uint64_t
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // io_error

namespace clipt::inline CLIPT_BUILD {

/// Writes members to `File`, which has `write` and `size` as atomic_file does, and their directory at the end.
///
/// Each member's bytes begin at a multiple of 64, so that they can be used where they are mapped; nothing depends on
/// time or place. Python equivalent: zipfile.ZipFile(file, "w", zipfile.ZIP_STORED).
template <class File>
class zip_writer {
 public:
  /// Sizes and places from `zip64_from` on, and as many members, are written as ZIP64; tests set it low.
  explicit zip_writer(File& file, std::uint32_t zip64_from = 0xffffffff) : file_(file), zip64_from_(zip64_from) {}

  /// Adds a member; its name must not have been there before. Errors: io_error for a name above 65535 bytes.
  void add(std::string_view name, std::span<const std::byte> bytes) {
    if (name.size() > 0xffff)
      throw io_error(fmt::format("clipt::zip_writer: a name of {} bytes, at most 65535 can be written", name.size()));
    const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    members_.push_back({std::string(name), static_cast<std::uint32_t>(sum), bytes.size(), file_.size()});
    const member& added = members_.back();
    std::string extra;
    if (wide(added.size)) put_all(extra, std::uint16_t(1), std::uint16_t(16), added.size, added.size);
    extra += padding(added.begin + 30 + name.size() + extra.size());
    std::string header;
    put_all(header, std::uint32_t(0x04034b50));
    put_common(header, added, wide(added.size), extra);
    file_.write(header + added.name + extra);
    file_.write(bytes);
  }

  /// Writes the directory; nothing may be added afterwards.
  void finish() {
    const std::uint64_t begin = file_.size();
    for (const member& m : members_) file_.write(central_header(m));
    const std::uint64_t count = members_.size(), size = file_.size() - begin, end = file_.size();
    std::string record;
    if (count >= 0xffff || wide(count) || wide(begin) || wide(size)) {
      put_all(record, std::uint32_t(0x06064b50), std::uint64_t(44), zip64_version, zip64_version, std::uint64_t(0),
              count, count, size, begin);
      put_all(record, std::uint32_t(0x07064b50), std::uint32_t(0), end, std::uint32_t(1));
    }
    const auto short_count = static_cast<std::uint16_t>(count >= 0xffff || wide(count) ? 0xffff : count);
    put_all(record, std::uint32_t(0x06054b50), std::uint32_t(0), short_count, short_count, narrow(size), narrow(begin),
            std::uint16_t(0));
    file_.write(record);
  }

 private:
  struct member {
    std::string name;
    std::uint32_t checksum;
    std::uint64_t size, begin;
  };
  static constexpr std::uint16_t plain_version = 10, zip64_version = 45, first_of_1980 = 0x21;

  bool wide(std::uint64_t value) const { return value >= zip64_from_; }
  std::uint32_t narrow(std::uint64_t value) const {
    return wide(value) ? 0xffffffff : static_cast<std::uint32_t>(value);
  }

  template <class... T>
  static void put_all(std::string& out, T... values) {
    (out.append(reinterpret_cast<const char*>(&values), sizeof(T)), ...);
  }

  /// What the two headers of a member have in common: version needed, ..., length of the extra field.
  static void put_common(std::string& out, const member& m, bool zip64, std::string_view extra) {
    const std::uint32_t size = zip64 ? 0xffffffff : static_cast<std::uint32_t>(m.size);
    put_all(out, zip64 ? zip64_version : plain_version, std::uint32_t(0), std::uint16_t(0), first_of_1980, m.checksum,
            size, size, static_cast<std::uint16_t>(m.name.size()), static_cast<std::uint16_t>(extra.size()));
  }

  /// An extra field, as PyTorch's, that makes what follows it at `place` begin at a multiple of 64.
  static std::string padding(std::uint64_t place) {
    const auto size = static_cast<std::uint16_t>((64 - (place + 4) % 64) % 64);
    std::string out;
    put_all(out, std::uint16_t(0x4246), size);
    return out.append(size, 'Z');
  }

  std::string central_header(const member& m) const {
    const bool zip64 = wide(m.size) || wide(m.begin);
    std::string out, extra;
    if (zip64) put_all(extra, std::uint16_t(1), std::uint16_t(24), m.size, m.size, m.begin);
    put_all(out, std::uint32_t(0x02014b50), zip64 ? zip64_version : plain_version);
    put_common(out, m, zip64, extra);
    put_all(out, std::uint16_t(0), std::uint16_t(0), std::uint16_t(0), std::uint32_t(0),
            zip64 ? 0xffffffff : static_cast<std::uint32_t>(m.begin));
    return out + m.name + extra;
  }

  File& file_;
  std::uint32_t zip64_from_;
  std::vector<member> members_;
};

}  // namespace clipt::inline CLIPT_BUILD
