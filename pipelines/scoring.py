"""score: each row's pictures and training caption measured once; no row is added or lost.

A picture is decoded once for quality, privacy and signature, and once more, ahead of the model, for
CLIP. What select needs to compare rows lies beside them, so that other thresholds touch no pixel.
"""

from __future__ import annotations

import functools
import io
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import BinaryIO

import msgspec
from PIL import Image as PillowImage

from extractors.images import FORMATS
from filters.alike.sketches import text_signature
from filters.options import Clip
from filters.pictures.faces import FaceModelMissing, find_faces
from pipelines import layout
from pipelines.context import Context, settled
from pipelines.errors import UserError
from pipelines.guard import RowLost, guarded
from pipelines.listing import all_done
from pipelines.measuring import Measure, measured_picture, measured_texts
from pipelines.modelfiles import digest_of_ours, digest_of_theirs
from pipelines.pool import Progress
from pipelines.recipe import Recipe
from pipelines.sharding import read_range
from pipelines.signature_files import Seen, write_embeddings, write_signatures
from pipelines.steps import rows_view
from schemas.manifest import samples_from_table, stage_rows_to_table
from schemas.sample import Image, Sample, dropped

STAGE = "score"
_DIGITS = 5

Read = Callable[[Image], PillowImage.Image]


def check_scoring(context: Context) -> None:
    """Raise `UserError` for a model that cannot be used, before any row is read. Where all is scored
    already no model is loaded."""
    recipe = context.recipe
    if recipe.score is None or all_done(context, layout.scored_part, score_fingerprint):
        return
    privacy = recipe.score.privacy
    if privacy and privacy.faces:
        try:
            find_faces(PillowImage.new("L", (64, 64)), privacy.face_model)
        except FaceModelMissing as error:
            raise UserError(f"score.privacy: {error}") from None
    if recipe.score.clip:
        _scorer(recipe.score.clip)


