"""Captions cut into panels: every style of marker, no false letters, and human truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.caption_scores import caption_truth, score_captions
from extractors.figures.captions import own_text, panel_text, split_caption
from tests.conftest import DATA

STYLES = {
    "brackets": (
        "Liver biopsy. (A) Steatosis. (B) Bridging fibrosis.",
        {"A": "Steatosis.", "B": "Bridging fibrosis."},
    ),
    "lower brackets": (
        "(a) Portable chest film. (b) Axial CT of the chest.",
        {"a": "Portable chest film.", "b": "Axial CT of the chest."},
    ),
    "half brackets": (
        "Knee joint: a) before surgery; b) after surgery",
        {"a": "before surgery", "b": "after surgery"},
    ),
    "half brackets in a list": (
        "Stains of the node. A) and C) Giemsa stain. B) Silver stain.",
        {"A": "Giemsa stain.", "B": "Silver stain.", "C": "Giemsa stain."},
    ),
    "mixed half brackets": (
        "(A) Carcinoid tumour, (B) and C) prostate cancer of grade 3.",
        {
            "A": "Carcinoid tumour",
            "B": "prostate cancer of grade 3.",
            "C": "prostate cancer of grade 3.",
        },
    ),
    "colons": (
        "Growth of cells. A: Control cells. B: Treated cells.",
        {"A": "Control cells.", "B": "Treated cells."},
    ),
    "spaced colons": (
        "Cyst. A : Sagittal view. B : Coronal view.",
        {"A": "Sagittal view.", "B": "Coronal view."},
    ),
    "dots": (
        "Expression in glands. A. Strong signal. B. Weak signal. C. No signal.",
        {"A": "Strong signal.", "B": "Weak signal.", "C": "No signal."},
    ),
    "commas": (
        "Tissues. A, normal breast. B, breast carcinoma. C, normal colon.",
        {"A": "normal breast.", "B": "breast carcinoma.", "C": "normal colon."},
    ),
    "commas after a preposition": (
        "Structures of A, caffeine and B, theophylline.",
        {"A": "caffeine", "B": "theophylline."},
    ),
    "bare": (
        "Survival by stage. a Patients with stage one. b Patients with stage two.",
        {"a": "Patients with stage one.", "b": "Patients with stage two."},
    ),
    "bare in a list": (
        "Samples used for spectra: a Gleason grade 2, b Gleason grade 3, c Gleason grade 4",
        {"a": "Gleason grade 2", "b": "Gleason grade 3", "c": "Gleason grade 4"},
    ),
    "bare upper": (
        "Kaplan-Meier plots. A Overall survival was lower. B Disease-free survival was lower.",
        {"A": "Overall survival was lower.", "B": "Disease-free survival was lower."},
    ),
    "bare amid words": (
        "Larva of the beetle A habitus in dorsal view B head in ventral view C left leg",
        {"A": "habitus in dorsal view", "B": "head in ventral view", "C": "left leg"},
    ),
    "glued to the title": (
        "Staining of the tissue.A Representative cores. B Mean scores of all cores.",
        {"A": "Representative cores.", "B": "Mean scores of all cores."},
    ),
    "glued bracket": (
        "Loss of the gene promotes tumorigenesis(a) H&E stain of mice. (b) Tumour volume.",
        {"a": "H&E stain of mice.", "b": "Tumour volume."},
    ),
    "glued letter": (
        "Mice have smaller tumoursA. Mean volume of tumours. B. Sections of prostates.",
        {"A": "Mean volume of tumours.", "B": "Sections of prostates."},
    ),
    "letter after its phrase": (
        "Axial CT (a) and coronal MIP (b)",
        {"a": "Axial CT", "b": "coronal MIP"},
    ),
    "letter at the end of sentences": (
        "The biopsy showed a tumour (A). The cells had large nuclei (B). Some were in mitosis (C).",
        {
            "A": "The biopsy showed a tumour",
            "B": "The cells had large nuclei",
            "C": "Some were in mitosis",
        },
    ),
    "pairs of letters": (
        "Stained sections. A and C: low power. B and D: high power.",
        {"A": "low power.", "B": "high power.", "C": "low power.", "D": "high power."},
    ),
    "range": (
        "Teratoma. (a-c) Immature tissue. (d) Seminoma cells.",
        dict.fromkeys("abc", "Immature tissue.") | {"d": "Seminoma cells."},
    ),
    "range of brackets": (
        "Teratoma. (a)–(c) Immature tissue. (d) Seminoma cells.",
        dict.fromkeys("abc", "Immature tissue.") | {"d": "Seminoma cells."},
    ),
    "list": (
        "Intraductal carcinoma. (A, B) Sections show solid growth.",
        {"A": "Sections show solid growth.", "B": "Sections show solid growth."},
    ),
    "two brackets": (
        "(a), (b) After six months the joint is stable.",
        {
            "a": "After six months the joint is stable.",
            "b": "After six months the joint is stable.",
        },
    ),
    "panels": (
        "Receptor binding. Panel A: wild type. Panel B: mutant.",
        {"A": "wild type.", "B": "mutant."},
    ),
    "roman": (
        "Phases of the cycle. (i) Rest. (ii) Growth. (iii) Division. (iv) Decline.",
        {"i": "Rest.", "ii": "Growth.", "iii": "Division.", "iv": "Decline."},
    ),
    "numbers": (
        "1–2 First species, male: 1 holotype, dorsal view 2 same, ventral view "
        "3 female, dorsal view 4 same, ventral view",
        {
            "1": "First species, male holotype, dorsal view",
            "2": "First species, male same, ventral view",
            "3": "female, dorsal view",
            "4": "same, ventral view",
        },
    ),
    "letters with numbers": (
        "Scans. (A1) Axial image. (A2) Coronal image. (B1) Axial control. (B2) Coronal control.",
        {
            "A1": "Axial image.",
            "A2": "Coronal image.",
            "B1": "Axial control.",
            "B2": "Coronal control.",
        },
    ),
    "a letter finer than the rest": (
        "(A) Scheme. (B) Blot. (C) Graph. (D1 and D2) Stained cells. (E) Model.",
        {"A": "Scheme.", "B": "Blot.", "C": "Graph.", "D": "Stained cells.", "E": "Model."},
    ),
    "words with colons": (
        "Left: MRI of the brain. Right: CT of the brain.",
        {"left": "MRI of the brain.", "right": "CT of the brain."},
    ),
    "words in brackets": (
        "Chest films before treatment (left) and after treatment (right).",
        {"left": "before treatment", "right": "after treatment"},
    ),
    "rows": (
        "Upper row: stained cells. Lower row: merged channels.",
        {"upper": "stained cells.", "lower": "merged channels."},
    ),
    "corners": (
        "Top left: fat. Top right: water. Bottom left: in phase.",
        {"top left": "fat.", "top right": "water.", "bottom left": "in phase."},
    ),
    "mixed forms": (
        "A, Images of the reporter cells. (B and C) Flow cytometry. (D) Counts of cells.",
        {
            "A": "Images of the reporter cells.",
            "B": "Flow cytometry.",
            "C": "Flow cytometry.",
            "D": "Counts of cells.",
        },
    ),
    "a gap": (
        "Tissues. A: Cortex; B: Colon; C: Liver; D: Lung; E: Skin; G: Heart.",
        {"A": "Cortex", "B": "Colon", "C": "Liver", "D": "Lung", "E": "Skin", "G": "Heart."},
    ),
    "inner letters": (
        "Burs. A) Head (a), spacer (b) and base (c). B) Shaft (a) and tip (b). C) Tip view.",
        {
            "A": "Head (a), spacer (b) and base (c).",
            "B": "Shaft (a) and tip (b).",
            "C": "Tip view.",
        },
    ),
    "abbreviations in brackets": (
        "Uptake. (A) Release of the drug. (B) Cells with curcumin (C) and its conjugate (CP).",
        {"A": "Release of the drug.", "B": "Cells with curcumin (C) and its conjugate (CP)."},
    ),
}


@pytest.mark.parametrize(("caption", "own"), STYLES.values(), ids=STYLES)
def test_each_style_of_marker_gives_its_labels_and_their_words(
    caption: str, own: dict[str, str]
) -> None:
    split = split_caption(caption)
    assert {label: own_text(caption, split, label) for label in split.labels} == own
    assert 0 < split.score <= 1


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "Chest radiograph on admission.",
        "Serum levels of vitamin A and vitamin B in patients with hepatitis B and hepatitis C.",
        "The difference was significant (p < 0.05) in all groups (n = 5).",
        "A tumour of the left kidney as shown in Fig. 1A and Fig. 1B.",
        "Sections of normal ovary (N) and carcinoma (C) were stained.",
        "Patients of type I, type II and type III, stages A and B.",
        "I saw a mass; a biopsy was taken, and a second one later.",
        "Comparison of group A and group B with group C.",
        "A 60-year-old man with a mass. A biopsy showed cancer.",
        "Values are means. a P < 0.05 versus control; b P < 0.01 versus treated rats.",
        "Magnetic resonance image. 1: Vertebra; 2: medulla; 3: liver; 4: stomach; 5: spleen.",
        "Echocardiogram. A = right atrium; B = right ventricle.",
        "(A) Axial CT of the abdomen.",
        "A-P radiograph of the hand with B-mode image.",
        "Areas were drawn as a ratio (a/a + b) of the two lines.",
        "Measured with the method of two earlier reports (1, 2) in 3 of 4 rats.",
        "Cornea (C), lens (L), iris (I) and angle (A) are shown.",
        "Fracture of the left tibia; the right tibia is intact.",
        "E. coli and S. aureus on agar with B. subtilis.",
    ],
)
def test_captions_without_panels_are_not_split(caption: str) -> None:
    split = split_caption(caption)
    assert (split.parts, split.shared, split.score) == ((), (), 0.0)


def test_a_range_gives_its_context_to_each_letter_in_it() -> None:
    caption = (
        "(a-c) A 70-year-old woman with carcinoma. Projection image (a) and transaxial images "
        "(b and c) revealed enlarged nodes."
    )
    split = split_caption(caption)
    assert split.labels == ("a", "b", "c")
    assert panel_text(caption, split, "a").startswith("A 70-year-old woman with carcinoma.")
    assert "Projection image" in own_text(caption, split, "a")
    assert "transaxial images" not in own_text(caption, split, "a")
    assert "transaxial images" in own_text(caption, split, "c")
    assert panel_text(caption, split, "b").endswith("revealed enlarged nodes.")


def test_letters_after_list_items_share_the_sentence_around_the_list() -> None:
    caption = "Pelvis of the holotype, right pelvis in lateral (A) and medial (B) views."
    split = split_caption(caption)
    assert panel_text(caption, split, "A") == (
        "Pelvis of the holotype, right pelvis in lateral views."
    )
    assert panel_text(caption, split, "B") == (
        "Pelvis of the holotype, right pelvis in medial views."
    )


def test_a_verb_after_the_last_item_is_about_all_items() -> None:
    caption = "(A) Axial scan and (B) coronal scan obtained later show a cystic mass."
    split = split_caption(caption)
    assert panel_text(caption, split, "A") == "Axial scan obtained later show a cystic mass."
    assert panel_text(caption, split, "B") == "coronal scan obtained later show a cystic mass."


def test_references_to_other_panels_are_no_markers() -> None:
    caption = (
        "Two cancers. (A) Strong expression. (B) Same case as (A) with weak expression. "
        "(C) Boxed area in A at high power."
    )
    split = split_caption(caption)
    assert own_text(caption, split, "A") == "Strong expression."
    assert own_text(caption, split, "B") == "Same case as (A) with weak expression."
    assert own_text(caption, split, "C") == "Boxed area in A at high power."


@pytest.mark.parametrize(
    "remark",
    [
        "Scale bars = 50 µm.",
        "Original magnification ×200.",
        "Hematoxylin-eosin staining.",
        "Arrows indicate nucleoli.",
        "Data are mean ± SD.",
        "*p < 0.05.",
        "bo, basioccipital; bs, basisphenoid; fm, foramen magnum.",
        "Abbreviations: PC, prostate cancer; N, normal.",
    ],
)
def test_closing_remarks_are_about_all_panels(remark: str) -> None:
    caption = f"Title of it. (A) First tissue. (B) Second tissue. {remark}"
    split = split_caption(caption)
    assert own_text(caption, split, "B") == "Second tissue."
    assert panel_text(caption, split, "A") == f"Title of it. First tissue. {remark}"


def test_a_remark_that_each_panel_has_is_its_own() -> None:
    caption = "(A) Small cell. Scale bar, 5 µm. (B) Large cell. Scale bar, 10 µm."
    split = split_caption(caption)
    assert split.shared == ()
    assert own_text(caption, split, "B") == "Large cell. Scale bar, 10 µm."


def test_a_remark_that_names_panels_is_about_those() -> None:
    caption = "(A) One. (B) Two. (C) Three. Mean values for panels A and C are in the text."
    split = split_caption(caption)
    assert own_text(caption, split, "B") == "Two."
    assert own_text(caption, split, "A") == "One. Mean values for panels A and C are in the text."


WORDS = st.sampled_from(
    """
    (A) (B) (C) (a) (b) a) A: B. A, a b c i ii (i) (ii) 1 2 (1) 1–2 (a-c) A and , . ; : ) ( [A]
    cells show Left: (right) panel Panels tumourA. Scale bars H&E (A, B) (B, left) (n = 3) ’ 𝔸 İ
    in In cancera. cancera, Image b. C. The sp. 11 12 13 11–13 (D) (e) views | {A}
    """.split()  # noqa: SIM905
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join)))
def test_any_text_gives_ordered_spans_inside_it(caption: str) -> None:
    split = split_caption(caption)
    assert len(set(split.labels)) == len(split.labels)
    assert len(split.labels) != 1
    assert 0 <= split.score <= 1
    for spans in (split.shared, *(part.spans for part in split.parts)):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges)
        assert all(0 <= start < end <= len(caption) for start, end in spans)
        assert all(caption[start:end] == caption[start:end].strip() for start, end in spans)


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("(C) Late phase of the scan. (D) Delayed phase of the scan.", "CD"),
        ("(B) Stained cells. (A) Control cells.", "AB"),
        ("1A: CT of the chest. 1B: MRI of the chest.", "AB"),
        ("Cells [A] before and [B] after treatment.", "AB"),
        ("Cells before (A.) and after (B.) treatment.", "AB"),
        ("Staining of cells (H&E, A) and of stroma (PAS, B).", "AB"),
        ("Stromal cells (A, patient 1) and tumour cells (B, patient 2).", "AB"),
        ("Muscle cells (A and A'), fat cells (B and B').", "AB"),
        ("Panels A and B show binding of the two receptors.", "AB"),
        ("（A）Control cells；（B）treated cells.", "AB"),
        ("A: cells at rest. B: cells in motion.", "AB"),
        ("(A) One. (B) Two. Key: c, cortex; d, dermis. D, dentin.", "AB"),
        ("(A) Overview. (A1) Detail. (B) Control.", "AB"),
        ("(A) First. (b) Second slip of the pen. (C) Third.", "AbC"),
        ("(A–C) Mice at birth. (D, F) Low power. (E, G) High power.", "ABCDFEG"),
        ("Title\nA Control mice\nB Treated mice", "AB"),
        ("Loss of the gene in cancera. Weights of mice. b-c. Tumours of mice.", "abc"),
        ("Decline with agea, Scheme of it. b, Cells of mice. c, d, Cells of rats.", "abcd"),
        ("A. Scores of cores. B,C. Low power (x20)D. Correlation of scores.", "ABCD"),
        ("A. Whole plant. B. Leaf after Linnaeus C. Flower in side view. D. Fruit.", "ABCD"),
        ("Control (a), low (b), middle (c), high (d) and top (E) dose.", "abcdE"),
        (
            "Stained cells (A). The plot in B shows counts. Cells with one drug (C) or two (D).",
            "ABCD",
        ),
        ("Cells at rest (A). Cells in motion (B). C Mean speed of all cells.", "ABC"),
        ("(A) Scheme. (B) Gel of the protein (arrow) (C) RT-PCR of the gene.", "ABC"),
        ("(A) Leaves. (B) Traces of (E)-2-hexenal in leaves.", "AB"),
        ("{A} Liver. {B} Spleen.", "AB"),
        ("A, Labels in the ring. B, C, A few grains. D, E, A similar picture.", "ABCDE"),
        ("Sections of mouse (Fig. A), rat (Fig. B) and rabbit (Fig. C) liver.", "ABC"),
        ("Sections of mouse (A,) and rat (B,) liver.", "AB"),
        ("Livers.\n1A. Liver of a mouse. 1B. Liver of a rat.", "AB"),
        ("Tumours. A – Primary tumour of lung. B – Primary tumour of bladder.", "AB"),
        ("A| Liver of mice. B| Spleen of mice.", "AB"),
        ("Image A shows the liver. Image B shows the spleen.", "AB"),
        ("Liver (a–a″) and lung (b–b″) of mice.", "ab"),
        ("a. Whole liver b. Left lobe c. Right lobe", "abc"),
        ("(A) Overview. (B) Detail. (B2) Deeper detail. (C) Control.", "ABC"),
    ],
)
def test_rarer_forms(caption: str, labels: str) -> None:
    assert sorted(split_caption(caption).labels) == sorted(labels)


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("Figures 11–14. Bug of a new sp. n. 11 habitus 12 head 13 aedeagus 14 leg", (11, 15)),
        ("7–9 New beetle, male. 7. Habitus; 8. aedeagus, side view; 9. same, from above.", (7, 10)),
        (
            "36–38 Fly. 36 habitus, dorsal view 37 head 38 wing. Scale bars 2 mm (36), 1 mm (37, 38).",
            (36, 39),
        ),
    ],
)
def test_numbers_of_a_continued_plate(caption: str, labels: tuple[int, int]) -> None:
    split = split_caption(caption)
    assert split.labels == tuple(map(str, range(*labels)))
    assert "habitus" in own_text(caption, split, split.labels[0]).lower()


def test_places_in_any_order_of_words_and_with_a_slip() -> None:
    corners = "Mice of the first (left upper panel) and second (right lower panel) group."
    assert split_caption(corners).labels == ("left upper", "right lower")
    slip = "Left panel: stained cells. Right panel). Control cells."
    assert split_caption(slip).labels == ("left", "right")


def test_a_noun_that_ends_a_list_of_adjectives_is_about_all_of_it() -> None:
    caption = "Skull. A, dorsal; B, ventral; and C, right lateral views of the skull."
    split = split_caption(caption)
    assert own_text(caption, split, "C") == "right lateral"
    assert panel_text(caption, split, "A") == "Skull. dorsal views of the skull."


def test_words_of_a_panel_that_the_caption_does_not_name() -> None:
    caption = "Livers. (A) Mice. (B) Rats."
    assert panel_text(caption, split_caption(caption), "C") == "Livers."
    assert panel_text("Livers of mice.", split_caption("Livers of mice."), "C") == "Livers of mice."


@pytest.mark.parametrize(
    "piece",
    ["A, ", "A-", "(A ", "cancera. A", "in A ", "(a–a″", "A) ", "1, 2, ", "(A) x ", "a, aa; ", "("],
)
def test_long_lists_do_not_make_the_markers_slow(piece: str) -> None:
    """An ambiguous joint would take years here, not milliseconds."""
    split_caption(piece * 2000)


def test_captions_that_people_cut() -> None:
    items = caption_truth(DATA)
    if not items:
        pytest.skip(f"no captions cut by people at {DATA} (set FABRICA_DATA)")
    found = score_captions(items)
    assert found["caption_letters_exact"] >= 0.9
    assert found["subcaption_token_f1"] >= 0.84
    assert found["verbatim_share"] == 1.0
