import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.modality.judge import Judgement, judge_modality, medical_probability, pool
from extractors.modality.prompts import PROMPTS, prompts_of
from extractors.modality.tree import GROUPS, KIND_OF, KINDS, group_of

MRI = [("caption", "Axial T2-weighted MRI of the brain.")]


def sure(kind: str, probability: float = 0.9) -> dict[str, float]:
    rest = (1 - probability) / (len(KINDS) - 1)
    return {k.name: probability if k.name == kind else rest for k in KINDS}


def test_nothing_known_is_an_empty_answer() -> None:
    assert judge_modality([], None) == Judgement()
    assert judge_modality([], {}, {}) == Judgement("", 0.0, 0.5, "", "")
    assert judge_modality([("caption", "See above.")], None).modality == ""


def test_each_source_alone() -> None:
    assert judge_modality(MRI, None).modality == "mri"
    assert judge_modality([], sure("fundus")).modality == "fundus"
    assert judge_modality([], None, sure("gel_blot")).modality == "gel_blot"


def test_sources_that_agree_are_surer_and_pixels_settle_a_doubt() -> None:
    alone = judge_modality(MRI, None).score
    assert judge_modality(MRI, sure("mri")).score > alone
    doubt = [("caption", "Mass in the left lobe (arrow).")]
    assert judge_modality(doubt, sure("ultrasound")).modality == "ultrasound"


def test_no_source_rules_a_kind_out() -> None:
    certain = {"chart": 1.0}
    scores = pool(certain, {"ct": 1.0}, {"ct": 1.0})
    assert all(0 < value < 1 for value in scores.values())


def test_body_part_and_view_are_those_of_the_caption() -> None:
    judged = judge_modality(MRI, None)
    assert (judged.body_part, judged.view) == ("head", "axial")
    assert judge_modality([("caption", "Schematic of the brain.")], None).body_part == ""


@pytest.mark.parametrize(
    ("caption", "medical"),
    [
        ("SEM images of ZnO nanorods.", False),
        ("Transmission electron micrograph of the renal biopsy of the patient.", True),
        ("Photomicrograph of the tumour, H&E.", True),
        ("Chest radiograph.", True),
        ("Bar chart of tumour volume in patients.", False),
        ("Schematic of the operation.", False),
        ("Habitus of the holotype, dorsal view.", False),
        ("Three-dimensional reconstruction of the fracture of the mandible.", True),
        ("Crystal structure of the enzyme.", False),
    ],
)
def test_medical_or_not_is_its_own_answer(caption: str, medical: bool) -> None:
    assert (judge_modality([("caption", caption)], None).medical >= 0.5) == medical


@given(st.dictionaries(st.sampled_from(sorted(KIND_OF)), st.floats()), st.text())
def test_any_scores_give_a_judgement(scores: dict[str, float], text: str) -> None:
    for judged in (
        judge_modality([("caption", text)], scores),
        judge_modality([("title", text)], None, scores),
    ):
        assert 0 <= judged.score <= 1
        assert 0 <= judged.medical <= 1
        assert not judged.modality or judged.modality in KIND_OF
    pooled = pool({}, scores, sure("ct"))
    assert math.isclose(sum(pooled.values()), 1)
    assert 0 <= medical_probability(pooled, []) <= 1


def test_every_leaf_has_prompts_and_a_group() -> None:
    assert set(PROMPTS) == set(KIND_OF)
    assert all(len(prompts_of(name)) == len(set(prompts_of(name))) >= 8 for name in KIND_OF)
    assert {group_of(name) for name in KIND_OF} == set(GROUPS)
    assert group_of("") == ""
    with pytest.raises(KeyError):
        group_of("palantir")
