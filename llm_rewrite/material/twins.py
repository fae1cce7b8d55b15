"""Language twins: a text or question as lines, and the same thing again out of translated lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from schemas.sample import Question, Text


def strings_of(item: Text | Question) -> list[str]:
    """What of a text or question is to be translated, line by line, in the order of `twin_of`."""
    if isinstance(item, Text):
        return item.text.split("\n")
    return [*_asked(item), *(item.rationale.split("\n") if item.rationale else [])]


def put_back(
    strings: Sequence[str], numbers: Mapping[str, int], lines: Mapping[int, str]
) -> list[str]:
    """For each line its translation, or the line itself where it has nothing to translate."""
    places = [numbers.get(" ".join(string.split())) for string in strings]
    return [
        string.strip() if place is None else lines[place]
        for string, place in zip(strings, places, strict=True)
    ]


def twin_of(
    item: Text | Question, language: str, evidence: str, lines: Sequence[str]
) -> Text | Question:
    """The same in another language, out of the translations of `strings_of`.

    A question keeps the order of its options and which of them is right. Its pair and its
    conversation get the language behind their name, so that each stays in one language.
    """
    if isinstance(item, Text):
        return Text("translation", "\n".join(lines), language, evidence=evidence)
    put = iter(lines)
    asked, options = next(put), [next(put).replace("; ", ", ") for _ in item.options]
    answer = _right(item, options) or next(put)
    rejected = item.rejected
    if rejected:
        listed = rejected in item.options
        rejected = options[item.options.index(rejected)] if listed else next(put)
    return msgspec.structs.replace(
        item,
        question=asked,
        options=options,
        answer=answer,
        rejected=rejected,
        rationale="\n".join(put),
        language=language,
        evidence=evidence,
        reasons=[],
        pair=item.pair and f"{item.pair}/{language}",
        dialogue=item.dialogue and f"{item.dialogue}/{language}",
    )


def _asked(item: Question) -> list[str]:
    """The question, its options, and the answers that are none of them."""
    strings = [item.question, *item.options]
    strings += [] if _right(item, item.options) else [item.answer]
    return strings + ([item.rejected] if item.rejected not in ("", *item.options) else [])


def _right(item: Question, options: Sequence[str]) -> str:
    """Of other words for the options those that are right, "" where the answer is no option."""
    right = set(item.answer.split("; ")) if item.kind == "multiple" else {item.answer}
    if not item.options or not right <= set(item.options):
        return ""
    return "; ".join(new for old, new in zip(item.options, options, strict=True) if old in right)
