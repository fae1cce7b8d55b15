"""The part of a dataset card on selection: what was kept out, duplicates, weights, privacy."""

from __future__ import annotations

from collections.abc import Sequence

from filters.options import Alike, KeepOut, NearDuplicates
from pipelines.recipe import Recipe
from pipelines.selected import KeptOut, Selected

Table = tuple[tuple[str, ...], list[tuple]]

_BITS_A_STEP = 4  # of 256 for each of the 64 that `hamming` counts in
_FOUND = {
    "burnt_in": "text burnt into a picture",
    "faces": "a face",
    "identifying": "words that may tell who somebody is",
}


def a_match(alike: Alike) -> str:
    """When two pictures count as the same, in words."""
    words = [f"at most {_BITS_A_STEP * alike.hamming} of 256 bits differ"]
    words += ["mirrored too"] if alike.mirror else []
    words += ["turned by quarters too"] if alike.rotate else []
    words += [f"up to {alike.crop:.0%} of a side cropped"] if alike.crop else []
    if isinstance(alike, NearDuplicates) and alike.embedding:
        words.append(f"or embeddings at least {alike.embedding:g} alike")
    return ", ".join(words)


def kept_out(selected: Selected, recipe: Recipe) -> tuple[Table, list[str]] | None:
    """The evaluation sets as a table, and what is to be said of them; None where there is none."""
    if not selected.sets:
        return None
    options = {each.name: each for each in recipe.select.keep_out}
    head = ("evaluation set", "its pictures", "our pictures compared", "our captions compared")
    rows = [_set_row(each, options.get(each.name)) for each in selected.sets]
    found = sum(each.rows for each in selected.sets)
    said = (
        "None of these sets was found in it, at these thresholds. "
        if not found
        else "Rows that match, those of the same figure or article (`scope`), and rows of nearly the "
        "same picture are left out. "
    )
    return (
        ((*head, "a match is", "scope", "rows left out"), rows),
        [
            f"{said}A picture changed more than the thresholds allow for, or a text told in other "
            "words, would not have been found. `selection/leaks.parquet` names each match, "
            "`selection/compared.parquet` says how many were compared.",
            "",
        ],
    )


def _set_row(found: KeptOut, wanted: KeepOut | None) -> tuple:
    match, scope = "", ""
    if wanted:
        match, scope = a_match(wanted), wanted.scope
        if wanted.text is not None and found.texts_compared:
            match += f"; {wanted.text:.0%} of a text's runs of words"
    return (
        found.name,
        found.pictures,
        found.pictures_compared,
        found.texts_compared,
        match,
        scope,
        found.rows,
    )


def duplicates(selected: Selected, recipe: Recipe) -> list[str]:
    """What was done about near duplicates."""
    select, lines = recipe.select, []
    found = {kind: n for kind, n, _ in selected.alike}
    if near := select.near_duplicates:
        n = found.get("picture", 0) + found.get("embedding", 0)
        lines.append(
            f"Near duplicates: {n:,} have nearly the picture of another row ({a_match(near)}); "
            f"{_what_became(near.then)}."
        )
    if texts := select.duplicate_texts:
        lines.append(
            f"Duplicate texts: {found.get('text', 0):,} have nearly the caption of a row of another "
            f"document ({texts.jaccard:.0%} of their runs of words in common); "
            f"{_what_became(texts.then)}."
        )
        if texts.boilerplate:
            lines.append(f"Captions that {texts.boilerplate:,} documents share are left out.")
    if not lines:
        return []
    return [" ".join([*lines, "`duplicate_of` names the row that stands for them."]), ""]


def _what_became(then: str) -> str:
    return "they are left out" if then == "drop" else "they stay and are marked"


def weights(selected: Selected, recipe: Recipe) -> list[str]:
    """How training rows are to be drawn, and in which stages."""
    lines = []
    if selected.weights and recipe.select.mix:
        low, high = selected.weights
        lines.append(
            f"`sampling_weight` says how often to draw a training row, by "
            f"`{' '.join(recipe.select.mix.by.split())}`: from {low:.3g} to {high:.3g}, 1 on average."
        )
    if selected.curriculum:
        stages = ", ".join(f"`{stage}` ({n:,} rows)" for stage, n, _ in selected.curriculum)
        lines.append(f"`curriculum` names the training stages of a row: {stages}.")
    if recipe.select.hold_out:
        names = ", ".join(f"`{name}`" for name in recipe.select.hold_out)
        lines.append(f"Held out of training, all in test: {names}.")
    return [" ".join(lines), ""] if lines else []


def privacy(selected: Selected) -> tuple[Table, list[str]] | None:
    """What was found that may tell who a patient is, and how little that proves."""
    if not selected.privacy:
        return None
    rows = [(_FOUND[name], *numbers) for name, *numbers in selected.privacy]
    said: Sequence[str] = (
        "These are marks of a program, for a person to look at: it misses some and marks what is "
        "harmless (most text on figures is). Nothing was identified, and nothing was removed but "
        "rows that a rule dropped: pictures and texts are as they were published. That nothing was "
        "found does not mean that nothing is there; this is no de-identification.",
        "",
    )
    return (("looked for", "rows looked at", "rows with it", "of these kept"), rows), list(said)
