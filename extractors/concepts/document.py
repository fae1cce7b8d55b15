"""The concepts of a document's texts: abbreviations, meanings and denials read in their context.

A caption's "PE" is what its article defines; a name of several concepts is the one that the
article names elsewhere for certain; a finding that its sentence denies is linked and marked.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import msgspec

from extractors.concepts.abbreviations import document_definitions
from extractors.concepts.assertion import Assertion, assertions
from extractors.concepts.linker import Chosen, Linker, Mention
from extractors.sentences import sentence_spans


class Linked(msgspec.Struct, frozen=True):
    """A mention in its sentence, which may deny it or leave it open."""

    mention: Mention
    negated: bool
    uncertain: bool


def link_document(linker: Linker, texts: Sequence[str]) -> list[list[Linked]]:
    """The mentions of each text of one document, with what their sentences say of them."""
    mentions = document_mentions(linker, texts)
    return [asserted(text, own) if own else [] for text, own in zip(texts, mentions, strict=True)]


def document_mentions(linker: Linker, texts: Sequence[str]) -> list[list[Mention]]:
    """The mentions of each text of one document, in order, none overlapping within a text."""
    expansions = linker.reader.expansions(document_definitions(texts))
    plain = tuple((first, tuple(found)) for first, found in expansions.items())
    chosen = [_chosen(linker, text, plain) for text in texts]
    known = {number for names in chosen for number in linker.certain(names)}
    return [linker.mentions(text, names, known) for text, names in zip(texts, chosen, strict=True)]


@functools.lru_cache(maxsize=256)  # checks of written texts hold one source against many texts
def _chosen(
    linker: Linker,
    text: str,
    expansions: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...],
) -> list[Chosen]:
    return linker.choose(text, dict(expansions))


def asserted(text: str, mentions: Sequence[Mention]) -> list[Linked]:
    """The mentions with what their sentences say of them."""
    linked: list[Linked] = []
    at = 0
    for start, end in sentence_spans(text):
        stop = at
        while stop < len(mentions) and mentions[stop].start < end:
            stop += 1
        if stop > at:
            inside = mentions[at:stop]
            marks = assertions(text, (start, end), [(m.start, m.end) for m in inside])
            linked += map(_linked, inside, marks)
            at = stop
    return linked + [Linked(m, False, False) for m in mentions[at:]]


def _linked(mention: Mention, mark: Assertion) -> Linked:
    return Linked(mention, mark.negated, mark.uncertain)
