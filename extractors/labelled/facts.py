"""What may be known of a picture and its patient, by name; values are lower-case words, in English."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

from extractors.modality.place import BODY_PARTS, VIEWS
from extractors.modality.tree import KIND_OF
from schemas.options import suggestion

FACTS = (
    "modality",  # a leaf of extractors.modality.tree
    "picture",  # what one calls such a picture: "chest X-ray", "dermoscopic image"
    "body_part",  # one of extractors.modality.place.BODY_PARTS
    "organ",  # finer than body_part: "colon", "left knee"
    "view",  # one of extractors.modality.place.VIEWS
    "plane",  # axial, coronal, sagittal
    "projection",  # PA, AP
    "laterality",  # left, right: of the eye, breast or limb that is shown
    "sequence",  # "T1-weighted", "FLAIR"
    "contrast",  # "with contrast", "without contrast"
    "stain",
    "magnification",
    "age_years",  # a whole number
    "age_months",
    "sex",  # female, male
    "visit",  # number of the visit, from 1
    "days",  # days since the first visit
    "window",  # the rule that made 8 bits of the grey values
    "slice",  # "12 of 40"
    "position_mm",  # of the slice, along the scanner's axis across it (RAS+)
    "orientation",  # "unknown": nothing says which side of the picture is which of the patient
    "quality",
)


# Facts with values of their own; others may have any words.
_VALUES = {"modality": tuple(KIND_OF), "body_part": tuple(BODY_PARTS), "view": tuple(VIEWS)}


def check_names(names: Iterable[str]) -> None:
    """Raise `ValueError` for a name that is no fact, with the nearest."""
    for name in names:
        if name not in FACTS:
            raise ValueError(f"{name!r} is no fact{suggestion(name, FACTS)}")


def _checked(facts: dict[str, str]) -> dict[str, str]:
    check_names(facts)
    for name, value in facts.items():
        if value and value not in _VALUES.get(name, (value,)):
            raise ValueError(f"{value!r} is no {name}{suggestion(value, _VALUES[name])}")
    return facts


# Facts by name, as cards and recipes state them.
Facts = Annotated[dict[str, str], AfterValidator(_checked)]
