"""The annotated sets of the concept benchmark: their parts, names and scores."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from benchmarks.concept_sets import ANNOTATED, annotated_sets, entries_of
from benchmarks.concepts import _links, _score, dictionary, tuned_linker
from benchmarks.data import DEFAULT
from extractors.concepts.learning import Annotated
from extractors.concepts.loading import read_table
from extractors.concepts.vocabulary.build import write_vocabulary

DATA = DEFAULT / "concepts"


def test_sets_of_a_folder(tmp_path: Path) -> None:
    assert list(annotated_sets(tmp_path)) == []
    (tmp_path / "medmentions_full").mkdir()
    sentences = [f"word{number}\tB-C000000{number}\n" for number in range(10)]
    (tmp_path / "medmentions_full" / "dev_BIO_CUI.tsv").write_text("\n".join(sentences))
    (tmp_path / "ncbi_disease").mkdir()
    for part in ("train", "develop"):
        text = f"1|t|{part}\n1|a|of gout\n"
        (tmp_path / "ncbi_disease" / f"NCBI{part}set_corpus.txt").write_text(text)
    medmentions, ncbi = annotated_sets(tmp_path)
    assert [text.text for (text,) in medmentions.judged] == ["word8", "word9"]
    assert len(medmentions.learned) == 8
    assert [text.text for (text,) in ncbi.learned] == ["train\nof gout"]
    assert [text.text for (text,) in ncbi.judged] == ["develop\nof gout"]


def test_the_commonest_name_comes_first() -> None:
    text = Annotated("gouty gout, gout", [(0, 5, "C2"), (6, 10, "C2"), (12, 16, "C2")])
    (first, second) = entries_of([[text], [Annotated("ache", [(0, 4, "C1")])]])
    assert (first.cui, first.name, first.sources) == ("C1", "ache", [ANNOTATED])
    assert (second.cui, second.name, second.synonyms) == ("C2", "gout", ["gouty"])


def test_scores_are_strict() -> None:
    text = Annotated("gout and fever", [(0, 4, "C1"), (9, 14, "C2")])
    score = _score([[text]], [[(0, 4, "C1"), (9, 13, "C2"), (5, 8, "C3")]], 2.0)
    assert (score.precision, score.recall) == (pytest.approx(1 / 3), 0.5)
    assert score.f1 == pytest.approx(0.4)
    assert score.sentences_per_s == 0.5


def test_the_tuned_linker_is_better_than_a_dictionary(tmp_path: Path) -> None:
    own = next((own for own in annotated_sets(DATA) if own.name == "NCBI disease"), None)
    if own is None:
        pytest.skip(f"no annotated texts at {DATA}")
    path = str(tmp_path / "vocabulary.parquet")
    write_vocabulary(entries_of(own.learned), path)
    tuned = tuned_linker(read_table(path), own.learned)
    f1 = []
    for link in (partial(_links, tuned), dictionary(path, own.learned)):
        links = [found for document in own.judged for found in link(document)]
        f1.append(_score(own.judged, links, 1.0).f1)
    assert f1[0] > f1[1] > 0.4
