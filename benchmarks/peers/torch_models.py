"""Steps and inference of CLIP models in PyTorch, eager fp32, with open_clip's modules: the peer of bench.*_step and others."""
import torch
import torch.nn.functional as F
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from open_clip.modified_resnet import AttentionPool2d, ModifiedResNet

from serving import arguments, serve


def small_vit():
    """clipt::vit_64"""
    vision = CLIPVisionCfg(layers=6, width=192, head_width=64, patch_size=8, image_size=64)
    text = CLIPTextCfg(context_length=32, vocab_size=2048, width=192, heads=3, layers=4)
    return CLIP(192, vision, text, quick_gelu=True)


def small_resnet():
    """clipt::resnet_64: a ModifiedResNet without the stem's pooling."""
    # CLIP makes a vision tower of its own; a tiny one, replaced at once.
    vision = CLIPVisionCfg(layers=1, width=64, head_width=64, patch_size=32, image_size=64)
    text = CLIPTextCfg(context_length=32, vocab_size=4096, width=128, heads=2, layers=2)
    model = CLIP(128, vision, text, quick_gelu=True)
    model.visual = ModifiedResNet(layers=(1, 1, 1, 1), output_dim=128, heads=8, image_size=64, width=32)
    model.visual.avgpool = torch.nn.Identity()
    model.visual.attnpool = AttentionPool2d(4, 32 * 32, 8, 128)
    model.visual.init_parameters()
    return model.to(memory_format=torch.channels_last)


def vit_b_32():
    vision = CLIPVisionCfg(layers=12, width=768, patch_size=32, image_size=224)
    return CLIP(512, vision, CLIPTextCfg(), quick_gelu=True)


def rn50():
    vision = CLIPVisionCfg(layers=(3, 4, 6, 3), width=64, patch_size=None, image_size=224)
    return CLIP(1024, vision, CLIPTextCfg(), quick_gelu=True).to(memory_format=torch.channels_last)


def captions(count, shortest, context, vocabulary):
    """Token ids, zero-padded: `shortest` to `shortest` + 8 tokens with the start and the end."""
    ids = torch.zeros(count, context, dtype=torch.long)
    for i in range(count):
        length = shortest + i % 9
        ids[i, 1 : length - 1] = torch.randint(1, vocabulary - 2, (length - 2,))
        ids[i, 0], ids[i, length - 1] = vocabulary - 2, vocabulary - 1
    return ids


def training_step(model, pictures, ids):
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    labels = torch.arange(len(ids))
    model.train()

    def step():
        optimiser.zero_grad(set_to_none=True)
        images, texts, scale = model(pictures, ids)
        logits = scale * images @ texts.T
        loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
        loss.backward()
        optimiser.step()

    return step


def inference(call):
    @torch.inference_mode()
    def once():
        call()

    return once


def work(case, batch):
    if case == "small_step":
        return training_step(small_vit(), torch.randn(batch, 3, 64, 64), captions(batch, 6, 32, 2048))
    if case == "small_resnet_step":
        pictures = torch.randn(batch, 3, 64, 64).contiguous(memory_format=torch.channels_last)
        return training_step(small_resnet(), pictures, captions(batch, 6, 32, 4096))
    model = rn50() if case == "rn50_image" else vit_b_32()
    pictures, ids = torch.randn(batch, 3, 224, 224), captions(batch, 8, 77, 49408)
    if case == "vit_b_32_step":
        return training_step(model, pictures, ids)
    model.eval()
    if case == "rn50_image":
        pictures = pictures.contiguous(memory_format=torch.channels_last)
    if case == "text":
        return inference(lambda: model.encode_text(ids))
    return inference(lambda: model.encode_image(pictures))


if __name__ == "__main__":
    given = arguments()
    torch.manual_seed(0)
    torch.set_num_threads(given.threads)
    serve(work(given.case, given.batch))
