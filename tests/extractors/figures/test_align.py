"""Boxes, letters and labels to panels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extractors.figures.align import align, choose_panels, in_reading_order, overlap
from extractors.figures.places import by_place, is_place
from extractors.figures.records import Letter, Panel

GRID = [
    Panel((0, 0, 100, 100), 0.9),
    Panel((110, 0, 200, 100), 0.9),
    Panel((0, 110, 100, 200), 0.9),
    Panel((110, 110, 200, 200), 0.9),
]


def letter(text: str, x: int, y: int, score: float = 0.95) -> Letter:
    return Letter(text, (x, y, x + 12, y + 14), score)


def test_letters_decide_not_the_order_on_the_page() -> None:
    letters = [letter("A", 3, 3), letter("B", 3, 113), letter("C", 113, 3), letter("D", 113, 113)]
    aligned = align(GRID, letters, ("A", "B", "C", "D"))
    assert [a.label for a in aligned] == ["A", "B", "C", "D"]
    assert [a.box for a in aligned] == [GRID[i].box for i in (0, 2, 1, 3)]
    assert all(a.agreement > 0.9 for a in aligned)


def test_letters_below_their_panels_belong_to_what_is_above() -> None:
    letters = [
        letter("a", 45, 101),
        letter("b", 150, 101),
        letter("c", 45, 203),
        letter("d", 150, 203),
    ]
    aligned = align(GRID, letters, ("a", "b", "c", "d"))
    assert [a.box for a in aligned] == [p.box for p in GRID]


def test_case_follows_the_caption() -> None:
    aligned = align(GRID[:2], [letter("C", 3, 3), letter("d", 113, 3)], ("c", "D"))
    assert [a.label for a in aligned] == ["c", "D"]


def test_without_letters_the_reading_order_counts_less() -> None:
    aligned = align(GRID, [], ("A", "B", "C", "D"))
    assert [a.label for a in aligned] == ["A", "B", "C", "D"]
    assert all(0 < a.agreement < 0.7 for a in aligned)


def test_one_missing_letter_is_found_by_elimination() -> None:
    letters = [letter("A", 3, 3), letter("B", 113, 3), letter("D", 113, 113)]
    aligned = align(GRID, letters, ("A", "B", "C", "D"))
    assert [a.box for a in aligned] == [p.box for p in GRID]
    assert 0.6 < aligned[2].agreement < 0.9


def test_parts_without_a_letter_join_their_panel() -> None:
    aligned = align(GRID, [letter("A", 3, 3), letter("B", 3, 113)], ("A", "B"))
    assert [(a.label, a.box) for a in aligned] == [
        ("A", (0, 0, 200, 100)),
        ("B", (0, 110, 200, 200)),
    ]


def test_a_panel_with_two_letters_is_taken_apart() -> None:
    letters = [letter("A", 3, 3), letter("B", 103, 3)]
    aligned = align([Panel((0, 0, 200, 100), 0.9)], letters, ("A", "B"))
    assert [(a.label, a.box) for a in aligned] == [
        ("A", (0, 0, 103, 100)),
        ("B", (103, 0, 200, 100)),
    ]


def test_lesser_candidates_part_it_better() -> None:
    parts = [Panel((0, 0, 95, 100), 0.2), Panel((99, 0, 200, 100), 0.2)]
    letters = [letter("A", 3, 3), letter("B", 103, 3)]
    aligned = align([Panel((0, 0, 200, 100), 0.9), *parts], letters, ("A", "B"))
    assert [a.box for a in aligned] == [p.box for p in parts]


def test_as_many_candidates_as_the_caption_names() -> None:
    doubtful = Panel((110, 110, 200, 200), 0.3)
    assert len(choose_panels([*GRID[:3], doubtful], 4)) == 4
    assert len(choose_panels([*GRID[:3], doubtful], 0)) == 3
    assert choose_panels([], 3) == []


def test_places() -> None:
    boxes = [p.box for p in GRID]
    assert [x for x, _ in by_place(boxes, ("left", "right"))] == ["left", "right"] * 2
    rows = by_place(boxes, ("upper row", "lower row"))
    assert [x for x, _ in rows] == ["upper row", "upper row", "lower row", "lower row"]
    corners = ("top left", "top right", "bottom left", "bottom right")
    assert [x for x, _ in by_place(boxes, corners)] == list(corners)
    column = [(0, 0, 9, 9), (0, 20, 9, 29), (0, 40, 9, 49)]
    assert [x for x, _ in by_place(column, ("top", "middle row", "bottom"))][1] == "middle row"
    assert is_place("right-hand side")
    assert not is_place("A")
    assert not is_place("row")


boxes = st.tuples(*(st.integers(0, 300),) * 2, *(st.integers(5, 200),) * 2).map(
    lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3])
)
panels = st.lists(st.builds(Panel, boxes, st.floats(0, 1)), max_size=12)
letters = st.lists(
    st.builds(Letter, st.sampled_from("ABCDab1"), boxes, st.floats(0, 1)),
    max_size=6,
    unique_by=lambda found: found.text.casefold(),
)


@given(panels, letters, st.lists(st.sampled_from("ABCDE"), max_size=5, unique=True))
def test_labels_are_unique_and_the_captions(found, read, labels) -> None:  # type: ignore[no-untyped-def]
    aligned = align(found, read, labels)
    named = [a.label for a in aligned if a.label]
    assert len(named) == len(set(named))
    if labels:
        assert set(named) <= set(labels)
    assert all(0 <= a.agreement <= 1 for a in aligned)
    assert all(a.box[0] < a.box[2] and a.box[1] < a.box[3] for a in aligned)


@given(panels)
def test_reading_order_loses_none(found) -> None:  # type: ignore[no-untyped-def]
    assert sorted(in_reading_order(found), key=repr) == sorted(found, key=repr)


@given(boxes, boxes)
def test_overlap_is_a_share(a, b) -> None:  # type: ignore[no-untyped-def]
    assert 0 <= overlap(a, b) <= 1
    assert overlap(a, b) == overlap(b, a)


ROW = [Panel((110 * i, 0, 110 * i + 100, 100), 0.9) for i in range(8)]


def test_a_few_misread_letters_give_way_to_the_order_of_all_others() -> None:
    letters = [letter(text, 110 * i + 3, 3) for i, text in enumerate("1234")]
    letters.append(letter("7", 110 * 5 + 3, 3))  # what is painted is "6"
    labels = tuple("12345678")
    aligned = align(ROW, letters, labels)
    assert [(a.label, a.box) for a in aligned] == [
        (label, panel.box) for label, panel in zip(labels, ROW, strict=True)
    ]


def test_two_clear_letters_that_changed_places_are_believed() -> None:
    letters = [letter(text, 110 * i + 3, 3) for i, text in enumerate("ABCDEFHG")]
    aligned = align(ROW, letters, tuple("ABCDEFGH"))
    assert [a.box for a in aligned][-2:] == [ROW[7].box, ROW[6].box]


def test_roman_labels_keep_the_order_of_the_caption() -> None:
    labels = ("i", "ii", "iii", "iv", "v")
    assert [(a.label, a.box) for a in align(ROW[:5], [], labels)] == [
        (label, panel.box) for label, panel in zip(labels, ROW[:5], strict=True)
    ]


def test_numbers_are_in_the_order_of_their_values() -> None:
    labels = ("1", "10", "2", "3", "4", "5", "6", "7")
    assert [a.label for a in align(ROW, [], labels)][-1] == "10"
