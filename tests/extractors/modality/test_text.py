import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.modality.lexicon import CUES
from extractors.modality.text import caption_evidence, text_evidence, text_scores
from extractors.modality.tree import KIND_OF
from schemas.sample import TEXT_KINDS


def kind_of(caption: str) -> str:
    scores = text_scores([("caption", caption)])
    return max(scores, key=lambda name: scores[name]) if scores else ""


CAPTIONS = [
    ("Axial contrast-enhanced CT scan of the abdomen showing a splenic abscess.", "ct"),
    ("Non-enhanced computed tomographic image of the chest.", "ct"),
    ("CT angiography demonstrates an aneurysm of the basilar artery.", "ct"),
    ("Sagittal T2-weighted image shows a syrinx from C2 to C5.", "mri"),
    ("MRCP reveals a stone in the common bile duct.", "mri"),
    ("Posteroanterior chest X-ray at admission.", "radiography"),
    ("Panoramic radiograph after six months.", "radiography"),
    ("Mediolateral oblique mammogram with clustered microcalcifications.", "mammography"),
    ("Transthoracic echocardiogram, apical four-chamber view.", "ultrasound"),
    ("Endoscopic ultrasound of the pancreatic head.", "ultrasound"),
    ("18F-FDG PET/CT shows uptake in a hilar lymph node.", "nuclear"),
    ("Coronary angiogram with an occluded LAD.", "angiography"),
    ("Barium swallow showing a bird's beak.", "angiography"),
    ("Colour fundus photograph of the left eye with drusen.", "fundus"),
    ("Fluorescein angiography in the late phase.", "fundus"),
    ("Spectral-domain OCT through the fovea.", "oct"),
    ("Colonoscopy image of a sessile polyp in the sigmoid.", "endoscopy"),
    ("Laparoscopic view of the appendix.", "endoscopy"),
    ("Dermoscopy shows an atypical pigment network.", "dermoscopy"),
    ("Intraoperative photograph of the exposed tumour.", "clinical_photo"),
    ("Clinical photo of the right knee with a swelling.", "clinical_photo"),
    ("Slit-lamp photograph of the anterior segment.", "clinical_photo"),
    ("Sheets of plasma cells (H&E, ×400).", "histopathology"),
    ("Immunohistochemical staining for CD20 in the lymph node.", "histopathology"),
    ("Peripheral blood smear with schistocytes.", "cytology"),
    ("Phase-contrast images of cultured fibroblasts.", "light_microscopy"),
    ("Confocal images of neurons stained with DAPI (blue).", "fluorescence_microscopy"),
    ("Transmission electron micrograph of a podocyte.", "electron_microscopy"),
    ("SEM images of the catalyst after annealing.", "electron_microscopy"),
    ("Western blot of p53; GAPDH as loading control.", "gel_blot"),
    ("Agarose gel of PCR products, lane 1: ladder.", "gel_blot"),
    ("12-lead ECG with ST elevation in V2 to V4.", "signal"),
    ("Kaplan-Meier curves of overall survival.", "chart"),
    ("Weight over time; data are mean ± SEM, n = 8 per group.", "chart"),
    ("Forest plot of the hazard ratios.", "chart"),
    ("PRISMA flow chart of study selection.", "diagram"),
    ("Schematic overview of the signalling pathway.", "diagram"),
    ("Maximum likelihood phylogenetic tree of the genus.", "diagram"),
    ("Map of the study area.", "diagram"),
    ("Three-dimensional reconstruction of the mandible.", "render_3d"),
    ("Crystal structure of the enzyme in ribbon representation.", "render_3d"),
    ("Screenshot of the user interface.", "table_or_screen"),
    ("Habitus of the holotype, dorsal view.", "other"),
    ("Tomografía computarizada de tórax.", "ct"),
    ("Radiografia panorâmica inicial.", "radiography"),
    ("Fluxograma do processo de seleção.", "diagram"),
]


@pytest.mark.parametrize(("caption", "kind"), CAPTIONS)
def test_captions_that_name_their_kind(caption: str, kind: str) -> None:
    assert kind_of(caption) == kind


