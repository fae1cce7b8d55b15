"""How many planted faults the checks of written texts find, and how often they alarm at none.

    python -m benchmarks.faithfulness [--json] [--data DIR] [--set develop|aside|both] [--misses]

The pairs are in `benchmarks/faithfulness_pairs`: captions of real articles put into other words by
hand, faithfully or with one planted fault. The checks were made on `develop`, not on `aside`. The
captions themselves are read from the articles below `jats/` of the data folder and told by their
digest; a pair whose caption is not there is left out and counted.

A fault is found where any finding rejects the text, and named where one of its findings has the
fault's own reason (number, unit and date are one family: a lost unit is also a changed number). A
false alarm is any finding on a faithful text; per kind, the share of faithful texts that have one of
that kind. No caption is in both sets. `--misses` lists what went wrong in develop, never in aside.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.caption_pairs import FOLDER, INSTRUCTIONS, SETS, Pair, captions, read_pairs
from benchmarks.data import arguments
from extractors.concepts.document import Linked, link_document
from extractors.concepts.loading import load_linker
from extractors.modality.judge import judge_modality
from llm_rewrite.faithfulness import (
    Evidence,
    Finding,
    check_question,
    check_text,
    not_visible,
    sorted_out,
)
from llm_rewrite.task import Tools
from schemas.sample import Concept, Question

_QUANTITIES = frozenset({"number_changed", "unit_changed", "date_changed"})


class Outcome(NamedTuple):
    """What the checks say of a pair: all findings, and those that reject."""

    pair: Pair
    findings: list[Finding]
    rejecting: list[Finding]


def starter_tools() -> Tools:
    """What a recipe without a vocabulary of its own lends to its checks."""
    linker = load_linker()

    def link(texts: Sequence[str]) -> list[list[Concept]]:
        return [[_concept(found) for found in own] for own in link_document(linker, texts)]

    return Tools(link=link, modality=_modality)


def _concept(found: Linked) -> Concept:
    mention = found.mention
    return Concept(
        cui=mention.cui,
        name=mention.name,
        types=mention.types,
        start=mention.start,
        end=mention.end,
        score=mention.score,
        negated=found.negated,
        uncertain=found.uncertain,
    )


def _modality(text: str) -> str:
    return judge_modality([("caption", text)], None, None).modality


def judge(pair: Pair, source: str, tools: Tools) -> Outcome:
    """A pair through the checks that its text or question would meet in a run."""
    evidence = Evidence(
        texts=(source,), modality=tools.modality(source), instructions=INSTRUCTIONS.strip()
    )
    if pair.question is not None:
        findings = check_question(pair.question, evidence, tools)
    else:
        findings = check_text(
            pair.rewrite, evidence, tools, must_keep=pair.keep, language=pair.language
        )
        findings += not_visible(pair.rewrite) if pair.visible_only else []
    rejecting, _ = sorted_out(findings, None, frozenset())
    return Outcome(pair, findings, rejecting)


def named(outcome: Outcome) -> bool:
    """Whether a finding has the fault's own reason, or one of its family."""
    fault = outcome.pair.fault
    family = _QUANTITIES if fault in _QUANTITIES else {fault}
    return any(finding.reason in family for finding in outcome.findings)


