"""Which slices of a volume become pictures, and how they are windowed; also the mask options."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from extractors.labelled.volumes.windows import check_windows
from schemas.options import Options


class SliceOptions(Options):
    """Options of every family that reads volumes.

    `slices`: at most how many of a volume; `choose`: by the masks (mask), evenly (even), or both.
    `plane`: axial, coronal or sagittal; empty: the one with the finest pixels. `windows`: names
    of `windows.CT_WINDOWS`, "tags" or "percentile", a picture of each; empty: the fitting one.
    `single`: a sample per slice, not one of all slices. `components`: a region per piece of a
    label, not one of all its pieces. `same_place: false` takes masks of the right size whose
    header places them elsewhere than their volume. `enlarge_to`: slices whose longer side has
    fewer pixels are enlarged to it, their masks with them; 0 leaves them as they are.
    """

    slices: int = Field(8, ge=1, le=64)
    choose: Literal["mask", "even", "both"] = "mask"
    plane: Literal["", "axial", "coronal", "sagittal"] = ""
    windows: list[str] = []
    single: bool = False
    components: bool = False
    same_place: bool = True
    enlarge_to: int = Field(0, ge=0, le=1024)

    @field_validator("windows")
    @classmethod
    def _known_windows(cls, names: list[str]) -> list[str]:
        check_windows(names)
        return names
