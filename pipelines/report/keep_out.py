"""The report's proof that evaluation sets were kept out: what was compared, how, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from filters.alike.neighbours import compares_all
from filters.options import Alike, KeepOut
from pipelines.papers_selection import a_match
from pipelines.report.hidden import boxes_of, meta_of
from pipelines.report.markup import text
from pipelines.report.pictures import img
from pipelines.report.rows import Rows, gallery, note, picture, start, table
from pipelines.report.set_pictures import set_pictures
from pipelines.selected import KeptOut
from pipelines.storage import Store

_SETS_SHOWN = 12
_MATCHES_SHOWN = 9
_FARTHEST_SHOWN = 4  # of pictures and of texts
_OTHERS_SHOWN = 6
_BITS = 256
# How select names what was done to a picture, for people.
_HOW = {
    "as is": "",
    "crop": "cropped",
    "mirror": "mirrored",
    "flip": "upside-down and mirrored",
    "turn180": "turned by 180°",
    "turn90": "turned by 90°",
    "turn270": "turned by 270°",
    "transpose": "transposed",
    "transverse": "transposed the other way",
}

# The farthest matches prove the threshold, the others are a fixed sample.
_MATCHES = """
    SELECT sample_id, item, kind, distance, how FROM (
        SELECT *, row_number() OVER (PARTITION BY kind ORDER BY distance DESC, md5(sample_id), item)
                AS farthest,
            row_number() OVER (PARTITION BY kind ORDER BY md5(sample_id), item) AS any_one
        FROM leaks WHERE direct AND set = ?)
    WHERE farthest <= ? OR any_one <= ?
    ORDER BY farthest > ?, kind, distance DESC, md5(sample_id), item LIMIT ?"""
_OTHERS = """
    SELECT sample_id FROM leaks WHERE set = ? GROUP BY partition, sample_id
    HAVING NOT bool_or(direct) ORDER BY md5(sample_id) LIMIT ?"""


@dataclass(frozen=True)
class Proof:
    """One set with the matches that are shown: (sample_id, item, kind, distance, how)."""

    numbers: KeptOut
    wanted: KeepOut | None
    matches: Sequence[tuple]
    others: Sequence[str]

    @property
    def ids(self) -> list[str]:
        """The rows that are shown."""
        return [*(match[0] for match in self.matches), *self.others]


def proofs(
    connection: duckdb.DuckDBPyConnection, sets: Sequence[KeptOut], wanted: Sequence[KeepOut]
) -> list[Proof]:
    """What is shown of each set, the sets with the most rows first."""
    options = {each.name: each for each in wanted}
    some = sorted(sets, key=lambda each: (-each.rows, each.name))[:_SETS_SHOWN]
    shown = [_FARTHEST_SHOWN, _MATCHES_SHOWN, _FARTHEST_SHOWN, _MATCHES_SHOWN]
    return [
        Proof(
            each,
            options.get(each.name),
            connection.execute(_MATCHES, [each.name, *shown]).fetchall(),
            [i for (i,) in connection.execute(_OTHERS, [each.name, _OTHERS_SHOWN]).fetchall()],
        )
        for each in some
    ]


def keep_out_parts(store: Store, found: Sequence[Proof], rows: Rows, total: int) -> list[str]:
    """The section's HTML; nothing where no set was to be kept out."""
    if not found:
        return []
    more = total - len(found)
    return [
        "<h2>Kept out</h2>",
        *(part for proof in found for part in _set_parts(store, proof, rows)),
        *([note(f"and {more} more sets")] if more > 0 else []),
    ]


def _set_parts(store: Store, proof: Proof, rows: Rows) -> list[str]:
    numbers = proof.numbers
    said = f"{numbers.rows:,} rows kept out" if numbers.rows else "nothing found"
    shown = [rows[i] for i in proof.others if i in rows]
    others = [_own(store, row, "") for row in shown]
    return [
        f"<h3>{text(numbers.name)} <small>{text(said)}</small></h3>",
        f'<p class="proof">{text(sentence(numbers, proof.wanted))}</p>',
        table(("", "of ours compared", "of the set", "a match is", "rows found"), _lines(proof)),
        _pairs(store, proof, rows),
        *(
            [note("Some of the rows that go with these:"), gallery(others, "small")]
            if others
            else []
        ),
    ]


