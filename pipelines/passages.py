"""Passages for the writer model: what the vocabulary and knowledge files say of a row's things.

Definitions are shown to the model and named in the record by their CUI; their words are not kept,
since they may be under a licence of their own.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.labelled.card import BadCard, LabelInfo
from extractors.labelled.facts import FACTS
from extractors.labelled.words.english import folded
from extractors.labelled.words.knowledge import Knowledge, load_knowledge, views_of
from llm_rewrite.task import Passage
from pipelines.errors import UserError
from pipelines.linkers import vocabulary_file
from pipelines.recipe import Concepts, Recipe
from schemas.sample import Concept, Sample

LONGEST = 400  # characters of a definition
LINES = 2  # of a knowledge entry, for one thing
DEFINED = 6  # concepts of a row
_OTHER_NAMES = 4
_IMAGING = {"T058", "T059", "T060", "T074"}  # procedures and devices
_HELD = ("present", "uncertain")


@dataclass(frozen=True)
class Definitions:
    """The concepts of a vocabulary that have a definition, sorted by CUI."""

    table: pa.Table

    def of(self, cui: str) -> Passage | None:
        """What a concept is, as `NAME (also: A, B): TEXT`; None where nothing is written."""
        cuis = self.table["cui"]
        at = bisect_left(range(len(cuis)), cui, key=lambda place: cuis[place].as_py())
        if at == len(cuis) or cuis[at].as_py() != cui:
            return None
        row = self.table.slice(at, 1).to_pylist()[0]
        others = ", ".join((row["synonyms"] or [])[:_OTHER_NAMES])
        named = f"{row['name']} (also: {others})" if others else row["name"]
        text = f"{named}: {_shortened(row['definition'])}"
        return Passage(text, f"definition:{cui}", ", ".join(row["sources"] or []))


def passages_for(recipe: Recipe) -> Callable[[Sample], list[Passage]]:
    """What is to be had for the rows of a recipe: knowledge of what its sources and tasks name,
    definitions of its vocabulary. Raises `UserError` for a file that cannot be read."""
    try:
        knowledge = load_knowledge(knowledge_files(recipe))
    except BadCard as error:
        raise UserError(str(error)) from None
    concepts = recipe.concepts or Concepts()
    return functools.partial(passages_of, knowledge=knowledge, definitions=_definitions(concepts))


def knowledge_files(recipe: Recipe) -> list[str]:
    """The knowledge files that labelled sources and write tasks name, each once, in order."""
    named = [getattr(options, "knowledge", []) for _, options in recipe.source_options()]
    named += [(given or {}).get("knowledge", []) for e in recipe.write for given in e.values()]
    return list(dict.fromkeys(path for paths in named for path in paths))


def passages_of(row: Sample, knowledge: Knowledge, definitions: Definitions) -> list[Passage]:
    """Knowledge of the row's labels, regions and concepts that holds for such a picture, then
    definitions of its concepts. Of a row with labels or regions only what they name is told."""
    return [*_described(row, knowledge), *_defined(row, definitions)]


def _described(row: Sample, knowledge: Knowledge) -> list[Passage]:
    """Each line once, though a label and a concept may be two spellings of one name."""
    facts = {name: row.meta[name] for name in FACTS if name in row.meta}
    facts |= {"modality": row.modality, "body_part": row.body_part, "view": row.view}
    views = views_of(facts, [])
    found: dict[str, Passage] = {}
    for name, cui in _things(row):
        for line in knowledge.of(LabelInfo(name=name, cui=cui), facts, views)[:LINES]:
            passage = Passage(f"{name}: {line.text}", f"knowledge:{name}", line.source)
            found.setdefault(line.text, passage)
    return list(found.values())


def _things(row: Sample) -> list[tuple[str, str]]:
    """(name, CUI) of what the row shows: what its labels and regions name, else its concepts."""
    named = [(name, "") for name in _named(row).values()]
    return named or [(concept.name, concept.cui) for concept in _stated(row)]


def _named(row: Sample) -> dict[str, str]:
    """Names of labels that are not denied and of regions, by their folded form."""
    names = [label.name for label in row.labels if label.value in _HELD]
    names += [region.label for region in row.regions if region.label]
    return {folded(name): name for name in names}


def _defined(row: Sample, definitions: Definitions) -> list[Passage]:
    named = _named(row)
    wanted = [c for c in _stated(row) if not named or folded(c.name) in named]
    found = (definitions.of(concept.cui) for concept in wanted)
    return [passage for passage in found if passage is not None][:DEFINED]


def _stated(row: Sample) -> list[Concept]:
    """The row's concepts in the order of its texts, each once, without those that are denied
    somewhere and without imaging procedures."""
    denied = {concept.cui for concept in row.concepts if concept.negated}
    stated = {
        concept.cui: concept
        for concept in reversed(row.concepts)
        if concept.cui not in denied and not _IMAGING.intersection(concept.types)
    }
    return sorted(stated.values(), key=lambda c: (c.text, c.start, c.cui))


def _shortened(text: str) -> str:
    """A definition on one line, cut at a word; ontologies join the words of a relation by `_`."""
    words = " ".join(text.replace("_", " ").split())
    if len(words) <= LONGEST:
        return words
    whole, stop, _ = words[:LONGEST].rpartition(". ")
    return f"{whole}." if stop else f"{words[:LONGEST].rsplit(' ', 1)[0]} ..."


def _definitions(concepts: Concepts) -> Definitions:
    return _read_definitions(vocabulary_file(concepts))


@functools.lru_cache(maxsize=2)
def _read_definitions(path: str) -> Definitions:
    """Only what is defined, so that a vocabulary of millions of concepts takes little memory."""
    columns = ["cui", "name", "synonyms", "definition", "sources"]
    try:
        table = pq.read_table(path, columns=columns, filters=pc.field("definition") != "")
    except (OSError, KeyError, pa.ArrowException) as error:
        words = " ".join(str(error).split())[:200]
        raise UserError(f"concepts: {path}: cannot be read as a vocabulary: {words}") from None
    return Definitions(table.sort_by("cui").combine_chunks())
