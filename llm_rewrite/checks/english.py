"""General English: words that mean the same or something wider, opposites, and plain words.

From WordNet 3.0, by `training/english_words.py`; read once, when first asked.
"""

from __future__ import annotations

import functools
import gzip
from collections import defaultdict
from importlib import resources
from typing import NamedTuple

from llm_rewrite.checks.stems import key
from llm_rewrite.checks.terms import FUNCTION

_ENDINGS = (
    ("ies", "y"), ("es", "e"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", "e"), ("ed", ""),
    ("ing", "e"), ("ing", ""),
)  # fmt: skip


class _English(NamedTuple):
    """Groups of words of one sense, those above each, and where each word occurs."""

    groups: list[tuple[str, ...]]
    above: list[tuple[str, ...]]
    places: dict[str, list[int]]
    derived: dict[str, list[str]]
    opposites: dict[str, frozenset[str]]
    plain: frozenset[str]
    medical: frozenset[str]
    forms: dict[str, str]


@functools.cache
def _english() -> _English:
    packed = resources.files(__package__).joinpath("english.txt.gz").read_bytes()
    groups: list[tuple[str, ...]] = []
    above: list[tuple[str, ...]] = []
    places: dict[str, list[int]] = defaultdict(list)
    pairs: dict[str, dict[str, list[str]]] = {"+": defaultdict(list), "!": defaultdict(list)}
    plain: set[str] = set()
    medical: set[str] = set()
    forms: dict[str, str] = {}
    for line in gzip.decompress(packed).decode("ascii").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "=":
            own, _, wider = rest.partition(" > ")
            words = tuple(own.split())
            for word in words:
                places[word].append(len(groups))
            groups.append(words)
            above.append(tuple(wider.split()))
        elif mark == "~":
            plain.update(rest.split())
        elif mark == "^":
            medical.update(rest.split())
        elif mark == "*":
            form, lemma = rest.split()
            forms.setdefault(form, lemma)
        elif mark in pairs:
            one, two = rest.split()
            pairs[mark][one].append(two)
            pairs[mark][two].append(one)
    opposites = {word: frozenset(others) for word, others in pairs["!"].items()}
    return _English(
        groups,
        above,
        dict(places),
        dict(pairs["+"]),
        opposites,
        frozenset(plain),
        frozenset(medical),
        forms,
    )


@functools.lru_cache(maxsize=65_536)
def lemmas(word: str) -> tuple[str, ...]:
    """What a lower-case word may be a form of, itself first; only words that are known."""
    english = _english()
    found = [word] if word in english.places or word in english.plain else []
    if word in english.forms:
        found.append(english.forms[word])
    for ending, to in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            base = word[: -len(ending)] + to
            doubled = len(base) > 3 and base[-1] == base[-2] and ending in ("ed", "ing")
            for lemma in (base, base[:-1]) if doubled else (base,):
                if lemma in english.places or lemma in english.plain:
                    found.append(lemma)
    return tuple(dict.fromkeys(found))


@functools.lru_cache(maxsize=65_536)
def is_plain(word: str) -> bool:
    """Whether a lower-case word is common in general English and has no medical sense."""
    plain, found = _english().plain, lemmas(word)
    return bool(found) and (word in plain or all(lemma in plain for lemma in found))


@functools.lru_cache(maxsize=65_536)
def is_medical(word: str) -> bool:
    """Whether a lower-case word is above all a part of the body, a disease, a drug, a procedure."""
    medical, found = _english().medical, lemmas(word)
    return word in medical or (bool(found) and found[0] in medical)


@functools.lru_cache(maxsize=16_384)
def opposites(word: str) -> frozenset[str]:
    """The opposites of a lower-case word."""
    return _english().opposites.get(word, frozenset())


@functools.lru_cache(maxsize=16_384)
def synonyms(word: str) -> tuple[frozenset[str], ...]:
    """Sets of keys, any of which says the same as a lower-case word; of words it is derived from too."""
    english = _english()
    own = [*lemmas(word)]
    own += [other for lemma in own for other in english.derived.get(lemma, ())]
    said = [w for lemma in own for at in english.places.get(lemma, ()) for w in english.groups[at]]
    derived = [other for w in own + said for other in english.derived.get(w, ())]
    return _keyed([*own, *said, *derived], word)


@functools.lru_cache(maxsize=16_384)
def wider(word: str) -> tuple[frozenset[str], ...]:
    """Sets of keys, any of which names what a lower-case word is a kind of."""
    english = _english()
    places = [at for lemma in lemmas(word) for at in english.places.get(lemma, ())]
    return _keyed([w for at in places for w in english.above[at]], word)


def _keyed(words: list[str], own: str) -> tuple[frozenset[str], ...]:
    found = dict.fromkeys(
        frozenset(key(part) for part in w.split("_") if part not in FUNCTION) for w in words
    )
    return tuple(keys for keys in found if keys and keys != {key(own)})


def said_in(word: str, known: frozenset[str]) -> bool:
    """Whether the known keys have a word that says the same as a lower-case word."""
    return any(keys <= known for keys in synonyms(word))


def wider_in(word: str, known: frozenset[str]) -> bool:
    """Whether the known keys have what a lower-case word is a kind of."""
    return any(keys <= known for keys in wider(word))


def narrower_in(word: str, words: tuple[str, ...]) -> bool:
    """Whether any of some lower-case words is a kind of what a word names."""
    k = frozenset({key(word)})
    return any(k in wider(other) for other in dict.fromkeys(words) if len(other) > 2)
