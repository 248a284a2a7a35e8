#!/usr/bin/env python3
"""Draws small pictures of every mode and writes what open_clip and transformers make of them.

    scripts/make_pictures.py tests/golden/preprocess/modes

Needs Pillow 13, open_clip_torch, transformers 5, safetensors and numpy. The folder gets the pictures and expected.safetensors, whose
tensors are uint8 [side, side, 3] named "<file> <resize mode> <interpolation> <order> <fill>", before normalisation; and files.json,
configuration files of models, with what they make of some pictures in files.safetensors: "<name> <file>" before normalisation, and
"<name> normalised" of one picture behind it.
"""
import json
import pathlib
import sys

import numpy
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict
from PIL import Image
from safetensors.numpy import save_file
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

SIDE = 17


def planes(width, height, channels):
    """Slopes with a chequered middle, another direction in every channel: [height, width, channels] in [0, 1]."""
    y, x = numpy.mgrid[0:height, 0:width]
    x, y = x / width, y / height
    out = [numpy.cos((3 + c) * x + (5 - 2 * c) * y + c) / 2 + 0.5 for c in range(channels)]
    chequered = (numpy.floor(9 * x) + numpy.floor(7 * y)) % 2
    inside = (abs(x - 0.5) < 0.25) & (abs(y - 0.5) < 0.25)
    return numpy.stack([numpy.where(inside, chequered, plane) for plane in out], axis=-1)


def drawn(mode, width, height):
    """A picture of that mode; "P" gets 12 colours."""
    if mode == "I;16":
        return Image.fromarray((planes(width, height, 1)[..., 0] * 700).astype(numpy.uint16))
    if mode == "1":
        return drawn("L", width, height).convert("1")
    if mode == "P":
        return drawn("RGB", width, height).quantize(12)
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    values = numpy.round(planes(width, height, channels) * 255).astype(numpy.uint8)
    return Image.frombytes(mode, (width, height), values.tobytes())


def save_pictures(folder):
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        name = mode.lower().replace(";", "")
        drawn(mode, 45, 31).save(folder / f"{name}.png")
        drawn(mode, 20, 53).save(folder / f"{name}_tall.png")
    drawn("P", 45, 31).save(folder / "p_transparent.png", transparency=3)
    drawn("P", 45, 31).save(folder / "p.gif")
    drawn("P", 45, 31).save(folder / "p.bmp")
    for mode in ("L", "RGB", "CMYK"):
        drawn(mode, 45, 31).save(folder / f"{mode.lower()}.jpg", quality=80)


def by_open_clip(picture, resize, interpolation, fill):
    settings = PreprocessCfg(size=SIDE, resize_mode=resize, interpolation=interpolation, fill_color=fill)
    for step in image_transform_v2(settings, is_train=False).transforms[:-2]:  # all but to floats and normalising
        picture = step(picture)
    return numpy.array(picture)


def by_hugging_face(picture):
    """As CLIPImageProcessor until transformers 5 composited transparent pictures over white."""
    picture = picture.convert("RGB")
    picture.info.pop("transparency", None)
    size = {"height": SIDE, "width": SIDE}
    process = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=size, do_rescale=False, do_normalize=False)
    (planes,) = process(picture, return_tensors="np")["pixel_values"]
    return numpy.ascontiguousarray(numpy.moveaxis(planes, 0, -1))


FILES = {
    "plain": ("preprocessor_config.json", {"size": SIDE, "crop_size": SIDE, "resample": 3}),
    "larger": ("preprocessor_config.json", {"size": {"shortest_edge": 24}, "crop_size": {"height": SIDE, "width": SIDE}}),
    "both_sides": ("preprocessor_config.json", {"size": {"height": SIDE, "width": SIDE}, "do_center_crop": False, "resample": 2}),
    "both_larger": ("preprocessor_config.json", {"size": {"height": 20, "width": 20}, "crop_size": SIDE, "image_mean": 0.5,
                                                 "image_std": [0.5, 0.25, 0.125]}),
    "not_normalised": ("preprocessor_config.json", {"size": SIDE, "crop_size": SIDE, "do_normalize": False}),
    "bilinear": ("open_clip_config.json", {"size": 99, "interpolation": "bilinear", "mean": [0.5, 0.4, 0.3], "std": 0.25}),
    "longest": ("open_clip_config.json", {"resize_mode": "longest", "fill_color": 9}),
    "squash": ("open_clip_config.json", {"resize_mode": "squash", "interpolation": "random", "size": None}),
}


def of_file(kind, values, picture, normalised):
    """What a model's configuration file makes of a picture: [side, side, 3] bytes, or [3, side, side] floats."""
    if kind == "preprocessor_config.json":
        change = {} if normalised else {"do_rescale": False, "do_normalize": False}
        (planes,) = CLIPImageProcessorPil(**{**values, **change})(picture, return_tensors="np")["pixel_values"]
    else:
        cfg = PreprocessCfg(**{"size": SIDE, **merge_preprocess_dict({}, values), **{"size": SIDE}})  # the model's size
        steps = image_transform_v2(cfg, is_train=False).transforms
        for step in steps if normalised else steps[:-2]:
            picture = step(picture)
        planes = picture.numpy() if normalised else numpy.moveaxis(numpy.array(picture), -1, 0)
    return planes.astype(numpy.float32) if normalised else numpy.ascontiguousarray(numpy.moveaxis(planes, 0, -1)).astype(numpy.uint8)


def save_files(folder):
    expected = {}
    for name, (kind, values) in FILES.items():
        for picture in ("rgb_tall.png", "rgba.png", "la.png", "p_transparent.png"):
            expected[f"{name} {picture}"] = of_file(kind, values, Image.open(folder / picture), False)
        expected[f"{name} normalised"] = of_file(kind, values, Image.open(folder / "rgb.png"), True)
    save_file(expected, folder / "files.safetensors")
    (folder / "files.json").write_text(json.dumps({name: {"file": kind, "values": values} for name, (kind, values) in FILES.items()},
                                                  indent=1) + "\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    save_pictures(folder)
    expected = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in (".safetensors", ".json"):
            continue
        for resize in ("shortest", "longest", "squash"):
            for interpolation in ("bicubic", "bilinear"):
                fill = 3 if resize == "longest" and interpolation == "bilinear" else 0
                name = f"{path.name} {resize} {interpolation} openai {fill}"
                expected[name] = by_open_clip(Image.open(path), resize, interpolation, fill)
        expected[f"{path.name} shortest bicubic hugging_face 0"] = by_hugging_face(Image.open(path))
    save_file(expected, folder / "expected.safetensors")
    save_files(folder)


if __name__ == "__main__":
    main()
