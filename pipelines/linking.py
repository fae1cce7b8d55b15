"""link: concepts and the kind of picture for every row of a partition; no row is added or lost.

Texts are linked a document at a time, so that a caption's abbreviations are those of its article;
a text that several rows share is linked once. Pictures are read in the order of their tars.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import BinaryIO

import msgspec
from PIL import Image as PillowImage

from extractors.concepts.document import Linked
from extractors.images import FORMATS
from extractors.modality.judge import judge_modality
from extractors.modality.tree import KIND_OF
from pipelines import layout
from pipelines.context import Context, settled
from pipelines.errors import UserError
from pipelines.guard import RowLost, guarded
from pipelines.linkers import check_concepts, files_of, link_for
from pipelines.modelfiles import digest_of_ours
from pipelines.pool import Progress
from pipelines.recipe import Modality, Recipe
from pipelines.sharding import read_range
from schemas.manifest import samples_from_table, stage_rows_to_table
from schemas.sample import Concept, Sample, dropped

STAGE = "link"

_Scores = Mapping[str, float]
_See = Callable[[PillowImage.Image], _Scores]


def check_linking(recipe: Recipe) -> None:
    """Raise `UserError` for a vocabulary or model that cannot be used, before any row is read."""
    if recipe.concepts:
        check_concepts(recipe.concepts)
    if recipe.modality and recipe.modality.clip:
        _clip(recipe.modality.clip)


def link_partition(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: the rows of the stage before with concepts and modality, to `part-N.parquet`."""
    store, recipe = context.store, context.recipe
    target = layout.linked_part(partition)
    fingerprint = link_fingerprint(context, partition)
    if store.fingerprint(target) == fingerprint:
        return {"link_before": 1}
    rows = samples_from_table(store.read_table(context.unlinked_part(partition)))
    with ExitStack() as files:

        @functools.cache
        def tar(path: str) -> BinaryIO:
            return files.enter_context(context.store.opened(path))

        stage = _Stage(recipe, [row for row in rows if row.sample_id not in skip], tar)
        linked = list(guarded(stage.rows, rows, lambda row: row.sample_id, _fault, skip, progress))
    if [row.sample_id for row in linked] != [row.sample_id for row in rows]:
        raise RowLost(f"link was given {len(rows)} rows and has {len(linked)}")
    drops = [drop for row in linked for drop in row.drops]
    store.write_table(target, stage_rows_to_table(linked), settled(fingerprint, drops))
    return {"linked": len(linked), "concepts": sum(len(row.concepts) for row in linked)}


def link_fingerprint(context: Context, partition: int) -> str:
    """What the linked part of a partition must carry to be up to date."""
    concepts, modality = context.recipe.concepts, context.recipe.modality
    return context.fingerprint(
        STAGE,
        concepts and [concepts.model_dump(exclude={"vocabulary", "tuning"}), files_of(concepts)],
        modality and modality.model_dump(),
        modality and digest_of_ours("extractors.modality"),
        context.store.fingerprint(context.unlinked_part(partition)),
    )


def _fault(row: Sample, why: str) -> Sample:
    """A row that was dropped before is not looked at, whatever happened in its name."""
    return row if row.drops else dropped(row, STAGE, "fault", why)


