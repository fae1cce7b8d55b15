"""SQL of the training caption: the first text that a recipe's preference finds."""

from __future__ import annotations

from collections.abc import Sequence

# A text's place in the preference and in its row are one number, so that one pass finds the first.
_STRIDE = 1_000_000


def caption_sql(preference: Sequence[str]) -> str:
    """SQL for the first text that a preference finds, else ''.

    An entry is `kind` or `kind:language`, or several joined by `+`: the first of these must be
    there, the others follow it where they are. Of one kind, a text that a model wrote comes before
    others where it was found faithful, and is passed over where it was not.
    """
    if not preference:
        return "''"
    entries = [entry.split("+") for entry in preference]
    ranks = " ".join(
        f"WHEN {_is_kind(first)} THEN {2 * i * _STRIDE}" for i, (first, *_) in enumerate(entries)
    )
    best = f"""list_min(list_transform(texts, lambda t, n: CASE
        WHEN t.faithful = false OR t.text IS NULL THEN NULL {ranks} END
        + CASE WHEN t.faithful THEN 0 ELSE {_STRIDE} END + n))"""
    found = f"texts[({best}) % {_STRIDE}].text"
    joined = " ".join(
        f"WHEN {i} THEN concat_ws(' ', {', '.join([found, *map(_text_sql, others)])})"
        for i, (_, *others) in enumerate(entries)
        if others
    )
    if joined:
        found = f"CASE ({best}) // {2 * _STRIDE} {joined} ELSE {found} END"
    return f"coalesce({found}, '')"


def _is_kind(entry: str) -> str:
    kind, _, language = entry.partition(":")
    condition = f"t.kind = {quoted(kind)}"
    return f"{condition} AND t.language = {quoted(language)}" if language else condition


def _text_sql(entry: str) -> str:
    """SQL for the first text of a `kind` or `kind:language`, NULL where there is none."""
    firsts = [
        f"list_filter(texts, lambda t: {_is_kind(entry)} AND {held})[1].text"
        for held in ("coalesce(t.faithful, false)", "t.faithful IS NULL")
    ]
    return f"coalesce({', '.join(firsts)})"


def quoted(value: str) -> str:
    """A SQL text literal."""
    return "'" + value.replace("'", "''") + "'"
