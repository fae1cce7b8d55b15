"""rewrite_caption: a caption without noise, complete from its citing sentences, or only what shows.

The text kind is `rewritten`, several of them where paraphrases are asked for. As in PubMedVision,
LLaVA-Med, MAIRA-1 (paraphrased findings) and the recipes that leave out what no picture can show.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from pydantic import Field, field_validator

from llm_rewrite.answers import BadAnswer
from llm_rewrite.checks.visible import not_visible
from llm_rewrite.material.sources import (
    CAPTION_KINDS,
    caption_parts,
    figure_parts,
    plain,
    reference_parts,
)
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, Task, Tools
from schemas.options import suggestion
from schemas.sample import TEXT_KINDS, Sample, Text

NAME, VERSION = "rewrite_caption", 2

INSTRUCTIONS = """
You rewrite the caption of one medical picture for a corpus that trains vision-language models.

Write plain, complete prose in the language of the caption, about what the picture shows.
- Keep as the caption has it: each finding, structure and side; each number with its unit; stain,
  sequence, plane and view; arrows and markers with what they point at; the letters of panels; what
  is said to be absent; and every degree of certainty (possible stays possible).
- Leave out figure numbers, citations such as [12], copyright and permission lines, links, the names
  of people, hospitals and places, and phrases with words masked as XXXX or ___.
- Add nothing: no diagnosis, cause, comparison or explanation that the material does not state.
- Write of the picture itself. Never mention a caption, a text, a figure number or an author.

Example. Caption: "Fig. 3. Axial CT, 12-mm nodule (arrow) in right upper lobe, possibly a scar [14].
Image courtesy of Dr A. Smith." Answer: "Axial CT showing a 12 mm nodule (arrow) in the right upper
lobe, possibly a scar."
"""

COMPLETE = """
The citing sentences come from the article that the picture is from; "this picture" says what the
article calls it. Keep all that the caption says, and work in what the sentences say of this very
picture and the caption does not. Leave out what they say of other figures or panels, of methods,
history, treatment and outcome.
"""

VISIBLE_ONLY = """
Keep only what a viewer can see in the picture. Leave out history, symptoms, laboratory values,
treatment, outcome, what other examinations found, causes, and comparisons with earlier or later
pictures ("unchanged", "has increased", "new"). A diagnosis stays only as what is seen of it. If
nothing remains, answer with an empty list.
"""

SEE_IMAGE = """
You also see the picture. It helps you to understand the caption, which is right where the two
differ. You may name what is plain to see, such as the kind of picture, the view or an arrow, but no
finding, side or measurement that the material does not state.
"""

ONE = "Give one caption in `captions`; one that is already clean is given back as it is."
SEVERAL = (
    "Give {count} captions in `captions`. All say the same, each is complete by itself; they differ"
    " in wording, order and build of sentences, and none is a copy of the source."
)

_FIGURE_NUMBER = re.compile(
    r"\b(?:fig(?:ure|ura)?s?\b\.?|abb(?:ildung)?\b\.?)\s*(?:no\.?\s*)?S?\d+", re.IGNORECASE
)
_NO_MEASURE = re.compile(
    r"[\[(][\d,;\s–-]*[\])]|\b(?:https?://|www\.|doi:?\s*)\S+|\b(?:19|20)\d\d\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MARKS = re.compile(r"[\W_]+")


class Options(TaskOptions):
    """`mode`: denoise the caption, complete it from citing sentences, or keep the visible only.

    `paraphrases` is how many different ones are asked for, in one answer. `kinds` are the texts to
    rewrite: the first that a row has. `references` is how many citing sentences `complete` shows,
    `pictures` how many pictures of a row `see_image` shows.
    """

    mode: Literal["denoise", "complete", "visible_only"] = "denoise"
    paraphrases: int = Field(1, ge=1, le=10)
    kinds: list[str] = Field(list(CAPTION_KINDS), min_length=1)
    references: int = Field(3, ge=0, le=20)
    see_image: bool = False
    pictures: int = Field(4, ge=1, le=16)

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: list[str]) -> list[str]:
        for kind in kinds:
            if kind not in TEXT_KINDS:
                raise ValueError(f"{kind!r} is no kind of text{suggestion(kind, TEXT_KINDS)}")
        return kinds


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The rewritten captions; empty only where nothing of the caption can be seen."""

    captions: list[str]


def instructions(options: Options) -> str:
    """The fixed prompt of a mode."""
    more = {"complete": COMPLETE, "visible_only": VISIBLE_ONLY}.get(options.mode, "")
    several = SEVERAL.format(count=options.paraphrases)
    pieces = [
        INSTRUCTIONS,
        more,
        SEE_IMAGE if options.see_image else "",
        several if options.paraphrases > 1 else ONE,
    ]
    return "\n\n".join(piece.strip() for piece in pieces if piece)


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for a row that has a caption."""
    caption = caption_parts(row, options.kinds)
    if not caption:
        return []
    parts: list[Part] = [*caption]
    if options.mode == "complete":
        citing = reference_parts(row, options.references, _language(row, caption[0]))
        parts += [*figure_parts(row), *citing] if citing else []
    seen = tuple(range(min(len(row.images), options.pictures))) if options.see_image else ()
    return [Prompt(tuple(parts), "Rewrite the caption.", seen)]


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The rewritten texts in the source's language, each once; a copy is no paraphrase.

    Raises `BadAnswer` where there is none, unless nothing of the caption can be seen.
    """
    source = prompt.parts[0]
    language = _language(row, source)
    folded = [(_folded(text), plain(text)) for text in reversed(answer.captions)]
    written = {letters: text for letters, text in folded if letters}
    if options.paraphrases > 1 and len(written) > 1:
        written.pop(_folded(source.text), None)
    if not written and options.mode != "visible_only":
        raise BadAnswer("there is no caption in it")
    texts = list(reversed(written.values()))[: options.paraphrases]
    return [
        Draft(
            Text("rewritten", text, language),
            must_keep=options.mode == "denoise",
            findings=tuple(_findings(text, source.text, options)),
        )
        for text in texts
    ]


def _language(row: Sample, source: Part) -> str:
    return row.texts[int(source.ref.partition(":")[2])].language


def _findings(text: str, source: str, options: Options) -> list[str]:
    """Figure numbers that stayed; numbers of the caption that a completed one has lost; what no
    picture shows."""
    found = [f"source_mentioned: {match[0]}" for match in _FIGURE_NUMBER.finditer(text)]
    if options.mode == "visible_only":
        found += map(str, not_visible(text))
    if options.mode == "complete":
        kept = set(_numbers(text))
        lost = [number for number in _numbers(source) if number not in kept]
        found += [f"number_changed: {number} of the caption is lost" for number in lost]
    return list(dict.fromkeys(found))


def _numbers(text: str) -> list[str]:
    """Numbers of a text but for those of figures, citations, links and years, and single digits,
    which a caption may give as words."""
    said = _NO_MEASURE.sub(" ", _FIGURE_NUMBER.sub(" ", text))
    return [n.replace(",", "") for n in _NUMBER.findall(said) if len(n) > 1]


def _folded(text: str) -> str:
    """A text for comparison: letters and digits alone, lower case."""
    return _MARKS.sub("", text.casefold())


def flags(options: Options) -> frozenset[str]:
    """What the model sees it may name, and the recipe may look at it."""
    return frozenset({"concept_added"}) if options.see_image else frozenset()


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="a caption without noise, completed from citing sentences, or only what shows",
    needs="a caption, subcaption, label caption or report",
    makes="a text of kind rewritten, or several",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
)
