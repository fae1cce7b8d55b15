"""Abbreviations: the ways of writing them, what is none, several texts, and hostile input."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.abbreviations import definitions, document_definitions, singular


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("a large pulmonary embolism (PE) was seen", {"PE": "pulmonary embolism"}),
        ("PE (pulmonary embolism) was seen", {"PE": "pulmonary embolism"}),
        ("multiple pulmonary emboli (PEs)", {"PEs": "pulmonary emboli"}),
        ("PE, pulmonary embolism; CT, computed tomography.", {"PE": "pulmonary embolism"}),
        (
            "CT = computed tomography, MRI = magnetic resonance imaging",
            {"CT": "computed tomography", "MRI": "magnetic resonance imaging"},
        ),
        ("Abbreviations: LV: left ventricle; RA - right atrium", {"LV": "left ventricle"}),
        ("LV indicates left ventricle", {"LV": "left ventricle"}),
        ("deep vein thrombosis (DVT; arrow)", {"DVT": "deep vein thrombosis"}),
        ("deep vein thrombosis (“DVT”)", {"DVT": "deep vein thrombosis"}),
        ("transforming growth factor beta (TGF-β)", {"TGF-β": "transforming growth factor beta"}),
        ("estrogen receptor α (ERα)", {"ERα": "estrogen receptor α"}),
        ("interleukin 6 (IL-6)", {"IL-6": "interleukin 6"}),
        ("serum hemoglobin (Hb) fell", {"Hb": "hemoglobin"}),
        ("in Alzheimer’s disease (AD)", {"AD": "Alzheimer’s disease"}),
        ("human immunodeficiency virus [HIV]", {"HIV": "human immunodeficiency virus"}),
        ("electroencephalogram (EEG)", {"EEG": "electroencephalogram"}),
        (
            "dual energy x-ray absorptiometry (DXA)",
            {"DXA": "dual energy x-ray absorptiometry"},
        ),
        ("in vitro fertilization (IVF)", {"IVF": "in vitro fertilization"}),
    ],
)
def test_ways_of_writing(text: str, pairs: dict[str, str]) -> None:
    found = {d.short: d.long for d in definitions(text)}
    assert pairs.items() <= found.items()


@pytest.mark.parametrize(
    "text",
    [
        "Axial view (A) and coronal view (B).",
        "The rate was higher (n = 3) in all.",
        "It grew, as the figure shows (Fig. 2).",
        "a rash on the arm (arrow), left eye frontal tumour (left)",
        "of grade three in the inner iliac (III)",
        "The posterior part was enlarged (PE).",
        "a total of 12 controls (USA)",
        "The effect of the (OT) drug",
        "NPP: NPPeco",
        "as in Table (Table S1)",
        "rats or mice (ROM)",
        "(PE)",
    ],
)
def test_remarks_are_none(text: str) -> None:
    assert definitions(text) == []


def test_the_most_frequent_meaning_stands_and_of_equals_the_first() -> None:
    texts = [
        "Pulmonary embolism (PE) is frequent.",
        "pleural effusion (PE)",
        "Two pulmonary emboli (PEs). In PE (pulmonary embolism), computed tomography (CT)",
        "cell turnover (CT)",
    ]
    found = document_definitions(texts)
    assert found == {"PE": "Pulmonary embolism", "CT": "computed tomography"}
    assert document_definitions([]) == {}


def test_plurals() -> None:
    assert [singular(s) for s in ("PEs", "PE", "gas", "As", "AIDS")] == [
        "PE",
        "PE",
        "gas",
        "As",
        "AIDS",
    ]


@given(st.text(alphabet="PEpulmonary embl(),;:=[]s\nβİ1- .", max_size=120))
def test_forms_stand_where_they_are_said_to(text: str) -> None:
    found = definitions(text)
    for d in found:
        assert text[slice(*d.short_span)] == d.short
        assert text[slice(*d.long_span)] == d.long
        assert d.long == d.long.strip()
    assert [d.short_span for d in found] == sorted(d.short_span for d in found)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for d in definitions(f"{text} pulmonary embolism (PE) {text}"):
        assert d.short
        assert len(d.long) > len(d.short)


@pytest.mark.parametrize(
    "piece", ["(", "A(", "(AB", "AB (ab ", "PE: ", "A", "[(AB)", "AB (AB) ", "AB, ", " - ", "ab "]
)
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    start = time.perf_counter()
    definitions(piece * (200_000 // len(piece)))
    assert time.perf_counter() - start < 10
