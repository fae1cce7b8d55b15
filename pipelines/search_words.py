"""Samples by words: BM25 over captions, present labels and linked concepts, in SQL.

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", with the
length of a caption in characters. A concept of the corpus' vocabulary that the query names counts
where it, or a narrower one, is linked and not denied. The manifest is read twice, and held never.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

import duckdb

from filters.rules import samples_query
from filters.select.selection import quoted
from pipelines.corpus import Corpus, views
from pipelines.search_rows import Hit

BY = "words"
_K1, _B = 1.2, 0.75
_WORD = re.compile(r"[^\W_]+")
_MOST_TERMS = 32
_MOST_CONCEPTS = 4
_MOST_NARROWER = 5_000
_LONGEST_NAME = 6  # words
# Words that say nothing, left out where others are there.
_EMPTY = "a an and are as at be by for from in into is it of on or that the this to was were with"


@dataclass(frozen=True)
class Term:
    """Something that is counted in a row: SQL for how often, and how it is named."""

    name: str
    count: str


def nearest_words(corpus: Corpus, where: str, query: str, top: int) -> list[Hit]:
    """The best `top` rows for a query; none where no row has any of its words."""
    connection = views(corpus)
    terms = _terms(connection, query)
    if not terms:
        return []
    counts = ", ".join(f"({term.count})::INTEGER" for term in terms)
    # The view `manifest` has the number of the partition, which `samples` has not.
    columns = connection.sql("FROM samples LIMIT 0").columns
    scores = [name for name in columns if name not in _manifest_columns(connection)]
    connection.execute(
        f"""CREATE VIEW counted AS
        SELECT sample_id, partition, length(caption) AS long, [{counts}] AS n
        FROM (SELECT *, lower(strip_accents(caption || ' ' || array_to_string(list_transform(
                list_filter(labels, lambda l: l.value = 'present'), lambda l: l.name), ' ')))
                AS said
              FROM ({samples_query("manifest", scores)}) WHERE ({where}\n))"""
    )
    seen = ", ".join(f"count(*) FILTER (n[{i}] > 0)" for i in range(1, len(terms) + 1))
    rows, mean, *frequencies = connection.execute(
        f"SELECT count(*), coalesce(avg(long), 0), {seen} FROM counted"
    ).fetchall()[0]
    score = " + ".join(
        f"{_rarity(rows, have)!r} * n[{i}] * {_K1 + 1} / (n[{i}] + {_K1} * {_norm(mean)})"
        for i, have in enumerate(frequencies, 1)
    )
    found = connection.execute(
        f"""SELECT sample_id, partition, round({score}, 4) AS score, n FROM counted
        WHERE list_sum(n) > 0 ORDER BY score DESC, sample_id LIMIT ?""",
        [top],
    ).fetchall()
    return [Hit(i, partition, score, _why(terms, n), BY) for i, partition, score, n in found]


def _manifest_columns(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return set(connection.sql("FROM manifest LIMIT 0").columns)


def _rarity(rows: int, have: int) -> float:
    """The inverse document frequency, never negative."""
    return round(math.log(1 + (rows - have + 0.5) / (have + 0.5)), 6)


def _norm(mean: float) -> str:
    return f"({1 - _B} + {_B} * long / {max(mean, 1.0)!r})"


def _why(terms: list[Term], counts: list[int]) -> str:
    parts = [
        f"{term.name} ×{n}" if n > 1 else term.name
        for term, n in zip(terms, counts, strict=True)
        if n
    ]
    return f"words: {', '.join(parts)}"


def _terms(connection: duckdb.DuckDBPyConnection, query: str) -> list[Term]:
    words = words_of(query)
    telling = [word for word in words if word not in _EMPTY.split()] or words
    chosen = list(dict.fromkeys(telling))[:_MOST_TERMS]
    return [_word(word) for word in chosen] + _concepts(connection, words)


def words_of(query: str) -> list[str]:
    """The words of a query in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", query.lower())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _word(word: str) -> Term:
    """A word and its plural or singular, counted as whole words where any of it is there at all."""
    forms = _forms(word)
    least = min(forms, key=len)
    listed = ", ".join(quoted(form) for form in forms)
    tokens = "string_split(regexp_replace(said, '[^\\pL\\pN]+', ' ', 'g'), ' ')"
    return Term(
        word,
        f"CASE WHEN contains(said, {quoted(least)}) "
        f"THEN len(list_filter({tokens}, lambda t: t IN ({listed}))) ELSE 0 END",
    )


def _forms(word: str) -> list[str]:
    """The word, and what is the same in number: effusion and effusions, mass and masses."""
    forms = {word}
    if len(word) > 3 and word.isascii() and word.isalpha():
        forms |= {f"{word}s"} if not word.endswith("s") else {f"{word}es"}
        if word.endswith("es") and word[:-2].endswith(("s", "x", "z", "ch", "sh")):
            forms.add(word[:-2])
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            forms.add(word[:-1])
        if word.endswith(("x", "z", "ch", "sh")):
            forms.add(f"{word}es")
    return sorted(forms)


def _concepts(connection: duckdb.DuckDBPyConnection, words: list[str]) -> list[Term]:
    """Concepts that the query names, the longest names first, each with all narrower ones."""
    names = {
        " ".join(words[i:j]): j - i
        for i in range(len(words))
        for j in range(i + 1, min(len(words), i + _LONGEST_NAME) + 1)
    }
    found = connection.execute(
        """SELECT cui, name FROM vocabulary WHERE list_contains(?,
            trim(regexp_replace(lower(strip_accents(name)), '[^\\pL\\pN]+', ' ', 'g')))
        ORDER BY length(name) DESC, name, cui LIMIT ?""",
        [list(names), _MOST_CONCEPTS],
    ).fetchall()
    terms = []
    for cui, name in found:
        below = connection.execute(
            "SELECT cui FROM narrower(?) ORDER BY cui LIMIT ?", [cui, _MOST_NARROWER]
        ).fetchall()
        listed = ", ".join(quoted(one) for (one,) in below)
        count = f"len(list_filter(concepts, lambda c: NOT c.negated AND c.cui IN ({listed}))) > 0"
        terms.append(Term(f"concept {name}", count))
    return terms