class _Stage:
    """One partition at work: what links and what sees, and the tars of its pictures."""

    def __init__(
        self, recipe: Recipe, rows: Sequence[Sample], tar: Callable[[str], BinaryIO]
    ) -> None:
        self._concepts, self._modality, self._tar = recipe.concepts, recipe.modality, tar
        self._link = link_for(recipe.concepts) if recipe.concepts else None
        self._seers = _seers(recipe.modality) if recipe.modality else (None, None)
        self._texts = _texts_by_document(rows) if self._link else {}
        self._document, self._linked = "", dict[str, list[Linked]]()

    def rows(self, row: Sample) -> list[Sample]:
        """The row with its concepts and modality; one that was dropped before as it is."""
        if row.drops:
            return [row]
        changes: dict[str, object] = {}
        if self._concepts:
            changes["concepts"] = self._concepts_of(row, self._concepts.kinds)
        if self._modality:
            changes |= self._modality_of(row)
        return [msgspec.structs.replace(row, **changes)]

    def _concepts_of(self, row: Sample, kinds: Sequence[str]) -> list[Concept]:
        """The concepts of the row's English texts of these kinds, in the order of the texts."""
        linked = self._linked_texts(row)
        return [
            concept_of(found, text.kind, place)
            for place, text in enumerate(row.texts)
            if text.kind in kinds and _is_english(text.language)
            for found in linked[text.text]
        ]

    def _linked_texts(self, row: Sample) -> dict[str, list[Linked]]:
        """The mentions of the texts of the row's document; of the row's own where that fails."""
        if row.document_id != self._document:
            self._document, texts = row.document_id, self._texts[row.document_id]
            try:
                self._linked = self._link_all(texts)
            except Exception:  # which text it is shows when each row is linked by itself
                self._linked = {}
        return self._linked or self._link_all(_english_texts(row))

    def _link_all(self, texts: Sequence[str]) -> dict[str, list[Linked]]:
        assert self._link is not None
        return dict(zip(texts, self._link(texts), strict=True))

    def _modality_of(self, row: Sample) -> dict[str, object]:
        """The columns that say what the row's first picture is; what its source knows stays."""
        if row.modality:
            medical = 1.0 if KIND_OF[row.modality].medical else 0.0
            return {"scores": {**row.scores, "medical": medical}}
        texts = [(t.kind, t.text) for t in row.texts if _is_english(t.language)]
        pixels, clip = self._seen(row)
        judged = judge_modality(texts, pixels, clip)
        return {
            "modality": judged.modality,
            "modality_score": round(judged.score, 4) if judged.modality else None,
            "body_part": row.body_part or judged.body_part,
            "view": row.view or judged.view,
            "scores": {**row.scores, "medical": round(judged.medical, 4)},
        }

    def _seen(self, row: Sample) -> tuple[_Scores | None, _Scores | None]:
        """What the pixels and CLIP say of the row's first picture; None for what is not asked."""
        pixels, clip = self._seers
        if not row.images or not (pixels or clip):
            return None, None
        data = read_range(self._tar(row.images[0].path), row.images[0])
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as image:
            image.load()
            return pixels and pixels(image), clip and clip(image)


def _texts_by_document(rows: Iterable[Sample]) -> dict[str, list[str]]:
    """The different English texts of each document, in the order of its rows."""
    texts: dict[str, dict[str, None]] = {}
    for row in rows:
        if not row.drops:
            texts.setdefault(row.document_id, {}).update(dict.fromkeys(_english_texts(row)))
    return {document: list(own) for document, own in texts.items()}


def _english_texts(row: Sample) -> list[str]:
    return [text.text for text in row.texts if _is_english(text.language)]


def _is_english(language: str) -> bool:
    return not language or language.lower().startswith("en")


def concept_of(found: Linked, kind: str = "", place: int = 0) -> Concept:
    """A mention as a row keeps it: of text number `place`, of this kind."""
    mention = found.mention
    return Concept(
        cui=mention.cui,
        name=mention.name,
        types=mention.types,
        kind=kind,
        text=place,
        start=mention.start,
        end=mention.end,
        score=mention.score,
        negated=found.negated,
        uncertain=found.uncertain,
    )


def _seers(options: Modality) -> tuple[_See | None, _See | None]:
    """What looks at a picture: our own features, and a CLIP model; None where not asked for."""
    pixels: _See | None = None
    if options.pixels:
        from extractors.modality.pixels import pixel_scores

        pixels = pixel_scores
    return pixels, _clip(options.clip) if options.clip else None


def _clip(model: str) -> _See:
    """Zero-shot scores of the kinds of picture by a CLIP model. Raises `UserError`."""
    from extractors.modality.prompts import PROMPTS, prompts_of
    from filters.clip.scorer import ClipUnavailable, zero_shot

    try:
        return zero_shot(model, {kind: prompts_of(kind) for kind in PROMPTS})
    except ClipUnavailable as error:
        raise UserError(f"modality.clip: {error}") from None
