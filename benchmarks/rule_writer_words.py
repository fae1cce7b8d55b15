"""The rule writer's words: what it knows of medical language, and how it cuts a text into sentences."""

from __future__ import annotations

import re

from extractors.sentences import sentence_spans

# Kinds of pictures: what a text calls them, by the name used in questions.
MODALITIES = {
    "CT": ("ct", "computed tomography", "tomogram", "hrct"),
    "MRI": ("mri", "mr", "magnetic resonance", "t1-weighted", "t2-weighted", "flair"),
    "X-ray": ("x-ray", "xray", "radiograph", "radiography", "chest film", "xr"),
    "ultrasound": ("ultrasound", "sonography", "sonogram", "echocardiography", "echocardiogram"),
    "light microscopy": (
        "microscopy",
        "histology",
        "hematoxylin",
        "haematoxylin",
        "photomicrograph",
    ),
    "endoscopy": ("endoscopy", "endoscopic", "colonoscopy", "bronchoscopy"),
    "angiography": ("angiography", "angiogram", "arteriogram"),
    "photography": ("photograph", "photo", "intraoperative view"),
}
_ORGANS = """
    lung lungs liver kidney kidneys spleen brain heart colon stomach retina bladder
    pancreas uterus esophagus rectum prostate breast thyroid femur tibia mandible maxilla
    spine orbit skull cerebellum pelvis mediastinum abdomen chest thorax knee hip shoulder
    aorta trachea
"""
ORGANS = _ORGANS.split()
FINDINGS = (
    "pleural effusion",
    "pneumothorax",
    "consolidation",
    "cardiomegaly",
    "fracture",
    "hemorrhage",
    "hydronephrosis",
    "abscess",
    "aneurysm",
    "stenosis",
    "calcification",
    "lymphadenopathy",
    "atelectasis",
    "pulmonary edema",
    "nodule",
    "tumor",
    "metastasis",
    "infarction",
    "thrombosis",
    "polyp",
    "scoliosis",
    "syrinx",
    "glioma",
    "cyst",
    "mass",
    "obstruction",
    "stent",
    "granuloma",
    "opacity",
    "lesion",
)
VIEWS = ("axial", "sagittal", "coronal", "frontal", "lateral", "posteroanterior")
DENYING = re.compile(
    r"\b(?:no|not|without|absent|absence|negative for|free of|nor|neither|ruled out|resolution)\b",
    re.IGNORECASE,
)
# What no picture shows.
HISTORY = re.compile(
    r"\b(?:year-old|years old|history|presented|admitted|treated|treatment|therapy|followed|outcome"
    r"|symptoms?|complain\w*|discharged|days? (?:after|later)|months? (?:after|later)|surgery)\b",
    re.IGNORECASE,
)
# Other words for the same; each is drawn for itself.
SYNONYMS = (
    (r"\bdemonstrates\b", "shows"),
    (r"\bdemonstrating\b", "showing"),
    (r"\breveals\b", "shows"),
    (r"\brevealed\b", "showed"),
    (r"\bdepicts\b", "shows"),
    (r"\b(is|are) (?:noted|identified|observed|visualized)\b", r"\1 seen"),
    (r"\bwithin the\b", "in the"),
    (r"\bwithin normal limits\b", "normal"),
    (r"\bchest radiograph\b", "chest X-ray"),
    (r"\bmagnetic resonance imaging\b", "MRI"),
    (r"\bcomputed tomography\b", "CT"),
    (r"\blocated in\b", "in"),
    (r"\bconsistent with\b", "in keeping with"),
    (r"\bapproximately\b", "about"),
    (r"\b[Nn]o evidence of\b", "no sign of"),
    (r"\b[Ww]ithout evidence of\b", "without"),
    (r"\bright-sided pleural effusion\b", "pleural effusion on the right"),
    (r"\bleft-sided pleural effusion\b", "pleural effusion on the left"),
    (r"\badjacent to\b", "next to"),
    (r"\bmeasuring\b", "of"),
    (r"\bdue to\b", "because of"),
    (r"\b(?:cardiac|heart) size is normal\b", "heart is normal in size"),
    (r"\bobtained\b", "taken"),
)
_NOISE = (
    r"^\s*\(?(?:fig(?:ure)?\.?|abb\.?)\s*S?\d+\s*[a-z]?\)?\s*[.:|-]*\s*",
    r"\s*\[\d[\d,;\s–-]*\]",
    r"\s*\((?:see )?(?:supplementary )?(?:fig(?:ura|ure)?s?|tables?)\b[^()]*\)",
    r",? (?:as )?(?:shown|seen) in fig(?:ure)?s?\.? ?S?\d+\w*",
    r"\s*\(?https?://\S+",
)
_PERMISSION = re.compile(
    r"\b(?:courtesy of|reproduced|reprinted|adapted from|copyright|permission)\b|©", re.IGNORECASE
)
_TO_OTHERS = re.compile(
    r"\b(?:fig(?:ure)?s?|tables?|movies?|videos?|supplementary)\b", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """The sentences of a text, on one line each."""
    parts = (text[start:end] for start, end in sentence_spans(text))
    return [" ".join(part.split()) for part in parts if part.strip()]


def cleaned(text: str) -> str:
    """A caption without figure numbers, citations, links, permission lines and line breaks."""
    for noise in _NOISE:
        text = re.sub(noise, "", text, flags=re.IGNORECASE)
    return " ".join(part for part in sentences(text) if not _PERMISSION.search(part))


def uncited(sentence: str) -> str:
    """A citing sentence without what it cites, "" where that cannot be taken out."""
    said = re.sub(
        r"\s*[(\[][^()\[\]]*\bfig(?:ura|ure)?s?\b[^()\[\]]*[)\]]", "", sentence, flags=re.I
    )
    said = re.sub(r"\s*\[\d[\d,;\s–-]*\]|\s*\([^()]*\b(?:19|20)\d\d[a-z]?\)", "", said)
    lead = (
        r"^(?:as )?(?:shown|seen|depicted|illustrated|displayed) in fig(?:ure)?s?\.? ?S?\d+\w*,? ?"
    )
    said = re.sub(lead, "", said, flags=re.IGNORECASE)
    said = re.sub(
        r"^fig(?:ure)?\.? ?S?\d+\w* (?:shows|illustrates) ", "There is ", said, flags=re.I
    )
    said = re.sub(
        r",? (?:shown |displayed |seen )?in fig(?:ure)?\.? ?S?\d+\w*", "", said, flags=re.I
    )
    said = " ".join(said.replace(" .", ".").replace(" ,", ",").split())
    return "" if _TO_OTHERS.search(said) or len(said) < 12 else capital(said)


def known(text: str, words: tuple[str, ...] | list[str]) -> list[str]:
    """Those of the words that stand in a text, as whole words; a plural counts."""
    return [
        word for word in words if re.search(rf"\b{re.escape(word)}(?:s|es)?\b", text, re.IGNORECASE)
    ]


def denied(text: str, word: str) -> bool:
    """Whether each clause with the word denies something before it."""
    clauses = [c for c in re.split(r"[.;:]\s|\bbut\b|\bwith\b", text) if known(c, [word])]
    pattern = rf"\b{re.escape(word)}"
    return bool(clauses) and all(
        DENYING.search(re.split(pattern, clause, flags=re.IGNORECASE)[0]) for clause in clauses
    )


def label_of(text: str) -> tuple[str, str]:
    """A label's name and value out of `edema is possible.`; no value where it is none."""
    match = re.fullmatch(r"(.+?)(?:: | is | are )(present|absent|possible)\.?", text.strip())
    return (match[1], match[2]) if match else (text, "")


def modality_in(text: str) -> str:
    """The kind of picture that a text speaks of first, "" where it says none."""
    found = [
        (match.start(), name)
        for name, words in MODALITIES.items()
        for word in words
        if (match := re.search(rf"\b{re.escape(word)}s?\b", text, re.IGNORECASE))
    ]
    return min(found)[1] if found else ""


def capital(text: str) -> str:
    """A text whose first letter is a capital."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """A text that ends with a mark."""
    text = text.rstrip(" ,;:")
    return text if text[-1:] in (".", "!", "?") else f"{text}."


def article(noun: str) -> str:
    """A noun phrase with its article."""
    first = noun.split()[0] if noun.split() else ""
    vowel = noun[:1].lower() in "aeiou" or first in ("X-ray", "MRI", "MR")
    return f"{'an' if vowel else 'a'} {noun}"


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
