"""summarise_references: what an article says of its figure, in one to three sentences.

The text kind is `reference_summary`. Open-PMC trains on the caption followed by such a summary.
"""

from __future__ import annotations

import re

import msgspec
from pydantic import Field

from llm_rewrite.answers import BadAnswer
from llm_rewrite.material.sources import (
    CAPTION_KINDS,
    citing_parts,
    figure_parts,
    plain,
    reference_parts,
)
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Prompt
from llm_rewrite.task import Draft, Task, Tools
from schemas.sample import Sample, Text

NAME, VERSION = "summarise_references", 1

INSTRUCTIONS = """
You get what an article says where it cites one of its medical figures. Say in at most {most} short
sentences what it says about that figure, for a corpus that trains vision-language models.

- "this picture" is what the article calls the figure. If it names a panel, only what concerns that
  panel or the figure as a whole counts; what belongs to other panels is left out.
- Other figures, tables, methods, other patients, history, treatment and outcome are left out, unless
  the sentence says that this figure shows them.
- Keep findings, structures, sides, numbers with units, what is absent and every degree of certainty
  exactly as stated. Add nothing and conclude nothing.
- Write of the picture itself, in the language of the material. Never mention the article, authors,
  a citation, or the number of a figure.
Give each sentence as one item of `sentences`. If nothing is said about this figure, give an empty
list.

Example. this picture: "Figure 2, panel B". Citing sentence: "After two weeks the fever had gone and
CT showed a thin residual rim of fluid (Figure 2B), while the liver was normal (Figure 3)." Answer:
one sentence, "CT shows a thin residual rim of fluid."
"""

_CITING = ("reference", "reference_paragraph")
_PANEL = r"(?:panels?\s+[A-Za-z]\b|\d\s?[A-Za-z]\b|\(\s*[A-Za-z]\s*\))"
_NAMES_PANEL = re.compile(_PANEL)
_NUMBERED = re.compile(
    r"\b(?:fig(?:ure|ura)?s?\b\.?|tab(?:le)?s?\b\.?|abb(?:ildung)?\b\.?)\s*(?:no\.?\s*)?S?\d+",
    re.IGNORECASE,
)


class Options(TaskOptions):
    """`most` sentences of summary. `paragraphs`: whole citing paragraphs, not only the sentences;
    at most `references` of them."""

    most: int = Field(3, ge=1, le=10)
    paragraphs: bool = True
    references: int = Field(4, ge=1, le=20)


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The sentences of the summary, in order; none where nothing is said of the figure."""

    sentences: list[str]


def instructions(options: Options) -> str:
    """The fixed prompt."""
    return INSTRUCTIONS.format(most=options.most).strip()


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for a row whose figure is cited.

    The panel is named only where some sentence names panels: else the rows of all panels of a
    figure have one request between them, which is paid for once.
    """
    shown = citing_parts if options.paragraphs else reference_parts
    citing = shown(row, options.references, _language(row))
    if not citing:
        return []
    of_panels = any(_NAMES_PANEL.search(part.text) for part in citing)
    whole = msgspec.structs.replace(row.figure, panel="") if row.figure else None
    named = row if of_panels else msgspec.structs.replace(row, figure=whole)
    request = f"Say what is said about this picture, in at most {options.most} sentences."
    return [Prompt((*figure_parts(named), *citing), request)]


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The summary as one text; nothing where nothing is said. Raises `BadAnswer` if too long."""
    sentences = [plain(sentence) for sentence in answer.sentences if sentence.strip()]
    if len(sentences) > options.most:
        raise BadAnswer(f"{len(sentences)} sentences, where at most {options.most} were asked for")
    if not sentences:
        return []
    text = " ".join(s if s[-1] in ".!?" else f"{s}." for s in sentences)
    findings = [f"source_mentioned: {match[0]}" for match in _NUMBERED.finditer(text)]
    made = Text("reference_summary", text, _language(row))
    return [Draft(made, findings=tuple(dict.fromkeys(findings)))]


def _language(row: Sample) -> str:
    """The caption's where some citing text is in it, else that of the first citing text.

    An article that is published in several languages cites its figure in each.
    """
    citing = [text.language for text in row.texts if text.kind in _CITING and text.text.strip()]
    own = [t.language for t in row.texts if t.kind in CAPTION_KINDS and t.language in citing]
    return next(iter([*own, *citing]), "en")


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="what the article says of its figure where it cites it, in a few sentences",
    needs="texts of kind reference or reference_paragraph",
    makes="a text of kind reference_summary",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
)
