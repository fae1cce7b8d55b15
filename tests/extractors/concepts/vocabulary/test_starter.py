"""The starter vocabulary: present, consistent, and every CUI confirmed by its noted source."""

from __future__ import annotations

import pytest

from extractors.concepts.vocabulary.build import read_vocabulary
from extractors.concepts.vocabulary.sources import Problem, is_cui
from extractors.concepts.vocabulary.tables import read_table
from tests.conftest import DATA
from training.starter_vocabulary import STARTER, TERMS, Evidence, wrong


def test_the_table_is_well_formed() -> None:
    problems: list[Problem] = []
    terms = list(read_table(TERMS, problems.append))
    assert problems == []
    assert len(terms) >= 300
    assert all(is_cui(term.cui) and len(term.types) == 1 and term.sources for term in terms)
    assert len({term.cui for term in terms}) == len(terms)


def test_the_file_holds_the_table() -> None:
    assert STARTER.stat().st_size < 3_000_000
    starter = {entry.cui: entry for entry in read_vocabulary(STARTER)}
    for term in read_table(TERMS):
        assert starter[term.cui].name == term.name
    assert len(starter) > 8000
    assert "HP" not in {source for entry in starter.values() for source in entry.sources}


def test_every_cui_is_confirmed_by_public_data() -> None:
    if not (DATA / "concepts" / "roco").is_dir():
        pytest.skip(f"no MedMentions and ROCO at {DATA} (set FABRICA_DATA)")
    assert wrong(Evidence(DATA), list(read_table(TERMS))) == []
