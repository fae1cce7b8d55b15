"""Options of the family of volumes: how volumes and their masks are paired by their paths."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from extractors.labelled.volumes.options import SliceOptions
from extractors.labelled.volumes.paths import pattern_of
from schemas.options import Options


class MaskPattern(Options):
    """Where a volume's mask lies, and which raw label it is of: one, or one per value.

    `{label}` in the pattern stands for the raw label, for a folder of masks of one label each.
    """

    pattern: str
    label: str = ""
    labels: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_way(self) -> MaskPattern:
        if bool(self.label) + bool(self.labels) + ("{label}" in self.pattern) > 1:
            raise ValueError("a mask has one of label, labels, and {label} in its pattern")
        if any(not value.isdigit() or value == "0" for value in self.labels):
            raise ValueError("labels are by whole values above 0, in quotes")
        return self


class VolumeOptions(SliceOptions):
    """`images` and `masks` are patterns of `volumes.paths`.

    `{sequence}` in `images` puts the sequences of a case into one sample; `sequences` says each
    in words, in that order. `volume` is which of a 4D file is shown, several, or all. `skip`:
    patterns of paths that are no part of it. `unlabelled: keep` takes volumes without a mask.
    `group` is a regular expression on the path whose first group is the patient. `dataset_json`
    is the pattern of a Decathlon or nnU-Net file that has the labels of the masks.
    """

    images: list[str]
    masks: list[MaskPattern] = []
    sequences: dict[str, str] = {}
    volume: int | list[int] | Literal["all"] = 0
    skip: list[str] = []
    unlabelled: Literal["drop", "keep"] = "drop"
    group: str = ""
    dataset_json: str = ""

    @field_validator("images")
    @classmethod
    def _known_patterns(cls, written: list[str]) -> list[str]:
        for pattern in written:
            pattern_of(pattern)
        return written

    @model_validator(mode="after")
    def _known_names(self) -> VolumeOptions:
        """Masks are found by names that every pattern of images has."""
        for written in (*(mask.pattern for mask in self.masks), self.dataset_json):
            for image in self.images if written else []:
                unknown = set(pattern_of(written).groupindex) - set(pattern_of(image).groupindex)
                unknown.discard("label")
                if unknown:
                    names = ", ".join(sorted(unknown))
                    raise ValueError(f"{written!r} has names that {image!r} has not: {names}")
        return self
