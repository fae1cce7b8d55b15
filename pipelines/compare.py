"""`fabrica compare`: what differs between two corpora, by reason, with pictures."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.compare_recipes import Changed
    from pipelines.compare_tables import Difference
    from pipelines.corpus import Corpus

PAGE = "compare.html"
_LINES = 15
_VALUE_SHOWN = 60


def add_compare(parser: argparse.ArgumentParser) -> None:
    """The options of `fabrica compare`."""
    parser.description = (
        "What differs between two corpora whose rows come from the same sources: which rows one "
        "keeps and the other drops, and why; changed captions and splits; shares; their recipes."
    )
    parser.add_argument("a", metavar="A", help="a corpus, as the one before a change")
    parser.add_argument("b", metavar="B", help="another, as the one after it")
    parser.add_argument(
        "--page", default="", metavar="DIR", help=f"write {PAGE} there, with pictures"
    )
    parser.add_argument("--json", action="store_true", help="answer for programs")
    parser.set_defaults(command=_compare)


def _compare(options: argparse.Namespace) -> int:
    from pipelines.compare_recipes import changed_keys
    from pipelines.compare_tables import difference, side_by_side
    from pipelines.corpus import open_corpus

    if options.page and Path(options.page).exists() and not Path(options.page).is_dir():
        raise UserError(f"--page: {options.page}: is a file; name a folder")
    a, b = open_corpus(options.a), open_corpus(options.b)
    connection = side_by_side(a, b)
    found = difference(connection)
    changed = changed_keys(a.state.get("recipe"), b.state.get("recipe"))
    page = ""
    if options.page:
        from pipelines.report.compare import write_compare_page

        page = write_compare_page(options.page, a, b, connection, found, changed)
    if options.json:
        print(json.dumps(_answer(a, b, found, changed, page), ensure_ascii=False))
        return 0
    for line in _lines(a, b, found, changed):
        print(_printable(line))
    if page:
        print(f"page: {page}")
    return 0


def _answer(
    a: Corpus, b: Corpus, found: Difference, changed: Sequence[Changed], page: str
) -> dict[str, Any]:
    def reasons(table: Sequence[tuple]) -> list[dict[str, Any]]:
        return [{"reason": why, "rows": n} for why, n in table]

    return {
        "a": {"corpus": a.store.url, "name": a.name, **_counts(a)},
        "b": {"corpus": b.store.url, "name": b.name, **_counts(b)},
        "rows": {"a": found.rows_only_a, "b": found.rows_only_b, "both": found.rows_both},
        "kept": {"a": found.kept_only_a, "b": found.kept_only_b, "both": found.kept_both},
        "kept_in_a_not_in_b": reasons(found.only_a_kept),
        "kept_in_b_not_in_a": reasons(found.only_b_kept),
        "dropped_otherwise": [
            {"a": one, "b": other, "rows": n} for one, other, n in found.dropped_otherwise
        ],
        "captions_changed": found.captions_changed,
        "splits_changed": [{"a": one, "b": other, "rows": n} for one, other, n in found.moved],
        "shares": {
            name: [{"value": value, "a": one, "b": other} for value, one, other in table]
            for name, table in found.shares.items()
        },
        "recipe": [{"key": each.key, "a": each.a, "b": each.b} for each in changed],
        **({"page": page} if page else {}),
    }


def _counts(corpus: Corpus) -> dict[str, Any]:
    counts = corpus.state.get("counts") or {}
    return {key: counts.get(key) for key in ("rows", "kept")}


def _lines(a: Corpus, b: Corpus, found: Difference, changed: Sequence[Changed]) -> Iterator[str]:
    kept_a, kept_b = found.kept_both + found.kept_only_a, found.kept_both + found.kept_only_b
    yield f"A  {a.name}: {kept_a:,} kept ({a.store.url})"
    yield f"B  {b.name}: {kept_b:,} kept ({b.store.url})"
    if not found.rows_both:
        yield "no row of one is in the other: are they of the same sources?"
    yield (
        f"rows: {found.rows_both:,} in both, {found.rows_only_a:,} only in A, "
        f"{found.rows_only_b:,} only in B"
    )
    yield (
        f"kept: {found.kept_both:,} in both, {found.kept_only_a:,} only in A, "
        f"{found.kept_only_b:,} only in B"
    )
    yield from _reasons("kept in A, in B", found.only_a_kept)
    yield from _reasons("kept in B, in A", found.only_b_kept)
    if found.dropped_otherwise:
        n = sum(row[2] for row in found.dropped_otherwise)
        yield f"dropped in both, for another first reason: {n:,}"
        for one, other, rows in found.dropped_otherwise[:_LINES]:
            yield f"  {rows:>10,}  {one} -> {other}"
    yield f"captions changed: {found.captions_changed:,}; splits changed: {found.splits_changed:,}"
    for one, other, rows in found.moved[:_LINES]:
        yield f"  {rows:>10,}  {one} -> {other}"
    for name, table in found.shares.items():
        yield from _shares(name, table, kept_a, kept_b)
    yield f"recipes: {'they differ in' if changed else 'the same'}"
    for each in changed[: 2 * _LINES]:
        yield f"  {each.key}: {shown_value(each.a)} -> {shown_value(each.b)}"


def _reasons(title: str, table: Sequence[tuple]) -> Iterator[str]:
    for why, n in table[:_LINES]:
        yield f"  {n:>10,}  {title} {why}"
    if len(table) > _LINES:
        yield f"  {sum(n for _, n in table[_LINES:]):>10,}  {title} for {len(table) - _LINES} more"


def _shares(name: str, table: Sequence[tuple], kept_a: int, kept_b: int) -> Iterator[str]:
    """Values whose shares differ, and no line where none does."""
    lines = [
        f"  {one / (kept_a or 1):>10.1%}  {other / (kept_b or 1):>6.1%}  {value or '(none)'}"
        for value, one, other in table
        if round(one / (kept_a or 1), 3) != round(other / (kept_b or 1), 3)
    ]
    if lines:
        yield f"{name}: share in A, in B"
        yield from lines[:_LINES]


def shown_value(value: Any) -> str:
    """A value of a recipe on one line; `-` where there is none."""
    words = "-" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= _VALUE_SHOWN else f"{words[: _VALUE_SHOWN - 1]}…"


def _printable(line: str) -> str:
    """Without control characters, which would change the terminal."""
    return "".join(c if c.isprintable() else "·" for c in line)
