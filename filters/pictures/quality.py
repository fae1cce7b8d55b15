"""Signals of a picture's quality and kind, from its pixels alone: the scores `image_*`."""

from __future__ import annotations

from PIL import Image

from filters.pictures.chart import chart_features, chart_score
from filters.pictures.planes import planes
from filters.pictures.sharpness import blocking, detail_share, edge_width, noise_level
from filters.pictures.text_density import text_share
from filters.pictures.tones import contrast, flat_share, grey_share, histogram, margin_share

SCORES = (
    "image_megapixels",
    "image_aspect",
    "image_flat",
    "image_contrast",
    "image_border",
    "image_grey",
    "image_blur",
    "image_detail",
    "image_noise",
    "image_jpeg_blocking",
    "image_text",
    "image_chart",
)


def image_scores(image: Image.Image) -> dict[str, float]:
    """The signals of one decoded picture of any mode and size, each of `SCORES`, never NaN.

    `image_megapixels`: width times height, in millions. `image_aspect`: longer over shorter side.
    `image_flat`, 0 to 1: the share of pixels of one tone; 1 for a blank picture.
    `image_contrast`, 0 to 1: the spread of the tones; 1 for half black, half white.
    `image_border`, 0 to 1: the share of even margins; 1 for a blank picture.
    `image_grey`, 0 to 1: the share of pixels without colour.
    `image_blur`, 0 to 1: w^2 / (1 + w^2), where w is the sigma in px of the picture's steepest
    edges: 0.5 for a blur of 1 px, 0.8 of 2 px, 0.94 of 4 px; 1 where there is no edge at all.
    `image_detail`, px: the shorter side that the picture could be shrunk to without loss.
    `image_noise`, grey levels: the standard deviation of noise in the calmest parts.
    `image_jpeg_blocking`, 0 to 1: how much blocks of 8 px stand out; about 0.6 at a JPEG
    quality of 50.
    `image_text`, 0 to 1: the share covered by lines of text.
    `image_chart`, 0 to 1: how likely it is drawn (chart, diagram, table, text) and not taken.

    Tones, text and kind are those of a copy of at most `filters.pictures.planes.SIDE` px a side;
    sharpness, noise and blocks those of the picture's own pixels where it has most edges.
    """
    plane = planes(image)
    tones = histogram(plane.grey)
    text = text_share(plane.grey)
    sides = sorted((plane.width, plane.height))
    values = (
        plane.width * plane.height / 1e6,
        sides[1] / sides[0],
        flat_share(tones),
        contrast(tones),
        margin_share(plane.grey),
        grey_share(plane.rgb),
        _blur(edge_width(plane.window)),
        sides[0] * detail_share(plane.window),
        noise_level(plane.window),
        blocking(plane.window),
        text,
        chart_score(chart_features(plane.rgb, plane.grey, text)),
    )
    return {name: round(float(value), 4) for name, value in zip(SCORES, values, strict=True)}


def _blur(width: float | None) -> float:
    return 1.0 if width is None else width**2 / (1 + width**2)
