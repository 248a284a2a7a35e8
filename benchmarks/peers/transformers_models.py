"""Text inference of transformers' CLIPModel (ViT-B/32), fp32, captions padded to the longest of the batch."""
import torch
from transformers import CLIPConfig, CLIPModel

from serving import arguments, serve
from torch_models import captions, inference

if __name__ == "__main__":
    given = arguments()
    torch.manual_seed(0)
    torch.set_num_threads(given.threads)
    model = CLIPModel(CLIPConfig()).eval()
    ids = captions(given.batch, 8, 16, 49408)
    mask = (ids != 0).long()
    serve(inference(lambda: model.get_text_features(input_ids=ids, attention_mask=mask)))
