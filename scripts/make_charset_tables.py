#!/usr/bin/env python3
"""Writes include/clipt/text/charset_tables.hpp from Python's codecs (the Unicode consortium's mapping files).

Usage: scripts/make_charset_tables.py > include/clipt/text/charset_tables.hpp
"""
import unicodedata

CHARSETS = [
    ("windows_1252", "cp1252"),
    ("windows_1251", "cp1251"),
    ("windows_1250", "cp1250"),
    ("windows_1253", "cp1253"),
    ("windows_1254", "cp1254"),
    ("windows_1257", "cp1257"),
    ("iso_8859_2", "iso8859_2"),
    ("mac_roman", "mac_roman"),
    ("cp437", "cp437"),
]


def character(byte, codec):
    """What a byte means; one without a meaning is the control or Latin-1 character of its number."""
    return bytes([byte]).decode(codec, "ignore") or chr(byte)


def spelled(c):
    # Kept from being seen: separators, controls, private use, and what would melt into its neighbour.
    return f"\\u{ord(c):04X}" if unicodedata.category(c)[0] in "ZCM" else c


print("// What the bytes 0x80 to 0xFF mean in single-byte character sets; a byte without a meaning is its own number.")
print("// Written by scripts/make_charset_tables.py from Python's codecs (the Unicode consortium's mapping files).")
print("#pragma once")
print("#include <string_view>  // u16string_view\n")
print("namespace clipt::detail {")
for name, codec in CHARSETS:
    high = [character(byte, codec) for byte in range(0x80, 0x100)]
    assert len(set(high)) == 128 and all(0x80 <= ord(c) <= 0xFFFF for c in high), name
    print(f"\ninline constexpr std::u16string_view {name} =")
    rows = ["".join(map(spelled, high[at:at + 16])) for at in range(0, 128, 16)]
    print("\n".join(f'    u"{row}"' for row in rows) + ";")
print("\n}  // namespace clipt::detail")
