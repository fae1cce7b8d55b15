"""Rendered figures as a source: compound figures drawn from code, their panels known exactly.

A document is one figure. Layouts come from an annotation file or are invented; what fills the
panels is invented, or taken in part from a folder of pictures.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from pydantic import Field, field_validator, model_validator

from extractors.images import load_picture
from extractors.pmc.articles import Extracted, Signature
from extractors.rendered.figure import Rendered, TruePanel, render_figure
from extractors.rendered.layouts import Layout, invented_layout, read_layouts
from extractors.rendered.pictures import BadPicture, Pictures
from schemas.identifiers import clean_id, short_hash
from schemas.licence import KNOWN_CODES, canonical_code, licence_code, licence_of
from schemas.options import Options
from schemas.sample import (
    Document,
    DocumentRef,
    Drop,
    Figure,
    Licence,
    Question,
    Region,
    Sample,
    Text,
    document_row,
)

NAME = "rendered"

_MOST_FIGURES = 1_000_000
_MAX_LAYOUT_PIXELS = 25_000_000
_PICTURE_ENDING = re.compile(r"\.(?:jpe?g|png|tiff?|gif)\Z", re.IGNORECASE)
_RELIST = "has changed since it was listed; run with --relist"


class RenderedOptions(Options):
    """`rendered:` in a recipe: `count` figures, or one for each of `layouts`.

    `licence` and `attribution` are those of the `pictures` and of captions in `layouts`.
    """

    count: int | None = Field(None, ge=1, le=_MOST_FIGURES)
    layouts: str = ""
    pictures: str = ""
    seed: int = Field(0, ge=0)
    licence: str = ""
    attribution: str = ""
    questions: bool = True

    @field_validator("licence")
    @classmethod
    def _known_licence(cls, text: str) -> str:
        if text and not _code_and_version(text)[0]:
            raise ValueError(f"{text!r} is no licence; known are {', '.join(KNOWN_CODES)}")
        return text

    @model_validator(mode="after")
    def _says_how_many(self) -> RenderedOptions:
        if self.count is None and not self.layouts:
            raise ValueError("count: missing; say how many figures, or name a file of layouts")
        return self


def enumerate_refs(options: RenderedOptions) -> Iterator[DocumentRef]:
    """One ref per figure. Layouts of a file come in its order, and again (drawn otherwise) where
    `count` asks for more. Raises `ValueError` and `OSError`."""
    _pool.cache_clear()
    pictures = _tag_of_pool(_checked_pool(options.pictures))
    if not options.layouts:
        for number in range(options.count or 0):
            name = f"{options.seed}-{number:06d}"
            layout = _layout_at(options, f"{number}#1")
            yield DocumentRef(f"{NAME}/{name}", f"{number}#1", _tag(layout, pictures))
        return
    layouts = list(_layouts_of(options).values())
    if not layouts:
        raise ValueError(f"layouts: {options.layouts} holds no figure")
    for number in range(options.count or len(layouts)):
        turn, place = divmod(number, len(layouts))
        layout = layouts[place]
        again = f"-{turn + 1}" if turn else ""
        key = f"{NAME}/{options.seed}-{_plain_name(layout.name)}{again}"
        yield DocumentRef(key, f"{layout.name}#{turn + 1}", _tag(layout, pictures))


def describe(options: RenderedOptions, ref: DocumentRef) -> list[Document]:
    """The one document of a ref. Figures on one layout are of one group."""
    layout = _layout_at(options, ref.address)
    drops = []
    if not layout.slots:
        drops.append(Drop("list", "no_panels", "no panel of 2 x 2 pixels or more"))
    elif layout.width * layout.height > _MAX_LAYOUT_PIXELS:
        size = f"{layout.width} x {layout.height} pixels; at most {_MAX_LAYOUT_PIXELS:,} are drawn"
        drops.append(Drop("list", "layout_too_large", size))
    return [
        Document(
            document_id=ref.key,
            group_id=f"{NAME}/{_plain_name(layout.name)}",
            source=NAME,
            address=ref.address,
            licence=_licence(options, layout).code,
            checksum=ref.tag,
            meta={"layout": layout.name, "seed": str(options.seed)},
            drops=drops,
        )
    ]


def extract(
    options: RenderedOptions, document: Document, signature: Signature
) -> Iterator[Extracted]:
    """Draw the figure: a sample with its picture, its panels as regions."""
    layout = _layout_at(options, document.address)
    pool, pictures = _pool(options.pictures)
    if document.checksum != _tag(layout, pictures):
        layout_now = document.checksum.endswith(f"-{pictures}")
        what = f"its layout {_RELIST}" if layout_now else f"{options.pictures} {_RELIST}"
        yield document_row(document, "extract", "changed", what), []
        return
    turn = document.address.rpartition("#")[2]
    named = msgspec.structs.replace(layout, name=f"{layout.name}#{turn}")
    try:
        rendered = render_figure(named, pool, options.seed)
    except BadPicture as error:
        yield document_row(document, "extract", "picture_unreadable", str(error)), []
        return
    picture = load_picture(rendered.jpeg, signature)
    yield _sample(options, document, layout, rendered), [picture]


def _sample(
    options: RenderedOptions, document: Document, layout: Layout, rendered: Rendered
) -> Sample:
    return Sample(
        sample_id=f"{document.document_id}/F1",
        document_id=document.document_id,
        group_id=document.group_id,
        source=document.source,
        figure=Figure(id="F1", label="Figure 1"),
        licence=_licence(options, layout),
        caption=rendered.caption,
        texts=[Text("caption", rendered.caption)],
        regions=[
            Region(panel.label, list(panel.box), area=_area(panel), text=panel.text)
            for panel in rendered.panels
        ],
        questions=questions(rendered.panels) if options.questions else [],
        meta=document.meta | {"truth_panels": _truth(rendered.panels)},
    )


def _truth(panels: tuple[TruePanel, ...]) -> str:
    """What was drawn, as JSON: `box`, `label`, `letter_box` and `kind` of each panel."""
    rows = [
        {"box": p.box, "label": p.label, "letter_box": p.letter_box, "kind": p.kind} for p in panels
    ]
    return msgspec.json.encode(rows).decode()


def _area(panel: TruePanel) -> float:
    x0, y0, x1, y1 = panel.box
    return float((x1 - x0) * (y1 - y0))


def questions(panels: tuple[TruePanel, ...]) -> list[Question]:
    """What can be asked about a figure and answered exactly.

    How many panels (open), whether there is a chart (closed), and, where one panel alone is of
    its kind, which (single; its options are the letters).
    """
    charts = any(panel.kind == "chart" for panel in panels)
    asked = [
        Question("open", "How many panels does this figure have?", answer=str(len(panels))),
        Question("closed", "Does this figure contain a chart?", ["yes", "no"],
                 "yes" if charts else "no"),
    ]  # fmt: skip
    labels = [panel.label for panel in panels]
    if not all(labels) or len(set(labels)) < len(labels) or len(labels) < 2:
        return asked
    for kind in ("picture", "chart", "drawing"):
        only = [panel.label for panel in panels if panel.kind == kind]
        if len(only) == 1:
            asked.append(Question("single", f"Which panel shows a {kind}?", labels, only[0]))
    return asked


def _code_and_version(text: str) -> tuple[str, str]:
    """The licence code and version that a user wrote; `("", "")` where it is none."""
    code = canonical_code(text)
    return (code, "") if code in KNOWN_CODES else licence_code(text)


def _licence(options: RenderedOptions, layout: Layout) -> Licence:
    """What the user stated; else CC0 where all is invented, and unknown where not."""
    if options.licence:
        return licence_of(*_code_and_version(options.licence), options.attribution)
    theirs = ["pictures"] * bool(options.pictures) + ["caption"] * bool(layout.caption)
    if theirs:
        return licence_of(f"licence of the {' and '.join(theirs)}", "", options.attribution)
    return licence_of("CC0")


def _layout_at(options: RenderedOptions, address: str) -> Layout:
    """The layout at `name#turn`, where `name` is a number for invented ones."""
    name = address.rpartition("#")[0]
    if not options.layouts:
        rng = random.Random(f"{NAME} {options.seed} {name}")
        return invented_layout(rng, f"{options.seed}-{int(name):06d}")
    layouts = _layouts_of(options)
    if name not in layouts:
        raise ValueError(f"layouts: {options.layouts}: figure {name!r} is gone; run with --relist")
    return layouts[name]


def _layouts_of(options: RenderedOptions) -> dict[str, Layout]:
    path = Path(options.layouts)
    if not path.is_file():
        raise ValueError(f"layouts: {options.layouts}: no such file on this machine")
    state = path.stat()
    try:
        return _read(options.layouts, state.st_mtime_ns, state.st_size)
    except ValueError as error:
        raise ValueError(f"layouts: {error}") from None


@functools.lru_cache(maxsize=2)
def _read(path: str, time_ns: int, size: int) -> dict[str, Layout]:
    """Layouts by name; time and size are there so that a changed file is read again."""
    return {layout.name: layout for layout in read_layouts(path)}


def _tag(layout: Layout, pictures: str) -> str:
    """Changes with the layout and with the pictures at hand."""
    return f"{short_hash(msgspec.json.encode(layout).decode())}-{pictures}"


def _checked_pool(folder: str) -> Pictures:
    """The pictures of a folder as it is now. Raises `ValueError` where there are none."""
    if folder and not Path(folder).is_dir():
        raise ValueError(f"pictures: {folder} is no folder on this machine")
    pool = Pictures(folder)
    if folder and not pool.groups:
        raise ValueError(f"pictures: {folder} holds no JPEG or PNG of 64 pixels a side or more")
    return pool


def _tag_of_pool(pool: Pictures) -> str:
    """Changes with the names and sizes of the pictures."""
    files = sorted(path for group in pool.groups.values() for path in group)
    if not files:
        return "invented"
    return short_hash("\n".join(f"{path} {Path(path).stat().st_size}" for path in files))


@functools.lru_cache(maxsize=2)
def _pool(folder: str) -> tuple[Pictures, str]:
    """The pictures of a folder and their tag, looked for once in a process and listing."""
    pool = Pictures(folder)
    return pool, _tag_of_pool(pool)


def _plain_name(name: str) -> str:
    return clean_id(_PICTURE_ENDING.sub("", name))
