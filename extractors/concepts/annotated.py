"""Annotated texts of other people: BIO tables with CUIs, and PubTator files.

BIO: `token TAB B-CUI | I-CUI | O` lines, sentences parted by empty lines (MedMentions as commonly
converted). PubTator: `id|t|title`, `id|a|abstract`, then `id TAB start TAB end TAB text TAB type TAB
concept` lines, offsets over title and abstract joined by one character (Wei et al. 2013).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from extractors.concepts.learning import Annotated
from extractors.concepts.vocabulary.sources import is_cui


def read_annotated(path: Path) -> Iterator[list[Annotated]]:
    """The documents of a file in either format. Raises ValueError where it is in neither."""
    with open(path, encoding="utf-8") as file:
        start = file.read(100_000)
    if "|t|" in start.lstrip().split("\n", 1)[0]:
        return ([text] for text in read_pubtator(path))
    if "\tB-" in start:
        return ([text] for text in read_bio(path))
    raise ValueError(f"{path}: neither PubTator nor BIO (token, tab, B-CUI) text")


def read_bio(path: Path) -> Iterator[Annotated]:
    """Sentences of a file of `token TAB B-CUI | I-CUI | O` lines, parted by empty lines."""
    tokens: list[tuple[str, str]] = []
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        token, _, tag = line.partition("\t")
        if token:
            tokens.append((token, tag.strip()))
        elif tokens:
            yield _sentence(tokens)
            tokens = []


def _sentence(tokens: list[tuple[str, str]]) -> Annotated:
    text, links, start = "", [], -1
    for i, (token, tag) in enumerate(tokens):
        at = len(text) + bool(text)
        text = f"{text} {token}" if text else token
        start = at if tag.startswith("B-") else start
        ends = i + 1 == len(tokens) or not tokens[i + 1][1].startswith("I-")
        if tag != "O" and start >= 0 and ends:
            links.append((start, len(text), tag[2:]))
            start = -1
    return Annotated(text, links)


def read_pubtator(path: Path) -> Iterator[Annotated]:
    """Abstracts of a PubTator file; a mention of several ids keeps the first."""
    passages: list[str] = []
    links: list[tuple[int, int, str]] = []
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        fields = line.split("\t")
        if line.partition("|")[2].startswith(("t|", "a|")):
            passages.append(line.split("|", 2)[2])
        elif len(fields) >= 6 and fields[1].isdigit():
            ids = fields[5].replace("+", "|").split("|")
            links.append((int(fields[1]), int(fields[2]), _full_id(ids[0].strip())))
        elif not line.strip() and passages:
            yield Annotated("\n".join(passages), links)
            passages, links = [], []


def _full_id(concept: str) -> str:
    """MeSH ids, and in some files those of the UMLS, stand bare."""
    bare = ":" not in concept and concept != "-1" and not is_cui(concept)
    return f"MESH:{concept}" if bare else concept
