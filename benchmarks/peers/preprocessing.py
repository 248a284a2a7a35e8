"""Pillow's decoding and resize and torchvision's normalisation of one picture: the peer of bench.preprocess.

`preprocess` begins with decoded pixels, `decode_and_preprocess` with the bytes of the file that CLIPT_PICTURE names.
"""
import io
import os
import pathlib

import numpy
import torch
from open_clip import image_transform
from PIL import Image

from serving import arguments, serve

if __name__ == "__main__":
    torch.set_num_threads(1)
    transform = image_transform(224, is_train=False)
    if arguments().case == "decode_and_preprocess":
        content = pathlib.Path(os.environ["CLIPT_PICTURE"]).read_bytes()
        serve(lambda: transform(Image.open(io.BytesIO(content))))
    else:
        noise = numpy.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=numpy.uint8)
        picture = Image.fromarray(noise)
        serve(lambda: transform(picture))
