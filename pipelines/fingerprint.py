"""`fabrica fingerprint`: hashes of an evaluation set, to be shared without its pictures and texts."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.fingerprint_parts import Found, Unreadable

_DONE, _FAILED = 0, 1
_NAMED = 20
_MOST_CROP = 0.1
# As in a run (`run.max_fault_share`): more than this, and what was asked for does not hold.
_MOST_UNREADABLE = 0.05


def add_fingerprint(parser: argparse.ArgumentParser) -> None:
    """The options of `fabrica fingerprint`."""
    parser.description = (
        "Hashes of the pictures (and texts) of an evaluation set, for select.keep_out of a recipe. "
        "The file holds no picture and no text, so it can be shared where the set cannot."
    )
    parser.add_argument(
        "where",
        nargs="*",
        metavar="WHERE",
        help="a folder of pictures or DICOM files, a zip or tar of them, a corpus, a recipe, "
        "or another file of fingerprints",
    )
    parser.add_argument("--out", required=True, metavar="HASHES.parquet")
    parser.add_argument(
        "--texts",
        nargs="+",
        default=[],
        metavar="FILE",
        help="texts of the set: JSON, JSON lines, CSV or TSV",
    )
    parser.add_argument(
        "--field",
        default="",
        metavar="NAME[+NAME]",
        help="which fields of the entries are their text, as question+answer (default: guessed)",
    )
    parser.add_argument(
        "--crop",
        type=float,
        default=0.05,
        help="the share of each side that a copy may lack and still be found (default: 0.05)",
    )
    parser.add_argument(
        "--anonymous", action="store_true", help="number the items, do not name them"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes (default: all cores)")
    parser.add_argument("--json", action="store_true", help="answer for programs")
    parser.set_defaults(command=_fingerprint)


def _fingerprint(options: argparse.Namespace) -> int:
    started = time.monotonic()
    _check(options)
    found = _all_found(options)
    table = _named(found, options)
    from pipelines.fingerprint_files import PICTURE, write_fingerprints

    unreadable = [one for _, own in found for one in own.unreadable]
    if not table.num_rows:
        _say_unreadable(unreadable)
        words = f"; {len(unreadable):,} could not be read" if unreadable else ""
        raise UserError(f"there is no picture and no text here to fingerprint{words}")
    write_fingerprints(options.out, table)
    pictures = table["kind"].to_pylist().count(PICTURE)
    answer = {
        "fingerprints": options.out,
        "pictures": pictures,
        "texts": table.num_rows - pictures,
        "unreadable": [vars(one) for one in unreadable],
        "passed_over": sum(own.passed_over for _, own in found),
        "seconds": round(time.monotonic() - started, 1),
    }
    if options.json:
        print(json.dumps(answer))
    else:
        _say_unreadable(unreadable)
        _say_done(answer)
    seen = table.num_rows + len(unreadable)
    return _FAILED if len(unreadable) > _MOST_UNREADABLE * seen else _DONE


def _check(options: argparse.Namespace) -> None:
    """Raise `UserError` for options that cannot be, before anything is read."""
    from pipelines.fingerprint_files import is_fingerprints

    if not options.where and not options.texts:
        raise UserError("no input: name a folder, an archive or a corpus, or --texts FILE")
    if not 0 <= options.crop <= _MOST_CROP:
        raise UserError(f"--crop: {options.crop:g}: from 0 to {_MOST_CROP:g}")
    if options.workers < 0:
        raise UserError(f"--workers: {options.workers}: at least 1, or 0 for all cores")
    if options.field and not options.texts:
        raise UserError("--field: names fields of --texts, and there are none")
    out = Path(options.out)
    if not options.out.strip() or out.is_dir():
        raise UserError(f"--out: {options.out!r} is no name for a file")
    if not is_fingerprints(options.out):
        raise UserError(f"--out: {options.out}: name a file that ends in .parquet")
    if not out.absolute().parent.is_dir():
        raise UserError(f"--out: {options.out}: there is no folder {out.absolute().parent}")


def _all_found(options: argparse.Namespace) -> list[tuple[str, Found]]:
    """What each input gives, with the word that its items begin with."""
    from pipelines.fingerprint_texts import fields_of, fingerprint_texts

    say = None if options.json else _say
    inputs = list(dict.fromkeys(options.where))
    words = _words(inputs)
    found = [(word, _found(where, options, say)) for where, word in zip(inputs, words, strict=True)]
    fields = fields_of(options.field)
    files = list(dict.fromkeys(options.texts))
    return found + [
        (word, fingerprint_texts(path, fields))
        for path, word in zip(files, _words(files, inside=False), strict=True)
    ]


def _found(where: str, options: argparse.Namespace, say: Callable[[str], None] | None) -> Found:
    """What one input gives; a recipe by what its sources give, nothing selected."""
    from pipelines.evaluation_sets import fingerprint_of

    if not where.lower().endswith((".yaml", ".yml")):
        return fingerprint_of(where, options.crop, options.workers, say)
    from pipelines.recipe import Recipe, Select
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run

    everything = Select(
        no_derivatives="keep_verbatim",
        unknown_licence="keep",
        retracted="keep",
        exact_duplicates="keep",
    )
    recipe = load_recipe(where)
    bare = Recipe(name="fingerprint", sources=recipe.sources, caption=recipe.caption)
    bare = bare.model_copy(update={"select": everything})
    with tempfile.TemporaryDirectory(prefix="fabrica-fingerprint-") as folder:
        run(bare, folder, RunOptions(workers=options.workers, say=say or (lambda _: None)))
        return fingerprint_of(folder, options.crop, options.workers, say)


def _words(inputs: Sequence[str], inside: bool = True) -> list[str]:
    """What tells items of several inputs apart: each one's last name, numbered where it comes
    twice; nothing for a single input, for fingerprints that have names of their own, and for text
    files whose names differ."""
    from pipelines.fingerprint_files import is_fingerprints

    names = [os.path.basename(each.rstrip("/")) or each for each in inputs]
    if len(inputs) < 2 or (not inside and len(set(names)) == len(names)):
        return [""] * len(inputs)
    words = []
    for i, (where, name) in enumerate(zip(inputs, names, strict=True)):
        earlier = names[:i].count(name)
        word = f"{name}-{earlier + 1}" if earlier else name
        words.append("" if is_fingerprints(where) else f"{word}/")
    return words


def _named(found: Sequence[tuple[str, Found]], options: argparse.Namespace) -> pa.Table:
    """All rows in order, items as they are called in the file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from pipelines.fingerprint_files import numbered, ordered

    tables = []
    for word, own in found:
        rows = own.rows
        items = pc.binary_join_element_wise(pa.scalar(word), rows["item"], "")
        place = rows.schema.get_field_index("item")
        tables.append(rows.set_column(place, "item", items))
    table = ordered(pa.concat_tables(tables))
    return numbered(table) if options.anonymous else table


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _say_unreadable(unreadable: Sequence[Unreadable]) -> None:
    """Files that gave nothing: all counted, the first named."""
    for one in unreadable[:_NAMED]:
        _say(f"not read: {one.item}: {one.reason}: {one.detail}".replace("\n", " "))
    if len(unreadable) > _NAMED:
        reasons = Counter(one.reason for one in unreadable)
        counts = ", ".join(f"{n:,} {reason}" for reason, n in sorted(reasons.items()))
        _say(f"not read in all: {len(unreadable):,} ({counts}); --json names each")


def _say_done(answer: dict) -> None:
    more = f", {len(answer['unreadable']):,} not read" if answer["unreadable"] else ""
    passed = f", {answer['passed_over']:,} other files" if answer["passed_over"] else ""
    print(
        f"{answer['fingerprints']}: {answer['pictures']:,} pictures and {answer['texts']:,} texts "
        f"in {answer['seconds']:.1f} s{more}{passed}"
    )
    print(f"recipe: select: {{keep_out: [{answer['fingerprints']}]}}")
