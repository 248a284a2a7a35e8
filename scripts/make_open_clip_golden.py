#!/usr/bin/env python3
"""Makes tests/golden/open_clip: small models of open_clip in the variants beyond OpenAI's nine, with all their results.

    scripts/make_open_clip_golden.py [folder]        needs torch, open_clip_torch (3.3 was used), safetensors

Each folder is one that open_clip itself reads (local-dir:), plus expected.safetensors: images, tokens, features, and of
the small variants activations (act.), the loss and gradients (grad.), all computed in double precision.
"""
import json
import pathlib
import sys

import open_clip
import torch
from safetensors.torch import save_file

TANH = {"approximate": "tanh"}


def wide(**vision):
    return {"embed_dim": 32,
            "text_cfg": {"context_length": 16, "vocab_size": 64, "width": 64, "heads": 2, "layers": 1},
            "vision_cfg": {"image_size": 24, "patch_size": 8, "width": 64, "layers": 2, **vision}}


def small(embed=8, vision={}, text={}):
    return {"embed_dim": embed,
            "text_cfg": {"context_length": 12, "vocab_size": 64, "width": 16, "heads": 4, "layers": 2, **text},
            "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 16, "layers": 2, "head_width": 8, **vision}}


QUERIES = {"attentional_pool": True, "attn_pooler_heads": 2}
FEATURES = {
    "wide_perceptron": wide(mlp_ratio=3.01, head_width=32),
    "mean": wide(no_ln_pre=True, pool_type="avg", head_width=16),
    "normalised_mean": wide(no_ln_pre=True, pool_type="avg", final_ln_after_pool=True, head_width=16),
}
EVERYTHING = {
    "first_query": small(vision={**QUERIES, "attn_pooler_queries": 3}, text={"pool_type": "last"}),
    "mean_of_queries": small(16, {**QUERIES, "attn_pooler_queries": 4, "pool_type": "avg"},
                             {"pool_type": "first", "proj_bias": True, "mlp_ratio": 3.01}),
    "clipa": small(vision={"no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True},
                   text={"pool_type": "last", "no_causal_mask": True}),
    "end_id": small(vision={"act_kwargs": TANH},
                    text={"pool_type": "eos", "eos_id": 2, "proj_bias": True, "act_kwargs": TANH}),
    "first_sees_all": small(vision={"pool_type": "avg"}, text={"pool_type": "first", "no_causal_mask": True}),
    "largest_sees_all": {**small(text={"no_causal_mask": True}), "quick_gelu": True},
}


def captions(config, lengths, end):
    """Padded with zeros; the first two close with the end token, of which later captions may have none."""
    tokens = torch.zeros(len(lengths), config["text_cfg"]["context_length"], dtype=torch.int32)
    for row, length in enumerate(lengths):
        tokens[row, :length] = torch.randint(1 if end == 63 else 3, 60, (length,))
        if row < 2:
            tokens[row, length - 1] = end
    return tokens


def observed(model):
    """What the modules return, under the names of clipt's tests."""
    results = {}

    def keep(name):
        return lambda module, inputs, output: results.__setitem__("act." + name, output)

    visual = model.visual
    modules = {"visual.attn_pool": visual.attn_pool, "visual.ln_post": visual.ln_post, "text.ln_final": model.ln_final}
    for tower, blocks in (("visual", visual.transformer.resblocks), ("text", model.transformer.resblocks)):
        modules.update({f"{tower}.block.{k}": block for k, block in enumerate(blocks)})
    for name, module in modules.items():
        if module is not None:
            module.register_forward_hook(keep(name))
    return results


def loss_of(model, image_features, text_features):
    images, texts = (torch.nn.functional.normalize(f, dim=-1) for f in (image_features, text_features))
    logits = model.logit_scale.exp() * images @ texts.T
    labels = torch.arange(len(logits))
    return (torch.nn.functional.cross_entropy(logits, labels) + torch.nn.functional.cross_entropy(logits.T, labels)) / 2


def write(folder, config, lengths, everything):
    torch.manual_seed(7)
    model = open_clip.CLIP(**config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    side = config["vision_cfg"]["image_size"]
    images = torch.randn(len(lengths), 3, side, side)
    tokens = captions(config, lengths, config["text_cfg"].get("eos_id", 63))
    if not everything:
        tokens[:, 0] = 62
    weights = {key: value.clone().contiguous() for key, value in model.state_dict().items()}
    model = model.double()
    activations = observed(model)
    features = model.encode_image(images.double()), model.encode_text(tokens)
    expected = {"image_features": features[0], "text_features": features[1]}
    if everything:
        expected["loss"] = loss_of(model, *features)
        expected["loss"].backward()
        expected |= activations | {"grad." + name: p.grad for name, p in model.named_parameters()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "open_clip_model.safetensors")
    expected = {name: value.detach().float().contiguous() for name, value in expected.items()}
    save_file({"images": images, "tokens": tokens, **expected}, folder / "expected.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}, indent=2) + "\n")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/open_clip")
    for name, config in FEATURES.items():
        write(folder / name, config, (5, 16), False)
    for name, config in EVERYTHING.items():
        write(folder / name, config, (4, 12, 7), True)


if __name__ == "__main__":
    main()
