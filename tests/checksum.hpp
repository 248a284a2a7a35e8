// One number for very many strings, to compare with the same number computed elsewhere.
#pragma once
#include <cstdint>      // uint64_t
#include <string_view>  // string_view

namespace clipt_test {

/// FNV-1a over the bytes of each string and a line feed behind it. In Python:
///   for s in strings:
///       for b in (s + "\n").encode(): h = (h ^ b) * 0x100000001B3 % 2**64   # from h = 0xCBF29CE484222325
class checksum {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte('\n');
  }
  std::uint64_t value() const { return value_; }

 private:
  void add_byte(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001B3; }
  std::uint64_t value_ = 0xCBF29CE484222325;
};

}  // namespace clipt_test
