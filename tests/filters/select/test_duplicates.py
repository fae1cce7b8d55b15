"""Of pictures and captions that are nearly the same the best row stays."""

from __future__ import annotations

import random

import numpy as np
import pytest

from filters.alike.cosine import _keyed_pairs
from filters.options import DuplicateTexts, NearDuplicates
from filters.select.leaders import Leaders, led
from schemas.sample import Text
from tests.filters.select.select_tables import Rows, picture, reasons

NEAR = NearDuplicates(hamming=6)
LONG = "Chest radiograph of a 54-year-old man shows a round opacity in the right lower lobe, and"


def _winners(rows: dict[str, dict]) -> dict[str, str]:
    return {name: row["duplicate_of"] for name, row in rows.items() if row["duplicate_of"]}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"caption": "A long caption of it."}, {"caption": "Short."}),
        (
            {"meta": {}},
            {"meta": {"panel_text": "whole"}, "caption": "A much longer caption of it."},
        ),
        ({"width": 900}, {"width": 300}),
        ({"code": "CC0"}, {"code": "CC BY"}),
        ({"code": "CC BY"}, {"code": "CC BY-SA"}),
        ({"code": "CC BY-SA"}, {"code": "CC BY-NC"}),
        ({"source": "z"}, {"source": "a"}),  # equal in all: the first id
    ],
)
def test_the_better_row_stays(better: dict, worse: dict) -> None:
    rows = Rows()
    same = {"caption": "A caption of one length."}
    rows.add("b/1", picture(1, 3), **same | worse) if "source" in better else None
    rows.add("a/1", picture(1), **same | better)
    if "source" not in better:
        rows.add("0/1", picture(1, 3), **same | worse)
    found = rows.decided(near_duplicates=NEAR)
    assert _winners(found) == {("b/1" if "source" in better else "0/1"): "a/1"}
    (pair,) = rows.table("near_pairs")
    assert (pair["winner"], pair["distance"], pair["how"]) == ("a/1", 3.0, "as is")


def test_no_two_that_stay_are_alike_and_none_goes_without_a_like() -> None:
    rows = Rows()
    rows.add("a/1", picture(1), caption="The longest caption of these three.")
    rows.add("b/1", picture(1, 20), caption="A shorter caption of these.")
    rows.add("c/1", picture(1, 40), caption="The shortest of them.")
    found = rows.decided(near_duplicates=NEAR)
    assert _winners(found) == {"b/1": "a/1"}, "c is like b alone, which goes"
    assert found["b/1"]["drops"][0]["detail"] == "nearly the picture of a/1, 20 of 256 bits"


def test_rows_of_equal_signatures_are_all_compared() -> None:
    rows = Rows()
    rows.add("a/1", picture(1), caption="The longest caption of these three.")
    rows.add("b/1", picture(1, 6), caption="A shorter caption of these.")
    rows.add("c/1", picture(1, 6), caption="The shortest of them.")
    assert _winners(rows.decided(near_duplicates=NEAR)) == {"b/1": "a/1", "c/1": "a/1"}


def test_panels_of_one_figure_are_not_each_others_duplicates() -> None:
    rows = Rows()
    for name in ("d/F1/a", "d/F1/b", "d/F1", "d/F2", "e/F1"):
        rows.add(name, picture(1), caption=f"The caption of {name}")
    found = rows.decided(near_duplicates=NEAR)
    assert {n for n, r in found.items() if r["kept"]} == {"d/F1", "d/F1/a", "d/F1/b"}


