"""Likely identifiers in texts: what is found, what is left alone, what hostile texts cost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.texts.identifying import KINDS, NOT_PATIENTS, SCORES, identifying


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in identifying(text)]


@pytest.mark.parametrize(
    ("text", "kind", "detail"),
    [
        ("Mr. Brown has a cough.", "name", "Brown"),
        ("Photograph of Mrs Anne-Marie O'Neill's hand", "name", "Anne-Marie O'Neill"),
        ("CT of patient John Smith, axial", "name", "John Smith"),
        ("The patient J.S. was well.", "name", "J.S."),
        ("Name: Costa, Maria   Sex: F", "name", "Costa, Maria"),
        ("DOE^JANE^^MRS  CT HEAD", "name", "DOE^JANE^^MRS"),
        ("MILLER, ROBERT J  ID 77120034", "name", "MILLER, ROBERT J"),
        ("A boy named Karim fell.", "name", "Karim"),
        ("Courtesy of Dr. Ines Ferrer, Madrid", "person", "Ines Ferrer"),
        ("Photo: Lena Vogel, Jan Peeters", "person", "Lena Vogel"),
        ("Signed by Omar Haddad, MD", "person", "Omar Haddad"),
        ("DOB: 03/04/1950", "birth_date", "03/04/1950"),
        ("born on 3 April 1950", "birth_date", "3 April 1950"),
        ("CT of 12 March 2009", "date", "12 March 2009"),
        ("March 12th, 2009: CT", "date", "March 12th, 2009"),
        ("on 2009-03-12", "date", "2009-03-12"),
        ("MRI (31.12.2009)", "date", "31.12.2009"),
        ("ultrasound 5/31/13: normal", "date", "5/31/13"),
        ("vom 3. Mai 2010", "date", "3. Mai 2010"),
        ("le 1 août 2010", "date", "1 août 2010"),
        ("em 7 de setembro de 2010", "date", "7 de setembro de 2010"),
        ("12-MAR-2009 10:30", "date", "12-MAR-2009"),
        ("a 97-year-old man", "age_over_89", "97-year-old"),
        ("Age: 091Y", "age_over_89", "091"),
        ("a ninety-two year old woman", "age_over_89", "ninety-two year old"),
        ("MRN 0012345", "record_number", "0012345"),
        ("Accession No.: CR-20-1177", "record_number", "CR-20-1177"),
        ("hospital number: K123456", "record_number", "K123456"),
        ("SSN 123-45-6789", "national_id", "123-45-6789"),
        ("NHS number 943 476 5919", "national_id", "943 476 5919"),
        ("call (415) 555-2671", "phone", "(415) 555-2671"),
        ("Tel. +44 20 7946 0958", "phone", "+44 20 7946 0958"),
        ("write to a.b-c@x-y.org.", "email", "a.b-c@x-y.org"),
        ("lives at 12 Old Mill Lane, Bath", "address", "12 Old Mill Lane"),
    ],
)
def test_details_are_found_where_they_are(text: str, kind: str, detail: str) -> None:
    assert (kind, detail) in [(k, d.rstrip(",. ")) for k, d in found(text)] or any(
        k == kind and detail in d for k, d in found(text)
    ), found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Crohn disease, Hounsfield units, a Foley catheter and Alzheimer's disease.",
        "Ziehl-Neelsen stain; Kaplan-Meier curve; Sister Mary Joseph nodule.",
        "Smith et al. (2009); Brown and Jones, Radiology 2011;258:345-352.",
        "Patients Treated With Aspirin. Patient Characteristics. Patient A and Patient B.",
        "MR angiography, MS plaques, DR of the chest. Miss rate of 3 %.",
        "From January 2004 to December 2010; in March 2012; since 1998.",
        "Doses of 10/20/40 mg at 5-10-20 weeks; BP 120/80; T12/L1; BA 44/45.",
        "NCT01234567, PMC3040697, doi 10.1371/journal.pone.0091296, GenBank accession no. AF123456.",
        "PDB ID 1TUP; catalogue no. 556321; grant no. 81273456; mouse ID 4; ethics approval 2012/034.",
        "An 89-year-old man; over 90 years of data; 95 % of them; aged 18 to 93 years.",
        "Accessed 12 March 2012.",
        "",
    ],
)
def test_what_is_no_identifier(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Patient name: XXXX. MRN: XXXX. DOB: XXXX. Dr. XXXX was called on XXXX.",
        "[**Known lastname 1234**] was seen on [**2101-10-20**]",
        "Mr. ___ is a ___ year old man, seen on ___.",
        "Name: ██████ ID: ****** <NAME> <DATE>",
    ],
)
def test_what_was_taken_out_is_no_finding(text: str) -> None:
    assert found(text) == []


def test_the_score_leaves_out_who_is_no_patient() -> None:
    text = "Mr. Brown, 12 March 2009. Courtesy of Dr. Ines Ferrer."
    assert [k for k, _ in found(text)] == ["name", "date", "person"]
    assert sum(found.kind not in NOT_PATIENTS for found in identifying(text)) == 2
    assert SCORES == ("identifying",)


def test_two_dates_and_their_places() -> None:
    text = "Before (3/11/2009) and after (17/2/2010)."
    assert [text[f.start : f.end] for f in identifying(text)] == ["3/11/2009", "17/2/2010"]
    assert all(0 < f.score <= 1 for f in identifying(text))
    assert found("on 32/13/2009, 0/0/2010, 13/13/2010 and 1/1/3000") == []


_TITLES = ["Mr. ", "Name: ", "patient ", "DOE^", "John ", "Smith", "J.", " of ", "ID ", "MRN:"]
_NUMBERS = ["12", "/", "-", ".", "2009", "March ", "+1 ", "(555) "]
_OTHERS = ["XXXX", "[**", "**]", "@", "a.b", "\n", "é", "图", "\ud800"]
_PIECES = st.sampled_from([*_TITLES, *_NUMBERS, *_OTHERS])
_HOSTILE = ["a", "A. ", "Mr A", "1/", "12/12/12 ", "patient A. B. ", "name: ", "A^", "a@a.", "1-"]
_HOSTILE += ["ID: 1", "9", "1 January ", "tel 1", "12 rue ", "address: ", "[**a", "hundred and "]
_HOSTILE += ["courtesy of A B, ", "de "]


@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=40).map("".join)))
def test_findings_of_any_text_are_in_order_and_apart(text: str) -> None:
    places = identifying(text)
    assert places == identifying(text)
    end = 0
    for one in places:
        assert one.kind in KINDS
        assert end <= one.start < one.end <= len(text)
        end = one.end


@pytest.mark.parametrize("unit", _HOSTILE)
def test_hostile_texts_take_a_moment(unit: str) -> None:
    """A pattern that goes back over the text would take minutes."""
    text = unit * (300_000 // len(unit))
    start = time.process_time()
    identifying(text)
    assert time.process_time() - start < 10
