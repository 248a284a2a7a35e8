#!/usr/bin/env python3
"""What clipt writes, opened by the libraries it is written for: the same features from each.

    interop.py <clip_convert> <train_clip>        exit code 77: a library is missing

Starts from a vit_64 that train_clip makes, from a small ResNet of open_clip and its variants in tests/golden, and from
a small model of transformers; and what programs of PyTorch save, opened by clipt.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    import open_clip
    import torch
    import transformers
    from PIL import Image
    from safetensors.torch import load_file
except ImportError as missing:
    print(f"skipped: {missing}; scripts/install_interop.sh makes an interpreter that has them")
    sys.exit(77)

CONVERT, TRAIN = sys.argv[1:3]
VARIANTS = pathlib.Path(__file__).parent.parent / "golden/open_clip"


def convert(source, target, library):
    subprocess.run([CONVERT, source, target, "--to", library], check=True, stdout=subprocess.DEVNULL)


def features_in_open_clip(folder, images, tokens):
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    with torch.no_grad():
        return model.encode_image(images), model.encode_text(tokens)


def features_in_transformers(folder, images, tokens):
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    # Padding is ignored there through the mask; captions of full length need none.
    with torch.no_grad():
        return tuple(f if torch.is_tensor(f) else f.pooler_output
                     for f in (model.get_image_features(images), model.get_text_features(tokens)))


def compare(one, other, what):
    for a, b, tower in zip(one, other, ("images", "texts")):
        error = ((a - b).norm() / b.norm()).item()
        assert error < 1e-5, f"{what}: {tower} differ by {error:.1e}"
    print(f"{what}: the same features")


TEXTS = ["a red circle", "  two BLUE stars, three squares &amp; a line...", "it's the photo of 12 cats"]


def tokenizers(folder):
    """The vocabulary of train_clip goes with the weights: the same ids in both libraries, and back."""
    in_open_clip = open_clip.get_tokenizer(f"local-dir:{folder / 'open_clip'}")
    in_transformers = transformers.AutoTokenizer.from_pretrained(folder / "hf")
    cleaned = [in_open_clip.clean_fn(text) for text in TEXTS]  # what open_clip does before transformers' tokenizer
    ids = in_transformers(cleaned, padding="max_length", max_length=32, truncation=True, return_tensors="pt").input_ids
    assert torch.equal(in_open_clip(TEXTS), ids) and in_open_clip.context_length == 32
    assert (folder / "merges.txt").read_text() == (folder / "first" / "merges.txt").read_text()
    print("tokenizers: the same ids")


def preprocessing(folder):
    """What is not as OpenAI's goes from library to library, too."""
    config_file = folder / "open_clip" / "open_clip_config.json"
    config = json.loads(config_file.read_text())
    change = {"mean": [0.5, 0.25, 0.125], "std": [0.5, 0.5, 0.25], "interpolation": "bilinear", "resize_mode": "squash"}
    config["preprocess_cfg"].update(change)
    config_file.write_text(json.dumps(config))
    convert(folder / "open_clip", folder / "squash_hf", "huggingface")
    (folder / "alone").mkdir()
    convert(folder / "squash_hf", folder / "alone" / "model.pt", "openai")
    convert(folder / "alone" / "model.pt", folder / "squash", "open_clip")
    back = json.loads((folder / "squash" / "open_clip_config.json").read_text())["preprocess_cfg"]
    assert back == config["preprocess_cfg"], back
    *_, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder / 'squash'}")
    picture = Image.fromarray(numpy.random.default_rng(1).integers(0, 256, (50, 80, 3), numpy.uint8))
    theirs = transformers.AutoImageProcessor.from_pretrained(folder / "squash_hf", backend="pil")
    difference = (preprocess(picture) - theirs(picture, return_tensors="pt").pixel_values[0]).abs().max().item()
    assert difference < 1e-5, f"preprocessing differs by {difference}"
    print("preprocessing: the same pixels")


def trained_model(folder):
    run = folder / "run"
    subprocess.run([TRAIN, "--preset", "vit_64", "--scenes", "32", "--batch-size", "16", "--epochs", "1", "--output", run],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "first").mkdir()
    names = [run / "epoch_latest.safetensors", folder / "first" / "model.pt", folder / "open_clip", folder / "hf", folder / "model.pt"]
    for source, target, library in zip(names, names[1:], ("openai", "open_clip", "huggingface", "openai")):
        convert(source, target, library)
    torch.manual_seed(1)
    images = torch.randn(2, 3, 64, 64)
    text = json.loads((folder / "hf" / "config.json").read_text())["text_config"]
    begin, end = text["bos_token_id"], text["eos_token_id"]  # of the vocabulary, which may be smaller than the model's
    assert end == begin + 1 < text["vocab_size"], text
    tokens = torch.randint(1, begin, (2, 32))
    tokens[:, 0], tokens[:, -1] = begin, end
    compare(features_in_open_clip(folder / "open_clip", images, tokens),
            features_in_transformers(folder / "hf", images, tokens), "open_clip and transformers")
    archive = torch.load(folder / "model.pt", weights_only=True)
    stored = load_file(folder / "open_clip" / "open_clip_model.safetensors")
    assert archive.keys() == stored.keys() and all(torch.equal(archive[k], stored[k]) for k in stored)
    print("torch.load: the same tensors")
    tokenizers(folder)
    preprocessing(folder)


