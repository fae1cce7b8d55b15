"""The report on quotas, sampling weights, training stages and held-out combinations."""

from __future__ import annotations

from pipelines.balanced import Balanced, Quota
from pipelines.recipe import Recipe
from pipelines.report import markup
from pipelines.report.markup import breakable, text
from pipelines.report.rows import note


def mixing_parts(found: Balanced, recipe: Recipe | None) -> list[str]:
    """The section's HTML; nothing where the recipe asks for none of these."""
    parts = [
        *(part for quota in found.quotas for part in _quota(quota)),
        *_mixed(found, recipe),
        *_stages(found),
        *_held(found),
    ]
    return ["<h2>Balance and mix</h2>", *parts] if parts else []


def _quota(quota: Quota) -> list[str]:
    options = quota.options
    where = f" where {options.where}" if options.where else ""
    said = f"at most {options.most:,} of each{where}"
    n, before, after = quota.others
    rows = [
        *quota.values,
        *([(f"{n:,} other value{'' if n == 1 else 's'}", before, after)] if n else []),
    ]
    most = max((before for _, before, _ in quota.values), default=1)
    bars = [_bar(value, before, after, most) for value, before, after in rows]
    return [
        f"<h3>By {text(options.by)} <small>{text(said)}</small></h3>",
        f'<div class="chart wide">{"".join(bars)}</div>'
        '<p class="note"><span class="key full"></span> stay <span class="key"></span> reached the '
        "quotas and do not</p>"
        if bars
        else note("No row that reached the quotas has a value."),
    ]


def _bar(value: str, before: int, after: int, most: int) -> str:
    """What stays as the full part of what was there."""
    whole, part = min(100.0, 100 * before / (most or 1)), 100 * after / (before or 1)
    said = f"{after:,} of {before:,}" if after != before else f"{after:,}"
    return (
        f'<div class="part"><span class="name">{breakable(value)}</span>'
        f'<span class="track"><i style="width:{whole:.2f}%"><b style="width:{part:.2f}%"></b></i>'
        f'</span><span class="left">{text(said)}</span></div>'
    )


def _mixed(found: Balanced, recipe: Recipe | None) -> list[str]:
    """Shares of the training rows, and what they become when rows are drawn by their weight."""
    if not found.mixed:
        return []
    by = recipe.select.mix.by if recipe and recipe.select.mix else ""
    most = max(max(share, drawn or 0) for *_, share, drawn in found.mixed) or 1
    rows = [_mixed_row(row, most) for row in found.mixed]
    return [
        f"<h3>Sampling weights by {text(by)}</h3>",
        f'<div class="chart wide">{"".join(rows)}</div>'
        '<p class="note"><span class="key"></span> share of the training rows '
        '<span class="key full spread"></span> share of what is drawn by <code>sampling_weight</code>'
        "</p>",
    ]


def _mixed_row(row: tuple, most: float) -> str:
    value, n, weight, share, drawn = row
    drawn = drawn or 0.0
    hint = f"{value}: {n:,} training rows, each of weight {weight:.3g}"
    return (
        f'<div class="mixed" title="{text(hint)}"><span class="name">{breakable(str(value) or "(none)")}'
        f'</span><span class="track"><i style="width:{100 * share / most:.2f}%"></i>'
        f'<b style="width:{100 * drawn / most:.2f}%"></b></span>'
        f'<span class="left">{share:.1%} → <strong>{drawn:.1%}</strong></span>'
        f'<span class="left">× {weight:.3g}</span></div>'
    )


def _stages(found: Balanced) -> list[str]:
    if not found.stages:
        return []
    return [
        "<h3>Training stages</h3>",
        markup.table(("stage", "rows that", "kept rows", "of these in train"), found.stages),
    ]


def _held(found: Balanced) -> list[str]:
    if not found.held:
        return []
    head = ("combination", "rows that", "kept rows", "in test", "in train or val")
    said = "Whole documents (or patients) go to test where one of their rows meets the condition."
    return ["<h3>Held out of training</h3>", markup.table(head, found.held), note(said)]
