"""How well denied and doubted findings are told from asserted ones, and how fast.

    python -m benchmarks.negation [--json] [--data DIR] [--negspacy PYTHON]

The cases are sentences of our own in `tests/extractors/concepts/negation_cases.tsv`, modelled
on captions and reports; a mention is `{effusion|n}` (n denied, u doubted). The rules were made on
the part "dev"; "aside" is the half they were not. Beside ours: any cue word within five words before the
mention, which is NegEx's window, and negspacy where `--negspacy` names a Python that has it.
Speed is of sentences with two mentions each, and of those without any cue.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.data import arguments
from extractors.concepts.assertion import assertions

CASES = Path(__file__).resolve().parents[1] / "tests/extractors/concepts/negation_cases.tsv"
_MENTION = re.compile(r"\{([^{}|]+)(?:\|([nu]+))?\}")
_WORD = re.compile(r"[\w'?]+")
_NO_WORDS = "no not without negative absent absence denies denied free never neither nor"
_MAYBE_WORDS = "possible probable possibly likely may might could suspected suggests ?"
_NEGSPACY = """
import json, sys, spacy
from negspacy.negation import Negex
from spacy.tokens import Span
nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
class Mentions:
    def __call__(self, doc): return doc
nlp.add_pipe("negex", config={"ent_types": ["X"]})
negex = nlp.get_pipe("negex")
out = []
for text, spans in json.load(sys.stdin):
    doc = nlp.get_pipe("sentencizer")(nlp.make_doc(text))
    ents = [doc.char_span(a, b, label="X", alignment_mode="expand") for a, b in spans]
    doc.ents = [e for i, e in enumerate(ents) if not any(e.start < o.end for o in ents[:i])]
    doc = negex(doc)
    negated = {e.start for e in doc.ents if e._.negex}
    out.append([[e.start in negated, False] for e in ents])
json.dump(out, sys.stdout)
"""

Answer = tuple[bool, bool]  # denied, doubted


class Case(NamedTuple):
    """One sentence with its mentions and what it says of each."""

    part: str
    kind: str
    text: str
    spans: list[tuple[int, int]]
    truth: list[Answer]


def read_cases() -> list[Case]:
    """All cases, the marks of the mentions taken out of the text."""
    lines = CASES.read_text(encoding="utf-8").splitlines()[1:]
    return [read_case(*line.split("\t")) for line in lines]


def read_case(part: str, kind: str, marked: str) -> Case:
    """A case from its line."""
    text, spans, truth, last = "", [], [], 0
    for match in _MENTION.finditer(marked):
        text += marked[last : match.start()]
        spans.append((len(text), len(text) + len(match[1])))
        truth.append(("n" in (match[2] or ""), "u" in (match[2] or "")))
        text += match[1]
        last = match.end()
    return Case(part, kind, text + marked[last:], spans, truth)


def ours(cases: Sequence[Case]) -> list[list[Answer]]:
    """What `assertions` says."""
    return [
        [(a.negated, a.uncertain) for a in assertions(c.text, (0, len(c.text)), c.spans)]
        for c in cases
    ]


def window(cases: Sequence[Case]) -> list[list[Answer]]:
    """What a cue word within five words before the mention says."""
    answers = []
    for case in cases:
        before = [set(_WORD.findall(case.text[:a].lower())[-5:]) for a, _ in case.spans]
        answers.append(
            [
                (bool(words & {*_NO_WORDS.split()}), bool(words & {*_MAYBE_WORDS.split()}))
                for words in before
            ]
        )
    return answers


def negspacy(python: str) -> Callable[[Sequence[Case]], list[list[Answer]]]:
    """What negspacy says (it knows no doubt), in the Python that has it."""

    def ask(cases: Sequence[Case]) -> list[list[Answer]]:
        asked = json.dumps([(c.text, c.spans) for c in cases])
        done = subprocess.run(
            [python, "-W", "ignore", "-c", _NEGSPACY],
            input=asked,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return ask


def scores(cases: Sequence[Case], answers: list[list[Answer]], which: int) -> tuple[float, ...]:
    """Precision, recall and F1 of denied (0) or doubted (1)."""
    pairs = [
        (said[which], true[which])
        for case, answer in zip(cases, answers, strict=True)
        for said, true in zip(answer, case.truth, strict=True)
    ]
    hits = sum(said and true for said, true in pairs)
    precision = hits / max(sum(said for said, _ in pairs), 1)
    recall = hits / max(sum(true for _, true in pairs), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def speed(texts: Sequence[str], rounds: int = 30) -> float:
    """Sentences per second, each with two mentions."""
    asked = [(t, (0, len(t)), ((0, 4), (len(t) // 2, len(t) // 2 + 4))) for t in texts]
    start = time.perf_counter()
    for _ in range(rounds):
        for text, sentence, spans in asked:
            assertions(text, sentence, spans)
    return rounds * len(texts) / (time.perf_counter() - start)


def main() -> None:
    """Measure and print."""
    parser = arguments(str(__doc__))
    parser.add_argument("--negspacy", help="a Python that has negspacy")
    parser.add_argument("--wrong", action="store_true", help="list what is wrong in dev")
    options = parser.parse_args()
    cases = read_cases()
    systems = {"ours": ours, "window": window}
    if options.negspacy:
        systems["negspacy"] = negspacy(options.negspacy)
    found: dict[str, float] = {}
    for name, system in systems.items():
        for part in ("dev", "aside"):
            chosen = [c for c in cases if c.part == part]
            answers = system(chosen)
            for which, label in enumerate(("negation", "uncertainty")):
                values = scores(chosen, answers, which)
                for score, value in zip(("precision", "recall", "f1"), values, strict=True):
                    found[f"{name}_{part}_{label}_{score}"] = value
            if options.wrong and name == "ours" and part == "dev":
                _list_wrong(chosen, answers)
    for score in ("negation_precision", "negation_recall", "negation_f1", "uncertainty_f1"):
        found[score] = found[f"ours_aside_{score}"]
    found["sentences_per_s"] = speed([c.text for c in cases])
    plain = [c.text for c in cases if not any(map(any, window([c])[0] + c.truth))]
    found["sentences_without_cue_per_s"] = speed(plain)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:40} {value:,.3f}" if value <= 1 else f"{name:40} {value:,.0f}")


def _list_wrong(cases: Sequence[Case], answers: list[list[Answer]]) -> None:
    for case, answer in zip(cases, answers, strict=True):
        for (a, b), said, true in zip(case.spans, answer, case.truth, strict=True):
            if tuple(said) != true:
                print(f"{case.kind:7} {case.text[a:b]!r} said {said} is {true}: {case.text}")


if __name__ == "__main__":
    main()
