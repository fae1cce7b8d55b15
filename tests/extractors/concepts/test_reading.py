"""Names in texts: where they stand, what parts them, capitals, abbreviations written out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.index import build_index
from extractors.concepts.names import name_words, ways_to_write
from extractors.concepts.reading import Reader

NAMES = [
    "liver", "cyst", "liver cyst", "left lobe", "liver left lobe", "E. coli", "St. Louis encephalitis",
    "TNF-alpha", "von Hippel-Lindau disease", "disease", "Lindau disease", "renal cell carcinoma",
    "in", "7", "B", "Mass", "CT", "ALL", "pulmonary embolism", "acute pulmonary embolism",
    "acute pulmonary",
]  # fmt: skip
INDEX = build_index([name] for name in NAMES)


def read(text: str, definitions: dict[str, str] | None = None, every: bool = False) -> list[str]:
    """What each candidate covers in `text`."""
    reader = Reader(INDEX, approximate=False, every_word=every)
    found, spans = reader.read(text, reader.expansions(definitions or {}))
    return [text[spans[c.first][0] : spans[c.last - 1][1]] for c in found]


def test_every_name_longer_or_not() -> None:
    assert sorted(read("a liver cyst")) == ["cyst", "liver", "liver cyst"]
    assert read("nothing here") == read("") == []


@pytest.mark.parametrize(
    "text",
    [
        "renal cell carcinoma", "Renal-Cell Carcinomas", "RENAL CELL CARCINOMA",
        "renal\ncell\tcarcinoma", "renal  cell\u00a0carcinomata", "renal cell, carcinoma",
        "renal cell carcinoma's",
    ],
)  # fmt: skip
def test_a_name_in_many_ways(text: str) -> None:
    assert read(text) == [text]
    assert read(f"({text}).") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "of the liver. Cyst of", "the liver; cyst", "liver: cyst", "liver? Cyst", "a liver (cyst)",
        "a (liver) cyst", "liver [cyst]",
    ],
)  # fmt: skip
def test_what_ends_a_sentence_or_a_bracket_parts_names(text: str) -> None:
    assert [own.lower() for own in read(text)] == ["liver", "cyst"]


def test_no_name_around_a_bracket() -> None:
    assert read("the liver (left) lobe") == ["liver"]
    assert "liver left lobe" in read("liver left lobe")


def test_full_stops_within_names() -> None:
    assert read("grown E. coli was") == ["E. coli"]
    assert read("with St. Louis encephalitis.") == ["St. Louis encephalitis"]
    assert read("given to liver. Coli") == ["liver"]


def test_words_that_say_nothing() -> None:
    assert read("seen in 7 of B") == []
    assert read("seen in 7 of B", every=True) == ["in", "7", "B"]
    assert read("IN all", every=False) == []


def test_capitals() -> None:
    assert read("All had a Mass, a MASS, ALL and Ct or CT") == ["Mass", "ALL", "CT"]
    assert read("a mass on ct, all") == ["mass", "ct"]
    assert read("A MASS ON CT") == ["MASS", "CT"]


def test_words_beside_and_ties() -> None:
    reader = Reader(INDEX, approximate=False, every_word=False)

    def beside(text: str) -> list[tuple[str, str]]:
        return [(c.before, c.after) for c in reader.read(text).found]

    assert beside("liver") == [("^", "$")]
    assert beside("the liver is") == [("the", "is")]
    assert beside("CT-guided") == [("^", "~-")]
    assert beside("pre-CT/liver") == [("~-", "~/"), ("~/", "$")]
    assert beside("pre - CT - guided") == [("-", "-")]


VHL = {"VHL": "von Hippel-Lindau", "PE": "pulmonary embolism"}


def test_an_abbreviation_is_read_as_what_it_stands_for() -> None:
    assert read("VHL disease", VHL) == ["VHL disease", "disease"]
    assert read("an acute PE", VHL) == ["acute PE", "PE"]
    assert read("PEs and a PE-like", VHL) == ["PEs", "PE"]
    assert read("pe", VHL) == []
    assert read("VHL gene", VHL) == []


def test_an_abbreviation_of_several_tokens() -> None:
    definitions = {"R-C": "renal cell", "R-CC": "renal cell carcinoma", "R": "liver"}
    assert read("R-CC, R-C carcinoma, R", definitions) == ["R-CC", "R-C carcinoma", "R"]


def test_what_a_document_defines_is_no_longer_the_vocabularys() -> None:
    assert read("a CT scan") == ["CT"]
    assert read("a CT scan", {"CT": "cell turnover"}) == []
    assert read("a CT scan", {"CT": "liver"}) == ["CT"]


def test_forgetting_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(INDEX, approximate=True, every_word=False)
    text = "acute pulmonarry embolismm, a renal cell carcinomma, a liver and a cyst"
    first = reader.read(text)
    monkeypatch.setattr("extractors.concepts.reading._SEEN_WORDS_LIMIT", 3)
    assert reader.read(text) == reader.read(text) == first
    reader.read("liver")
    assert list(reader._codes) == ["liver"]
    assert min(candidate.likeness for candidate in first.found) < 1


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [*NAMES, "(", ") ", ". ", "-", " ", "the ", "VHL", "İ", "ﬁ", "\u0308", "𝛽"]
        ),
        max_size=12,
    ).map("".join)
)
def test_candidates_are_names_where_they_stand(text: str) -> None:
    ways = {way for name in NAMES for way in ways_to_write(name)}
    reader = Reader(INDEX, approximate=False, every_word=True)
    found, spans = reader.read(text)
    assert spans == sorted(spans)
    for candidate in found:
        own = text[spans[candidate.first][0] : spans[candidate.last - 1][1]]
        assert name_words(own) in ways
        assert candidate.likeness == 1
