"""open_clip's tokenizer, on one thread: the peer of bench.tokenizer. It takes the captions that CLIPT_CAPTIONS names."""
import json
import os

import open_clip

from serving import serve

if __name__ == "__main__":
    with open(os.environ["CLIPT_CAPTIONS"]) as file:
        captions = [annotation["caption"] for annotation in json.load(file)["annotations"]]
    tokenizer = open_clip.SimpleTokenizer()
    serve(lambda: tokenizer(captions))
