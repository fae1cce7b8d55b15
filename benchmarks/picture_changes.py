"""What happens to a picture on its way into another corpus: changes that keep it the same picture.

Each change is a function of a picture (RGB) and a generator, which alone decides where things go.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

Change = Callable[[Image.Image, np.random.Generator], Image.Image]

_PIECE = 0.05


def _jpeg(quality: int) -> Change:
    def change(image: Image.Image, _: np.random.Generator) -> Image.Image:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        return Image.open(out).convert("RGB")

    return change


def _resized(factor: float) -> Change:
    def change(image: Image.Image, _: np.random.Generator) -> Image.Image:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        return image.resize(size, Image.Resampling.BICUBIC)

    return change


def _to_224(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return image.resize((224, 224), Image.Resampling.BILINEAR)


def _without(left: float, top: float, right: float, bottom: float) -> Change:
    def change(image: Image.Image, _: np.random.Generator) -> Image.Image:
        return _cropped(image, left, top, right, bottom)

    return change


def _cropped(
    image: Image.Image, left: float, top: float, right: float, bottom: float
) -> Image.Image:
    w, h = image.size
    box = (round(left * w), round(top * h), w - round(right * w), h - round(bottom * h))
    return image.crop(box)


def _crop_anywhere(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _cropped(image, *(float(x) for x in rng.uniform(0, _PIECE, 4)))


def _crop_shifted(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A window of 95 % of each side at any place."""
    x, y = (float(p) for p in rng.uniform(0, _PIECE, 2))
    return _cropped(image, x, y, _PIECE - x, _PIECE - y)


def _transposed(method: Image.Transpose) -> Change:
    def change(image: Image.Image, _: np.random.Generator) -> Image.Image:
        return image.transpose(method)

    return change


def _grey(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return image.convert("L").convert("RGB")


def _brightness(factor: float) -> Change:
    def change(image: Image.Image, _: np.random.Generator) -> Image.Image:
        return ImageEnhance.Brightness(image).enhance(factor)

    return change


def _panel_letter(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A black letter on white, or white on black, in a corner; 8 % of the shorter side high."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    side = max(8, round(0.08 * min(out.size)))
    paper, ink = ("white", "black") if rng.random() < 0.5 else ("black", "white")
    x = 0 if rng.random() < 0.7 else out.width - side
    y = 0 if rng.random() < 0.7 else out.height - side
    draw.rectangle((x, y, x + side - 1, y + side - 1), fill=paper)
    letter = "ABCDEFGH"[int(rng.integers(8))]
    middle = (x + side / 2, y + side / 2)
    draw.text(middle, letter, fill=ink, font=ImageFont.load_default(side * 0.8), anchor="mm")
    return out


def _text_label(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A line of words over the picture, 4 % of its height high."""
    out = image.copy()
    font = ImageFont.load_default(max(6.0, 0.04 * out.height))
    words = ("SUPINE AP PORTABLE", "R 12:45", "Courtesy of the hospital", "Case 3, axial")
    place = (float(rng.uniform(0, 0.6)) * out.width, float(rng.uniform(0, 0.9)) * out.height)
    ink = "white" if rng.random() < 0.6 else "yellow"
    ImageDraw.Draw(out).text(place, words[int(rng.integers(4))], fill=ink, font=font)
    return out


def _arrow(share: float) -> Change:
    """An arrow anywhere, as long as that share of the shorter side."""

    def change(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        out = image.copy()
        length = share * min(out.size)
        tip = np.array([rng.uniform(0.2, 0.8) * out.width, rng.uniform(0.2, 0.8) * out.height])
        angle = rng.uniform(0, 2 * np.pi)
        along = np.array([np.cos(angle), np.sin(angle)])
        beside = np.array([-along[1], along[0]])
        ink = ("white", "black", "yellow", "red")[int(rng.integers(4))]
        draw = ImageDraw.Draw(out)
        width = max(1, round(0.12 * length))
        draw.line([*(tip - 0.3 * length * along), *(tip - length * along)], fill=ink, width=width)
        neck = tip - 0.4 * length * along
        head = [tip, neck + 0.2 * length * beside, neck - 0.2 * length * beside]
        draw.polygon([float(x) for point in head for x in point], fill=ink)
        return out

    return change


def _one_after_another(*names: str) -> Change:
    def change(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        for name in names:
            image = CHANGES[name](image, rng)
        return image

    return change


CHANGES: dict[str, Change] = {
    "jpeg_95": _jpeg(95),
    "jpeg_75": _jpeg(75),
    "jpeg_50": _jpeg(50),
    "jpeg_30": _jpeg(30),
    "resize_half": _resized(0.5),
    "resize_quarter": _resized(0.25),
    "resize_double": _resized(2),
    "resize_224": _to_224,
    "grey": _grey,
    "darker": _brightness(0.8),
    "brighter": _brightness(1.2),
    "panel_letter": _panel_letter,
    "text_label": _text_label,
    "arrow": _arrow(0.08),
    "large_arrow": _arrow(0.15),
    "mirror": _transposed(Image.Transpose.FLIP_LEFT_RIGHT),
    "crop_left": _without(_PIECE, 0, 0, 0),
    "crop_right": _without(0, 0, _PIECE, 0),
    "crop_top": _without(0, _PIECE, 0, 0),
    "crop_bottom": _without(0, 0, 0, _PIECE),
    "crop_shifted": _crop_shifted,
    "crop_anywhere": _crop_anywhere,
    "crop_all_sides": _without(_PIECE, _PIECE, _PIECE, _PIECE),
    "upside_down": _transposed(Image.Transpose.ROTATE_180),
    "quarter_turn": _transposed(Image.Transpose.ROTATE_90),
    "small_jpeg": _one_after_another("resize_half", "jpeg_50"),
    "mirror_small_jpeg": _one_after_another("mirror", "resize_half", "jpeg_50"),
    "letter_arrow_jpeg": _one_after_another("panel_letter", "arrow", "grey", "jpeg_75"),
    "crop_small_jpeg": _one_after_another("crop_anywhere", "resize_half", "jpeg_50"),
    "crop_mirror_jpeg": _one_after_another("crop_anywhere", "mirror", "jpeg_50"),
}
# What each asks of `Alike`; the others ask for nothing.
NEEDS_MIRROR = ("mirror", "mirror_small_jpeg", "crop_mirror_jpeg")
NEEDS_ROTATE = ("upside_down", "quarter_turn")
NEEDS_CROP = tuple(name for name in CHANGES if name.startswith("crop"))


def changed(image: Image.Image, name: str, seed: int) -> Image.Image:
    """The picture after one of `CHANGES`; the same for the same seed."""
    order = list(CHANGES).index(name)
    return CHANGES[name](image.convert("RGB"), np.random.default_rng((seed, order)))
