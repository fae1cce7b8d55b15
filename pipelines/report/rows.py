"""Rows of a manifest as a gallery shows them: fetched once by their ids, and drawn as cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from pipelines.report import markup
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import thumbnail
from pipelines.storage import Store

PICTURE_PX = 200
_WORDS_SHOWN = 110
_THESE = """
    SELECT sample_id, source, images, caption, texts, meta, scores, drops, kept
    FROM manifest SEMI JOIN (SELECT unnest(?) AS sample_id) USING (sample_id)"""

Rows = Mapping[str, dict]


def rows_of(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> Rows:
    """These rows by id, what identifies people blacked out; ids that are not there are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = safe_rows(connection.sql(_THESE, params=[wanted]))
    return {row["sample_id"]: row for row in found}


def card(
    store: Store,
    rows: Rows,
    sample_id: str,
    head: str = "",
    css: str = "",
    marked: bool = False,
) -> str:
    """A row's picture and the start of its caption under a line of HTML; `css` names a class.

    `marked`: one sees where something is hidden.
    """
    row = rows.get(sample_id)
    if row is None:
        return ""
    why = "" if row["kept"] else f'<span class="why">{text(row["drops"][0]["reason"])}</span>'
    shown = picture(store, row, marked)
    return (
        f'<figure{f" class={css!r}" if css else ""}><div class="pic">{shown}</div>'
        f'<figcaption title="{text(sample_id)}">{head}{why}'
        f'<span class="words">{text(start(row["caption"]))}</span></figcaption></figure>'
    )


def picture(store: Store, row: dict, marked: bool = False) -> str:
    """A row's first picture, small, with what was found on it filled."""
    return thumbnail(store, row["images"], PICTURE_PX, marked)


def start(caption: str, shown: int = _WORDS_SHOWN) -> str:
    """The first words of a caption."""
    words = " ".join((caption or "").split())
    return words if len(words) <= shown else f"{words[:shown].rsplit(' ', 1)[0]} …"


def gallery(cards: Iterable[str], size: str = "tiny") -> str:
    """Cards side by side; nothing where there is none."""
    body = "".join(cards)
    return f'<div class="gallery {size}">{body}</div>' if body else ""


def told(words: str) -> str:
    """A line above a card's caption."""
    return f'<span class="told">{text(words)}</span>'


def note(words: str) -> str:
    """A paragraph beside the matter."""
    return f'<p class="note">{text(words)}</p>'


def table(head: tuple[str, ...], rows: Iterable[tuple]) -> str:
    """A table, or nothing where it has no row."""
    rows = list(rows)
    return markup.table(head, rows) if rows else ""
