#!/usr/bin/env python3
"""Makes tests/golden/open_clip: small models of open_clip in the variants beyond OpenAI's nine, with features.

    scripts/make_open_clip_golden.py [folder]        needs torch, open_clip_torch (3.3 was used), safetensors

Each folder is one that open_clip itself reads (local-dir:), plus expected.safetensors: images, tokens and features.
"""
import json
import pathlib
import sys

import open_clip
import torch
from safetensors.torch import save_file

VARIANTS = {
    "wide_perceptron": {"mlp_ratio": 3.01, "head_width": 32},
    "mean": {"no_ln_pre": True, "pool_type": "avg", "head_width": 16},
    "normalised_mean": {"no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True, "head_width": 16},
}
TEXT = {"context_length": 16, "vocab_size": 64, "width": 64, "heads": 2, "layers": 1}


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/open_clip")
    for name, vision in VARIANTS.items():
        torch.manual_seed(7)
        config = {"embed_dim": 32, "text_cfg": TEXT,
                  "vision_cfg": {"image_size": 24, "patch_size": 8, "width": 64, "layers": 2, **vision}}
        model = open_clip.CLIP(**config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
        images = torch.randn(2, 3, 24, 24)
        tokens = torch.zeros(2, 16, dtype=torch.int32)
        for row, length in enumerate((5, 16)):
            tokens[row, :length] = torch.randint(1, 60, (length,))
            tokens[row, 0], tokens[row, length - 1] = 62, 63
        model = model.double()
        with torch.no_grad():
            features = model.encode_image(images.double()), model.encode_text(tokens)
        out = folder / name
        out.mkdir(parents=True, exist_ok=True)
        save_file({key: value.float().contiguous() for key, value in model.state_dict().items()},
                  out / "open_clip_model.safetensors")
        save_file({"images": images, "tokens": tokens, "image_features": features[0].float(),
                   "text_features": features[1].float()}, out / "expected.safetensors")
        (out / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}, indent=2) + "\n")


if __name__ == "__main__":
    main()
