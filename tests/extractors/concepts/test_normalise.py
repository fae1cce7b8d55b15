"""Word forms: what means the same has one, what differs has two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.normalise import WORD, american, singular, word_form


def forms(text: str) -> list[str]:
    return [word_form(word) for word in WORD.findall(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # plurals, English
        ("cyst", "cysts"), ("biopsy", "biopsies"), ("abscess", "abscesses"),
        ("reflex", "reflexes"), ("branch", "branches"), ("rash", "rashes"),
        ("headache", "headaches"), ("size", "sizes"), ("bruise", "bruises"),
        ("exercise", "exercises"), ("disease", "diseases"), ("kinase", "kinases"),
        ("database", "databases"), ("cause", "causes"), ("relapse", "relapses"),
        ("menopause", "menopauses"), ("virus", "viruses"), ("sinus", "sinuses"), ("lens", "lenses"), ("gas", "gases"),
        ("woman", "women"), ("mouse", "mice"), ("tooth", "teeth"), ("calf", "calves"),
        # plurals, Latin and Greek
        ("metastasis", "metastases"), ("diagnosis", "diagnoses"), ("analysis", "analyses"),
        ("prosthesis", "prostheses"), ("crisis", "crises"), ("testis", "testes"),
        ("vertebra", "vertebrae"), ("thrombus", "thrombi"), ("focus", "foci"),
        ("carcinoma", "carcinomata"), ("foramen", "foramina"), ("diverticulum", "diverticula"),
        ("mycobacterium", "mycobacteria"), ("apex", "apices"),
        # possessives
        ("crohn", "Crohn's"), ("crohn", "Crohn’s"), ("crohn", "CROHN'S"), ("woman", "women's"),
        # British and American
        ("hemorrhage", "haemorrhages"), ("anemia", "anaemia"), ("leukemic", "leukaemic"),
        ("leukemia", "leucaemia"), ("leukocyte", "leucocytes"), ("ischemia", "ischaemia"), ("edema", "oedema"),
        ("esophagus", "oesophagus"), ("diarrheal", "diarrhoeal"), ("apnea", "apnoeas"),
        ("nevus", "naevi"), ("goiter", "goitre"), ("fiberoptic", "fibreoptic"),
        ("tumor", "tumours"), ("centimeter", "centimetres"), ("gynecology", "gynaecology"),
        ("paresthesia", "paraesthesia"), ("pheochromocytoma", "phaeochromocytoma"),
        ("dialyzed", "dialysed"), ("analyzing", "analysing"), ("fertilization", "fertilisation"),
        ("labeled", "labelled"), ("disk", "discs"), ("gray", "grey"), ("feces", "faeces"),
        # letters
        ("sjogren", "Sjögren"), ("sjogren", "Sjo\u0308gren"), ("hemangioma", "hæmangioma"),
        ("fibrosis", "ﬁbrosis"), ("ct", "𝐂𝐓"), ("inguinal", "İNGUİNAL"), ("strasse", "Straße"),
        ("pneumonia", "pneu\u00admonia"),
        # Greek letters, Roman numbers, capitals
        ("alpha", "α"), ("alpha", "Α"), ("beta", "𝛽"), ("beta", "ß"), ("mu", "µ"), ("sigma", "ς"),
        ("2", "II"), ("3", "iii"), ("12", "XII"), ("mri", "MRI"), ("mri", "MRIs"), ("rbc", "RBCs"),
    ],
)  # fmt: skip
def test_one_meaning_one_form(one: str, other: str) -> None:
    assert forms(one) == forms(other)
    assert len(forms(other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AIDS", "aid"),
        ("ARDS", "ard"),
        ("pelvis", "pelvi"),
        ("virus", "viru"),
        ("iris", "iri"),
        ("abscess", "absces"),
        ("leucine", "leukine"),
        ("I", "1"),
        ("fundus", "fund"),
        ("CD4", "CD8"),
    ],
)
def test_two_meanings_two_forms(one: str, other: str) -> None:
    assert forms(one) != forms(other)


def test_greek_letters_are_words() -> None:
    assert forms("TNFα") == forms("TNF-alpha") == forms("tnf Α") == ["tnf", "alpha"]
    assert forms("5µm") == forms("5 μm")


def test_words_end_where_they_should() -> None:
    assert WORD.findall("Crohn's disease, 'so-called' x_y 3.5") == [
        "Crohn's", "disease", "so", "called", "x", "y", "3", "5",
    ]  # fmt: skip
    assert WORD.findall("don't it's_") == ["don", "t", "it", "s"]
    assert WORD.findall("\0\u200b \u00ad\u0308") == []


def test_parts_alone() -> None:
    assert american("haemolysed") == "hemolyzed"
    assert american("raw") == "raw"
    assert singular("1990s") == "1990s"


@given(st.text(max_size=40))
def test_every_word_has_a_form(text: str) -> None:
    for word in WORD.findall(text):
        form = word_form(word)
        assert form
        assert " " not in form
        assert form == form.lower() or not form.isascii()


@given(st.from_regex(r"[a-z]{5,12}", fullmatch=True))
def test_a_plural_s_is_taken_off_unless_the_word_ends_like_one(word: str) -> None:
    endings = ("s", "x", "ch", "sh", "y", "e", "z", "o", "i", "u")
    if not word.endswith(endings) and word not in ("ache", "tooth"):
        assert singular(word + "s") == word
