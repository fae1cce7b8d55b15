"""A layout to a figure: pixels and exact truth. Recipe R13, rendered figures.

Everything is drawn from a seed, so that the same layout, pictures and seed give the same figure
(on one machine: fonts differ between machines).
"""

from __future__ import annotations

import hashlib
import io
import random

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from extractors.rendered.captions import invented_caption
from extractors.rendered.charts import WORDS
from extractors.rendered.fonts import font, font_files
from extractors.rendered.layouts import Box, Layout, Slot
from extractors.rendered.panel import drawn_kind, fill_panel
from extractors.rendered.pictures import Pictures

Colour = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)

_PLATE_PX = 3  # how far the plate behind a letter goes beyond its ink


class TruePanel(msgspec.Struct, frozen=True):
    """What was drawn: `box` of the panel with its letter, `kind` picture, chart or drawing."""

    box: Box
    label: str
    letter_box: Box | None
    kind: str
    text: str = ""


class Rendered(msgspec.Struct, frozen=True):
    """A figure as an RGB picture with its truth; boxes are in its pixels.

    `jpeg` is the file that `picture` was decoded from.
    """

    name: str
    picture: Image.Image
    panels: tuple[TruePanel, ...]
    caption: str = ""
    jpeg: bytes = b""


class Style(msgspec.Struct, frozen=True):
    """What the panels of one figure have in common."""

    ground: Colour
    family: str
    letters: str
    letter_font: str
    letter_colour: Colour
    letter_ground: Colour | None
    letters_outside: bool
    frame: Colour | None
    tiled: float
    tiles_gap: int
    header: bool
    footer: bool
    squash: bool
    scale: float
    quality: int


def render_figure(layout: Layout, pictures: Pictures, seed: int = 0) -> Rendered:
    """Draw one figure on a layout."""
    digest = hashlib.sha256(f"{seed} {layout.name}".encode()).digest()
    rng = random.Random(int.from_bytes(digest[:8], "big"))
    style = _style(rng, layout)
    canvas = Image.new("RGB", (layout.width, layout.height), style.ground)
    series = pictures.series(rng, len(layout.slots))
    panels = []
    for slot in sorted(layout.slots, key=lambda s: -_area(s.box)):
        if rng.random() < 0.12 and style.family == "mixed":
            series = pictures.series(rng, len(layout.slots))
        panels.append((slot, _draw_slot(rng, canvas, slot, style, series)))
    order = {slot.box: i for i, slot in enumerate(layout.slots)}
    panels.sort(key=lambda pair: order[pair[0].box])
    # Letters come last: where panels overlap, none is covered.
    truth = [_with_letter(canvas, slot, panel, style) for slot, panel in panels]
    canvas, truth = _surround(rng, canvas, truth, style)
    canvas, truth = _resized(rng, canvas, truth, style)
    stored = io.BytesIO()
    canvas.save(stored, "JPEG", quality=style.quality)
    picture = Image.open(io.BytesIO(stored.getvalue())).convert("RGB")
    caption = layout.caption
    if not caption:
        caption, truth = _captioned(rng, truth)
    return Rendered(layout.name, picture, tuple(truth), caption, stored.getvalue())


def _captioned(rng: random.Random, panels: list[TruePanel]) -> tuple[str, list[TruePanel]]:
    """A caption for a layout that came without one, and the panels with their part of it."""
    named = sorted((p for p in panels if p.label), key=lambda p: (len(p.label), p.label.lower()))
    caption, texts = invented_caption(rng, [p.label for p in named], [p.kind for p in named])
    of = {id(panel): text for panel, text in zip(named, texts, strict=True)}
    return caption, [msgspec.structs.replace(p, text=of.get(id(p), "")) for p in panels]


def _style(rng: random.Random, layout: Layout) -> Style:
    gap = _smallest_gap(layout)
    u = rng.random()
    ground = WHITE
    if u > 0.93:
        ground = BLACK
    elif u > 0.88:
        ground = (rng.randint(190, 250), rng.randint(190, 250), rng.randint(200, 255))
    dark = sum(ground) < 300
    families = ("picture", "mixed", "chart", "drawing")
    family = rng.choices(families, (0.46, 0.26, 0.20, 0.08) if gap >= 4 else (0.8, 0.2, 0, 0))[0]
    if dark:
        family = "picture"
    files = font_files()
    boxed = rng.random() < 0.15
    colours = (WHITE, BLACK, (255, 230, 0), (220, 30, 30))
    return Style(
        ground=ground,
        family=family,
        letters=rng.choices(("{}", "({})", "{})", "{}."), (0.76, 0.14, 0.06, 0.04))[0],
        letter_font=rng.choice(files) if files else "",
        letter_colour=rng.choices(colours, (0.45, 0.4, 0.1, 0.05))[0],
        letter_ground=rng.choice((WHITE, BLACK)) if boxed else None,
        letters_outside=rng.random() < 0.4,
        frame=rng.choice((BLACK, BLACK, (128, 128, 128), WHITE)) if rng.random() < 0.15 else None,
        tiled=rng.choice((0, 0, 0, 0, 0.3, 0.8)) if any(s.label for s in layout.slots) else 0,
        tiles_gap=rng.randint(0, max(1, min(6, gap - 1))),
        header=rng.random() < 0.10,
        footer=rng.random() < 0.07,
        squash=rng.random() < 0.25,
        scale=rng.choice((1.0, 1.0, rng.uniform(0.6, 1.5))),
        quality=rng.randint(60, 95),
    )


