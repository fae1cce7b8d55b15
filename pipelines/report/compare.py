"""The page of `fabrica compare`: counts, and a gallery of rows for each thing that differs."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence

import duckdb

from pipelines.compare import PAGE, shown_value
from pipelines.compare_recipes import Changed
from pipelines.compare_tables import NOT_THERE, Difference
from pipelines.corpus import Corpus
from pipelines.report import markup
from pipelines.report.document import document
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import thumbnail
from pipelines.storage import Store

_GALLERIES = 20  # of each side
_SHOWN = 8
_LONGEST_COMPARED = 400  # words

# A fixed sample of rows that does not change from run to run.
_LOST_ROWS = """SELECT sample_id, partition_{side} AS partition FROM compared
    WHERE kept_{side} AND NOT kept_{other} AND why_{other} = ? ORDER BY md5(sample_id) LIMIT ?"""
_CHANGED_ROWS = """SELECT sample_id, partition_a AS partition, partition_b FROM compared
    WHERE kept_a AND kept_b AND {condition} ORDER BY md5(sample_id) LIMIT ?"""
_ROW = """SELECT sample_id, images, caption, texts, meta, drops, split, source FROM manifest_{side}
    WHERE sample_id = ? AND partition = ?"""


def write_compare_page(
    folder: str,
    a: Corpus,
    b: Corpus,
    connection: duckdb.DuckDBPyConnection,
    found: Difference,
    changed: Sequence[Changed],
) -> str:
    """Write `compare.html` into `folder`; returns where it lies."""
    page = _Page(a, b, connection, found, changed)
    Store(folder).write(PAGE, document(page.title, "".join(page.body())))
    return os.path.abspath(os.path.join(folder, PAGE))


class _Page:
    """The parts of one page."""

    def __init__(
        self,
        a: Corpus,
        b: Corpus,
        connection: duckdb.DuckDBPyConnection,
        found: Difference,
        changed: Sequence[Changed],
    ) -> None:
        self._corpora = {"a": a, "b": b}
        self._connection, self._found, self._changed = connection, found, changed
        self.title = f"{a.name} and {b.name}: what differs"

    def body(self) -> Iterator[str]:
        """HTML, all of it escaped."""
        yield f"<h1>{text(self.title)}</h1>"
        yield self._lead()
        yield self._tiles()
        yield "<h2>Recipes</h2>"
        yield self._recipes()
        yield "<h2>What became of rows</h2>"
        yield self._reasons()
        yield from self._lost("a", "b", self._found.only_a_kept)
        yield from self._lost("b", "a", self._found.only_b_kept)
        yield from self._captions()
        yield from self._splits()
        yield "<h2>What is in them</h2>"
        yield from self._shares()

    def _lead(self) -> str:
        lines = [
            f"{name.upper()}: {text(corpus.name)} <code>{text(corpus.store.url)}</code>"
            for name, corpus in self._corpora.items()
        ]
        return f'<p class="lead">{"<br>".join(lines)}</p>'

    def _tiles(self) -> str:
        found = self._found
        tiles = [
            markup.tile(f"{found.kept_both:,}", "rows kept in both"),
            markup.tile(f"{found.kept_only_a:,}", "kept only in A"),
            markup.tile(f"{found.kept_only_b:,}", "kept only in B"),
            markup.tile(f"{found.captions_changed:,}", "captions changed"),
            markup.tile(f"{found.splits_changed:,}", "splits changed"),
            markup.tile(f"{found.rows_only_a:,} / {found.rows_only_b:,}", "rows only in A / B"),
        ]
        return f'<div class="tiles">{"".join(tiles)}</div>'

    def _recipes(self) -> str:
        if not self._changed:
            return "<p>Their recipes are the same.</p>"
        rows = [(each.key, shown_value(each.a), shown_value(each.b)) for each in self._changed]
        return markup.table(("key", "in A", "in B"), rows)

    def _reasons(self) -> str:
        found = self._found
        rows = [("kept", why, n) for why, n in found.only_a_kept]
        rows += [(why, "kept", n) for why, n in found.only_b_kept]
        rows += found.dropped_otherwise
        if not rows:
            return "<p>Each row that is in both was decided on for the same first reason.</p>"
        return markup.table(("in A", "in B", "rows"), rows)

    def _shares(self) -> Iterator[str]:
        kept_a = self._found.kept_both + self._found.kept_only_a
        kept_b = self._found.kept_both + self._found.kept_only_b
        for name, table in self._found.shares.items():
            if [value for value, _, _ in table] in ([], [""]):
                continue
            rows = [
                (
                    value or "(none)",
                    one,
                    markup.share(one, kept_a),
                    other,
                    markup.share(other, kept_b),
                )
                for value, one, other in table
            ]
            head = (name, "kept in A", "of A", "kept in B", "of B")
            yield f"<h3>{text(name.replace('_', ' ').capitalize())}</h3>{markup.table(head, rows)}"

    def _lost(self, side: str, other: str, reasons: Sequence[tuple]) -> Iterator[str]:
        """A gallery for each reason for which rows that `side` keeps are not kept by `other`."""
        if not reasons:
            return
        yield f"<h2>Kept in {side.upper()}, not in {other.upper()}</h2>"
        for why, n in reasons[:_GALLERIES]:
            sql = _LOST_ROWS.format(side=side, other=other)
            rows = self._connection.execute(sql, [why, _SHOWN]).fetchall()
            words = why if why == NOT_THERE else f"{other.upper()} drops: {why}"
            yield f"<h3>{text(words)} <small>{text(n)}</small></h3>"
            cards = (self._lost_card(side, other, *row) for row in rows)
            yield f'<div class="gallery">{"".join(cards)}</div>'
        if len(reasons) > _GALLERIES:
            yield f'<p class="note">and {len(reasons) - _GALLERIES} more reasons</p>'

    def _lost_card(self, side: str, other: str, sample_id: str, partition: int) -> str:
        row = self._row(side, sample_id, partition)
        dropped = self._connection.execute(
            f"SELECT drops FROM manifest_{other} WHERE sample_id = ? AND NOT kept "
            "ORDER BY partition DESC LIMIT 1",
            [sample_id],
        ).fetchall()
        marks = dropped[0][0] if dropped else []
        why = "".join(
            f'<span class="why">{text(mark["reason"])}: {text((mark["detail"] or "")[:160])}</span>'
            for mark in marks
        )
        return self._card(side, row, f"{why}{markup.long_text(row['caption'])}")

    def _captions(self) -> Iterator[str]:
        """Captions of rows that both keep, with the words that are in one alone marked."""
        if not self._found.captions_changed:
            return
        yield f"<h2>Captions changed <small>{text(self._found.captions_changed)}</small></h2>"
        yield '<p class="note">Struck through: words of A that B has not. Marked: words of B that '
        yield "A has not.</p>"
        sql = _CHANGED_ROWS.format(condition="caption_differs")
        cards = []
        for sample_id, in_a, in_b in self._connection.execute(sql, [_SHOWN]).fetchall():
            row = self._row("b", sample_id, in_b)
            before = self._row("a", sample_id, in_a)["caption"]
            cards.append(self._card("b", row, marked(before, row["caption"])))
        yield f'<div class="gallery">{"".join(cards)}</div>'

    def _splits(self) -> Iterator[str]:
        if not self._found.moved:
            return
        yield f"<h2>Splits changed <small>{text(self._found.splits_changed)}</small></h2>"
        yield markup.table(("in A", "in B", "rows"), self._found.moved)
        sql = _CHANGED_ROWS.format(condition="split_a != split_b")
        cards = []
        for sample_id, in_a, in_b in self._connection.execute(sql, [_SHOWN]).fetchall():
            row, before = self._row("b", sample_id, in_b), self._row("a", sample_id, in_a)
            moved = f'<span class="why">{text(before["split"])} → {text(row["split"])}</span>'
            cards.append(self._card("b", row, f"{moved}{markup.long_text(row['caption'])}"))
        yield f'<div class="gallery">{"".join(cards)}</div>'

    def _row(self, side: str, sample_id: str, partition: int) -> dict:
        relation = self._connection.sql(_ROW.format(side=side), params=[sample_id, partition])
        return safe_rows(relation)[0]

    def _card(self, side: str, row: dict, words: str) -> str:
        picture = thumbnail(self._corpora[side].store, row["images"])
        return (
            f'<figure><div class="pic">{picture}</div><figcaption><span class="id">'
            f"{text(row['sample_id'])} · {text(row['source'])}</span>{words}</figcaption></figure>"
        )


def marked(before: str, after: str) -> str:
    """Two captions in one, escaped: words taken out struck through, words put in marked."""
    old, new = (re.findall(r"\S+", words)[:_LONGEST_COMPARED] for words in (before, after))
    parts = []
    for tag, i0, i1, j0, j1 in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if tag == "equal":
            parts.append(text(" ".join(new[j0:j1])))
            continue
        if i1 > i0:
            parts.append(f'<mark class="negated">{text(" ".join(old[i0:i1]))}</mark>')
        if j1 > j0:
            parts.append(f"<mark>{text(' '.join(new[j0:j1]))}</mark>")
    return " ".join(parts)