def sentence(numbers: KeptOut, wanted: KeepOut | None) -> str:
    """What was done and found, in words."""
    how = _turned(wanted) if wanted else ""
    parts = []
    if numbers.pictures_compared or numbers.pictures:
        parts.append(
            f"{_many(numbers.pictures_compared, 'picture')} compared with "
            f"{numbers.pictures:,} of the set{how}: {_found(numbers.pictures_found)}."
        )
        if wanted and not compares_all(numbers.pictures, numbers.pictures_compared, wanted):
            parts.append(
                "They were compared where keys of theirs are equal, as those of nearly all copies are."
            )
    if numbers.texts_compared:
        size = "its texts" if numbers.texts is None else _many(numbers.texts, "text") + " of it"
        parts.append(
            f"{_many(numbers.texts_compared, 'caption')} compared with {size}: "
            f"{_found(numbers.texts_found)}."
        )
    elif wanted and wanted.text is not None:
        parts.append("It has no text to compare with.")
    return " ".join(parts)


def _many(n: int, name: str) -> str:
    return f"{n:,} {name}{'' if n == 1 else 's'}"


def _found(n: int) -> str:
    return f"{n:,} match{'es' if n == 1 else ''}" if n else "none alike"


def turns(alike: Alike) -> int:
    """In how many ways one of two pictures may be turned."""
    return (4 if alike.rotate else 1) * (2 if alike.mirror else 1)


def _turned(alike: Alike) -> str:
    ways = turns(alike)
    crop = f"cropped by up to {alike.crop:.0%} a side" if alike.crop else ""
    said = " and ".join(filter(None, [f"in {ways} turns" if ways > 1 else "", crop]))
    return f", {said}" if said else ""


def _lines(proof: Proof) -> list[tuple]:
    numbers, wanted = proof.numbers, proof.wanted
    lines: list[tuple] = [
        (
            "pictures",
            numbers.pictures_compared,
            numbers.pictures,
            a_match(wanted) if wanted else "",
            numbers.pictures_found,
        )
    ]
    if numbers.texts_compared:
        share = wanted and wanted.text
        said = f"{share:.0%} of its runs of three words are in ours" if share else ""
        size: object = "" if numbers.texts is None else numbers.texts
        lines.append(("captions", numbers.texts_compared, size, said, numbers.texts_found))
    scope = wanted.scope if wanted else "figure or article"
    said = f"of the same {scope} as a match, or nearly its picture"
    lines.append(("rows that go with these", "", "", said, numbers.others))
    return lines


def _pair(proof: Proof, match: tuple, ours: str, theirs: str) -> str:
    """Our row beside the set's picture, or a word in its place."""
    _, item, kind, distance, how = match
    return (
        f'<div class="pair"><div class="gallery two">{ours}'
        f'<figure><div class="pic">{theirs}</div><figcaption><span class="id">'
        f"{text(proof.numbers.name)}</span>{text(item)}</figcaption></figure></div>"
        f'<p class="told">{text(in_words(kind, distance, how))}</p></div>'
    )


def _theirs(match: tuple, row: dict, pictures: Mapping[str, str]) -> str:
    """The set's picture or a word. A face that is hidden in ours would show in theirs."""
    if match[2] != "picture":
        word = "a text"
    elif boxes_of(meta_of(row), ["faces"]):
        word = "not shown: ours has a face on it"
    elif address := pictures.get(match[1]):
        return img(address)
    else:
        word = "known by its hash alone"
    return f'<span class="none">{text(word)}</span>'


def _pairs(store: Store, proof: Proof, rows: Rows) -> str:
    theirs = set_pictures(proof.wanted, [match[1] for match in proof.matches])
    cards = []
    for match in proof.matches:
        if row := rows.get(match[0]):
            shown = _theirs(match, row, theirs)
            cards.append(_pair(proof, match, _own(store, row, start(row["caption"], 80)), shown))
    return f'<div class="pairs">{"".join(cards)}</div>' if cards else ""


def _own(store: Store, row: dict, words: str) -> str:
    said = f'<span class="words">{text(words)}</span>' if words else ""
    return (
        f'<figure><div class="pic">{picture(store, row)}</div><figcaption>'
        f'<span class="id">{text(row["sample_id"])}</span>{said}</figcaption></figure>'
    )


def in_words(kind: str, distance: float, how: str) -> str:
    """How two are alike."""
    if kind == "text" or how == "text":
        return f"{1 - distance:.0%} of its runs of words"
    if how == "embedding":
        return f"{1 - distance:.3f} alike by embedding"
    if how == "same pixels":
        return how
    words = [_HOW.get(word, word) for word in how.split(", ")]
    return ", ".join([f"{distance:.0f} of {_BITS} bits differ", *filter(None, words)])
