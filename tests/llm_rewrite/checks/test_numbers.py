"""Numbers, units and dates: what is the same, what is changed, what is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.llm_rewrite.checks.found import reasons

SAME = [
    ("A nodule of 1.2 cm.", "A 12 mm nodule."),
    ("Five lymph nodes are enlarged.", "5 enlarged lymph nodes."),
    ("There were 1,024 cells in the field.", "The field had 1024 cells."),
    ("A 45-year-old man.", "A man aged 45 years."),
    ("The mass measures 3-5 cm.", "The mass is 3 to 5 cm in size."),
    ("Lesions of 2 x 3 x 4 cm.", "Lesions of 20 x 30 x 40 mm."),
    ("Reduction of 50% in size.", "The size is reduced by half."),
    ("Signal rose twofold.", "The signal rose 2-fold."),
    ("Scan after 14 days.", "Scan after two weeks."),
    ("Ultrasound of 5/31/13.", "Ultrasound of May 31, 2013."),
    ("Fracture of the fourth lumbar vertebra.", "Fracture of L4."),
    ("Carcinoma of grade II.", "Grade 2 carcinoma."),
    ("Figure 3. Chest CT (see Table 2).", "Chest CT."),
    ("Cells (n = 12, p < 0.05). Scale bar 50 μm.", "Cells."),
    ("Species A, species B, and species C in one habitat.", "Three species in one habitat."),
    ("Cells grew for 30 minutes.", "Cells grew for half an hour."),
    ("Follow-up at 0, 1, 2 and 5 minutes.", "Follow-up at 0, 1, 2 and 5 minutes."),
]

CHANGED = [
    ("A 12 mm nodule.", "A 21 mm nodule.", "number_changed"),
    ("A 12 mm nodule.", "A 12 cm nodule.", "unit_changed"),
    ("Two nodules in the liver.", "Three nodules in the liver.", "number_changed"),
    ("A 45-year-old man.", "A 54-year-old man.", "number_changed"),
    ("Scan after 6 weeks.", "Scan after 8 weeks.", "date_changed"),
    ("Ultrasound of 5/31/13.", "Ultrasound of 5/13/13.", "date_changed"),
    ("Ultrasound of May 31, 2013.", "Ultrasound of June 31, 2013.", "date_changed"),
    ("The image was taken in July 2007, the other in May 2011.", "Taken in July 2011.", "date_changed"),
    ("Carcinoma of grade II.", "Carcinoma of grade III.", "number_changed"),
    ("Fracture of L4.", "Fracture of L5.", "number_changed"),
    ("Significant (p < 0.05).", "Not significant (p > 0.05).", "number_changed"),
    ("The third ventricle is dilated.", "The fourth ventricle is dilated.", "number_changed"),
    ("Dose of 5 μg of toxin.", "Dose of 5 mg of toxin.", "unit_changed"),
    ("A 12 mm nodule and a cyst.", "A nodule and a cyst.", "number_changed"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), SAME)
def test_the_same_in_other_words_is_no_finding(source: str, text: str) -> None:
    assert not reasons(source, text)


@pytest.mark.parametrize(("source", "text", "reason"), CHANGED)
def test_a_changed_number_is_found_by_its_name(source: str, text: str, reason: str) -> None:
    assert reason in reasons(source, text)


def test_a_summary_may_leave_numbers_out() -> None:
    assert not reasons("A 12 mm nodule after 3 months.", "A nodule.", keep=False)


def test_two_sizes_changed_about_are_found() -> None:
    source = "A cyst of the left kidney measures 3 cm. A mass of the liver measures 8 cm."
    text = "A cyst of the left kidney measures 8 cm. A mass of the liver measures 3 cm."
    assert "number_changed" in reasons(source, text)


@given(st.integers(2, 400), st.integers(2, 400))
def test_a_length_is_kept_in_other_units_and_found_when_changed(was: int, now: int) -> None:
    source = f"A mass of {was} mm in the liver."
    assert not reasons(source, f"A liver mass of {was / 10:g} cm.")
    if was != now:
        assert reasons(source, f"A liver mass of {now} mm.") & {"number_changed", "unit_changed"}
