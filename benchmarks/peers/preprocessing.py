"""Pillow's resize and torchvision's normalisation of one decoded picture: the peer of bench.preprocess."""
import numpy
import torch
from open_clip import image_transform
from PIL import Image

from serving import serve

if __name__ == "__main__":
    torch.set_num_threads(1)
    noise = numpy.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=numpy.uint8)
    picture = Image.fromarray(noise)
    transform = image_transform(224, is_train=False)
    serve(lambda: transform(picture))
