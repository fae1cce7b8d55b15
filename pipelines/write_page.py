"""What `fabrica write` puts on a terminal: prompts beside answers, in two columns, with verdicts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_rewrite.writing import Exchange, Judged, Step
from schemas.sample import Question, Sample, Text

_MOST_SHOWN = 4000  # characters of a reply


@dataclass(frozen=True)
class Shown:
    """A row with all that was said for it; `word` is the one line that the record would carry."""

    row: Sample
    exchanges: Sequence[Exchange]
    word: str


def page(step: Step, shown: Sequence[Shown], width: int) -> Iterator[str]:
    """The fixed prompt once, then for each row its material beside the answer, and the verdict."""
    first = next((e for one in shown for e in one.exchanges), None)
    yield from _wrapped(f"{step.name}  {step.prompt_id}  {step.options.model}", width, "")
    if first is not None:
        yield from _wrapped(first.request.system, width, "  ")
    for one in shown:
        yield ""
        yield from _wrapped(f"==== {one.row.sample_id}  {one.word}", width, "")
        for exchange in one.exchanges:
            pictures = (
                f"({len(exchange.request.images)} picture) " if exchange.request.images else ""
            )
            yield from _beside(
                f"{pictures}{exchange.request.user}", "\n\n".join(_said(exchange)), width
            )
            for judged in exchange.judged:
                yield from _wrapped(_verdict(judged), width, "  ")
            if exchange.problem:
                yield from _wrapped(f"no answer: {exchange.problem}", width, "  ")


def _said(exchange: Exchange) -> Iterator[str]:
    """What was written; where nothing could be made of a reply, the reply itself."""
    if not exchange.judged:
        yield from (_cut(reply.content or reply.problem) for reply in exchange.replies)
    for judged in exchange.judged:
        made = judged.draft.made
        if isinstance(made, Text):
            yield made.text
        elif isinstance(made, Question):
            options = [f"{'*' if o in made.answer.split('; ') else '-'} {o}" for o in made.options]
            lines = [f"{made.kind}: {made.question}", *options, f"answer: {made.answer}"]
            lines += [f"rationale: {made.rationale}"] if made.rationale else []
            lines += [f"rejected: {made.rejected} (weight {made.weight})"] if made.rejected else []
            yield "\n".join(lines)
        if judged.draft.scores:
            yield "  ".join(f"{name} {value:g}" for name, value in judged.draft.scores.items())


def _cut(reply: str) -> str:
    """A reply that may be anything, no longer than people read."""
    if len(reply) <= _MOST_SHOWN:
        return reply
    return f"{reply[:_MOST_SHOWN]}\n... and {len(reply) - _MOST_SHOWN:,} characters more"


def _verdict(judged: Judged) -> str:
    word = "rejected" if judged.rejected else "flagged" if judged.findings else "well"
    return f"{word}{': ' if judged.findings else ''}{'; '.join(map(str, judged.findings))}"


def _beside(left: str, right: str, width: int) -> Iterator[str]:
    """Two texts in two columns."""
    half = (width - 3) // 2
    columns = [list(_wrapped(text, half, "")) for text in (left, right)]
    for i in range(max(map(len, columns))):
        cells = [column[i] if i < len(column) else "" for column in columns]
        yield f"{cells[0]:<{half}} | {cells[1]}".rstrip()


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    """Lines no wider than asked, without control characters that would change the terminal."""
    plain = "".join(c if c == "\n" or c.isprintable() else "·" for c in text)
    for line in plain.splitlines() or [""]:
        yield from textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent) or [
            ""
        ]