def test_marked_rows_stay_and_their_groups_share_a_split() -> None:
    rows = Rows()
    for i in range(30):
        rows.add(f"m{i}/1", picture(i // 2 + 1, i % 2), caption="x" * (50 - i))
    marked = NearDuplicates(hamming=6, then="mark")
    found = rows.decided(near_duplicates=marked, test=0.4, val=0.3)
    assert all(row["kept"] for row in found.values())
    assert len(_winners(found)) == 15
    assert {row["split"] for row in found.values()} == {"train", "val", "test"}
    for name, winner in _winners(found).items():
        assert found[name]["split"] == found[winner]["split"]


def test_winners_are_rows_that_stay() -> None:
    rows = Rows()
    rows.add("a/1", picture(1), sha="1", caption="One.")
    rows.add("b/1", picture(1), sha="1", caption="Two words.")
    rows.add("c/1", picture(1, 9), sha="2", caption="Three words here.")
    found = rows.decided(near_duplicates=NEAR)
    assert reasons(found) == {"a/1": ["duplicate"], "b/1": ["near_duplicate"], "c/1": []}
    assert _winners(found) == {"a/1": "c/1", "b/1": "c/1"}
    assert found["a/1"]["drops"][0]["detail"] == "same picture as b/1"


def test_embeddings_find_what_signatures_do_not() -> None:
    rows = Rows()
    rows.add("a/1", picture(1), caption="The longer caption.")
    rows.add("b/1", picture(2))
    rows.add("c/1", picture(3))
    rows.vectors = {"a/1": [1, 0, 0.1], "b/1": [1, 0, 0], "c/1": [0, 1, 0]}
    alike = NearDuplicates(hamming=6, embedding=0.99)
    found = rows.decided(near_duplicates=alike)
    assert _winners(found) == {"b/1": "a/1"}
    assert found["b/1"]["drops"][0]["detail"].endswith("0.995 alike by embedding")
    assert not _winners(rows.decided(near_duplicates=NEAR))


def test_keys_find_nearly_all_pairs_of_many_vectors() -> None:
    random_ = np.random.Generator(np.random.PCG64(3))
    base = random_.standard_normal((3_000, 32))
    twins = base[:500] + 0.15 * random_.standard_normal((500, 32))
    vectors = np.concatenate([base, twins])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.einsum("ij,ij->i", vectors[:500], vectors[3_000:])
    found = _keyed_pairs(vectors.astype(np.float16), 0.95)
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    wanted = {(i, 3_000 + i) for i in range(500) if cosines[i] >= 0.952}
    assert len(wanted) > 400
    assert len(wanted & pairs) >= 0.97 * len(wanted)
    assert all(vectors[a] @ vectors[b] > 0.94 for a, b in pairs)


def test_leaders_are_what_all_pairs_would_give() -> None:
    draw = random.Random(5)
    for _ in range(200):
        n = draw.randint(1, 14)
        groups = [draw.randint(0, 5) for _ in range(n)]
        units = [draw.randint(0, 3) for _ in range(n)]
        alike = {g: {g} for g in range(6)}
        for _ in range(4):
            a, b = draw.randint(0, 5), draw.randint(0, 5)
            alike[a].add(b)
            alike[b].add(a)
        stay: list[int] = []
        expected = []
        for row in range(n):
            like = [s for s in stay if groups[s] in alike[groups[row]] and units[s] != units[row]]
            expected.append((row, like[0])) if like else stay.append(row)
        found = led(range(n), Leaders(groups, units), lambda r, g=groups, a=alike: a[g[r]])
        assert found == expected


def test_captions_that_repeat_in_other_documents_go() -> None:
    rows = Rows()
    rows.add("a/1", caption=f"{LONG} a small pleural effusion on the left side of the chest.")
    rows.add("b/1", caption=f"{LONG} a small pleural effusion on the left side of the chest")
    rows.add("a/2", caption=f"{LONG} a small pleural effusion on the left side of the chest.")
    rows.add("c/1", caption="An entirely different caption about the liver, its size and vessels.")
    rows.add("d/1", caption="See text.")
    rows.add("e/1", caption="See text.")
    found = rows.decided(duplicate_texts=DuplicateTexts())
    assert reasons(found) == {
        "a/1": [], "a/2": [], "b/1": ["duplicate_text"], "c/1": [], "d/1": [], "e/1": []
    }  # fmt: skip
    assert found["b/1"]["drops"][0]["detail"] == "the caption of a/1, 1.00 alike"
    assert _winners(rows.decided(duplicate_texts=DuplicateTexts(then="mark"))) == {"b/1": "a/1"}


def test_captions_of_one_patient_and_those_made_from_labels_may_repeat() -> None:
    words = "An axial slice of the chest that shows an effusion on the left side."
    rows = Rows()
    rows.add("a/1", caption=words, group_id="patient")
    rows.add("b/1", caption=words, group_id="patient")
    rows.add("c/1", texts=[Text("label_caption", words)])
    rows.add("d/1", texts=[Text("label_caption", words)])
    found = rows.decided(duplicate_texts=DuplicateTexts())
    assert all(row["kept"] for row in found.values())
    rows.add("e/1", caption=words)
    found = rows.decided(duplicate_texts=DuplicateTexts())
    assert [name for name, row in found.items() if not row["kept"]] == ["e/1"]


def test_what_many_documents_say_is_boilerplate() -> None:
    rows = Rows()
    for i in range(4):
        rows.add(f"d{i}/1", caption="Flow chart of the selection of the patients of the study.")
    rows.add("d0/2", caption="Flow chart of the selection of the patients of the study.")
    rows.add("e/1", caption="Kaplan-Meier curves of the overall survival of all the patients.")
    found = rows.decided(duplicate_texts=DuplicateTexts(boilerplate=4))
    assert [n for n, r in found.items() if r["kept"]] == ["e/1"]
    assert found["d0/1"]["drops"][0]["detail"] == "the same caption in 4 articles or patients"
    found = rows.decided(duplicate_texts=DuplicateTexts(boilerplate=5))
    assert sum(row["kept"] for row in found.values()) == 3, "those of the first document, and e"


def test_threads_change_nothing() -> None:
    draw = random.Random(2)
    rows = Rows()
    for i in range(300):
        rows.add(f"d{i % 90}/{i}", picture(draw.randint(1, 60), draw.randint(0, 9)))
    wanted = {"near_duplicates": NEAR, "duplicate_texts": DuplicateTexts(), "test": 0.2}
    assert rows.decided(threads=1, **wanted) == rows.decided(threads=4, **wanted)
