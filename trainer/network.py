"""The model that learns: an architecture of open_clip with new weights, or one that was loaded."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import open_clip
import torch

from trainer.pictures import Look

# A small ResNet: of its size it learns most from few pictures on a CPU. 6.3 of its 7.4 million
# weights are the vocabulary's.
TINY: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "head_width": 32},
    "text_cfg": {
        "context_length": 48,
        "vocab_size": 49408,
        "layers": 2,
        "width": 128,
        "heads": 4,
    },
}
_MOST_SCALE = 100.0  # Radford et al. 2021


class NoSuchModel(ValueError):
    """The name is none of open_clip's; the message says what may be said."""


@dataclass(eq=False)
class Learner:
    """A network with how it looks at pictures and texts.

    `model_cfg` and `preprocess_cfg` are what open_clip needs to build it again.
    """

    network: Any
    tokenize: Callable[[list[str]], Any]
    look: Look
    model_cfg: dict[str, Any]
    preprocess_cfg: dict[str, Any]


def fresh(model: str, seed: int) -> Learner:
    """A model with random weights that the seed decides: `tiny`, or a name of
    `open_clip.list_models()` as ViT-S-16. Raises `NoSuchModel`."""
    described = TINY if model == "tiny" else open_clip.get_model_config(model)
    if described is None:
        raise NoSuchModel(
            f"{model!r} is neither tiny, a name of open_clip.list_models() as ViT-S-16, nor a "
            "checkpoint (local-dir:FOLDER, hf-hub:NAME, NAME/WEIGHTS, NAME@FILE)"
        )
    described = copy.deepcopy(described)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if model == "tiny":
            network = open_clip.CLIP(**described)
        else:
            network = open_clip.create_model(model, pretrained=None, pretrained_image=False)
    tokenize = (
        open_clip.SimpleTokenizer(context_length=described["text_cfg"]["context_length"])
        if model == "tiny"
        else open_clip.get_tokenizer(model)
    )
    size = network.visual.image_size
    preprocess = {
        "size": size[0] if isinstance(size, tuple | list) else size,
        "mode": "RGB",
        "mean": list(open_clip.OPENAI_DATASET_MEAN),
        "std": list(open_clip.OPENAI_DATASET_STD),
        "interpolation": "bicubic",
        "resize_mode": "squash",  # what stands at the border of a radiograph matters
        "fill_color": 0,
    }
    return learner(network, tokenize, described, preprocess)


def learner(
    network: Any, tokenize: Callable, model_cfg: dict[str, Any], preprocess_cfg: dict[str, Any]
) -> Learner:
    """A loaded model, ready to learn further."""
    size = preprocess_cfg["size"]
    look = Look(
        side=int(size[0] if isinstance(size, tuple | list) else size),
        mean=tuple(preprocess_cfg["mean"]),
        std=tuple(preprocess_cfg["std"]),
        fit=preprocess_cfg.get("resize_mode", "shortest"),
        fill=int(preprocess_cfg.get("fill_color", 0)),
    )
    return Learner(network, tokenize, look, model_cfg, preprocess_cfg)


def freeze(network: Any, towers: Sequence[str]) -> None:
    """Leave towers as they are; their projections stay with them."""
    if "image" in towers:
        network.lock_image_tower(unlocked_groups=0, freeze_bn_stats=True)
    if "text" in towers:
        network.lock_text_tower(unlocked_layers=0, freeze_layer_norm=True)


def limit_scale(network: Any) -> None:
    """Keep the temperature from below 0.01."""
    with torch.no_grad():
        network.logit_scale.clamp_(0, float(np.log(_MOST_SCALE)))


@dataclass(frozen=True, eq=False)
class Running:
    """Where and how precisely a network runs."""

    device: str
    dtype: Any

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """Mixed precision where it is asked for."""
        kind = self.device.split(":")[0]
        with torch.autocast(kind, self.dtype, enabled=self.dtype != torch.float32):
            yield


class NoSuchDevice(ValueError):
    """The GPU that was asked for is not here."""


def running(device: str, precision: str) -> Running:
    """The device and precision meant by settings. Raises `NoSuchDevice`."""
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        device = "cuda:0" if gpus else "cpu"
    elif device != "cpu":
        number = int(device.partition(":")[2] or 0)
        if number >= gpus:
            found = f"{gpus} GPUs here" if gpus else "no GPU that torch can use here"
            raise NoSuchDevice(f"device: {device}: {found}")
        device = f"cuda:{number}"
    if precision == "auto":
        if device == "cpu":
            return Running(device, torch.float32)
        precision = "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    return Running(device, kinds[precision])


class Normalize:
    """(B, 3, H, W) of 0 to 255 to what the network takes, on its device."""

    def __init__(self, look: Look, device: str) -> None:
        self._mean = 255 * torch.tensor(look.mean, device=device).view(1, -1, 1, 1)
        self._std = 255 * torch.tensor(look.std, device=device).view(1, -1, 1, 1)

    def __call__(self, planes: Any) -> Any:
        return (planes - self._mean) / self._std
