"""Pictures and texts of evaluation sets are kept out, with what belongs to them."""

from __future__ import annotations

import numpy as np

from filters.alike.signatures import turned
from filters.options import KeepOut, NearDuplicates
from tests.filters.select.select_tables import Rows, picture, reasons

ASKED = "Axial CT shows a large mass in the left upper lobe of the lung with a pleural effusion."


def _set(**more) -> KeepOut:
    return KeepOut(path="x", name="set", **more)


def _turned(shown: tuple, how: str) -> tuple:
    return tuple(turned(np.array([shown], np.uint64), how)[0].tolist())


def test_a_picture_that_was_changed_or_turned_is_found_and_told() -> None:
    rows = Rows()
    rows.ask("q1.png", picture(1))
    rows.add("a/1", picture(1, 5))
    rows.add("b/1", _turned(picture(1, 2), "mirror"))
    rows.add("c/1", picture(1, 33))
    rows.add("d/1", picture(2))
    found = rows.decided(keep_out=[_set()])
    kept_out = {n: r["drops"][0]["detail"] for n, r in found.items() if not r["kept"]}
    assert kept_out == {
        "a/1": "set: q1.png, 5 of 256 bits",
        "b/1": "set: q1.png, 2 of 256 bits, mirrored",
    }
    leaks = [(r["sample_id"], r["distance"], r["direct"]) for r in rows.table("leaks")]
    assert sorted(leaks) == [("a/1", 5.0, True), ("b/1", 2.0, True)]
    compared = {row["what"]: row["n"] for row in rows.table("compared")}
    assert compared["pictures for set"] == 4
    assert compared["pictures of set"] == 1


def test_crops_are_compared_both_ways() -> None:
    rows = Rows()
    rows.ask("q1", picture(1), crops=[picture(7)])
    rows.add("a/1", picture(7, 3))  # ours is a crop of theirs
    rows.add("b/1", picture(8))
    rows.pictures[-1] = ("b/1", picture(8), list(picture(1, 4)))  # theirs is a crop of ours
    assert reasons(rows.decided(keep_out=[_set(crop=0.05)])) == {"a/1": ["keep_out"]} | {
        "b/1": ["keep_out"]
    }
    assert all(row["kept"] for row in rows.decided(keep_out=[_set(crop=0)]).values())


def test_a_match_takes_its_figure_or_its_article_along() -> None:
    rows = Rows()
    rows.ask("q1", picture(1))
    rows.add("d/F1", picture(4))
    rows.add("d/F1/a", picture(1, 1))
    rows.add("d/F1/b", picture(3))
    rows.add("d/F10", picture(5))
    rows.add("e/F1", picture(6))
    figure = rows.decided(keep_out=[_set()])
    assert {n for n, r in figure.items() if not r["kept"]} == {"d/F1", "d/F1/a", "d/F1/b"}
    assert figure["d/F1/b"]["drops"][0]["detail"] == "set: q1, through d/F1/a"
    assert {r["sample_id"]: r["direct"] for r in rows.table("leaks")} == {
        "d/F1": False,
        "d/F1/a": True,
        "d/F1/b": False,
    }
    article = rows.decided(keep_out=[_set(scope="article")])
    assert {n for n, r in article.items() if r["kept"]} == {"e/F1"}


def test_most_of_a_text_is_enough_and_short_texts_are_not_asked_for() -> None:
    rows = Rows()
    rows.ask("q1", text=ASKED)
    rows.ask("q2", text="Is there a mass?")
    rows.add("a/1", caption=f"Figure 2. {ASKED} Arrow: the mass. Reprinted with permission.")
    rows.add("b/1", caption="Is there a mass? There is a mass in this picture of the lung.")
    rows.add("c/1", caption="Axial CT shows a normal lung without any effusion in the pleura.")
    found = rows.decided(keep_out=[_set(text=0.7)])
    assert reasons(found) == {"a/1": ["keep_out"], "b/1": [], "c/1": []}
    assert found["a/1"]["drops"][0]["detail"] == "set: q1, 1.00 of its words"
    assert all(row["kept"] for row in rows.decided(keep_out=[_set(text=None)]).values())


def test_long_texts_of_ours_are_searched_whole() -> None:
    rows = Rows()
    rows.ask("q1", text=ASKED)
    long = " ".join(f"word{i} other{i * 7} third{i * 3}." for i in range(700))
    rows.add("a/1", caption=f"{long} {ASKED}")
    rows.add("b/1", caption=long)
    assert "b/1" in rows.decided(keep_out=[_set()])
    assert rows.decided(keep_out=[_set()])["b/1"]["kept"]


def test_rows_like_one_that_is_kept_out_go_too() -> None:
    rows = Rows()
    rows.ask("q1", picture(1))
    rows.add("a/1", picture(1, 30))
    rows.add("b/1", picture(1, 44))  # near a/1 alone
    rows.add("c/1", picture(9), sha="same")
    rows.add("a/2", picture(9), sha="same")
    found = rows.decided(
        keep_out=[_set(scope="article")], near_duplicates=NearDuplicates(hamming=4)
    )
    assert reasons(found) == {n: ["keep_out"] for n in ("a/1", "b/1", "c/1", "a/2")}
    assert found["b/1"]["drops"][0]["detail"] == "set: q1, its picture is that of a/1"
    assert found["c/1"]["drops"][0]["detail"] == "set: q1, its picture is that of a/2"


def test_rows_that_are_dropped_anyway_are_not_compared() -> None:
    rows = Rows()
    rows.ask("q1", picture(1))
    rows.add("a/1", picture(1), code="TDM")
    assert reasons(rows.decided(keep_out=[_set()])) == {"a/1": ["licence"]}
    assert rows.table("leaks") == []


def test_hostile_names_stay_text() -> None:
    rows = Rows()
    rows.ask("q'); DROP TABLE judged; --\0", picture(1))
    rows.add("a'/\"1\0", picture(1), caption="x'; DROP TABLE judged; --\0")
    evil = KeepOut(path="x", name="set")
    found = rows.decided(keep_out=[evil], duplicate_texts=None)
    assert reasons(found) == {"a'/\"1\0": ["keep_out"]}
