"""What became of the rule writer's mistakes in a corpus: rejected, flagged, or not seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks.rule_writer import Written
from benchmarks.rule_writer_faults import FORM
from pipelines.corpus import Corpus, views

_WORD = re.compile(r"\w+")
_COUNT = re.compile(r"(\d+) (written|flagged|rejected|failed|unasked)")
# A judge that marks by a hash finds no mistake.
_BY_HASH = "judged_poor"
# Tasks whose rejected drafts are not in the record: what was there before stays.
_ADDING = frozenset({"reason"})


class Item(NamedTuple):
    """A written text or question: all its words, its verdict, and where it stands."""

    sample_id: str
    task: str
    words: str
    faithful: bool
    reasons: tuple[str, ...]
    shown: str
    evidence: str

    @property
    def found(self) -> list[str]:
        """The names of what was found in it by checks."""
        names = [reason.partition(":")[0] for reason in self.reasons]
        return [name for name in names if name != _BY_HASH]


class Fate(NamedTuple):
    """A planted mistake and what became of it: `rejected`, `flagged`, `missed` or `unused`."""

    written: Written
    became: str
    items: tuple[Item, ...] = ()


def items_of(corpus: Corpus) -> list[Item]:
    """Everything in a corpus that was asked of a model, kept or not."""
    rows = views(corpus).sql("SELECT sample_id, texts, questions FROM samples").to_arrow_table()
    return [
        _item(row["sample_id"], made)
        for row in rows.to_pylist()
        for made in (*row["texts"], *row["questions"])
        if made["faithful"] is not None
    ]


def _item(sample_id: str, made: dict[str, Any]) -> Item:
    shown = made["text"] if "text" in made else _in_words(made)
    reasons = made["reasons"]
    if made.get("rejected"):  # the first says which fault was asked for
        reasons = reasons[1:]
    task = made["prompt"].rpartition("; ")[2].partition("/")[0]
    return Item(
        sample_id,
        task,
        words_of(shown),
        made["faithful"],
        tuple(reasons),
        shown,
        made["evidence"],
    )


def _in_words(made: dict[str, Any]) -> str:
    pieces = [made["question"], *(f"- {option}" for option in made["options"])]
    pieces += [f"answer: {made['answer']}"]
    pieces += [f"because: {made['rationale']}"] if made["rationale"] else []
    pieces += [f"rejected: {made['rejected']}"] if made["rejected"] else []
    return "\n".join(pieces)


def words_of(text: str) -> str:
    """A text for comparing: its words in small letters."""
    return f" {' '.join(word.casefold() for word in _WORD.findall(text))} "


def fates(items: Sequence[Item], written: Iterable[Written]) -> list[Fate]:
    """What became of each planted mistake that is not one of form."""
    by_task: dict[str, list[Item]] = {}
    for item in items:
        by_task.setdefault(item.task, []).append(item)
    return [
        _fate(one, by_task.get(one.task, ()))
        for one in written
        if one.planted and one.planted.fault not in FORM
    ]


def _fate(one: Written, items: Sequence[Item]) -> Fate:
    assert one.planted is not None
    marks = [words_of(mark) for mark in one.planted.marks]
    shown = tuple(item for item in items if all(mark in item.words for mark in marks))
    if not shown:
        return Fate(one, "rejected" if one.task in _ADDING else "unused")
    if any(item.faithful and not item.found for item in shown):
        return Fate(one, "missed", shown)
    if any(item.faithful for item in shown):
        return Fate(one, "flagged", shown)
    seen = any(item.found for item in shown)
    return Fate(one, "rejected" if seen else "missed", shown)


def by_fault(found: Iterable[Fate]) -> dict[str, dict[str, int]]:
    """For each mistake how often it was planted, and what became of it."""
    table: dict[str, Counter[str]] = {}
    for fate in found:
        assert fate.written.planted is not None
        counts = table.setdefault(fate.written.planted.fault, Counter())
        counts.update(("planted", fate.became))
    names = ("planted", "rejected", "flagged", "missed", "unused")
    return {fault: {n: counts[n] for n in names} for fault, counts in sorted(table.items())}


def recall(table: dict[str, dict[str, int]]) -> float | None:
    """The share rejected or flagged of the mistakes that came into a record; None without any."""
    caught = sum(counts["rejected"] + counts["flagged"] for counts in table.values())
    used = sum(counts["planted"] - counts["unused"] for counts in table.values())
    return round(caught / used, 4) if used else None


def alarms(items: Iterable[Item], found: Iterable[Fate]) -> list[Item]:
    """Items in which checks found something though no mistake was planted in them."""
    planted = {id(item) for fate in found for item in fate.items}
    return [item for item in items if item.found and id(item) not in planted]


def words_by_task(
    words: Iterable[dict[str, str]], tasks: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Of the rows' own words on each task the sums: written, flagged, rejected, failed."""
    return {task: dict(_sums(own[task] for own in words if task in own)) for task in tasks}


def _sums(words: Iterable[str]) -> Iterator[tuple[str, int]]:
    sums = Counter[str]()
    for word in words:
        sums["rows"] += 1
        sums.update(
            {what: int(count) for count, what in _COUNT.findall(re.sub(r"\([^)]*\)", "", word))}
        )
    yield from sums.items()