def score_partition(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: the rows of the stage before with their scores, to `part-N.parquet`; signatures and
    embeddings beside them."""
    store, recipe = context.store, context.recipe
    target = layout.scored_part(partition)
    fingerprint = score_fingerprint(context, partition)
    if store.fingerprint(target) == fingerprint:
        return {"score_before": 1}
    rows = samples_from_table(store.read_table(context.unscored_part(partition)))
    captions = _captions(rows, recipe.caption)
    clip = _on_device(recipe.score.clip, partition) if recipe.score and recipe.score.clip else None
    with ExitStack() as files:
        stage = _Stage(recipe, captions, _reader(context, files))
        seen = stage.measured(rows, skip, progress)
        if clip:
            seen = stage.with_clip(seen, clip, progress)
    scored = [each.row for each in seen]
    if [row.sample_id for row in scored] != [row.sample_id for row in rows]:
        raise RowLost(f"score was given {len(rows)} rows and has {len(scored)}")
    write_signatures(context, partition, seen, fingerprint)
    if clip:
        write_embeddings(context, partition, seen, _scorer(clip).width, fingerprint)
    drops = [drop for row in scored for drop in row.drops]
    store.write_table(target, stage_rows_to_table(scored), settled(fingerprint, drops))
    return {"scored": len(scored)}


def score_fingerprint(context: Context, partition: int) -> str:
    """What the scored part of a partition must carry to be up to date."""
    recipe = context.recipe
    clip = recipe.score.clip if recipe.score else None
    return context.fingerprint(
        STAGE,
        recipe.score and recipe.score.model_dump(exclude={"clip": {"device", "batch"}}),
        clip and _model_state(clip),
        digest_of_theirs(_face_model(recipe), "score.privacy.face_model"),
        recipe.select.crop,
        recipe.caption,
        digest_of_ours("filters"),
        context.store.fingerprint(context.unscored_part(partition)),
    )


def _face_model(recipe: Recipe) -> str:
    privacy = recipe.score.privacy if recipe.score else None
    return privacy.face_model if privacy else ""


def _captions(rows: Sequence[Sample], preference: Sequence[str]) -> dict[str, str]:
    """The training caption of each row as select would choose it."""
    with rows_view(rows, preference) as connection:
        return dict(connection.execute("SELECT sample_id, caption FROM samples").fetchall())


def _reader(context: Context, files: ExitStack) -> Read:
    """Decodes pictures out of tars that are opened once."""

    @functools.cache
    def tar(path: str) -> BinaryIO:
        return files.enter_context(context.store.opened(path))

    one_reader = threading.Lock()

    def read(image: Image) -> PillowImage.Image:
        with one_reader:  # threads decode, and a tar has one place to read at
            data = read_range(tar(image.path), image)
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.load()
            return picture

    return read


class _Stage:
    """One partition at work."""

    def __init__(self, recipe: Recipe, captions: Mapping[str, str], read: Read) -> None:
        self._score, self._crop = recipe.score, recipe.select.crop
        self._captions, self._read = captions, read

    def measured(
        self, rows: Sequence[Sample], skip: Mapping[str, str], progress: Progress
    ) -> list[Seen]:
        """All rows with what needs no model; a row that was dropped before as it is."""
        return list(guarded(self._seen, rows, lambda row: row.sample_id, _fault, skip, progress))

    def _seen(self, row: Sample) -> list[Seen]:
        if not _is_left(row):
            return [Seen(row)]
        caption = self._captions[row.sample_id]
        pictures = [self._measured(place, image) for place, image in enumerate(row.images)]
        found = Measure.joined([*pictures, measured_texts(row, caption, self._score)])
        scores = {name: round(value, _DIGITS) for name, value in found.scores.items()}
        row = msgspec.structs.replace(
            row, scores={**row.scores, **scores}, meta={**row.meta, **found.meta}
        )
        text = text_signature(caption) if caption else None
        return [Seen(row, found.signatures, text)]

    def _measured(self, place: int, image: Image) -> Measure:
        return measured_picture(self._read(image), place, self._crop, self._score)

    def with_clip(self, seen: Sequence[Seen], clip: Clip, progress: Progress) -> list[Seen]:
        """The same with what a CLIP model says of all rows that are left."""
        from filters.clip.scorer import ClipRow

        def asked() -> Iterator[ClipRow]:
            for row in (each.row for each in seen if _is_left(each.row)):
                progress(row.sample_id)
                yield ClipRow(
                    row.sample_id, row.document_id, self._first(row), self._texts(row, clip)
                )

        results = iter(_scorer(clip).score(asked()))
        return [
            self._clipped(each, next(results), progress) if _is_left(each.row) else each
            for each in seen
        ]

    def _clipped(self, seen: Seen, result, progress: Progress) -> Seen:
        progress(seen.row.sample_id)
        row = seen.row
        if result.problem:
            return Seen(
                dropped(row, STAGE, "fault", f"clip: {result.problem}"), seen.pictures, seen.text
            )
        scores = {name: round(float(value), _DIGITS) for name, value in result.scores.items()}
        row = msgspec.structs.replace(row, scores={**row.scores, **scores})
        return replace(seen, row=row, picture_vector=result.picture, text_vector=result.text)

    def _first(self, row: Sample) -> Callable[[], PillowImage.Image] | None:
        return functools.partial(self._read, row.images[0]) if row.images else None

    def _texts(self, row: Sample, clip: Clip) -> dict[str, list[str]]:
        """The texts of a row by kind; `caption` is the training caption."""
        texts = {"caption": [self._captions[row.sample_id]]}
        for kind in clip.texts:
            own = [t.text for t in row.texts if t.kind == kind and t.faithful is not False]
            texts.setdefault(kind, own)
        return {kind: [text for text in own if text] for kind, own in texts.items()}


def _fault(row: Sample, why: str) -> Seen:
    """A row that was dropped before is not looked at, whatever happened in its name."""
    return Seen(row if row.drops else dropped(row, STAGE, "fault", why))


def _is_left(row: Sample) -> bool:
    """Not dropped, or a whole figure that stands in where none of its panels is kept."""
    return [(drop.stage, drop.reason) for drop in row.drops] in ([], [("figures", "split")])


def _scorer(clip: Clip):
    return _loaded_scorer(clip.model_dump_json())


@functools.lru_cache(maxsize=2)
def _loaded_scorer(options: str):
    """The model of a recipe, loaded once in a process. Raises `UserError`."""
    from filters.clip.scorer import ClipScorer, ClipUnavailable

    try:
        return ClipScorer(Clip.model_validate_json(options))
    except ClipUnavailable as error:
        raise UserError(f"score.clip: {error}") from None


def _on_device(clip: Clip, partition: int) -> Clip:
    """The same on one of this machine's GPUs, where there are several."""
    if clip.device not in ("auto", "cuda"):
        return clip
    from filters.clip.loading import cuda_devices

    count = cuda_devices()
    return clip.model_copy(update={"device": f"cuda:{partition % count}"}) if count > 1 else clip


def _model_state(clip: Clip) -> str:
    from filters.clip.source import ClipUnavailable, model_state

    try:
        return model_state(clip.model)
    except ClipUnavailable as error:
        raise UserError(f"score.clip: {error}") from None
