"""The kind of a picture from its pixels alone: hand-made features and small trained nets.

In: a decoded picture of any mode and size. Out: a probability for every leaf of the tree of kinds.
The features are those of `extractors.modality.pixel_features`; `training.modality` learns the nets
on open pictures and imitations and writes `pixels.npz`. Probabilities are calibrated by one
temperature (Guo et al. 2017), so a picture like none that was seen gets flat ones.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image

from extractors.modality.pixel_features import pixel_features
from extractors.modality.tree import KINDS

_FILE = Path(__file__).with_name("pixels.npz")
_MOST_PX = 1024  # of the longer side; what is larger is reduced first
_FAR = 5.0  # standard deviations; features beyond count as that


def pixel_scores(image: Image.Image) -> dict[str, float]:
    """A probability for every leaf's name, in the tree's order; they sum to 1.

    Any Pillow mode and any size of at least 1 x 1 pixels. The same pixels give the same numbers.
    Raises what Pillow raises for a picture that cannot be decoded.
    """
    nets = _nets()
    x = (pixel_features(rgb_pixels(image)) - nets["mean"]) / nets["spread"]
    x = np.clip(x, -_FAR, _FAR)
    hidden = np.maximum(np.einsum("f,nfh->nh", x, nets["first"]) + nets["first_bias"], 0)
    logits = np.einsum("nh,nhk->nk", hidden, nets["last"]) + nets["last_bias"]
    logits = logits.mean(axis=0) / nets["temperature"]
    shares = np.exp(logits - logits.max()).astype(np.float64)
    shares /= shares.sum()
    return {kind.name: float(share) for kind, share in zip(KINDS, shares, strict=True)}


@functools.cache
def _nets() -> dict[str, np.ndarray]:
    """The learnt arrays as float32: `first` (nets, features, hidden), `last` (nets, hidden, kinds)."""
    with np.load(_FILE, allow_pickle=False) as stored:
        if tuple(stored["kinds"]) != tuple(kind.name for kind in KINDS):
            raise ValueError(f"{_FILE.name} was trained for other kinds than the tree has")
        return {name: stored[name].astype(np.float32) for name in stored if name != "kinds"}


def rgb_pixels(image: Image.Image) -> np.ndarray:
    """RGB pixels (height, width, 3) uint8, at most about 1,024 on the longer side.

    Transparency lies on white, more than 8 bits are stretched to the range they use.
    """
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I", "F"):
        grey = _stretched(np.asarray(image))
        return np.repeat(grey[..., None], 3, axis=2)
    step = max(image.size) // _MOST_PX
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, seen)
    plain = image.convert("RGB")
    return np.asarray(plain.reduce(step) if step > 1 else plain)


def _stretched(values: np.ndarray) -> np.ndarray:
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return np.rint(scaled).astype(np.uint8)
