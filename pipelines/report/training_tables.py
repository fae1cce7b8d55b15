"""Tables of the training page: what rules are worth, runs, faults, what was left out, settings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from pipelines.report import markup
from pipelines.report.markup import text
from pipelines.report.training_curves import doubling_chart, doubling_words, loss_charts
from pipelines.report.training_marks import Line, Mark, between, forest, key, scale_of
from pipelines.report.training_words import named, number_of, shown_arms, task_words, under, worth
from trainer.results import Ablated, Doubling, Result, Run, Score

_TOGETHER = ("train", "against")
_LONGEST = 300  # letters of a setting


def ablation(result: Result) -> Iterator[str]:
    """What each rule is worth: the corpus with it minus the corpus without it."""
    yield "<h2>Rules</h2>"
    if not result.ablation:
        yield "<p>There was no rule to leave out.</p>"
        return
    yield (
        '<p class="note">Each rule was left out alone; models were trained with and without it for the '
        "same number of samples. Right of the line, models are better with the rule. The intervals are "
        "95 %, each for itself: of twenty rules that do nothing, one may look as if it did.</p>"
    )
    signs = (("better", "worth keeping"), ("worse", "harms"), ("tie", "makes no difference seen"))
    yield f'<p class="note">{"".join(key(*each) for each in signs)}</p>'
    lines = [_rule_line(rule) for rule in result.ablation]
    yield forest(lines, scale_of(lines, zero_in=True), "What rules are worth", zero=True)
    yield '<div class="spaced"></div>'
    head = ("rule", "keeps rows where", "rows with it", "rows without it", "difference", "verdict")
    yield markup.table(head, [_rule(each) for each in result.ablation])


def _rule_line(rule: Ablated) -> Line:
    found, words = rule.overall, worth(rule)
    if found is None or rule.skipped:
        return Line(rule.rule, rule.skipped, (), (), None, words)
    kind = found.verdict if found.verdict in ("better", "worse") else "tie"
    numbers = between(found.difference, found.low, found.high, signed=True)
    mark = Mark(found.difference, found.low, found.high, kind)
    return Line(rule.rule, "", [mark], [numbers], None, words)


def _rule(rule: Ablated) -> tuple[object, ...]:
    found = rule.overall
    numbers = "" if found is None else between(found.difference, found.low, found.high, signed=True)
    words = f"not trained: {rule.skipped}" if rule.skipped else worth(rule)
    return rule.rule, rule.condition, rule.rows_with, rule.rows_without, numbers, words


def scaling(result: Result) -> Iterator[str]:
    """Figures by rows of the corpus."""
    yield "<h2>Scaling</h2>"
    if not result.scaling:
        yield "<p>There was no curve to fit.</p>"
        return
    yield (
        '<p class="note">The same training on parts of the corpus. Points are means over seeds with '
        "95 % intervals; the line is a power law fitted to their errors; the dashed line is chance. "
        "A curve that has gone flat says that more rows of this kind bring little.</p>"
    )
    sets = len({each.test_set for each in result.scaling})
    charts = []
    for each in result.scaling:
        of = _score_of(each, result)
        name = task_words(of.task if of else each.task)
        small = under(of, sets) if of else each.metric
        charts.append(
            f'<div class="chart"><h3>{text(name)} '
            f"<small>{text(small)}</small></h3>"
            f"{doubling_chart(each, of.chance if of else None)}"
            f'<p class="note">{text(doubling_words(each))}</p></div>'
        )
    yield f'<div class="charts">{"".join(charts)}</div>'


def _score_of(found: Doubling, result: Result) -> Score | None:
    """The score of the whole corpus that a curve ends in. A curve's task has the slice behind it."""
    return next(
        (
            score
            for _, arm in shown_arms(result)
            for score in arm.scores
            if (score.test_set, score.metric, score.role) == (found.test_set, found.metric, "task")
            and " ".join(filter(None, (score.task, score.slice))) == found.task
        ),
        None,
    )


def training(result: Result) -> Iterator[str]:
    """Loss curves and the runs one by one."""
    arms = named(result.arms)
    yield "<h2>Training</h2>"
    yield (
        '<p class="note">Loss by samples seen, a line for each seed. A line that has not levelled out '
        "would still learn with a larger budget; losses of different corpora say nothing on which is "
        "better, as their captions are not equally hard.</p>"
    )
    together = result.command in _TOGETHER
    if together and len(arms) > 1:
        signs = zip(("one", "other"), arms, strict=False)
        yield f'<p class="note">{"".join(key(kind, name) for kind, (name, _) in signs)}</p>'
    yield loss_charts(arms, together)
    head = (
        "corpus", "seed", "rows", "samples seen", "samples/s", "waiting for data", "last loss", "minutes",
    )  # fmt: skip
    rows = [
        (
            name,
            str(run.seed),
            run.rows,
            run.samples,
            round(run.samples_per_s) if math.isfinite(run.samples_per_s) else "",
            f"{run.loading_share:.0%}",
            _last_loss(run),
            f"{run.seconds / 60:.1f}",
        )
        for name, arm in arms
        for run in arm.runs
    ]
    if rows:
        runs = number_of(len(rows), "run")
        yield f"<details><summary>{runs}</summary>{markup.table(head, rows)}</details>"


def _last_loss(run: Run) -> str:
    if not run.losses:
        return ""
    loss = run.losses[-1][1]
    return f"{loss:.3f}" if math.isfinite(loss) else "diverged"


def left_out(result: Result) -> Iterator[str]:
    """Training rows that were not learned from, since they or their like are tested on; faults."""
    yield "<h2>Left out</h2>"
    rows = [
        (name, why, n) for name, arm in named(result.arms) for why, n in sorted(arm.overlap.items())
    ]
    if rows:
        yield (
            '<p class="note">Training rows that overlap with what is tested on are not trained on, in '
            "any corpus of a comparison.</p>"
        )
        yield markup.table(("corpus", "why", "rows"), rows)
    else:
        yield "<p>No training row overlaps with what is tested on.</p>"
    faults = [
        (name, str(run.seed), why, n)
        for name, arm in named(result.arms)
        for run in arm.runs
        for why, n in sorted(run.faults.items())
    ]
    yield "<h2>Faults</h2>"
    if faults:
        yield '<p class="note">Rows that could not be read in training; they were skipped.</p>'
        yield markup.table(("corpus", "seed", "fault", "times"), faults)
    else:
        yield "<p>Every row was read.</p>"


def settings(result: Result) -> Iterator[str]:
    """What was tested on, and how it was trained."""
    if result.test_sets:
        yield "<h2>Test sets</h2>"
        head = (
            "test set",
            "rows",
            "groups",
            "captions",
            "rows for the probe",
            "modalities",
            "note",
        )
        yield markup.table(head, [_test_set(each) for each in result.test_sets])
    yield "<h2>Settings</h2>"
    rows = [(name, _shown(value)) for name, value in result.settings.items()]
    rows += [(f"version of {name}", version) for name, version in result.versions.items()]
    rows = [("corpus", result.corpus), *([("other", result.other)] if result.other else []), *rows]
    yield markup.table(("setting", "value"), rows)


def _test_set(found: dict[str, object]) -> tuple[object, ...]:
    its = found.get("modalities")
    modalities = (
        ", ".join(f"{name} {n}" for name, n in its.items()) if isinstance(its, dict) else ""
    )
    columns = ("name", "rows", "groups", "captions", "probe_rows")
    return *(found.get(name, "") for name in columns), modalities, found.get("note", "")


def _shown(value: object) -> str:
    words = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"