def scores(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """`recall` and `false_alarms` as shares, the counts behind them, and the same `per_kind`.

    A share of nothing is None. A kind without pairs is there when it gave a false alarm.
    """
    faulty = [outcome for outcome in outcomes if outcome.pair.fault]
    faithful = [outcome for outcome in outcomes if not outcome.pair.fault]
    alarms = Counter(reason for o in faithful for reason in {f.reason for f in o.findings})
    kinds = dict.fromkeys([*sorted({o.pair.fault for o in faulty}), *sorted(alarms)])
    return {
        "recall": _share(bool(o.rejecting) for o in faulty),
        "false_alarms": _share(bool(o.findings) for o in faithful),
        "faulty": len(faulty),
        "faithful": len(faithful),
        "per_kind": {
            kind: _kind_scores([o for o in faulty if o.pair.fault == kind])
            | {"false_alarms": alarms[kind] / len(faithful) if faithful else None}
            for kind in kinds
        },
    }


def _kind_scores(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "pairs": len(outcomes),
        "recall": _share(bool(o.rejecting) for o in outcomes),
        "named": _share(map(named, outcomes)),
    }


def _share(of: Iterable[bool]) -> float | None:
    flags = list(of)
    return sum(flags) / len(flags) if flags else None


def measure(chosen: Mapping[str, Sequence[Pair]], texts: Mapping[str, str]) -> dict[str, Any]:
    """Scores over all chosen sets together and over each; and the outcomes, under `outcomes`."""
    tools = starter_tools()
    outcomes = {
        name: [judge(p, texts[p.sha256], tools) for p in pairs if p.sha256 in texts]
        for name, pairs in chosen.items()
    }
    each = {
        name: {key: value for key, value in scores(own).items() if key != "per_kind"}
        for name, own in outcomes.items()
    }
    left_out = sum(p.sha256 not in texts for pairs in chosen.values() for p in pairs)
    together = [outcome for own in outcomes.values() for outcome in own]
    return {**scores(together), "left_out": left_out, **each, "outcomes": outcomes}


def main() -> None:
    """Measure and print."""
    parser = arguments(str(__doc__))
    parser.add_argument("--set", choices=[*SETS, "both"], default="both", help="which pairs")
    parser.add_argument("--misses", action="store_true", help="list what is wrong in develop")
    options = parser.parse_args()
    names = SETS if options.set == "both" else (options.set,)
    try:
        chosen = {name: pairs for name in names if (pairs := read_pairs(name))}
    except ValueError as error:
        parser.error(str(error))
    texts = captions(options.data)
    if why := _nothing_to_do(chosen, texts, options.data):
        print(json.dumps({"skipped": why}) if options.json else f"skipped: {why}")
        return
    found = measure(chosen, texts)
    outcomes = found.pop("outcomes")
    if options.json:
        print(json.dumps(found))
        return
    _print_table(found)
    if options.misses:
        _print_misses(outcomes.get("develop", []), texts)


def _nothing_to_do(
    chosen: Mapping[str, Sequence[Pair]], texts: Mapping[str, str], data: Path
) -> str:
    """Why nothing can be measured, on one line; empty where something can."""
    if not chosen:
        return f"no such pairs in {FOLDER.name}"
    if not any(pair.sha256 in texts for pairs in chosen.values() for pair in pairs):
        return f"none of the captions is among the articles of {data}/jats (see --data)"
    return ""


def _print_table(found: Mapping[str, Any]) -> None:
    print(f"{'kind':22} {'pairs':>6} {'recall':>7} {'named':>7} {'false alarms':>13}")
    for kind, row in found["per_kind"].items():
        shares = f"{_percent(row['recall']):>7} {_percent(row['named']):>7}"
        print(f"{kind:22} {row['pairs']:6} {shares} {_percent(row['false_alarms']):>13}")
    print()
    parts = [name for name in SETS if name in found]
    for name, row in [*((name, found[name]) for name in parts), ("together", found)]:
        print(
            f"{name:9} recall {_percent(row['recall'])} of {row['faulty']} faults, "
            f"false alarms {_percent(row['false_alarms'])} of {row['faithful']} faithful texts"
        )
    if found["left_out"]:
        print(f"left out: {found['left_out']} pairs whose caption is not in the data")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _print_misses(outcomes: Iterable[Outcome], texts: Mapping[str, str]) -> None:
    """Faults that nothing rejected or that have another's name, and alarms at faithful texts."""
    for outcome in outcomes:
        pair, findings = outcome.pair, "; ".join(map(str, outcome.findings)) or "nothing"
        if pair.fault and outcome.rejecting and named(outcome):
            continue
        if not pair.fault and not outcome.findings:
            continue
        verdict = "alarm" if not pair.fault else "other name" if outcome.rejecting else "missed"
        written = pair.rewrite or _in_words(pair.question)
        print(f"\n{pair.id} {verdict} {pair.fault} ({pair.planted or pair.source})")
        print(f"  source : {texts[pair.sha256]}\n  written: {written}\n  found  : {findings}")


def _in_words(question: Question | None) -> str:
    if question is None:
        return ""
    parts = (question.question, " / ".join(question.options), question.answer, question.rationale)
    return " | ".join(part for part in parts if part)


if __name__ == "__main__":
    main()
