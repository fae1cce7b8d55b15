"""The index: keys, meanings, and the automaton against a search by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.index import (
    CODE_LENGTH,
    PREFERRED,
    SYNONYM,
    UNKNOWN,
    VARIANT,
    Index,
    build_index,
    is_acronym,
)
from extractors.concepts.names import name_words, ways_to_write


def meant(index: Index, *words: str) -> list[tuple[int, int]]:
    """Concept and rank of each meaning of a key."""
    key = index.key_of(words)
    return [] if key is None else [(index.concept[r], index.rank[r]) for r in index.meanings(key)]


def test_meanings_and_ranks() -> None:
    index = build_index(
        [["Cyst", "Cysts"], ["Carcinoma, renal cell", "RCC"], ["cyst of lung", "cyst"]]
    )
    assert meant(index, "cyst") == [(0, PREFERRED), (2, SYNONYM)]
    assert meant(index, "renal", "cell", "carcinoma") == [(1, VARIANT)]
    assert meant(index, "rcc") == [(1, SYNONYM)]
    assert index.key_of(["cell"]) is None
    assert index.key_of(["cyst", "nowhere"]) is None
    assert index.key_of([]) is None
    assert index.keys == 5


def test_what_is_known_of_a_key() -> None:
    index = build_index([["ALL"], ["all"], ["MRI"], ["cat scan"]])
    every, mri, scan = index.key_of(["all"]), index.key_of(["mri"]), index.key_of(["cat", "scan"])
    assert every is not None
    assert mri is not None
    assert scan is not None
    assert (index.only_acronym[every], index.has_acronym[every]) == (0, 1)
    assert (index.only_acronym[mri], index.has_acronym[mri]) == (1, 1)
    assert (index.words[scan], index.letters[scan], index.has_acronym[scan]) == (2, 7, 0)


def test_acronyms() -> None:
    assert [name for name in ("MRI", "IL-2", "TNFα", "Mass", "A", "A B", "MELANOMA") if is_acronym(name)] == [
        "MRI", "IL-2", "TNFα",
    ]  # fmt: skip


def test_no_names() -> None:
    with pytest.raises(ValueError, match="no names"):
        build_index([])
    with pytest.raises(ValueError, match="no names"):
        build_index([["--"], []])


def test_many_words_have_codes_of_their_own() -> None:
    index = build_index([f"w{number}x"] for number in range(70_000))
    assert len(set(index.codes.values())) == 70_000
    assert all(len(code) == CODE_LENGTH for code in index.codes.values())
    key = index.key_of(["w69999x"])
    assert key is not None
    assert index.concept[index.first[key]] == 69_999


WORDS = st.sampled_from(["liver", "cyst", "renal", "cell", "MRI", "b", "lobe"])
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3), min_size=1, max_size=6), st.lists(WORDS))
def test_finds_what_a_search_by_hand_finds(concepts: list[list[str]], text: list[str]) -> None:
    index = build_index(concepts)
    forms = name_words(" ".join(text))
    ways = {way for names in concepts for name in names for way in ways_to_write(name)}
    by_hand = {
        (start, start + len(way))
        for way in ways
        for start in range(len(forms))
        if forms[start : start + len(way)] == way
    }
    code = "".join(index.codes.get(form, UNKNOWN) for form in forms)
    found = set()
    for end, key in index.automaton.iter(code):
        stop = (end + 1) // CODE_LENGTH
        found.add((stop - index.words[key], stop))
        assert index.key_of(forms[stop - index.words[key] : stop]) == key
    assert found == by_hand
    for number, names in enumerate(concepts):
        for name in names:
            assert number in [concept for concept, _ in meant(index, *name_words(name))]