TRAPS = [
    ("Amplification plots; CT values are the mean of three wells.", "ct"),
    ("Stores visited in Hartford, CT and New Haven, CT.", "ct"),
    ("Cycle threshold (CT) by dilution.", "ct"),
    ("Colour jet in a patient with severe mitral regurgitation (MR).", "mri"),
    ("Mendelian randomization (MR) estimates.", "mri"),
    ("Cryostat blocks in OCT compound.", "oct"),
    ("Cases by week, Sep, Oct and Nov.", "oct"),
    ("Bottles of polyethylene terephthalate (PET) after ageing.", "nuclear"),
    ("Body weight, mean ± SEM.", "electron_microscopy"),
    ("Path coefficients of structural equation modelling (SEM).", "electron_microscopy"),
    ("Adults in the US by age.", "ultrasound"),
    ("Computed values of the index by year.", "ct"),
]


@pytest.mark.parametrize(("caption", "kind"), TRAPS)
def test_words_that_only_look_like_a_kind(caption: str, kind: str) -> None:
    assert kind_of(caption) != kind


PASSING = [
    ("Radiograph of the hip; the fracture was confirmed by MRI.", "radiography"),
    ("Chest CT showing a nodule that was not visible on X-ray.", "ct"),
    ("MRI of the liver, compared with CT before treatment.", "mri"),
    ("Photomicrograph of the biopsy. The patient underwent CT and MRI.", "histopathology"),
    ("Illustration of the laparoscopic view.", "diagram"),
    ("Histogram of CT numbers in the region.", "chart"),
    ("Flow chart of patients with MRI before surgery.", "diagram"),
]


@pytest.mark.parametrize(("caption", "kind"), PASSING)
def test_kinds_named_in_passing(caption: str, kind: str) -> None:
    assert kind_of(caption) == kind


def test_the_caption_speaks_before_citing_sentences_and_title() -> None:
    texts = [
        ("title", "MRI of the liver"),
        ("reference", "MRI showed the lesion (Figure 2)."),
        ("caption", "Ultrasound of the liver."),
    ]
    scores = text_scores(texts)
    assert max(scores, key=lambda name: scores[name]) == "ultrasound"
    silent = [("title", "Liver"), ("reference", "On MRI (Figure 2)."), ("caption", "Case two.")]
    scores = text_scores(silent)
    assert max(scores, key=lambda name: scores[name]) == "mri"


def test_a_subcaption_speaks_before_the_caption_of_the_whole() -> None:
    texts = [("caption", "CT and histology of the case."), ("subcaption", "H&E stain.")]
    assert text_evidence(texts) == caption_evidence("H&E stain.")


def test_texts_that_say_nothing_give_nothing() -> None:
    assert text_scores([]) == {}
    assert text_scores([("caption", "")]) == {}
    assert text_scores([("caption", "See above.")]) == {}
    assert text_scores([("abstract", "MRI of the brain")]) == {}


def test_every_kind_has_cues() -> None:
    assert set(CUES) == set(KIND_OF)


@given(st.lists(st.tuples(st.sampled_from(TEXT_KINDS), st.text()), max_size=4))
def test_any_text_gives_probabilities(texts: list[tuple[str, str]]) -> None:
    _assert_probabilities(text_scores(texts))


@given(st.lists(st.sampled_from(sorted(" ".join(c for c, _ in CAPTIONS + TRAPS).split()))))
def test_any_order_of_real_words_gives_probabilities(words: list[str]) -> None:
    _assert_probabilities(text_scores([("caption", " ".join(words))]))


def _assert_probabilities(scores: dict[str, float]) -> None:
    if scores:
        assert set(scores) == set(KIND_OF)
        assert abs(sum(scores.values()) - 1) < 1e-9
        assert min(scores.values()) >= 0


def test_a_hostile_text_takes_no_long_time() -> None:
    start = time.process_time()
    for text in ("a" * 10**6, "CT " * 10**5, ". " * 10**5, "&" * 10**5, "MRI of " * 10**5):
        text_scores([("caption", text)])
    assert time.process_time() - start < 5
