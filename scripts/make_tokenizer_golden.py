#!/usr/bin/env python3
"""Makes tests/golden/tokenizer: a small vocabulary in transformers' files, and the ids that each library gives for some texts.

    scripts/make_tokenizer_golden.py [folder]        needs transformers 5, open_clip_torch and ftfy

tokenizer.json is transformers' own; ids.jsonl holds a text a line with its ids, without start and end: of CLIPTokenizer, of open_clip's
SimpleTokenizer (clean="lower") and of open_clip's HFTokenizer with each of its ways of cleaning.
"""
import gzip
import json
import pathlib
import sys
import tempfile

from open_clip.tokenizer import HFTokenizer, SimpleTokenizer, bytes_to_unicode
from transformers import CLIPTokenizer

MERGES = ["t h", "th e</w>", "o f</w>", "i n", "a n", "an d</w>", "r e", "c a", "ca t</w>", "s t", "e r", "p h", "o t", "ph ot",
          "phot o</w>", "Ã ©</w>", "Ï ĥ", "Ï ĥ</w>", "< |</w>", "| ></w>", "e x", "ex t</w>"]
TEXTS = ["A photo of the CAT", "  white\t\tspace\u3000", "it's THEY'RE 'S 'ſ ''s !'s", "12 ½ ²", "cafe\u0301 CAFÉ Ã©tÃ©", "&amp;lt;b&gt;",
         "ΟΔΟΣ Σ ς", "İ I\u0307 K ẞ", "a\u0345b", "“smart” ﬁne ＦＵＬＬ", "<|startoftext|> the <|endoftext|>cat", "<|EndOfText|>!",
         "<start_of_text> <END_OF_TEXT>", "snake_case it's-a (cat)", "日本語 한국어 हिन्दी", "😀👩‍🚀\u200b\u00ad", "\x00\x07\x1b[31m\x1c\u0085\u2028",
         "", "  "]


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/tokenizer")
    folder.mkdir(parents=True, exist_ok=True)
    symbols = list(bytes_to_unicode().values())
    symbols += [s + "</w>" for s in symbols] + ["".join(m.split()) for m in MERGES] + ["<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "vocab.json").write_text(json.dumps({s: i for i, s in enumerate(symbols)}))
        (work / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
        (work / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))
        (work / "config.json").write_text(json.dumps({"model_type": "clip"}))
        with gzip.open(work / "merges.txt.gz", "wt", encoding="utf-8") as file:
            file.write("#version: 0.2\n" + "\n".join(MERGES))
        theirs, simple = CLIPTokenizer.from_pretrained(work), SimpleTokenizer(str(work / "merges.txt.gz"))
        wrapped = {clean: HFTokenizer(str(work), clean=clean) for clean in ("lower", "whitespace", "canonicalize")}
        theirs.save_pretrained(work / "saved")
        compact = json.loads((work / "saved/tokenizer.json").read_text())
        (folder / "tokenizer.json").write_text(json.dumps(compact, ensure_ascii=False, separators=(",", ":")) + "\n")
        with open(folder / "ids.jsonl", "w") as out:
            for text in TEXTS:
                ids = {"hugging_face": theirs(text).input_ids[1:-1], "open_clip": simple.encode(text)}
                for clean, tokenizer in wrapped.items():
                    ids[clean] = tokenizer.tokenizer(tokenizer.clean_fn(text)).input_ids[1:-1]
                out.write(json.dumps({"text": text, **ids}) + "\n")


if __name__ == "__main__":
    main()
