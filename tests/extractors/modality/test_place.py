import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.modality.place import BODY_PARTS, VIEWS, body_part, view

CAPTIONS = [
    ("Axial CT of the chest showing a lung nodule.", "chest", "axial"),
    ("Coronal T1-weighted MRI of the right shoulder.", "upper_limb", "coronal"),
    ("Midsagittal image of the lumbar spine.", "spine", "sagittal"),
    ("Anteroposterior radiograph of the pelvis.", "pelvis", "frontal"),
    ("Lateral view of the left knee.", "lower_limb", "lateral"),
    ("PA chest X-ray.", "chest", "frontal"),
    ("Craniocaudal mammogram of the left breast.", "breast", "craniocaudal"),
    ("Apical four-chamber view with a dilated left ventricle.", "heart", "four_chamber"),
    ("Transverse CT of the liver and spleen.", "abdomen", "axial"),
    ("Fundus photograph of the right eye.", "eye", ""),
    ("Panoramic radiograph with an impacted molar.", "teeth", "panoramic"),
    ("Whole-body bone scan.", "whole_body", ""),
    ("Peripheral blood smear.", "blood", ""),
    ("Dermoscopy of a nevus.", "skin", ""),
]


@pytest.mark.parametrize(("caption", "part", "side"), CAPTIONS)
def test_parts_and_views_that_are_said(caption: str, part: str, side: str) -> None:
    texts = [("caption", caption)]
    assert (body_part(texts), view(texts)) == (part, side)


@pytest.mark.parametrize(
    "caption",
    [
        "Thrombosis of the superior sagittal sinus.",
        "Axial length by age.",
        "Lateral wall of the orbit.",
        "Frontal lobe.",
        "Wear of coronal restorations.",
    ],
)
def test_words_that_are_no_view(caption: str) -> None:
    assert view([("caption", caption)]) == ""


def test_what_is_not_said_is_empty() -> None:
    assert body_part([]) == view([]) == ""
    assert body_part([("caption", "On the other hand, the treatment arm of the study.")]) == ""
    assert body_part([("caption", "Bar chart of costs.")]) == ""


def test_the_caption_is_asked_first() -> None:
    texts = [("title", "Disease of the kidney"), ("caption", "X-ray of the hand")]
    assert body_part(texts) == "upper_limb"
    assert body_part([*texts[:1], ("caption", "X-ray")]) == "abdomen"
    assert view([("title", "Axial images"), ("caption", "X-ray")]) == ""


@given(st.text())
def test_any_text_gives_a_known_name(text: str) -> None:
    texts = [("caption", text)]
    assert body_part(texts) in {"", *BODY_PARTS}
    assert view(texts) in {"", *VIEWS}
