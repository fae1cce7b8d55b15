"""How many identifying details in texts are found, and how many findings are none.

    python -m benchmarks.identifying [--json] [--data DIR] [--seen]

Recall and precision by kind on sentences written by hand after captions, reports and the headers of
pictures (`identifying_cases.jsonl`; nobody in them exists). Half of them are `aside`: they were
written before the rules, and the rules were written looking at the other half only. A finding is
right where its kind is, and it overlaps the detail (`alike kinds`: where it is any kind of date, of
number or of name). Then the findings in real texts, which are printed, and texts a second on
one core. Beside ours, in the same run: plain patterns as one would write them first, and scrubadub
where installed (`pip install scrubadub`).

`--seen` prints what was missed and what was wrong in the half that the rules were written with.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from benchmarks.data import arguments
from benchmarks.real_texts import captions, reports
from filters.texts.identifying import KINDS, identifying

_CASES = Path(__file__).with_name("identifying_cases.jsonl")
_ALIKE = {"birth_date": "date", "national_id": "record_number", "person": "name"}
_SHOWN = 80

Span = tuple[str, int, int]
Finder = Callable[[str], list[Span]]


class Case(msgspec.Struct, frozen=True):
    """A sentence, `where` such are read, and the details in it: kind, start, end."""

    half: str
    where: str
    text: str
    found: list[Span]


def cases(half: str) -> list[Case]:
    """The labelled sentences of a half, `aside` or `seen`."""
    lines = _CASES.read_bytes().splitlines()
    return [c for c in (msgspec.json.decode(line, type=Case) for line in lines) if c.half == half]


def ours(text: str) -> list[Span]:
    """What Fabrica finds."""
    return [(f.kind, f.start, f.end) for f in identifying(text)]


_PLAIN = {
    "date": r"\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b"
    r"|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{4}"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2},? \d{4}",
    "email": r"\S+@\S+\.\w+",
    "phone": r"\+?\(?\d{3}\)?[ -]\d{3}[ -]\d{4}",
    "national_id": r"\b\d{3}-\d{2}-\d{4}\b",
    "record_number": r"\b\d{6,10}\b",
    "age_over_89": r"\b(?:9\d|1[01]\d)[- ]year",
    "name": r"\b[A-Z][a-z]+ [A-Z][a-z]+\b",
}


def plain_patterns(text: str) -> list[Span]:
    """The naive baseline: a pattern for each kind, any two capitalised words a name."""
    return [(k, m.start(), m.end()) for k, p in _PLAIN.items() for m in re.finditer(p, text)]


def scrubadub_finder() -> Finder | None:
    """What scrubadub finds with the detectors of its own that need no model, if installed."""
    try:
        import scrubadub
    except ImportError:
        return None
    kinds = {
        "email": "email", "phone": "phone", "social_security_number": "national_id",
        "name": "name", "date_of_birth": "birth_date", "postalcode": "address",
        "drivers_licence": "national_id", "national_insurance_number": "national_id",
    }  # fmt: skip
    scrubber = scrubadub.Scrubber()

    def find(text: str) -> list[Span]:
        found = scrubber.iter_filth(text)
        return [(kinds.get(f.type, f.type), f.beg, f.end) for f in found]

    return find


def measured(some: list[Case], find: Finder, loosely: bool = False) -> dict[str, Counter[str]]:
    """By kind: how many details there are, were found, and how many findings were none."""
    counts = {what: Counter[str]() for what in ("there", "found", "wrong")}
    for case in some:
        got = [(_kind(k, loosely), a, b) for k, a, b in find(case.text)]
        truth = [(_kind(k, loosely), a, b) for k, a, b in case.found]
        counts["there"].update(k for k, _, _ in truth)
        counts["found"].update(t[0] for t in truth if _met(t, got))
        counts["wrong"].update(g[0] for g in got if not _met(g, truth))
    return counts


def _kind(kind: str, loosely: bool) -> str:
    return _ALIKE.get(kind, kind) if loosely else kind


def _met(one: Span, others: list[Span]) -> bool:
    return any(one[0] == k and one[1] < b and a < one[2] for k, a, b in others)


def _shares(
    name: str, counts: dict[str, Counter[str]], by_kind: bool
) -> Iterator[tuple[str, float]]:
    for kind in ("all", *KINDS) if by_kind else ("all",):
        there, found, wrong = (
            counts[what].total() if kind == "all" else counts[what][kind]
            for what in ("there", "found", "wrong")
        )
        yield f"{name} {kind} recall", found / max(1, there)
        yield f"{name} {kind} precision", found / max(1, found + wrong)


def on_cases() -> dict[str, float]:
    """Recall and precision of ours and the peers."""
    found: dict[str, float] = {}
    finders: dict[str, Finder | None] = {
        "ours": ours,
        "plain patterns": plain_patterns,
        "scrubadub": scrubadub_finder(),
    }
    for half in ("aside", "seen"):
        for name, find in finders.items():
            if find is not None:
                counts = measured(cases(half), find)
                found |= dict(_shares(f"{half} {name}", counts, name == "ours"))
                loose = measured(cases(half), find, loosely=True)
                found |= dict(_shares(f"{half} {name}, alike kinds", loose, False))
    return found


def on_real_texts(data: Path, say: Callable[[str], None]) -> dict[str, float]:
    """Findings in captions and reports of real articles and datasets, and the speed."""
    found: dict[str, float] = {}
    for name, texts in (*captions(data).items(), *reports(data).items()):
        start = time.process_time()
        results = [identifying(text) for text in texts]
        seconds = time.process_time() - start
        kinds = Counter(f.kind for result in results for f in result)
        found[f"{name} texts"] = len(texts)
        found[f"{name} texts with findings"] = sum(map(bool, results))
        found[f"{name} texts_per_s"] = round(len(texts) / max(1e-9, seconds))
        found |= {f"{name} {kind}": n for kind, n in sorted(kinds.items())}
        shown = [(t, f) for t, result in zip(texts, results, strict=True) for f in result]
        for text, f in shown[:_SHOWN]:
            before, after = text[max(0, f.start - 40) : f.start], text[f.end : f.end + 30]
            line = f"{before}>>>{text[f.start : f.end]}<<<{after}".replace("\n", " ")
            say(f"{name:10} {f.kind:14} {line}")
    return found


def main() -> None:
    """Measure and print."""
    parser = arguments(str(__doc__))
    parser.add_argument("--seen", action="store_true", help="print the faults in the seen half")
    options = parser.parse_args()
    if options.seen:
        for case in cases("seen"):
            got = ours(case.text)
            for kind, a, b in (t for t in case.found if not _met(t, got)):
                print(f"missed {kind:14} {case.text[a:b]!r} in {case.text!r}")
            for kind, a, b in (g for g in got if not _met(g, case.found)):
                print(f"wrong  {kind:14} {case.text[a:b]!r} in {case.text!r}")
        return
    found = on_cases()
    found |= on_real_texts(options.data, (lambda _: None) if options.json else print)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:50} {value:,.3f}" if isinstance(value, float) else f"{name:50} {value:,}")


if __name__ == "__main__":
    main()
