#!/usr/bin/env python3
"""Writes tests/golden/text_cleaning.jsonl: broken texts, what ftfy makes of them, and how open_clip cleans them.

Usage: scripts/make_text_golden.py [--count N] [--seed S] > tests/golden/text_cleaning.jsonl
Needs ftfy 6.3 and open_clip_torch 3.3; a large count serves to compare by hand.
"""
import argparse
import html
import json
import random
import unicodedata

import ftfy
from open_clip.tokenizer import get_clean_fn

CHARSETS = ["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253",
            "sloppy-windows-1254", "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437"]

WORDS = """A photo of the CAT dogs café naïve schön Straße Übergröße señor jalapeño l’été Ångström œuvre Łódź čaj
žluťoučký déjà vu à la mode àquele às Привет мир ёлка Їжак Αθήνα ΟΔΟΣ Σίσυφος שלום مرحبا بالعالم 你好，世界 日本語テスト 한국어
हिन्दी ไทย 😀 👩‍🚀 🇺🇸 ❤️ ✔ “quotes” ‘single’ „low“ «guillemets» … — – • ™ © ® € £ ¥ ½ ² × ÷ ± ° ¿qué? ¡olé! İstanbul
ığüşöç ﬁne ﬂow Ǆ ŉ ＦＵＬＬ ﾊﾝｶｸ AT&T it's I'LL 2021 3.14 <b>bold</b> &lt; &amp;amp; &eacute; &EACUTE; &#233; &nbsp;
&notit; &#x80; &#0; hello_world -- !!! {x} [y] $5 50% #tag @user""".split()
WORDS += ["\x1b[31mred\x1b[0m", "\0", "\x07", "\x0b", "\x0c", "\x1a", "\x7f", "\ufeff", "\u200b", "\u00ad", "\u2028",
          "\x85", "\r\n", "\r", "\n", "\t", "\u3000", "\xa0", "\ufffd", "a\u0301\u0323", "\xc0\x80", "\xc0\n"]

# Characters that misreading can make, one of each.
PRODUCTS = sorted({bytes([b]).decode(name) for name in CHARSETS for b in range(0x80, 0x100)} | set("\ufffd?\x1a \n"))


def sentence(rng):
    return rng.choice(["", " ", " ", ", ", "\n"]).join(rng.choice(WORDS) for _ in range(rng.randrange(1, 6)))


def utf8_of_surrogates(text):
    """CESU-8, which writes what lies beyond U+FFFF as two surrogates of three bytes each."""
    pairs = text.encode("utf-16-le")
    return "".join(chr(pairs[i] | pairs[i + 1] << 8) for i in range(0, len(pairs), 2)).encode("utf-8", "surrogatepass")


def misread(rng, text):
    data = utf8_of_surrogates(text) if rng.random() < 0.1 else text.encode()
    text = data.decode(rng.choice(CHARSETS[:2] * 4 + CHARSETS), "replace")
    loss = rng.random()
    if loss < 0.15:
        return text.replace("\xa0", " ")
    if loss < 0.3:
        return "".join(rng.choice("?\ufffd") if "\x80" <= c < "\xa0" and rng.random() < 0.5 else c for c in text)
    return text


def any_character(rng):
    low, high = rng.choice([(0, 0x80), (0x80, 0x600), (0x600, 0x2E00), (0x3000, 0xA000), (0xF900, 0xFFFE)])
    c = chr(rng.randrange(low, high))
    return rng.choice([c, rng.choice(PRODUCTS)]) if unicodedata.category(c) != "Cn" else rng.choice(PRODUCTS)


def broken_text(rng):
    if rng.random() < 0.1:
        return "".join(rng.choice(PRODUCTS) for _ in range(rng.randrange(1, 9)))
    text = sentence(rng)
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        whole = rng.random() < 0.7
        first, last = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        text = misread(rng, text) if whole else text[:first] + misread(rng, text[first:last]) + text[last:]
    if rng.random() < 0.1:
        text = html.escape(text)
    if rng.random() < 0.4:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + any_character(rng) + text[at + rng.randrange(2):]
    return text[:200]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for _ in range(options.count):
        text = broken_text(rng)
        line = {"text": text, "repaired": ftfy.fix_text(text)}
        line.update((how, get_clean_fn(how)(text)) for how in ("lower", "whitespace", "canonicalize"))
        print(json.dumps(line, ensure_ascii=False))


main()