def resnet(folder):
    torch.manual_seed(2)
    config = {"embed_dim": 32, "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None},
              "text_cfg": {"context_length": 16, "vocab_size": 64, "width": 64, "heads": 1, "layers": 1}}
    model = open_clip.CLIP(**config, quick_gelu=True).eval()
    torch.save({"epoch": 3, "name": "x", "state_dict": {"module." + k: v for k, v in model.state_dict().items()}},
               folder / "resnet.pt")
    convert(folder / "resnet.pt", folder / "resnet", "open_clip")
    images, tokens = torch.randn(2, 3, 64, 64), torch.randint(1, 60, (2, 16))
    tokens[:, -1] = 63
    with torch.no_grad():
        expected = model.encode_image(images), model.encode_text(tokens)
    compare(features_in_open_clip(folder / "resnet", images, tokens), expected, "a ResNet in open_clip")


def open_clip_variants(folder):
    """Each option of open_clip's towers that clipt has: read, written, and opened by open_clip again."""
    for variant in sorted(VARIANTS.iterdir()):
        convert(variant, folder / variant.name, "open_clip")
        stored = load_file(variant / "expected.safetensors")
        compare(features_in_open_clip(folder / variant.name, stored["images"], stored["tokens"]),
                (stored["image_features"], stored["text_features"]), f"{variant.name} in open_clip")


def odd_transformers_model(folder):
    """Perceptrons, heads and an end token that are not the usual ones, from transformers to open_clip and back."""
    torch.manual_seed(3)
    shared = {"hidden_act": "gelu_pytorch_tanh", "num_hidden_layers": 2, "projection_dim": 16}
    text = {**shared, "vocab_size": 64, "hidden_size": 48, "intermediate_size": 100, "num_attention_heads": 4,
            "max_position_embeddings": 12, "eos_token_id": 5}
    vision = {**shared, "image_size": 16, "patch_size": 8, "hidden_size": 32, "intermediate_size": 70,
              "num_attention_heads": 4}
    model = transformers.CLIPModel(transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16))
    model.save_pretrained(folder / "odd")
    convert(folder / "odd", folder / "odd_open_clip", "open_clip")
    convert(folder / "odd_open_clip", folder / "odd_again", "huggingface")
    images, tokens = torch.randn(2, 3, 16, 16), torch.randint(6, 64, (2, 12))
    tokens[0, 4], tokens[1, 11] = 5, 5
    expected = features_in_transformers(folder / "odd", images, tokens)
    compare(features_in_open_clip(folder / "odd_open_clip", images, tokens), expected, "transformers and open_clip")
    compare(features_in_transformers(folder / "odd_again", images, tokens), expected, "transformers and back")


def saved_by_programs(folder):
    """What training programs save around a state dictionary, and all that torch.load(weights_only=True) accepts beside it."""
    config = {"embed_dim": 16, "vision_cfg": {"image_size": 16, "layers": 1, "width": 64, "patch_size": 8},
              "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 64, "heads": 1, "layers": 1}}
    model = open_clip.CLIP(**config, quick_gelu=True)
    optimizer = torch.optim.AdamW(model.parameters())
    model.encode_text(torch.ones(1, 8, dtype=torch.long)).sum().backward()
    optimizer.step()
    state = dict(model.state_dict())
    below = lambda prefix: {prefix + key: value for key, value in state.items()}
    tied = torch.zeros(2)
    tied.note = "a tensor with an attribute"
    objects = {"size": torch.Size([3, 4]), "device": torch.device("cuda:1"), "bytes": b"b", "bytearray": bytearray(b"b"), "set": {1, 2},
               "complex": 1 + 2j, "dtypes": [torch.float8_e4m3fn, torch.uint16, torch.complex64], "layout": torch.strided, "big": 2**80,
               "counter": collections.Counter("aab"), "scheme": torch.per_tensor_affine, "attributes": tied, "nothing": None}
    wrapped = {
        "plain": state, "compiled": below("_orig_mod."), "both": below("module._orig_mod."),
        "lightning": {"state_dict": below("clip_model.")},
        "loop": {"model_state_dict": state, "optimizer_state_dict": optimizer.state_dict(), "epoch": 3},
        "ema": {"state_dict": state, "state_dict_ema": {key: 2 * value for key, value in state.items()}},
        "inside": {key.replace("resblocks.0.", "resblocks.0._fsdp_wrapped_module."): value for key, value in state.items()},
        "deepspeed": {"module": state, "param_shapes": [{key: value.shape for key, value in state.items()}]},
        "parameters": {"model": {key: torch.nn.Parameter(value) for key, value in state.items()}}, "objects": {**objects, "model": state}}
    for name, content in wrapped.items():
        torch.save(content, folder / "wrapped.pt")
        torch.load(folder / "wrapped.pt", weights_only=True)
        convert(folder / "wrapped.pt", folder / "unwrapped.safetensors", "openai")
        found = load_file(folder / "unwrapped.safetensors")
        assert found.keys() == state.keys() and all(torch.equal(found[key], state[key]) for key in state), name
    print(f"{', '.join(wrapped)}: the same tensors")


with tempfile.TemporaryDirectory() as name:
    for part in (trained_model, resnet, saved_by_programs, open_clip_variants, odd_transformers_model):
        folder = pathlib.Path(name) / part.__name__
        folder.mkdir()
        part(folder)
