"""Tiny CLIP models with random weights, and a plain open_clip loop to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

VISION = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16}
TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
TINY = {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": TEXT}
PREPROCESS = {"mean": [0.5] * 3, "std": [0.25] * 3}


def write_model(
    folder: Path, model: dict[str, Any] | None = None, preprocess: dict[str, Any] | None = None
) -> Path:
    """A folder as open_clip and the trainer write it, with random weights of a fixed seed."""
    open_clip = pytest.importorskip("open_clip", reason="needs the extra [clip]")
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": model or TINY, "preprocess_cfg": preprocess or PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    torch.set_num_threads(1)  # more only wait for one another on products as small as these
    torch.manual_seed(0)
    own = dict(config["model_cfg"])
    kind = open_clip.model.CustomTextCLIP if own.pop("custom_text", False) else open_clip.CLIP
    with torch.no_grad():
        network = kind(**own)
        for weights in network.parameters():  # so that texts and pictures really differ
            if weights.ndim > 1:
                weights.mul_(3)
    state = {name: values.contiguous() for name, values in network.state_dict().items()}
    save_file(state, str(folder / "open_clip_model.safetensors"))
    return folder


class Plain:
    """One picture, one text at a time, as open_clip's own example does it."""

    def __init__(self, folder: Path) -> None:
        import open_clip

        place = f"local-dir:{folder}"
        self.network, _, self.transform = open_clip.create_model_and_transforms(place)
        self.tokenize = open_clip.get_tokenizer(place)
        self.network.eval()

    def picture(self, image: Image.Image) -> np.ndarray:
        import torch

        with torch.no_grad():
            pixels = self.transform(image.convert("RGB"))[None]
            return self.network.encode_image(pixels, normalize=True)[0].numpy()

    def text(self, text: str) -> np.ndarray:
        import torch

        with torch.no_grad():
            return self.network.encode_text(self.tokenize([text]), normalize=True)[0].numpy()
