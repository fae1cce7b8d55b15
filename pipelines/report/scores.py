"""The report on scores: how each is spread, where rules cut it, and rows from low to high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipelines.recipe import Recipe
from pipelines.report.markup import text
from pipelines.report.rows import Rows, card, gallery, note, told
from pipelines.scored import Cut, Spread, extremes, measure, rows_at, spreads_of
from pipelines.storage import Store

_SHOWN = 12
_PAIRS_SHOWN = 6
_HIGH, _WIDE, _FOOT = 110, 1060, 20
_MATCH = (
    "clip_rank",
    "clip",
)  # by which the best and worst pairs are told, the first that is there


@dataclass(frozen=True)
class Scores:
    """What is shown: scores, a row for each of their steps, and the best and worst pairs;
    one in `every` rows was looked at."""

    spreads: Sequence[Spread]
    steps: Mapping[tuple[str, float], str]
    best: Sequence[str]
    worst: Sequence[str]
    every: int = 1

    @property
    def ids(self) -> list[str]:
        """The rows that are shown."""
        return [*self.steps.values(), *self.best, *self.worst]


def scores_of(connection: duckdb.DuckDBPyConnection, recipe: Recipe | None) -> Scores:
    """What is shown of a connection's view `manifest`."""
    rules = recipe.select.rules if recipe else {}
    measured = measure(connection, rules, _SHOWN)
    spreads = spreads_of(connection, measured, rules)
    by = [name for name in _MATCH if name in measured.names]
    best, worst = (
        extremes(connection, measured, by, high, _PAIRS_SHOWN) if by else []
        for high in (True, False)
    )
    return Scores(spreads, rows_at(connection, measured, spreads), best, worst, measured.every)


def scores_parts(store: Store, found: Scores, rows: Rows) -> list[str]:
    """The section's HTML; nothing where no row has a score."""
    if not found.spreads:
        return []
    ruled = any(spread.cuts for spread in found.spreads)
    said = (
        "Each score with rows from its lowest to its highest value, to choose a threshold by eye. "
        "Heights are square roots of numbers of rows."
    )
    if found.every > 1:
        said += f" Counted over a fixed sample of one in {found.every:,} rows."
    return [
        "<h2>Scores</h2>",
        f'<p class="note">{said} <span class="key full"></span> kept <span class="key"></span> dropped'
        + (' <span class="key cut"></span> where a rule cuts' if ruled else "")
        + "</p>",
        *(_spread(store, spread, found.steps, rows) for spread in found.spreads),
        *_best_and_worst(store, found, rows),
    ]


def _spread(
    store: Store, spread: Spread, steps: Mapping[tuple[str, float], str], rows: Rows
) -> str:
    cards = [
        card(
            store,
            rows,
            steps[spread.name, value],
            told(_number(_value(rows, steps, spread, value))),
        )
        for value in spread.steps
        if (spread.name, value) in steps
    ]
    rules = "; ".join(f"{cut.rule}: {cut.sign} {_number(cut.at)}" for cut in spread.cuts)
    said = f"{spread.kept:,} kept, {spread.dropped:,} dropped rows have it"
    return (
        f'<div class="spread"><h3>{text(spread.name)} <small>{text(said)}'
        f"{' · ' if rules else ''}{text(rules)}</small></h3>{_histogram(spread)}"
        f"{gallery(cards, 'row')}</div>"
    )


def _value(
    rows: Rows, steps: Mapping[tuple[str, float], str], spread: Spread, value: float
) -> float:
    """The row's own value, which the step is rounded from."""
    row = rows.get(steps[spread.name, value])
    return dict(row["scores"]).get(spread.name, value) if row else value


def _histogram(spread: Spread) -> str:
    """Dropped rows on top of kept ones, and a line where a rule cuts."""
    most = max((kept + dropped for *_, kept, dropped in spread.bins), default=1) or 1
    wide = _WIDE / len(spread.bins)
    parts = []
    for i, (low, high, kept, dropped) in enumerate(spread.bins):
        # A square root: bins of a few rows stay visible beside one of nearly all.
        tall = _HIGH * ((kept + dropped) / most) ** 0.5
        part = tall * kept / ((kept + dropped) or 1)
        hint = f"{_number(low)} to {_number(high)}: {kept:,} kept, {dropped:,} dropped"
        shape = f'x="{i * wide:.1f}" width="{wide - 1.5:.1f}"'
        parts.append(
            f"<g><title>{text(hint)}</title>"
            + _bar(shape, _HIGH - tall, tall - part, "gone")
            + _bar(shape, _HIGH - part, part, "stay")
            + "</g>"
        )
    parts += [_line(spread, cut) for cut in spread.cuts]
    last = f"{_number(spread.high)}{f' (and {spread.beyond:,} above)' if spread.beyond else ''}"
    parts.append(f'<text x="0" y="{_HIGH + 15}">{_number(spread.low)}</text>')
    parts.append(f'<text x="{_WIDE}" y="{_HIGH + 15}" text-anchor="end">{text(last)}</text>')
    return (
        f'<svg class="spread" viewBox="0 0 {_WIDE} {_HIGH + _FOOT}" role="img" '
        f'aria-label="{text(spread.name)}: rows by value, heights as square roots">{"".join(parts)}</svg>'
    )


def _bar(shape: str, top: float, tall: float, css: str) -> str:
    return (
        f'<rect class="{css}" {shape} y="{top:.1f}" height="{tall:.1f}"/>' if tall >= 0.05 else ""
    )


def _line(spread: Spread, cut: Cut) -> str:
    x = _WIDE * (cut.at - spread.low) / (spread.high - spread.low)
    side = -6 if x > _WIDE / 2 else 6
    return (
        f'<g class="cut"><title>{text(f"{cut.rule}: {cut.sign} {_number(cut.at)}")}</title>'
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{_HIGH}"/>'
        f'<text x="{x + side:.1f}" y="12" text-anchor="{"end" if side < 0 else "start"}">'
        f"{text(cut.sign)} {_number(cut.at)}</text></g>"
    )


def _number(value: float) -> str:
    """Three digits, without an exponent where that is short."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _best_and_worst(store: Store, found: Scores, rows: Rows) -> list[str]:
    if not found.best:
        return []
    said = (
        "What the model finds fits best and worst among kept rows: a cosine, and the share of "
        "strangers' captions that fit less."
    )
    return [
        "<h3>Pictures and captions that fit best</h3>",
        note(said),
        gallery([_pair(store, rows, i) for i in found.best], "small"),
        "<h3>and worst</h3>",
        gallery([_pair(store, rows, i) for i in found.worst], "small"),
    ]


def _pair(store: Store, rows: Rows, sample_id: str) -> str:
    row = rows.get(sample_id)
    values = dict(row["scores"]) if row else {}
    said = ", ".join(
        f"{name} {values[name]:.3f}" for name in ("clip", "clip_rank") if name in values
    )
    return card(store, rows, sample_id, told(said))
