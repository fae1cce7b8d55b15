"""Kinds of picture that a text names: CT for MRI, a radiograph for an ultrasound picture."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from llm_rewrite.checks.reading import Reading

# The words of each kind, and the values of `modality` that it goes with.
_WORDS: dict[str, str] = {
    "ct": "ct cect ncct hrct mdct cbct cta ctpa",
    "mri": "mri mr mra mrv mrcp cmr fmri t1w t2w magnetic",
    "ultrasound": """us usg eus ivus ultrasound ultrasonography sonography sonogram ultrasonographic
        ultrasonogram sonographic echocardiography echocardiogram echocardiographic doppler tte tee
        toe echography echographic""",
    "radiography": """xray radiograph radiographs radiography radiographic cxr opg orthopantomogram
        orthopantomograph roentgenogram mammogram mammography mammographic""",
    "nuclear": "pet spect scintigraphy scintigram scintigraphic",
    "angiography": "angiogram angiography angiographic arteriogram arteriography venogram dsa",
    "fluoroscopy": "fluoroscopy fluoroscopic esophagram cystogram urethrogram",
    "endoscopy": """endoscopy endoscopic colonoscopy colonoscopic gastroscopy bronchoscopy
        bronchoscopic laparoscopy laparoscopic cystoscopy arthroscopy arthroscopic hysteroscopy
        esophagogastroduodenoscopy""",
    "histology": """histology histologic histological histopathology histopathologic
        histopathological photomicrograph photomicrographs hematoxylin haematoxylin h&e he
        immunohistochemistry immunohistochemical""",
    "cytology": "cytology cytologic cytological smear smears",
    "electron": "sem tem",
    "fluorescence": "immunofluorescence confocal",
    "oct": "oct",
    "fundus": "fundus funduscopic fundoscopic",
    "dermoscopy": "dermoscopy dermoscopic dermatoscopic dermatoscopy",
    "photo": "photograph photographs photo",
    "signal": "ecg ekg eeg electrocardiogram electroencephalogram emg",
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
# Words that `modality` judges, as no others do.
_NOT_ALONE = {"smear", "smears", "magnetic", "hematoxylin"}
PICTURE_WORDS = (frozenset(_KIND_OF) - _NOT_ALONE) | {"micrograph", "micrographs", "picture"}
_PHRASES = {
    ("computed", "tomography"): "ct", ("computerized", "tomography"): "ct",
    ("computerised", "tomography"): "ct", ("ct", "scan"): "ct", ("cat", "scan"): "ct",
    ("magnetic", "resonance"): "mri", ("electron", "microscopy"): "electron",
    ("electron", "micrograph"): "electron", ("electron", "micrographs"): "electron",
    ("electron", "microscope"): "electron", ("light", "micrograph"): "histology",
    ("light", "micrographs"): "histology", ("light", "microscope"): "histology", ("optical", "coherence"): "oct",
    ("positron", "emission"): "nuclear", ("fluorescence", "microscopy"): "fluorescence",
    ("light", "microscopy"): "histology", ("plain", "film"): "radiography",
    ("barium", "enema"): "fluoroscopy", ("barium", "swallow"): "fluoroscopy",
}  # fmt: skip
# What may be said of a picture of another kind: CT angiography is angiography.
_FITS: dict[str, frozenset[str]] = {
    "angiography": frozenset({"ct", "mri", "fluoroscopy", "fundus"}),
    "fluoroscopy": frozenset({"radiography", "angiography"}),
    "radiography": frozenset({"fluoroscopy"}),
    "histology": frozenset({"cytology"}),
    "photo": frozenset({"endoscopy", "dermoscopy", "fundus", "histology", "electron"}),
    "oct": frozenset(),
}
_OF_COLUMN: dict[str, frozenset[str]] = {
    "ct": frozenset({"ct", "angiography"}),
    "mri": frozenset({"mri", "angiography"}),
    "ultrasound": frozenset({"ultrasound"}),
    "radiography": frozenset({"radiography", "fluoroscopy"}),
    "mammography": frozenset({"radiography"}),
    "nuclear": frozenset({"nuclear", "ct", "mri"}),
    "angiography": frozenset({"angiography", "fluoroscopy", "radiography"}),
    "fundus": frozenset({"fundus", "photo", "angiography"}),
    "oct": frozenset({"oct"}),
    "endoscopy": frozenset({"endoscopy", "photo"}),
    "dermoscopy": frozenset({"dermoscopy", "photo"}),
    "clinical_photo": frozenset({"photo"}),
    "histopathology": frozenset({"histology", "photo"}),
    "cytology": frozenset({"cytology", "histology", "photo"}),
    "light_microscopy": frozenset({"histology", "cytology", "photo"}),
    "fluorescence_microscopy": frozenset({"fluorescence"}),
    "electron_microscopy": frozenset({"electron"}),
    "signal": frozenset({"signal"}),
}


@functools.lru_cache(maxsize=512)
def kinds(reading: Reading) -> dict[str, int]:
    """The kinds of picture that a text names, each with the token that names it."""
    found: dict[str, int] = {}
    words = reading.words
    for i, word in enumerate(words):
        kind = _KIND_OF.get(word)
        if word == "sem" and i and words[i - 1] in ("±", "-", "/", "and", "with", "mean", "show"):
            continue  # the standard error of the mean
        if kind and (
            word not in ("us", "he", "or", "tee", "toe", "sem") or reading.forms[i].isupper()
        ):
            found.setdefault(kind, i)
        if (
            word in ("electron", "light")
            and i + 1 < len(words)
            and words[i + 1].startswith("micro")
        ):
            found.setdefault("electron" if word == "electron" else "histology", i)
        phrase = _PHRASES.get((word, words[i + 1])) if i + 1 < len(words) else None
        if phrase:
            found.setdefault(phrase, i)
    return found


def modality(
    text: Reading, source: Reading, column: str, saw_pictures: bool
) -> Iterator[tuple[str, str]]:
    """Kinds that the text names and neither the source nor the row's `modality` knows."""
    own = kinds(text)
    theirs = kinds(source)
    allowed = set(theirs) or set(_OF_COLUMN.get(column, ()))
    for kind, token in own.items():
        if kind in allowed or not _FITS.get(kind, frozenset()).isdisjoint(allowed):
            continue
        if not allowed and (saw_pictures or column):
            continue
        if kind == "photo" and not theirs:
            continue
        said = f"source '{source.around(next(iter(theirs.values())), 0, 1)}'" if theirs else (
            f"the row is {column}" if column else "the source names none"
        )  # fmt: skip
        yield "modality_changed", f"'{text.around(token, 0, 1)}', {said}"
