"""Questions about concepts and kinds of picture, as `fabrica query --help` shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from extractors.concepts.loading import STARTER
from pipelines import layout
from pipelines.corpus import open_corpus, views
from pipelines.query_examples import EXAMPLES
from tests.conftest import fabrica
from tests.pipelines.concept_corpus import EFFUSION, LUNG_DISEASE, PNEUMONIA, build

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("concepts")
    build(folder)
    return folder / "corpus"


def answers(capsys: Capsys, corpus: Path, sql: str) -> list[dict]:
    code, out, err = fabrica(capsys, "query", corpus, sql, "--json")
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def example(words: str) -> str:
    (found,) = (e.sql for e in EXAMPLES if words in e.words)
    return found


@pytest.mark.parametrize("sql", [e.sql for e in EXAMPLES], ids=[e.words for e in EXAMPLES])
def test_every_example_has_an_answer(
    corpus: Path, labelled_corpus: Path, selection_corpus: Path, capsys: Capsys, sql: str
) -> None:
    if re.search(r"near_pairs|leaks|drops|image_flat|sampling_weight|identifying", sql):
        corpus = selection_corpus
    elif re.search(r"FROM (regions|questions|labels)\b", sql):
        corpus = labelled_corpus
    assert answers(capsys, corpus, sql)


def test_the_help_shows_them(capsys: Capsys) -> None:
    code, out, _ = fabrica(capsys, "query", "--help")
    assert code == 0
    words = " ".join(out.split())
    for one in EXAMPLES:
        assert one.words in words
        assert one.sql in words


def test_the_commonest_concepts_are_counted_by_sample(corpus: Path, capsys: Capsys) -> None:
    found = {a["cui"]: a["samples"] for a in answers(capsys, corpus, example("commonest"))}
    assert found[PNEUMONIA] == 2
    assert found[EFFUSION] == 1


def test_narrower_concepts_of_a_real_parent(corpus: Path, capsys: Capsys) -> None:
    parents = pq.read_table(STARTER, filters=[("cui", "=", PNEUMONIA)])["parents"].to_pylist()[0]
    assert LUNG_DISEASE in parents
    found = answers(capsys, corpus, example("narrower"))
    assert {a["name"] for a in found} == {"pneumonia"}
    assert {a["sample_id"].rpartition("/")[2] for a in found} == {"F0", "F2"}
    names = answers(capsys, corpus, f"FROM narrower('{PNEUMONIA}')")
    assert names == [{"cui": PNEUMONIA}]


def test_concepts_by_kind_add_up(corpus: Path, capsys: Capsys) -> None:
    rows = {a.pop("name"): a for a in answers(capsys, corpus, example("by kind of picture"))}
    assert sum(rows["pneumonia"].values()) == 2
    assert rows["pneumonia"]["radiography"] == rows["pneumonia"]["ct"] == 1


def test_denied_findings_come_with_their_words(corpus: Path, capsys: Capsys) -> None:
    (found,) = answers(capsys, corpus, example("denied"))
    assert (found["name"], found["words"]) == ("pleural effusion", "pleural effusion")
    assert "no pleural effusion" in found["text"]


def test_the_least_sure_come_first(corpus: Path, capsys: Capsys) -> None:
    scores = [a["modality_score"] for a in answers(capsys, corpus, example("least sure"))]
    assert len(scores) >= 4
    assert scores == sorted(scores)


def test_what_is_broader_gathers_what_is_narrower(corpus: Path, capsys: Capsys) -> None:
    found = {a["name"]: a["samples"] for a in answers(capsys, corpus, example("broader"))}
    assert found["lung disease"] == 2


def test_the_vocabulary_says_where_its_concepts_come_from(corpus: Path, capsys: Capsys) -> None:
    sql = f"SELECT sources FROM vocabulary WHERE cui = '{LUNG_DISEASE}'"
    assert answers(capsys, corpus, sql) == [{"sources": ["DOID"]}]


def test_tenths_of_a_score_hold_all_rows(selection_corpus: Path, capsys: Capsys) -> None:
    found = answers(capsys, selection_corpus, example("tenth of a score"))
    assert sum(a["rows"] for a in found) == 12
    assert sum(a["kept"] for a in found) == 7


def test_what_nothing_else_drops_is_counted(selection_corpus: Path, capsys: Capsys) -> None:
    found = answers(capsys, selection_corpus, example("what each rule and step drops"))
    assert {a["reason"]: (a["rows"], a["alone"]) for a in found} == {
        "keep_out": (3, 3),
        "near_duplicate": (1, 1),
        "duplicate_text": (1, 1),
    }


def test_shares_as_rows_and_as_drawn_are_each_one(selection_corpus: Path, capsys: Capsys) -> None:
    found = answers(capsys, selection_corpus, example("as drawn by sampling_weight"))
    assert sum(a["of_rows"] for a in found) == pytest.approx(1)
    assert sum(a["drawn"] for a in found) == pytest.approx(1)


def test_leaks_and_near_pairs_are_views(selection_corpus: Path, capsys: Capsys) -> None:
    leaks = answers(capsys, selection_corpus, example("kept out for an evaluation set"))
    assert {a["item"] for a in leaks} == {"cropped.png", "mirrored.jpg"}
    (pair,) = answers(capsys, selection_corpus, example("most and least alike"))
    assert (pair["sample_id"], pair["winner"]) == ("a1/F1", "a0/F1")
    (marked,) = answers(capsys, selection_corpus, example("mark of privacy"))
    assert marked["sample_id"] == "a7/F1"


def test_a_circle_of_parents_does_not_hang(tmp_path: Path) -> None:
    """A above B above C above A, and D above itself."""
    build(tmp_path, ("Pneumonia of the right lung.",))
    where = tmp_path / "corpus" / layout.VOCABULARY
    table = pq.read_table(where)
    parents = {"A": ["C"], "B": ["A"], "C": ["B"], "D": ["D", "A"]}
    rows = [
        {"cui": cui, "name": cui, "types": [], "parents": above, "sources": []}
        for cui, above in parents.items()
    ]
    pq.write_table(table.from_pylist(rows, schema=table.schema), where)
    connection = views(open_corpus(str(tmp_path / "corpus")))
    for cui, expected in {"A": "ABCD", "B": "ABCD", "D": "D", "X": "X"}.items():
        found = connection.execute(f"FROM narrower('{cui}') ORDER BY 1").fetchall()
        assert "".join(row[0] for row in found) == expected
