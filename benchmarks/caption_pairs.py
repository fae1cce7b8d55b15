"""Pairs of a real caption and what was made of it by hand, and the captions they belong to.

The pairs lie in `benchmarks/faithfulness_pairs` (its README gives their form); the captions are read
from the articles of the data folder and told by their digest.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from benchmarks.data import xml_files
from extractors.pmc.jats.figures import read_figures
from extractors.pmc.jats.parse import parse_articles
from schemas.sample import Question

FOLDER = Path(__file__).with_name("faithfulness_pairs")
SETS = ("develop", "aside")

# The prompt whose words the faults `instruction_copied` repeat; tasks may word theirs anew.
INSTRUCTIONS = """
You rewrite the caption of one medical figure for a corpus that trains vision-language models.

Write plain prose about what the picture shows. Keep every finding, structure, side, number, unit,
stain, sequence and degree of certainty exactly as the source has it. Leave out figure numbers,
citations, copyright lines, and names of people and places. Add nothing that the source does not
say. Never speak of "the caption" or "the text".
"""


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A caption, by its place and digest, and what was made of it; see the folder's README."""

    id: str
    source: str
    sha256: str
    rewrite: str
    fault: str
    planted: str
    keep: bool
    question: Question | None = None
    language: str = "en"
    visible: bool = False

    @property
    def visible_only(self) -> bool:
        """Whether only what the picture shows was asked for."""
        return self.visible or self.fault == "not_visible"


def read_pairs(name: str, folder: Path = FOLDER) -> list[Pair]:
    """The pairs of a set, none where its file is missing. Raises `ValueError` naming the line."""
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        return []
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            pairs.append(msgspec.json.decode(line, type=Pair))
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from None
    return pairs


def digest(text: str) -> str:
    """The first 16 hex digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def captions(data: Path) -> dict[str, str]:
    """Every caption of the data folder's articles by its digest."""
    found: dict[str, str] = {}
    for path in xml_files(data):
        try:
            roots, _ = parse_articles(path.read_bytes())
        except ValueError:
            continue
        for root in roots:
            for figure in read_figures(root):
                found |= {digest(text): text for _, text in figure.captions}
    return found
