"""Pictures of an evaluation set, where it is a folder or a corpus on this machine."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

from PIL import Image as PillowImage

from extractors.images import FORMATS, BadImage, load_picture
from extractors.labelled.files import PICTURES, BadData, Files
from extractors.pmc.fetch import FetchError
from filters.options import KeepOut
from filters.pictures.burnt_in import burnt_in_text
from pipelines import layout
from pipelines.errors import UserError
from pipelines.report.hidden import safe_rows
from pipelines.report.pictures import Gone, embedded, small_jpeg
from pipelines.report.rows import PICTURE_PX

_CORPUS_ROWS = """
    SELECT sample_id, images, meta FROM manifest
    SEMI JOIN (SELECT unnest(?) AS sample_id) USING (sample_id)"""


def set_pictures(wanted: KeepOut | None, items: Sequence[str]) -> dict[str, str]:
    """The pictures of these items that are still there, small, as `data:` addresses."""
    path = wanted.path if wanted else ""
    if not items or not path or not os.path.isdir(path):
        return {}
    if os.path.isfile(os.path.join(path, layout.CORPUS_JSON)):
        return _of_corpus(path, items)
    files, found = Files(path, links=True), {}
    for item in sorted(set(items)):
        if item.lower().endswith(PICTURES):
            try:
                found[item] = _hidden(files.read(item))
            except (BadImage, BadData, FetchError, OSError, ValueError):
                continue
    return found


def _hidden(data: bytes) -> str:
    """A picture as it was hashed (upright, on white, 8 bits), with lines of text on it filled."""
    data = load_picture(data, lambda _: 0).data
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        found = burnt_in_text(picture).boxes
    boxes = [(x0, y0, x1, y1) for x0, y0, x1, y1 in found]
    return small_jpeg(data, PICTURE_PX, boxes)


def _of_corpus(path: str, items: Sequence[str]) -> dict[str, str]:
    from pipelines.corpus import open_corpus
    from pipelines.summary import manifest_connection

    try:
        corpus = open_corpus(path)
    except UserError:
        return {}
    connection = manifest_connection(corpus.store, corpus.partitions)
    rows = safe_rows(connection.sql(_CORPUS_ROWS, params=[sorted(set(items))]))
    found = {}
    for row in rows:
        try:
            found[row["sample_id"]] = embedded(corpus.store, row["images"], PICTURE_PX)
        except Gone:
            continue
    return found
