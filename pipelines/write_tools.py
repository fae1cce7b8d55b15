"""What a write step is lent by the rest of Fabrica: the linker, the judge of kinds, knowledge."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from extractors.modality.judge import judge_modality
from llm_rewrite.task import Tools
from pipelines.linkers import check_concepts, files_of, link_for
from pipelines.linking import concept_of
from pipelines.modelfiles import digest_of_ours, digest_of_theirs
from pipelines.passages import knowledge_files, passages_for
from pipelines.recipe import Concepts, Recipe
from schemas.sample import Concept


def linker_options(recipe: Recipe) -> Concepts:
    """The recipe's linker, or the starter vocabulary: a text is never proved without one."""
    return recipe.concepts or Concepts()


def check_tools(recipe: Recipe) -> None:
    """Raise `UserError` for a vocabulary or knowledge file that cannot be read."""
    check_concepts(linker_options(recipe))
    passages_for(recipe)


def tools_for(recipe: Recipe) -> Tools:
    """The functions that tasks and checks of this recipe need. Raises `UserError`."""
    return Tools(
        link=functools.partial(_linked, linker_options(recipe)),
        modality=_modality,
        passages=passages_for(recipe),
    )


def tools_state(recipe: Recipe) -> list[Any]:
    """What of the tools changes what is written, as plain data."""
    options = linker_options(recipe)
    linker = options.model_dump(exclude={"vocabulary", "tuning", "kinds"})
    knowledge = [digest_of_theirs(path, "knowledge") for path in knowledge_files(recipe)]
    return [linker, files_of(options), digest_of_ours("extractors.modality"), knowledge]


def _linked(options: Concepts, texts: Sequence[str]) -> list[list[Concept]]:
    """The concepts of each text; what one of them defines holds for all of a call."""
    return [[concept_of(found) for found in own] for own in link_for(options)(texts)]


@functools.lru_cache(maxsize=4096)
def _modality(text: str) -> str:
    return judge_modality([("caption", text)], None, None).modality
