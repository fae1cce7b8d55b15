"""Clinical things added or lost, and kinds of picture."""

from __future__ import annotations

import pytest

from tests.llm_rewrite.checks.found import LINKING, reasons

SAME = [
    ("Magnetic resonance imaging (MRI) of the kidney.", "MRI: renal view."),
    ("Chest X-ray with cardiomegaly.", "Chest radiograph showing an enlarged heart."),
    ("Preoperative view of a mass.", "View of a mass before surgery."),
    ("Oedema of the brain after haemorrhage.", "Cerebral edema after hemorrhage."),
    ("Vertebrae with metastases.", "Metastatic vertebral disease."),
    ("Glioblastoma (arrow) of the brain.", "Brain glioblastoma, a tumor (arrow)."),
    ("HE stain of the caroid artery.", "Hematoxylin and eosin stain of the carotid artery."),
    ("Stenosis demonstrated on angiogram.", "Angiography demonstrating a stenotic vessel."),
]

CHANGED = [
    ("CT shows a cyst.", "CT shows a cyst and hydronephrosis.", "concept_added"),
    ("Larvae in the gingiva.", "Larvae in the gingiva after ceftriaxone.", "concept_added"),
    ("Tumor cells on H&E.", "Tumor cells on H&E, positive for CD20.", "concept_added"),
    ("Fibroma of the lung.", "Fibrosis of the lung.", "concept_added"),
    ("Effusion and fracture of the rib.", "Effusion.", "concept_lost"),
    ("Heart of normal size, widened mediastinum, and ascites.", "Heart of normal size, and ascites.", "concept_lost"),
    ("CT of the liver.", "MRI of the liver.", "modality_changed"),
    ("Chest radiograph.", "Chest ultrasound.", "modality_changed"),
    ("Colonoscopy of the colon.", "Barium enema of the colon.", "modality_changed"),
    ("Electron micrographs of cells.", "Light micrographs of cells.", "modality_changed"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), SAME)
def test_the_same_in_other_words_is_no_finding(source: str, text: str) -> None:
    assert not reasons(source, text)


@pytest.mark.parametrize(("source", "text", "reason"), CHANGED)
def test_a_thing_too_many_or_too_few_is_found(source: str, text: str, reason: str) -> None:
    assert reason in reasons(source, text)


def test_linked_synonyms_add_and_lose_nothing() -> None:
    source, text = "Scar after a heart attack.", "Scar after myocardial infarction."
    assert not reasons(source, text, tools=LINKING)
    assert "concept_added" in reasons("Scar.", "Scar after a heart attack.", tools=LINKING)


def test_knowledge_explains_but_says_nothing_of_the_picture() -> None:
    knowledge = ("Hydronephrosis is a dilated kidney of 3 cm on the left.",)
    text = "Hydronephrosis, 3 cm, on the left."
    assert reasons("Dilated kidney.", text, keep=False, knowledge=knowledge) == {
        "laterality_changed",
        "number_changed",
    }


def test_the_rows_modality_stands_in_for_a_source_that_names_none() -> None:
    source = "Axial view of the liver."
    assert not reasons(source, "Axial CT of the liver.", modality="ct")
    assert "modality_changed" in reasons(source, "Axial MRI of the liver.", modality="ct")


def test_facts_are_evidence() -> None:
    assert reasons("Nodule.", "Nodule in the right lung.", keep=False)
    assert not reasons(
        "Nodule.", "Nodule in the right lung.", keep=False, facts={"place": "right lung"}
    )