def _smallest_gap(layout: Layout) -> int:
    """The narrowest gap between two panels that stand side by side; 99 for one panel."""
    boxes, smallest = [s.box for s in layout.slots], 99
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            across = max(a[0], b[0]) - min(a[2], b[2])
            down = max(a[1], b[1]) - min(a[3], b[3])
            smallest = min(smallest, max(across, down))
    return max(0, smallest)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _draw_slot(
    rng: random.Random, canvas: Image.Image, slot: Slot, style: Style, series: list[Image.Image]
) -> TruePanel:
    """Fill a slot; its letter is drawn later."""
    kind = style.family
    if kind == "mixed":
        kind = rng.choices(("picture", "chart", "drawing"), (0.4, 0.4, 0.2))[0]
    x0, y0, x1, y1 = _content(rng, slot, style, kind)
    size = (max(2, x1 - x0), max(2, y1 - y0))
    kind = drawn_kind(kind, size)
    gap = style.tiles_gap if slot.label and rng.random() < style.tiled else -1
    ground = style.ground if sum(style.ground) > 300 else WHITE
    content = fill_panel(rng, kind, size, series, ground, gap)
    if style.frame and kind == "picture":
        ImageDraw.Draw(content).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=style.frame)
    canvas.paste(content, (x0, y0))
    box: Box = (x0, y0, min(canvas.width, x0 + size[0]), min(canvas.height, y0 + size[1]))
    if kind != "picture":
        box = _inked(content, ground, box)
    return TruePanel(box, slot.label, None, kind, slot.text)


def _with_letter(canvas: Image.Image, slot: Slot, panel: TruePanel, style: Style) -> TruePanel:
    """Draw the letter of a slot, if it has one; the panel with its letter and around it."""
    if not (slot.letter_box and slot.label):
        return panel
    letter_box = _draw_letter(canvas, slot, style)
    seen = letter_box
    if style.letter_ground:  # with the plate behind it
        x0, y0, x1, y1 = letter_box
        right, low = min(canvas.width, x1 + _PLATE_PX + 1), min(canvas.height, y1 + _PLATE_PX + 1)
        seen = max(0, x0 - _PLATE_PX), max(0, y0 - _PLATE_PX), right, low
    box = _around(panel.box, seen)
    return msgspec.structs.replace(panel, box=box, letter_box=letter_box)


def _content(rng: random.Random, slot: Slot, style: Style, kind: str) -> Box:
    """The slot without the strip that its letter stands in, where letters stand outside."""
    x0, y0, x1, y1 = slot.box
    if not slot.letter_box or (kind == "picture" and not style.letters_outside):
        return slot.box
    lx0, ly0, lx1, ly1 = slot.letter_box
    choices = [
        (x0, max(y0, ly1 + 1), x1, y1),
        (x0, y0, x1, min(y1, ly0 - 1)),
        (max(x0, lx1 + 1), y0, x1, y1),
        (x0, y0, min(x1, lx0 - 1), y1),
    ]
    best = max(choices, key=_area)
    return best if _area(best) > 0.6 * _area(slot.box) else slot.box


def _inked(content: Image.Image, ground: Colour, box: Box) -> Box:
    """The part of the box where anything was drawn."""
    pixels = np.abs(np.asarray(content, np.int16) - np.array(ground, np.int16)).max(axis=2) > 12
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not rows.size:
        return box
    x0, y0 = box[:2]
    return (
        x0 + int(columns[0]),
        y0 + int(rows[0]),
        min(box[2], x0 + int(columns[-1]) + 1),
        min(box[3], y0 + int(rows[-1]) + 1),
    )


