"""What a report must not show: burnt-in text and faces are filled, identifying words blacked out.

A report is mailed around; it must not itself publish what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import duckdb
from PIL import Image as PillowImage
from PIL import ImageDraw

from filters.options import MOST_MARKS

Box = tuple[int, int, int, int]

HIDDEN_PICTURES = ("burnt_in", "faces")
BLACK = "█"
_LONGEST = 1_000_000_000
_FILL = (38, 84, 88)
_EDGE = (240, 196, 60)
_BOX = re.compile(r"image:(\d{1,6}) (-?\d{1,7}),(-?\d{1,7}),(-?\d{1,7}),(-?\d{1,7})\Z")
_SPAN = re.compile(r"text:(\d{1,6}) (\d{1,9})-(\d{1,9}) ([\w-]{1,60})\Z")


def meta_of(row: Mapping) -> dict[str, str]:
    """A row's `meta`, which Arrow gives as pairs."""
    return dict(row.get("meta") or {})


def boxes_of(meta: Mapping[str, str], names: Iterable[str] = HIDDEN_PICTURES) -> list[Box]:
    """The boxes on a row's first picture, in its pixels."""
    found = []
    for name in names:
        for mark in meta.get(name, "").split("; "):
            if (match := _BOX.match(mark)) and match[1] == "0":
                x0, y0, x1, y1 = (int(match[i]) for i in range(2, 6))
                found.append((x0, y0, x1, y1))
    return found


def spans_of(meta: Mapping[str, str]) -> list[tuple[int, int, int, str]]:
    """(text, start, end, kind) of what in a row's texts may tell who somebody is."""
    marks = (_SPAN.match(mark) for mark in meta.get("identifying", "").split("; "))
    return [(int(m[1]), int(m[2]), int(m[3]), m[4]) for m in marks if m]


def filled(
    small: PillowImage.Image, boxes: Sequence[Box], size: tuple[int, int], marked: bool = False
) -> PillowImage.Image:
    """A smaller RGB copy of a picture of `size` with each box of that picture filled: with the mean
    colour of what lies there, or, `marked`, so that one sees where it was."""
    draw = ImageDraw.Draw(small)
    across, down = small.width / max(1, size[0]), small.height / max(1, size[1])
    for x0, y0, x1, y1 in boxes:
        left, right = sorted((x0 * across, x1 * across))
        top, low = sorted((y0 * down, y1 * down))
        # A pixel more on each side: a smaller copy smears over the edge.
        box = (int(left) - 1, int(top) - 1, int(right) + 2, int(low) + 2)
        box = (max(0, box[0]), max(0, box[1]), min(small.width, box[2]), min(small.height, box[3]))
        if box[0] < box[2] and box[1] < box[3]:
            inside = small.crop(box).resize((1, 1), PillowImage.Resampling.BOX)
            fill = _FILL if marked else inside.getpixel((0, 0))
            draw.rectangle(
                (box[0], box[1], box[2] - 1, box[3] - 1), fill, _EDGE if marked else None
            )
    return small


def masked(words: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text of the same length with all but the spaces of these spans blacked out."""
    letters = list(words)
    for start, end in spans:
        for i in range(max(0, start), min(end, len(letters))):
            if not letters[i].isspace():
                letters[i] = BLACK
    return "".join(letters)


def safe_rows(found: duckdb.DuckDBPyRelation) -> list[dict]:
    """The rows of a query as a page may show them; those of a manifest must come with their
    `images`, `caption`, `texts` and `meta`, as far as these are shown."""
    return [safe_row(row) for row in found.to_arrow_table().to_pylist()]


def safe_row(row: Mapping) -> dict:
    """The same row with identifying words blacked out, and with what is to be filled on its first
    picture as `hide` beside that picture's place."""
    images = [dict(image) for image in row.get("images") or []]
    if images and (boxes := boxes_of(meta_of(row))):
        images[0]["hide"] = boxes
    return {**_masked_row(row), **({"images": images} if images else {})}


def _masked_row(row: Mapping) -> dict:
    spans = spans_of(meta_of(row))
    if not spans:
        return dict(row)
    if len(spans) >= MOST_MARKS:  # there may be more than are noted
        place, start, _, kind = spans[-1]
        spans += [(place, start, _LONGEST, kind)]
        spans += [
            (after, 0, _LONGEST, kind) for after in range(place + 1, len(row.get("texts") or []))
        ]
    texts = [dict(text) for text in row.get("texts") or []]
    caption = row.get("caption") or ""
    for place, text in enumerate(texts):
        own = [(start, end) for where, start, end, _ in spans if where == place]
        caption = _masked_in(caption, text["text"] or "", own)
        text["text"] = masked(text["text"] or "", own)
    shown = {"texts": texts, "caption": caption}
    return {**row, **{name: value for name, value in shown.items() if name in row}}


def _masked_in(caption: str, words: str, spans: Sequence[tuple[int, int]]) -> str:
    """A caption with a text's spans blacked out: where the text stands in it, and, should it have
    been changed on the way, wherever the same words do."""
    if not spans:
        return caption
    start = caption.find(words) if words else -1
    if start >= 0:
        return masked(caption, [(start + a, start + b) for a, b in spans])
    for a, b in spans:
        found = words[a:b].strip()
        if len(found) > 1:
            caption = caption.replace(found, re.sub(r"\S", BLACK, found))
    return caption
