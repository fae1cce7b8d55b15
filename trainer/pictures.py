"""Pictures from bytes to what a model takes: squares of 8 bits, and crops of them by the batch."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

_MOST_PIXELS = 100_000_000
_FORMATS = ("JPEG", "PNG")
_MARGIN = 9 / 8  # training pictures are kept this much larger than the model's, for its crops

Fit = Literal["squash", "shortest", "longest"]


@dataclass(frozen=True)
class Look:
    """How a model looks at pictures, as open_clip says it in `preprocess_cfg`.

    `side` in pixels. `fit`: squash to a square; shortest: cut out the middle square; longest: the
    whole picture on a square of `fill`.
    """

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fit: Fit
    fill: int = 0

    @property
    def training_side(self) -> int:
        """Of the squares that crops are taken from."""
        return round(self.side * _MARGIN)


def square(data: bytes, side: int, look: Look) -> np.ndarray:
    """A picture as (side, side, 3) uint8. Raises `ValueError` for what is no picture we take."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            if image.width * image.height > _MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels")
            # A JPEG is decoded at a half, quarter or eighth where that is still large enough.
            image.draft("RGB", (2 * side, 2 * side))
            return np.asarray(_fitted(_plain(image), side, look))
    except ValueError:
        raise
    except Exception as error:  # Pillow's decoders raise of all kinds
        raise ValueError(" ".join(f"{type(error).__name__}: {error}".split())[:200]) from None


def _plain(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip at 255
        values = np.asarray(image).astype(np.int64)
        high = values.max(initial=0) > 255
        image = Image.fromarray(np.clip(values >> 8 if high else values, 0, 255).astype(np.uint8))
    return image.convert("RGB")


def _fitted(image: Image.Image, side: int, look: Look) -> Image.Image:
    width, height = image.size
    if look.fit == "squash":
        box = (0, 0, width, height)
    elif look.fit == "shortest":
        least = min(width, height)
        left, top = (width - least) // 2, (height - least) // 2
        box = (left, top, left + least, top + least)
    else:
        most = max(width, height)
        inner = (max(1, round(side * width / most)), max(1, round(side * height / most)))
        whole = Image.new("RGB", (side, side), (look.fill,) * 3)
        small = image.resize(inner, Image.Resampling.BICUBIC, reducing_gap=3.0)
        whole.paste(small, ((side - inner[0]) // 2, (side - inner[1]) // 2))
        return whole
    return image.resize((side, side), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)


def crop_boxes(draws: np.ndarray, least: float) -> np.ndarray:
    """Crops (N, 4) as scale x, scale y, shift x, shift y of `affine_grid`, from `draws` (N, 4) of
    [0, 1). Each shows between `least` and all of the picture's area; shifts keep it inside."""
    area = least + (1 - least) * draws[:, 0]
    aspect = np.exp((draws[:, 1] - 0.5) * 2 * np.log(4 / 3) * (1 - least))
    x = np.minimum(np.sqrt(area * aspect), 1)
    y = np.minimum(np.sqrt(area / aspect), 1)
    shift_x, shift_y = (2 * draws[:, 2] - 1) * (1 - x), (2 * draws[:, 3] - 1) * (1 - y)
    return np.stack([x, y, shift_x, shift_y], axis=1).astype(np.float32)


def cropped(torch: Any, pixels: Any, boxes: Any, side: int) -> Any:
    """Crops of a batch: (B, S, S, 3) uint8 and boxes (B, 4) to (B, 3, side, side) float32, 0-255."""
    theta = torch.zeros(len(boxes), 2, 3, device=boxes.device)
    theta[:, 0, 0], theta[:, 1, 1] = boxes[:, 0], boxes[:, 1]
    theta[:, 0, 2], theta[:, 1, 2] = boxes[:, 2], boxes[:, 3]
    grid = torch.nn.functional.affine_grid(theta, (len(boxes), 3, side, side), align_corners=False)
    planes = pixels.permute(0, 3, 1, 2).float()
    return torch.nn.functional.grid_sample(
        planes, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