def _around(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _draw_letter(canvas: Image.Image, slot: Slot, style: Style) -> Box:
    """Draw the letter where the layout has it; returns the box of its ink."""
    assert slot.letter_box is not None
    x0, y0, _, y1 = slot.letter_box
    words = style.letters.format(slot.label)
    draw = ImageDraw.Draw(canvas)
    size = max(8, round((y1 - y0) * 1.15))
    for _ in range(3):  # until it is as high as the layout says, brackets apart
        face = font(style.letter_font, size)
        ink = draw.textbbox((0, 0), slot.label, font=face)
        size = max(8, round(size * (y1 - y0) / max(1, ink[3] - ink[1])))
        size = min(size, 2 * (y1 - y0) + 8)
    ink = draw.textbbox((0, 0), words, font=face)
    x = min(max(0, x0), canvas.width - (ink[2] - ink[0])) - ink[0]
    y = min(max(0, y0), canvas.height - (ink[3] - ink[1])) - ink[1]
    box = (x + ink[0], y + ink[1], x + ink[2], y + ink[3])
    colour = style.letter_colour
    if style.letter_ground:
        colour = BLACK if sum(style.letter_ground) > 300 else WHITE
        plate = (box[0] - _PLATE_PX, box[1] - _PLATE_PX, box[2] + _PLATE_PX, box[3] + _PLATE_PX)
        draw.rectangle(plate, fill=style.letter_ground)
    elif _too_alike(canvas, box, colour):
        colour = BLACK if _brightness(canvas, box) > 110 else WHITE
    draw.text((x, y), words, fill=colour, font=face)
    clipped = (int(max(0, box[0])), int(max(0, box[1])), int(min(canvas.width, box[2])),
               int(min(canvas.height, box[3])))  # fmt: skip
    return clipped


def _brightness(canvas: Image.Image, box: tuple[float, ...]) -> float:
    part = canvas.crop(tuple(round(v) for v in box)).convert("L")  # type: ignore[arg-type]
    return float(np.asarray(part).mean()) if part.width and part.height else 255.0


def _too_alike(canvas: Image.Image, box: tuple[float, ...], colour: Colour) -> bool:
    light = colour[0] * 0.3 + colour[1] * 0.59 + colour[2] * 0.11
    return abs(_brightness(canvas, box) - light) < 110


def _surround(
    rng: random.Random, canvas: Image.Image, panels: list[TruePanel], style: Style
) -> tuple[Image.Image, list[TruePanel]]:
    """Words that belong to no panel: headers over the columns, a legend or credits below."""
    top = rng.randint(16, 30) if style.header else 0
    bottom = rng.randint(14, 34) if style.footer else 0
    margin = rng.choice((0, 0, 0, rng.randint(1, 14)))
    if not (top or bottom or margin):
        return canvas, panels
    size = (canvas.width + 2 * margin, canvas.height + top + bottom + 2 * margin)
    larger = Image.new("RGB", size, style.ground)
    larger.paste(canvas, (margin, margin + top))
    draw = ImageDraw.Draw(larger)
    face = font(style.letter_font, rng.randint(9, 15))
    ink = WHITE if sum(style.ground) < 300 else BLACK
    moved = [_moved(p, margin, margin + top) for p in panels]
    if top:
        highest = min((p.box[1] for p in moved), default=0)
        for p in moved:
            if p.box[1] <= highest + 10:
                draw.text(((p.box[0] + p.box[2]) / 2, margin + top / 2), rng.choice(WORDS),
                          fill=ink, font=face, anchor="mm")  # fmt: skip
    if bottom:
        words = "   ".join(rng.sample(WORDS, rng.randint(1, 4)))
        place = (rng.uniform(0.02, 0.4) * size[0], size[1] - bottom / 2)
        draw.text(place, words, fill=ink, font=face, anchor="lm")
    return larger, moved


def _moved(panel: TruePanel, dx: int, dy: int) -> TruePanel:
    def move(box: Box) -> Box:
        return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy

    letter = move(panel.letter_box) if panel.letter_box else None
    return msgspec.structs.replace(panel, box=move(panel.box), letter_box=letter)


def _resized(
    rng: random.Random, canvas: Image.Image, panels: list[TruePanel], style: Style
) -> tuple[Image.Image, list[TruePanel]]:
    """Scaled as publishers and datasets do, some to a square without keeping the shape."""
    width, height = round(canvas.width * style.scale), round(canvas.height * style.scale)
    if style.squash:
        width = height = rng.choice((384, 512, 512, 640))
    width, height = max(32, width), max(32, height)
    if (width, height) == canvas.size:
        return canvas, panels
    sx, sy = width / canvas.width, height / canvas.height

    def scaled(box: Box) -> Box:
        return round(box[0] * sx), round(box[1] * sy), round(box[2] * sx), round(box[3] * sy)

    moved = [
        msgspec.structs.replace(
            p, box=scaled(p.box), letter_box=scaled(p.letter_box) if p.letter_box else None
        )
        for p in panels
    ]
    return canvas.resize((width, height), Image.Resampling.BICUBIC), moved
