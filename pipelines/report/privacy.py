"""The report on privacy: what was found, counted, and shown with what was found hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from filters.options import MOST_MARKS
from pipelines.report import markup
from pipelines.report.hidden import boxes_of, masked, meta_of, spans_of
from pipelines.report.markup import text
from pipelines.report.rows import Rows, card, gallery, note, told
from pipelines.selected import PRIVACY, Selected
from pipelines.storage import Store

_PICTURES_SHOWN = 12
_TEXTS_SHOWN = 12
_AROUND = 90  # characters of a text before and after what is hidden
_WORDS = {
    "burnt_in": "text burnt into a picture",
    "faces": "a face",
    "identifying": "words that may tell who somebody is",
}
LIMITS = (
    "These are marks of a program: it misses some and marks what is harmless. Boxes and words that it "
    f"noted (the first {MOST_MARKS} of a picture) are hidden in all of this page, those it missed are "
    "not. Pictures and texts in the shards are as they were: a mark drops a row only where a rule says so."
)

# Kept rows first, for these are handed on.
_MARKED = """
    SELECT sample_id FROM manifest WHERE map_contains(meta, ?) AND len(images) > 0
    ORDER BY NOT kept, md5(sample_id) LIMIT ?"""
_TOLD = """
    SELECT sample_id, texts, meta FROM manifest SEMI JOIN (SELECT unnest(?) AS sample_id)
    USING (sample_id)"""


@dataclass(frozen=True)
class Private:
    """The rows that are shown for each kind of mark."""

    shown: Mapping[str, Sequence[str]]

    @property
    def ids(self) -> list[str]:
        """The rows that are shown."""
        return [i for own in self.shown.values() for i in own]


def private_of(connection: duckdb.DuckDBPyConnection, selected: Selected) -> Private:
    """A fixed sample of the rows with each kind of mark."""
    return Private(
        {
            name: [
                i
                for (i,) in connection.execute(
                    _MARKED, [name, _TEXTS_SHOWN if name == "identifying" else _PICTURES_SHOWN]
                ).fetchall()
            ]
            for name, _, marked, _ in selected.privacy
            if marked
        }
    )


def privacy_parts(store: Store, found: Private, rows: Rows, selected: Selected) -> list[str]:
    """The section's HTML; nothing where nothing was looked for."""
    if not selected.privacy:
        return []
    lines = [(_WORDS[name], *numbers) for name, *numbers in selected.privacy]
    parts = ["<h2>Privacy</h2>", markup.table(("found", "rows looked at", "rows", "kept"), lines)]
    parts.append(note(LIMITS))
    for name in ("burnt_in", "faces"):
        if shown := [i for i in found.shown.get(name, ()) if i in rows]:
            cards = (_card(store, rows, i, name) for i in shown)
            parts += [f"<h3>{text(_WORDS[name].capitalize())}</h3>", gallery(cards, "small")]
    if shown := [i for i in found.shown.get("identifying", ()) if i in rows]:
        parts.append(f"<h3>{text(_WORDS['identifying'].capitalize())}</h3>")
        if selected.identifying:
            parts.append(markup.table(("kind", "found", "rows"), selected.identifying))
        parts.append(f'<ul class="masked">{"".join(_line(rows[i]) for i in shown)}</ul>')
    return parts


def _card(store: Store, rows: Rows, sample_id: str, name: str) -> str:
    row = rows[sample_id]
    boxes = len(boxes_of(meta_of(row), [name]))
    score = dict(row["scores"]).get(PRIVACY[name])
    what = {"burnt_in": "line", "faces": "face"}[name]
    said = f"{boxes:,} {what}{'' if boxes == 1 else 's'}"
    if name == "burnt_in" and score is not None:
        said += f", score {score:.2f}"
    return card(store, rows, sample_id, told(said), marked=True)


def _word_after(words: str, place: int) -> int:
    """The start of the first word from a place on, 0 where that is at the start."""
    return words.find(" ", place) + 1 if place > 0 else 0


def _line(row: dict) -> str:
    """The text with the most marks, around the first of them; a row's words are hidden already."""
    spans = spans_of(meta_of(row))
    counts = Counter(place for place, *_ in spans if place < len(row["texts"]))
    if not counts:
        return ""
    place = counts.most_common(1)[0][0]
    own = sorted((start, end, kind) for at, start, end, kind in spans if at == place)
    words = masked(row["texts"][place]["text"] or "", [(a, b) for a, b, _ in own])
    first, last = _word_after(words, own[0][0] - _AROUND), own[0][1] + 2 * _AROUND
    kinds = ", ".join(dict.fromkeys(kind.replace("_", " ") for _, _, kind in own))
    cut = f"{'… ' if first else ''}{words[first:last]}{' …' if last < len(words) else ''}"
    return (
        f'<li><span class="told">{text(kinds)}</span> <span class="id">{text(row["sample_id"])}</span> '
        f"{text(cut)}</li>"
    )
