#!/usr/bin/env python3
"""Writes include/clipt/text/html_entity_names.hpp from Python's html.entities.html5 (the HTML standard's table).

Usage: scripts/make_html_entities.py > include/clipt/text/html_entity_names.hpp
"""
from html.entities import html5


def words():
    for name in sorted(n for n in html5 if n.endswith(";")):
        bare = name[:-1]
        text = ",".join(format(ord(c), "X") for c in html5[name])
        # "*": the standard also takes the name without its semicolon.
        assert bare not in html5 or html5[bare] == html5[name]
        yield bare + ("*" if bare in html5 else "=") + text


def lines(width):
    line = ""
    for word in words():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = ""
        line += (" " if line else "") + word
    yield line


assert all(n.endswith(";") or n + ";" in html5 for n in html5)
print("// The named character references of HTML.")
print("// Written by scripts/make_html_entities.py from Python's html.entities.html5.")
print("#pragma once")
print("#include <string_view>  // string_view\n")
print("namespace clipt::detail {\n")
print(f"/// {len(html5)} names in {sum(1 for _ in words())} words: name, `=` (only with a semicolon) or `*` (also without),")
print("/// code points in hexadecimal.")
print("inline constexpr std::string_view html_entity_names = R\"(")
for line in lines(120):
    print(line)
print(")\";\n")
print("}  // namespace clipt::detail")
