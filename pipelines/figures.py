"""figures: compound figures of an extracted partition, cut into panels with rows of their own.

Every row of extract comes out again: marked `split` beside its panels, or whole with the reason
in its meta. The crops go to a tar of this stage; whole figures stay where extract put them.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
from PIL import Image as PillowImage

from extractors.figures.crops import Crop, crop, way_of_cropping
from extractors.figures.records import Box, FigurePanel, FigureSplit
from extractors.images import FORMATS, Picture, load_picture
from filters.alike.hashes import phash
from pipelines import layout
from pipelines.context import Context, settled
from pipelines.errors import UserError
from pipelines.extraction import stored_images
from pipelines.guard import RowLost, guarded
from pipelines.modelfiles import ONNX, digest_of_ours, digest_of_theirs
from pipelines.panels import (
    STAGE,
    Cite,
    Cutting,
    caption_of,
    left_whole,
    panel_names,
    panel_row,
    split_whole,
)
from pipelines.pool import Progress
from pipelines.recipe import Figures
from pipelines.sharding import read_range
from pipelines.tarwriter import TarWriter
from schemas.manifest import samples_from_table, stage_rows_to_table
from schemas.sample import Sample, dropped

Row = tuple[Sample, Picture | None]

_SMALLEST_SIDE_PX = 64


@dataclass(frozen=True)
class Readers:
    """What reads a figure and its mentions; tests put their own in."""

    split: Callable[[PillowImage.Image, str], FigureSplit]
    cite: Cite


def split_partition(
    context: Context,
    partition: int,
    skip: Mapping[str, str],
    progress: Progress,
    readers: Readers | None = None,
) -> dict[str, int]:
    """Worker: the rows of `extract` with panels to `part-N.parquet` and `images/part-N.tar`."""
    store = context.store
    target, panels = layout.figures_part(partition), layout.panels_part(partition)
    fingerprint = figures_fingerprint(context, partition)
    if store.fingerprint(target) == fingerprint and store.exists(panels):
        return {"figures_before": 1}
    wholes = samples_from_table(store.read_table(layout.extracted_part(partition)))
    rows: list[Sample] = []
    store.remove(target)  # the commit goes before what it stands for
    with (
        store.opened(layout.images_part(partition)) as pictures,
        store.staged(panels) as path,
        open(path, "wb") as file,
    ):
        tar = TarWriter(file)
        readers = readers or our_readers(context.recipe.figures)
        stage = _Stage(context.recipe.figures, readers, pictures, {w.sample_id for w in wholes})
        for row, picture in _all_rows(stage, wholes, skip, progress):
            rows.append(_stored(row, picture, tar, panels))
        tar.close()
    _check_none_lost(wholes, rows)
    drops = [drop for row in rows for drop in row.drops]
    store.write_table(target, stage_rows_to_table(rows), settled(fingerprint, drops))
    return {"figures": len(wholes), "panels": len(rows) - len(wholes)}


def figures_fingerprint(context: Context, partition: int) -> str:
    """What the split part of a partition must carry to be up to date."""
    options = context.recipe.figures
    return context.fingerprint(
        STAGE,
        options.model_dump(exclude={"split", "detector"}),
        digest_of_ours(),
        digest_of_theirs(options.detector),
        way_of_cropping(),
        context.store.fingerprint(layout.extracted_part(partition)),
    )


def check_options(options: Figures) -> None:
    """Raise `UserError` for a model that cannot be run, before any figure is read."""
    if options.detector:
        from extractors.figures.detector import BadDetector, onnx_detector

        try:
            onnx_detector(options.detector.removeprefix(ONNX))
        except BadDetector as error:
            raise UserError(f"figures.detector: {error}") from None


def our_readers(options: Figures) -> Readers:
    """The readers a recipe asks for; what they need is imported only by runs that split."""
    check_options(options)
    from extractors.figures.citations import cited_labels
    from extractors.figures.split import split_figure

    if not options.detector:
        return Readers(split_figure, cited_labels)
    from extractors.figures.detector import onnx_detector

    detector = onnx_detector(options.detector.removeprefix(ONNX))
    return Readers(functools.partial(split_figure, detector=detector), cited_labels)


def _all_rows(
    stage: _Stage, wholes: list[Sample], skip: Mapping[str, str], progress: Progress
) -> Iterator[Row]:
    return guarded(stage.rows, wholes, lambda whole: whole.sample_id, _fault, skip, progress)


def _fault(whole: Sample, why: str) -> Row:
    """A row that was dropped before is not looked at, whatever happened in its name."""
    return (whole if whole.drops else dropped(whole, STAGE, "fault", why)), None


@dataclass(frozen=True)
class _Stage:
    """One partition at work: its options, the tar of whole figures, the sample ids in use."""

    options: Figures
    readers: Readers
    pictures: BinaryIO
    taken: set[str]

    def rows(self, whole: Sample) -> list[Row]:
        """The row of a figure, and of its panels where it is split."""
        if whole.drops or whole.figure is None:
            return [(whole, None)]
        if why := _not_looked_at(whole):
            return [(left_whole(whole, why), None)]
        data = read_range(self.pictures, whole.images[0])
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as image:
            image.load()
            split = _inside(self.readers.split(image, caption_of(whole).text), *image.size)
            if len(split.panels) < 2:
                return [(left_whole(whole, "single", split), None)]
            if split.confidence < self.options.confidence:
                why = f"low_confidence {split.confidence:.2f}"
                return [(left_whole(whole, why, split), None)]
            crops = _crops(data, whole.images[0].format, split, image)
        return [(split_whole(whole, split, self.options.keep_whole == "keep"), None)] + [
            self._panel(whole, split, number, sample_id, crops[number])
            for number, sample_id in enumerate(panel_names(split, whole.sample_id, self.taken))
        ]

    def _panel(
        self, whole: Sample, split: FigureSplit, number: int, sample_id: str, cut: Crop
    ) -> Row:
        cutting = Cutting(cut.box, cut.change)
        row = panel_row(whole, split, number, sample_id, cutting, self.readers.cite)
        return row, load_picture(cut.data, phash)


def _not_looked_at(whole: Sample) -> str:
    """Why a figure is not even tried; empty for one that is."""
    if not whole.images:
        return "no_picture"
    if len(whole.images) > 1:
        return "several_pictures"
    if not whole.licence.derivatives:
        return "no_derivatives"
    if min(whole.images[0].width, whole.images[0].height) < _SMALLEST_SIDE_PX:
        return "too_small"
    return ""


def _inside(split: FigureSplit, width: int, height: int) -> FigureSplit:
    """The split with every box within the picture. Raises ValueError for one that is outside."""

    def inside(panel: FigurePanel) -> FigurePanel:
        x0, y0, x1, y1 = panel.box
        box: Box = (max(0, x0), max(0, y0), min(width, x1), min(height, y1))
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ValueError(f"panel box {panel.box} in a picture of {width} x {height} pixels")
        return msgspec.structs.replace(panel, box=box)

    return msgspec.structs.replace(split, panels=tuple(map(inside, split.panels)))


def _crops(data: bytes, form: str, split: FigureSplit, image: PillowImage.Image) -> list[Crop]:
    boxes = [panel.box for panel in split.panels]
    return [
        crop(data, form, box, boxes[:i] + boxes[i + 1 :], decoded=image)
        for i, box in enumerate(boxes)
    ]


def _stored(row: Sample, picture: Picture | None, tar: TarWriter, path: str) -> Sample:
    """A panel with its crop written and pointed to; any other row as it is."""
    if picture is None:
        return row
    images = stored_images(row.sample_id, [picture], tar, path)
    return msgspec.structs.replace(row, images=images, width=picture.width, height=picture.height)


def _check_none_lost(wholes: list[Sample], rows: list[Sample]) -> None:
    """Law 1: every id that came in goes out, once."""
    out = {row.sample_id for row in rows}
    lost = [whole.sample_id for whole in wholes if whole.sample_id not in out]
    if lost or len(out) < len(rows):
        raise RowLost(f"figures lost {lost[:3]}, or has {len(rows) - len(out)} ids twice")
