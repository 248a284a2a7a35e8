#!/usr/bin/env python3
"""Makes tests/golden/open_clip_presets.json: open_clip's list of models as far as clipt has them, and their sizes.

    scripts/make_open_clip_presets.py [file]         needs torch, open_clip_torch (3.3 was used)

Of each: its configuration as open_clip has it and the number of its parameters, counted without allocating any. What is
left out is printed with the reason.
"""
import dataclasses
import json
import pathlib
import sys

import open_clip
import torch
from open_clip.model import CLIPTextCfg, CLIPVisionCfg

ELSEWHERE = {"timm_model_name": "an image tower of timm", "hf_model_name": "a text tower of transformers",
             "multimodal_cfg": "CoCa, with a decoder", "ls_init_value": "layer scale"}


def left_out(config):
    sections = (config, config["vision_cfg"], config["text_cfg"])
    return [why for key, why in ELSEWHERE.items() if any(key in section for section in sections)]


def main():
    models = {}
    for name in sorted(open_clip.list_models()):
        config = open_clip.get_model_config(name)
        if reasons := left_out(config):
            print(f"{name}: {', '.join(reasons)}")
            continue
        with torch.device("meta"):
            model = open_clip.CLIP(**config)
        models[name] = {"parameters": sum(p.numel() for p in model.parameters()), "model_cfg": config}
    defaults = {"vision_cfg": dataclasses.asdict(CLIPVisionCfg()), "text_cfg": dataclasses.asdict(CLIPTextCfg())}
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/open_clip_presets.json")
    lines = [f"    {json.dumps(name)}: {json.dumps(model)}" for name, model in models.items()]
    out.write_text('{\n  "defaults": ' + json.dumps(defaults) + ',\n  "models": {\n' + ",\n".join(lines) + "\n  }\n}\n")
    print(f"{len(models)} models in {out}")


if __name__ == "__main__":
    main()
