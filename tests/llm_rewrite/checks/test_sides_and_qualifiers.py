"""Sides and opposites, each with its noun."""

from __future__ import annotations

import pytest

from tests.llm_rewrite.checks.found import reasons

SAME = [
    ("Left kidney and right ureter.", "The right ureter and the left kidney."),
    ("Bilateral pleural effusions.", "Pleural effusions on both sides."),
    ("Left and right kidneys are small.", "Both kidneys are small."),
    ("The RCA is occluded.", "The right coronary artery is occluded."),
    ("Nodule of the left lung (right).", "A nodule in the left lung."),
    ("Axial CT (left panel) of the liver.", "Axial CT of the liver."),
    ("CT right after surgery.", "CT immediately after surgery."),
    ("The treatment left no scar.", "No scar was left by the treatment."),
    ("Severe stenosis.", "Marked stenosis."),
    ("A mass anterior to the bladder.", "A mass in front of the bladder."),
    ("Upper and lower lobes are clear.", "The lobes, upper and lower, are clear."),
    ("Arrow head marks the cyst.", "The arrowhead marks the cyst."),
    ("Hyperintense lesion of the liver.", "A liver lesion of high signal intensity."),
    ("Unruptured aneurysm.", "The aneurysm is not ruptured."),
]

CHANGED = [
    ("Left kidney stone.", "Right kidney stone.", "laterality_changed"),
    ("Left kidney and right ureter.", "Right kidney and left ureter.", "laterality_changed"),
    ("Bilateral infiltrates.", "Infiltrates on the left side.", "laterality_changed"),
    ("Nodule of the lung.", "Nodule of the left lung.", "laterality_changed"),
    ("Stone of the left kidney.", "Stone of the kidney.", "laterality_changed"),
    ("The RCA is occluded.", "The left coronary artery is occluded.", "laterality_changed"),
    ("Mild stenosis.", "Severe stenosis.", "qualifier_changed"),
    ("Upper lobe nodule.", "Lower lobe nodule.", "qualifier_changed"),
    ("Proximal dilation and distal collapse.", "Distal dilation and proximal collapse.", "qualifier_changed"),
    ("Axial T1 image.", "Axial T2 image.", "qualifier_changed"),
    ("Red arrow: mass.", "Blue arrow: mass.", "qualifier_changed"),
    ("Hyperintense lesion.", "Hypointense lesion.", "qualifier_changed"),
    ("Benign tumor.", "Malignant tumor.", "qualifier_changed"),
    ("Increased uptake in the liver.", "Decreased uptake in the liver.", "qualifier_changed"),
    ("Preoperative view of the jaw.", "Postoperative view of the jaw.", "qualifier_changed"),
    ("Ruptured aneurysm.", "Unruptured aneurysm.", "negation_flipped"),
    ("Stenosis of the aorta.", "Mild stenosis of the aorta.", "qualifier_changed"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), SAME)
def test_the_same_in_other_words_is_no_finding(source: str, text: str) -> None:
    assert not reasons(source, text)


@pytest.mark.parametrize(("source", "text", "reason"), CHANGED)
def test_the_opposite_is_found_by_its_name(source: str, text: str, reason: str) -> None:
    assert reason in reasons(source, text)


def test_what_the_picture_shows_may_be_said_with_a_side_only_where_the_source_agrees() -> None:
    assert "laterality_changed" in reasons("Left hip.", "Right hip.", saw_pictures=True)
    assert not reasons("Arrow: mass.", "Red arrow: mass.", saw_pictures=True)
