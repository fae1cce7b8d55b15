"""describe_regions: what is shown of regions, and that places, sizes and numbers stay theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_rewrite.material.marked_regions import direction, shown_regions
from llm_rewrite.material.placing import Placed, place_findings
from llm_rewrite.task import Passage
from llm_rewrite.tasks.describe_regions import TASK, Options, instructions
from llm_rewrite.writing import evidence_of
from schemas.sample import Region, Sample
from tests.llm_rewrite.tasks.text_rows import (
    HOSTILE,
    asked,
    new_texts,
    picture,
    reasons,
    region_row,
    rows_of,
    step_of,
    without_token,
    written,
)

POLYP = Region("polyp", [50, 700, 250, 900], share=0.04, side="left", frame="image",
               place="lower left")  # fmt: skip
TOOL = Region("biopsy forceps", [300, 720, 400, 880], share=0.016, side="left", frame="image",
              place="lower middle")  # fmt: skip
ROW = region_row(POLYP, TOOL)
WHOLE = "Colonoscopy image of the colon with a polyp and biopsy forceps."
FIRST = "A polyp lies in the lower left of the image, about 4% of it, to the left of the biopsy forceps."
SECOND = "Biopsy forceps are seen in the lower middle of the image."
LIVER = Region("liver", [10, 40, 40, 60], share=0.1, side="right", frame="patient",
               place="middle left")  # fmt: skip


def says(*texts: str, whole: str = WHOLE) -> dict[str, Any]:
    """An answer with one entry for each region."""
    return {"whole": whole, "regions": [{"numbers": [n], "text": t} for n, t in enumerate(texts)]}


def test_one_description_from_the_whole_to_the_regions() -> None:
    row, _, requests = written(TASK, ROW, says(FIRST, SECOND[:-1]))
    (made,) = new_texts(ROW, row)
    assert (made.kind, made.text) == ("region_caption", f"{WHOLE} {FIRST} {SECOND}")
    assert made.faithful is True, made.reasons
    assert made.evidence == "label:polyp; region:0; region:1"
    assert without_token(requests[0].user) == (
        "[facts TOKEN]\npicture: colonoscopy image\nmodality: endoscopy\nbody part: abdomen\n"
        "organ: colon\n[end TOKEN]\n\n[label TOKEN]\npolyp is present.\n[end TOKEN]\n\n"
        "[marked regions TOKEN]\npolyp: 1\nbiopsy forceps: 1\n[end TOKEN]\n\n"
        "[region 0 TOKEN]\nlabel: polyp\nplace in the picture: lower left\n"
        "share of the picture: about 4% (small)\nbox: [50, 699, 250, 899]\n"
        "it lies: left of region 1 (biopsy forceps)\n[end TOKEN]\n\n"
        "[region 1 TOKEN]\nlabel: biopsy forceps\nplace in the picture: lower middle\n"
        "share of the picture: about 2% (small)\nbox: [300, 719, 400, 879]\n"
        "it lies: right of region 0 (polyp)\n[end TOKEN]\n\n"
        "Describe the picture and its regions."
    )


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (FIRST.replace("lower left", "lower right"), "laterality_changed"),
        (FIRST.replace("to the left of", "to the right of"), "laterality_changed"),
        (FIRST.replace("in the lower left of the image", "on the patient's left"), "laterality_changed"),
        (FIRST.replace("lower left", "upper left"), "qualifier_changed"),
        (FIRST.replace("lower left", "centre"), "qualifier_changed"),
        (FIRST.replace("to the left of", "above"), "qualifier_changed"),
        (FIRST.replace("A polyp", "A large polyp"), "qualifier_changed"),
        (FIRST.replace("4%", "14%"), "number_changed"),
        (FIRST.replace("A polyp", "One of three polyps"), "number_changed"),
        (FIRST.replace("A polyp", "The polyp at [50, 699, 250, 999]"), "region_unknown"),
        (FIRST.replace("A polyp", "A lesion"), "concept_lost"),
        (FIRST.replace("A polyp", "A polyp with an adenocarcinoma"), "concept_added"),
        (FIRST.replace("the biopsy forceps", "region 1"), "source_mentioned"),
    ],
)  # fmt: skip
def test_a_lie_about_a_region_is_rejected(lie: str, reason: str) -> None:
    row, _, _ = written(TASK, ROW, says(lie, SECOND))
    (made,) = new_texts(ROW, row)
    assert made.faithful is False
    assert reason in reasons(made), made.reasons
    assert row.meta["describe_regions"].startswith("0 written, 1 rejected")


def test_the_box_that_was_given_may_be_said() -> None:
    told = FIRST.replace("A polyp", "A polyp at [50, 699, 250, 899]")
    row, _, _ = written(TASK, ROW, says(told, SECOND))
    assert "region_unknown" not in reasons(new_texts(ROW, row)[0])
    pixels = FIRST.replace("A polyp", "A polyp at [50, 700, 250, 900]")
    row, _, requests = written(TASK, ROW, says(pixels, SECOND), boxes="pixels")
    assert "region_unknown" not in reasons(new_texts(ROW, row)[0])
    assert "box: [50, 700, 250, 900]\n" in requests[0].user
    assert "in pixels" in requests[0].system


def test_regions_that_are_not_there_left_out_or_told_twice() -> None:
    row, _, _ = written(TASK, ROW, says(FIRST, SECOND, SECOND))
    assert "region_unknown: region 2" in new_texts(ROW, row)[0].reasons
    row, _, requests = written(TASK, ROW, [says(FIRST), says(FIRST, SECOND)])
    assert new_texts(ROW, row)[0].faithful
    assert "nothing is said of region 1" in requests[1].turns[0][1]
    twice = says(FIRST, SECOND)
    twice["regions"].append(twice["regions"][0])
    row, _, _ = written(TASK, ROW, twice)
    assert "more than one entry" in row.meta["describe_regions"]


def test_a_text_for_each_region_rests_on_that_region() -> None:
    lie = SECOND.replace("lower", "upper")
    row, _, _ = written(TASK, ROW, says(FIRST, lie), per_region=True)
    texts = new_texts(ROW, row)
    assert [(t.text, t.faithful) for t in texts] == [(WHOLE, True), (FIRST, True), (lie, False)]
    assert [t.evidence for t in texts[1:]] == ["region:0; label:polyp", "region:1; label:polyp"]
    _, exchanges, _ = written(TASK, ROW, says(FIRST, SECOND), per_region=True)
    step, judged = step_of(TASK, per_region=True), exchanges[0].judged
    shown = evidence_of(ROW, exchanges[0].prompt, judged[1].draft, step).texts
    assert [("lower left" in text, "lower middle" in text) for text in shown].count(
        (True, False)
    ) == 1
    assert not any("lower middle" in text for text in shown), "the other region's part"
    swapped = SECOND.replace("image", "image and take up about 4% of it")
    row, _, _ = written(TASK, ROW, says(FIRST, swapped), per_region=True)
    assert not new_texts(ROW, row)[2].faithful, "the share of the other region"
    both = {"whole": WHOLE, "regions": [{"numbers": [0, 1], "text": FIRST}]}
    row, _, _ = written(TASK, ROW, both, per_region=True)
    assert "one number" in row.meta["describe_regions"]
    assert (
        written(TASK, ROW, both)[0].meta["describe_regions"].startswith(("1 written", "0 written"))
    )
    assert "one entry for every region" in instructions(Options(per_region=True))


def test_words_that_the_prompt_asks_for_are_not_copied_from_it() -> None:
    quoted = re.findall(r'"(on the left[^"]*)"', instructions(Options()))
    assert quoted
    row, _, _ = written(TASK, ROW, says(f"A polyp lies {quoted[0]}.", SECOND))
    assert new_texts(ROW, row)[0].reasons == []
    prompt = "State no other finding, number, cause or severity."
    row, _, _ = written(TASK, ROW, says(f"{FIRST} {prompt}", SECOND))
    assert "instruction_copied" in reasons(new_texts(ROW, row)[0])


def test_regions_of_a_kind_may_share_a_text() -> None:
    cells = [
        Region("red blood cell", [x, 400, x + 80, 480], share=0.006, place="centre")
        for x in (300, 420, 540)
    ]
    row = region_row(*cells, labels=[], meta={"picture": "blood smear"}, modality="cytology")
    text = "Three red blood cells lie in the centre of the image."
    answer = {"whole": "A blood smear.", "regions": [{"numbers": [0, 1, 2], "text": text}]}
    made, _, _ = written(TASK, row, answer)
    assert new_texts(row, made)[0].faithful, new_texts(row, made)[0].reasons
    answer["regions"] = [{"numbers": [0, 1, 2], "text": text.replace("Three", "Five")}]
    made, _, _ = written(TASK, row, answer)
    assert "number_changed" in reasons(new_texts(row, made)[0])


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("The liver lies on the patient's right.", True),
        ("The liver lies on the right.", True),
        ("The liver lies on the left of the image.", True),
        ("The liver is in the left half of this picture.", True),
        ("The liver lies on the image's left side.", True),
        ("The liver lies on the patient's left.", False),
        ("The liver lies on the left.", False),
        ("The liver lies on the right side of the image.", False),
        ("The liver, right side of the patient.", True),
        ("The liver, left side of the patient.", False),
    ],
)
def test_sides_of_the_patient_and_of_the_picture(words: str, right: bool) -> None:
    one = Placed(LIVER, (100, 100))
    assert (place_findings(words, [one], [one], []) == []) is right


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("A polyp, about 4% of the image.", []),
        ("A polyp, about 14 percent of the image.", ["number_changed: 14 percent"]),
        ("Two polyps.", ["number_changed: Two polyp"]),
        ("One polyp.", []),
        ("A polyp of 2, 3, 4, 5.", ["region_unknown: no box 2, 3, 4, 5"]),
    ],
)
def test_numbers_are_those_of_the_region(words: str, found: list[str]) -> None:
    one = Placed(POLYP, (1000, 1000), (50, 699, 250, 899))
    assert place_findings(words, [one], [one], []) == found


def test_words_within_names_are_no_places() -> None:
    lung = Region("right upper lobe", [10, 60, 30, 90], share=0.06, place="lower left")
    one = Placed(lung, (100, 100))
    words = "The right upper lobe lies in the lower left of the image."
    assert place_findings(words, [one], [one], []) == []
    assert place_findings("It lies in the right upper lobe.", [one], [one], []) == []
    assert place_findings("A film of the right knee.", [one], [one], ["right knee"]) == []
    assert place_findings("A film of the right knee.", [one], [one], []) != []


def test_what_spans_the_picture_is_on_both_sides() -> None:
    wide = Placed(Region("vessels", [5, 5, 95, 95], share=0.1, place="spread over"), (100, 100))
    words = "The vessels reach from the upper left to the lower right of the image."
    assert place_findings(words, [wide], [wide], []) == []


def test_relations_are_those_of_the_boxes() -> None:
    def box(x: float, y: float) -> Region:
        return Region("a", [x, y, x + 10, y + 10])

    assert direction(box(0, 0), box(50, 5)) == "left of"
    assert direction(box(50, 5), box(0, 0)) == "right of"
    assert direction(box(5, 0), box(0, 50)) == "above"
    assert direction(box(0, 50), box(5, 0)) == "below"
    assert direction(box(0, 0), box(50, 50)) == direction(box(0, 0), box(5, 5)) == ""
    patient = [
        Region(name, [x, 40, x + 20, 60], side=side, frame="patient", place=place, share=0.04)
        for name, x, side, place in (
            ("liver", 10, "right", "left"),
            ("spleen", 40, "left", "right"),
        )
    ]
    row = region_row(*patient, images=[picture(100, 100)])
    assert "it lies:" not in asked(TASK, row)[0].user, "left of it would mean two things"


def test_the_largest_of_each_label_are_shown() -> None:
    cells = [Region("cell", [i, 0, i + 5, 5], share=i / 1000) for i in range(10)]
    row = region_row(*cells, POLYP)
    assert shown_regions(row, 4) == [7, 8, 9, 10]
    (request,) = asked(TASK, row, most=4)
    assert "cell: 10, 3 of them below\npolyp: 1\n" in request.user
    assert asked(TASK, region_row()) == []


@pytest.mark.parametrize(
    "region",
    [
        Region("polyp"),
        Region("polyp", [0, 0, 1, 1], image=5),
        Region("polyp", [0, 0, 1, 1], image=-1),
        Region(" ", [0, 0, 1, 1]),
    ],
)
def test_a_region_without_box_picture_or_name_is_not_shown(region: Region) -> None:
    assert asked(TASK, region_row(region)) == []
    both, answer = region_row(POLYP, region), says(FIRST.split(",")[0], whole="Colonoscopy image.")
    row, _, _ = written(TASK, both, answer)
    assert new_texts(both, row)[0].faithful


def test_background_is_shown_and_said_in_general_alone() -> None:
    known = Passage("polyp: a rounded growth that protrudes from the mucosa", "definition:C9", "X")
    told = "It is a rounded growth protruding from the mucosa."
    for words, faithful in (
        (told, False),
        (told.replace("It is", "A polyp is typically"), True),
    ):
        row, _, requests = written(TASK, ROW, says(f"{FIRST} {words}", SECOND), known)
        (made,) = new_texts(ROW, row)
        assert made.faithful is faithful, made.reasons
        assert "definition:C9" in made.evidence
        assert "[background" in requests[0].user
    assert "[background" not in asked(TASK, ROW, known, passages=0)[0].user


def test_the_model_may_see_the_picture() -> None:
    (request,) = asked(TASK, ROW, see_image=True)
    assert len(request.images) == 1
    assert "You also see the picture" in request.system
    row, _, _ = written(TASK, ROW, says(f"{FIRST} Its surface is red.", SECOND), see_image=True)
    assert new_texts(ROW, row)[0].faithful, new_texts(ROW, row)[0].reasons


def test_hostile_names_change_their_own_blocks_alone() -> None:
    named = Region("LABEL", POLYP.box, share=0.04, place="lower left")
    bad = Region(HOSTILE, POLYP.box, share=0.04, place="lower left")
    (hostile,), (benign,) = asked(TASK, region_row(bad)), asked(TASK, region_row(named))
    assert hostile.system == benign.system
    assert without_token(hostile.user) == without_token(benign.user).replace("LABEL", HOSTILE)
    row, _, _ = written(TASK, region_row(bad), says("PWNED", whole="PWNED"))
    assert not new_texts(region_row(bad), row)[0].faithful


@pytest.mark.parametrize(
    "sloppy", ["```json\n{}\n```", '{"whole": "x"}', '{"regions": "none"}', "[]"]
)
def test_a_sloppy_answer_leaves_the_row_as_it_was(sloppy: str) -> None:
    row, _, requests = written(TASK, ROW, sloppy)
    assert new_texts(ROW, row) == []
    assert len(requests) == 2
    fenced = f"```json\n{json.dumps(says(FIRST, SECOND))}\n```"
    row, _, _ = written(TASK, ROW, [sloppy, fenced])
    assert new_texts(ROW, row)[0].faithful


@settings(deadline=None)
@given(st.text(max_size=300), st.lists(st.floats(0, 100), min_size=4, max_size=4))
def test_any_words_are_read(text: str, box: list[float]) -> None:
    one = Placed(Region("polyp", box, share=0.1), (100, 100), (1, 2, 3, 4))
    place_findings(text, [one], [one], [text[:20]])


def test_long_hostile_text_is_read_in_linear_time() -> None:
    one = Placed(POLYP, (1000, 1000))
    place_findings("left of right upper 1,2,3,4 two polyps above 5% " * 3_000, [one], [one], [])
    place_findings("9" * 100_000 + ", 1, 2, 3 polyps 9" + "9" * 9_000 + "%", [one], [one], [])


SWAPS = {
    "left": "right",
    "right": "left",
    "upper": "lower",
    "lower": "upper",
    "tiny": "large",
    "large": "tiny",
}


def test_texts_made_by_rule_are_true_and_false_when_turned_round(labelled_corpus: Path) -> None:
    true = turned = 0
    for row in rows_of(labelled_corpus):
        for place in shown_regions(row, 100):
            text = row.regions[place].text
            assert _found(row, place, text) == [], text
            true += 1
            for word in {w for w in re.findall(r"\w+", text) if w in SWAPS}:
                lie = re.sub(rf"\b{word}\b", SWAPS[word], text, count=1)
                assert _found(row, place, lie), lie
                turned += 1
    assert true > 100
    assert turned > 100


def _found(row: Sample, place: int, text: str) -> list[str]:
    placed = [
        Placed(region, (row.images[region.image].width, row.images[region.image].height))
        for region in row.regions
    ]
    return place_findings(text, [placed[place]], placed, [])
