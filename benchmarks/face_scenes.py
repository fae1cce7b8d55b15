"""Faces found in invented scenes, and false alarms on real medical pictures without a face.

Little evidence: the data holds no patient's face. The faces are one colour portrait and a hundred grey
patches of 25 x 25 px, both sample data of scikit-image, pasted into pictures of the data; barred eyes
are drawn. The false alarms are counted on real pictures, none of which shows a face.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from benchmarks.picture_sheet import draw_sheet
from filters.pictures.faces import FaceModelMissing, find_faces

_HEAD = (150, 20, 300, 215)  # of the portrait: x0, y0, x1, y1
_EYES = (0.25, 0.37, 0.71, 0.47)  # of the head, as shares
_GROUNDS = 12
_PAGE = 480  # px, side of a scene
_SKIN_TONES = ((1.0, 1.0, 1.0), (0.72, 0.66, 0.62), (0.45, 0.38, 0.34))


def face_figures(files: Sequence[tuple[str, Path]], sheet_folder: Path | None) -> dict[str, object]:
    """Recall by kind of scene as [found, of], and the pictures in which a face is wrongly told."""
    package = importlib.util.find_spec("skimage")
    if package is None or not package.origin:
        return {"not measured": "scikit-image is not installed"}
    samples = Path(package.origin).parent / "data"
    try:
        found: dict[str, list[bool]] = {}
        for kind, image, box in scenes(
            samples, [path for _, path in files][:: max(1, len(files) // _GROUNDS)]
        ):
            found.setdefault(kind, []).append(any(_same(box, f.box) for f in find_faces(image)))
        alarms = [(name, path, find_faces(Image.open(path))) for name, path in files]
    except FaceModelMissing as error:
        return {"not measured": str(error)}
    false = [(name, path, faces) for name, path, faces in alarms if faces]
    if sheet_folder:
        draw_sheet(
            [(n[-24:], _outlined(p, f)) for n, p, f in false], sheet_folder / "faces-false.png"
        )
    return {
        **{kind: [sum(hits), len(hits)] for kind, hits in found.items()},
        "false alarms": [len(false), len(files)],
        "told where there is none": [name for name, _, _ in false],
    }


def scenes(samples: Path, grounds: Sequence[Path]) -> Iterator[tuple[str, Image.Image, list[int]]]:
    """Kind, picture and the box of the face in it."""
    head = Image.open(samples / "astronaut.png").convert("RGB").crop(_HEAD)
    pages = [Image.open(path).convert("RGB").resize((_PAGE, _PAGE)) for path in grounds]
    for at, page in enumerate(pages):
        for share in (0.2, 0.4, 0.8):
            yield f"portrait at {share:g} of the side", *_pasted(page, head, share, at)
        for turn in (10, 20, 45, 90):
            yield f"turned by {turn} degrees", *_pasted(page, _turned(head, turn, at), 0.6, at)
        for name, tone in zip(("light", "brown", "dark"), _SKIN_TONES, strict=True):
            tinted = Image.fromarray((np.asarray(head) * tone).astype(np.uint8))
            yield f"skin {name}", *_pasted(page, tinted, 0.6, at)
        for light in (0.5, 1.5):
            yield (
                f"light by {light:g}",
                *_pasted(page, ImageEnhance.Brightness(head).enhance(light), 0.6, at),
            )
        yield "grey", *_pasted(page, head.convert("L").convert("RGB"), 0.6, at)
        yield "whole picture grey", *_pasted(page.convert("L"), head.convert("L"), 0.6, at)
        yield "eyes barred", *_pasted(page, _barred(head), 0.6, at)
    for at, values in enumerate(np.load(samples / "lfw_subset.npy")[:100]):
        patch = Image.fromarray((values * 255).astype(np.uint8)).resize(
            (160, 160), Image.Resampling.BICUBIC
        )
        yield "grey patches", *_pasted(pages[at % len(pages)].convert("L"), patch, 0.35, at)


def _pasted(
    page: Image.Image, head: Image.Image, share: float, at: int
) -> tuple[Image.Image, list[int]]:
    """The head at `share` of the page's side, in a place that follows from `at`."""
    size = (round(_PAGE * share * head.width / head.height), round(_PAGE * share))
    x, y = (at * 37) % max(1, _PAGE - size[0]), (at * 53) % max(1, _PAGE - size[1])
    scene = page.copy()
    scene.paste(head.resize(size, Image.Resampling.LANCZOS), (x, y))
    return scene, [x, y, x + size[0], y + size[1]]


def _turned(head: Image.Image, degrees: int, at: int) -> Image.Image:
    corner = head.getpixel((3, 3))
    assert isinstance(corner, tuple)
    sign = 1 if at % 2 else -1
    return head.rotate(
        sign * degrees, Image.Resampling.BICUBIC, expand=degrees == 90, fillcolor=corner
    )


def _barred(head: Image.Image) -> Image.Image:
    barred = head.copy()
    x0, y0, x1, y1 = _EYES
    box = (x0 * head.width, y0 * head.height, x1 * head.width, y1 * head.height)
    ImageDraw.Draw(barred).rectangle(box, fill=(0, 0, 0))
    return barred


def _same(head: Sequence[int], face: Sequence[int]) -> bool:
    """Whether the middle of the face lies in the head and it is no smaller than a quarter of it."""
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    inside = head[0] <= x <= head[2] and head[1] <= y <= head[3]
    return inside and face[2] - face[0] >= (head[2] - head[0]) / 4


def _outlined(path: Path, faces: Sequence[object]) -> Image.Image:
    image = Image.open(path).convert("RGB")
    draw = ImageDraw.Draw(image)
    for face in faces:
        draw.rectangle(face.box, outline=(255, 0, 0), width=max(2, image.width // 120))  # type: ignore[attr-defined]
    return image
