"""Pictures with the texts that come with them, by id: a path below the data folder.

PMC figures are found as extract finds them: each figure of an article with its caption, citing
sentences and title, and the picture file beside the XML. A picture in a zip package is
`jats/zip_packages/NAME.zip!MEMBER`. MedPix pictures have a caption; pictures of other labelled
sets have no text (the questions of VQA-RAD are no captions).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from PIL import Image

from extractors.pmc.jats.article import read_article
from extractors.pmc.jats.figures import read_figures
from extractors.pmc.jats.hrefs import FileIndex, is_raster
from extractors.pmc.jats.parse import parse_articles
from extractors.pmc.jats.references import add_references

_XML = (".xml", ".nxml")
_PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_WITHOUT_TEXT = ("vqa_rad/images", "bccd/JPEGImages", "dermamnist28/images", "drive/images",
                 "kvasir_seg/images", "cxr_images")  # fmt: skip


class PictureCase(msgspec.Struct, frozen=True):
    """A picture by id; `texts` are `(kind, text)` in the order of a sample's texts."""

    id: str
    texts: tuple[tuple[str, str], ...] = ()


def picture_cases(data: Path) -> dict[str, PictureCase]:
    """All pictures below `data`, by id; what is not there is left out."""
    cases = [*_plain(data), *_articles(data), *_conceptclip(data), *_medicat(data)]
    cases += [*_exsclaim(data), *_medpix(data)]
    return {case.id: case for case in cases}


def open_picture(data: Path, name: str) -> Image.Image:
    """The picture of an id, decoded. Raises OSError or KeyError where it cannot be read."""
    container, _, member = name.partition("!")
    if member:
        with zipfile.ZipFile(data / container) as package:
            return _decoded(package.read(member))
    return _decoded((data / container).read_bytes())


def _decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


# --- articles -----------------------------------------------------------------------------------


def _articles(data: Path) -> Iterator[PictureCase]:
    for folder in sorted((data / "jats").glob("*/*/")):
        files = {p.name: p.read_bytes for p in sorted(folder.iterdir()) if p.is_file()}
        if any(is_raster(name) for name in files):
            yield from _figures(files, f"{folder.relative_to(data).as_posix()}/")
    for path in sorted((data / "jats").glob("*/*.zip")):
        with zipfile.ZipFile(path) as package:
            members = {i.filename: _member(package, i.filename) for i in package.infolist()}
            yield from _figures(members, f"{path.relative_to(data).as_posix()}!")


def _member(package: zipfile.ZipFile, name: str) -> Callable[[], bytes]:
    return lambda: package.read(name)


def _figures(files: dict[str, Callable[[], bytes]], prefix: str) -> Iterator[PictureCase]:
    """One case for the first picture of each figure, in all articles among `files`."""
    index = FileIndex(n for n in files if n.lower().endswith(_PICTURES))
    for name in files:
        if not name.endswith(_XML) or "__MACOSX" in name:
            continue
        try:
            roots, _ = parse_articles(files[name]())
        except ValueError:
            continue
        for root in roots:
            title = read_article(root).title
            figures = read_figures(root)
            add_references(root, figures)
            for figure in figures:
                hrefs = [href for group in figure.graphics for href in group]
                found = [n for href in hrefs for n in index.candidates(href)]
                texts = [("caption", text) for _, text in figure.captions]
                texts += [(kind, text) for kind, text, *_ in figure.references]
                if found:
                    yield PictureCase(prefix + found[0], _stated([*texts, ("title", title)]))


def _stated(texts: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, text) for kind, text in texts if text)


# --- labelled sets and figure collections -------------------------------------------------------


def _plain(data: Path) -> Iterator[PictureCase]:
    """Pictures without text; a later case of the same id brings it its texts."""
    folders = [data / "labelled" / name for name in _WITHOUT_TEXT]
    for folder in [*folders, *sorted((data / "jats").glob("*/*/"))]:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in paths:
            if path.suffix.lower() in _PICTURES:
                yield PictureCase(path.relative_to(data).as_posix())


def _lines(path: Path) -> list[dict[str, str]]:
    text = path.read_text("utf-8") if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _conceptclip(data: Path) -> Iterator[PictureCase]:
    folder = "compound/conceptclip_pmc_figures"
    for row in _lines(data / folder / "meta.jsonl"):
        paths = [f"{folder}/{row['image']}", f"{folder}/images/{row['image']}"]
        found = [path for path in paths if (data / path).is_file()]
        yield from (PictureCase(p, _stated([("caption", row["caption"].strip())])) for p in found)


def _medicat(data: Path) -> Iterator[PictureCase]:
    folder = "compound/medicat_sample"
    for row in _lines(data / folder / "sample.jsonl"):
        path = f"{folder}/figures/{row['pdf_hash']}_{row['fig_uri']}"
        references = [("reference", text) for text in row["s2orc_references"] or ()]
        yield PictureCase(path, _stated([("caption", row["s2_caption"]), *references]))


def _exsclaim(data: Path) -> Iterator[PictureCase]:
    folder = data / "compound" / "exsclaim_expected"
    file = folder / "expected_boxes.json"
    rows = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for name, row in rows.items():
        texts = _stated([("caption", row["full_caption"]), ("title", row["title"])])
        yield PictureCase(f"compound/exsclaim_expected/images/{name}", texts)


def _medpix(data: Path) -> Iterator[PictureCase]:
    folder = data / "labelled" / "medpix2"
    file = folder / "Descriptions.json"
    rows = json.loads(file.read_text("utf-8")) if file.is_file() else []
    for row in rows:
        path = f"labelled/medpix2/images/{row['image']}.png"
        if (data / path).is_file():
            yield PictureCase(path, _stated([("caption", row["Description"]["Caption"])]))
