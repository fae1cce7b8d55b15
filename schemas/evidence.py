"""What a written text rests on: references into its own record, as `text:0; region:2; image:0`.

A reference is `kind:which`: a place in `texts`, `regions`, `questions` or `images`, the name of a
label, the CUI of a concept, or the name of an entry of a knowledge file. So anyone who holds the
record can look up what a sentence was written from.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.sample import Sample

KINDS = ("text", "region", "question", "image", "label", "concept", "definition", "knowledge")
_PLACES = {"text": "texts", "region": "regions", "question": "questions", "image": "images"}


def joined(refs: Iterable[str]) -> str:
    """References as one string, each once, in the order given."""
    return "; ".join(dict.fromkeys(ref.replace(";", ",") for ref in refs if ref))


def references(evidence: str) -> list[str]:
    """The references of an evidence string; parts that are none are left out."""
    parts = [part.strip() for part in evidence.split(";")]
    return [part for part in parts if part.partition(":")[0] in KINDS and ":" in part]


def holds(sample: Sample, reference: str) -> bool:
    """Whether a reference leads to something in the record; knowledge lies outside of it."""
    kind, _, which = reference.partition(":")
    if kind in _PLACES:
        found = getattr(sample, _PLACES[kind])
        return which.isdigit() and int(which) < len(found)
    if kind == "label":
        return any(label.name.replace(";", ",") == which for label in sample.labels)
    if kind == "concept":
        return any(concept.cui == which for concept in sample.concepts)
    return kind in KINDS
