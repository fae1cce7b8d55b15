"""JATS mixed content to one clean string.

Words stay as the author wrote them: blanks collapse to one, blocks (titles, paragraphs, list
items) are parted by a newline, superscript and subscript digits become Unicode ones ("10⁻³",
"CO₂"), a formula appears once. What is no text of the element itself (nested figures and
tables, supplementary files, object ids) is left out.
"""

from __future__ import annotations

from extractors.pmc.jats.mathml import (
    MATHML,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    linear_math,
    plain_tex,
    shifted,
)
from extractors.pmc.jats.parse import Element

SKIPPED = frozenset(
    {
        "alt-text",
        "fig",
        "fig-group",
        "fn",
        "graphic",
        "inline-graphic",
        "long-desc",
        "media",
        "object-id",
        "supplementary-material",
        "table-wrap",
        "table-wrap-group",
        "floats-wrap",
        "boxed-text",
        "permissions",
    }
)
BLOCKS = frozenset(
    {"p", "title", "subtitle", "list-item", "def-item", "disp-quote", "sec", "attrib"}
)
FORMULAS = frozenset({"inline-formula", "disp-formula", "alternatives", "tex-math"})

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffc"

# Private-use characters that mark citations and block borders while an element is flattened
# (line breaks of the source are mere blanks).
CITE_OPEN, CITE_CLOSE = "\ue000", "\ue001"
_BLOCK = "\ue002"


def clean_text(element: Element | None) -> str:
    """The text of an element, tidy; `""` for None."""
    if element is None:
        return ""
    if not len(element):
        return tidy(element.text or "")
    pieces: list[str] = []
    _walk(element, pieces, None)
    return tidy("".join(pieces))


def marked_text(element: Element, cited: dict[Element, int]) -> str:
    """As `clean_text`, each xref in `cited` as CITE_OPEN text CITE_CLOSE, in document order."""
    pieces: list[str] = []
    _walk(element, pieces, cited)
    return tidy("".join(pieces))


def tidy(text: str) -> str:
    """One blank between words, one newline between blocks, nothing invisible."""
    if not text.isascii():
        for mark in _INVISIBLE:  # faster than a pattern: most texts have none of them
            if mark in text:
                text = text.replace(mark, "")
    if _BLOCK not in text:
        return " ".join(text.split())
    lines = [" ".join(line.split()) for line in text.split(_BLOCK)]
    return "\n".join([line for line in lines if line])


def _walk(element: Element, pieces: list[str], cited: dict[Element, int] | None) -> None:
    """Append the content of `element`, without its tail."""
    if element.text:
        pieces.append(element.text)
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            pass
        elif tag == "sup" or tag == "sub":
            _shifted(child, pieces, cited, tag)
        elif tag in SKIPPED:
            pass
        elif tag in BLOCKS:
            pieces.append(_BLOCK)
            _walk(child, pieces, cited)
            pieces.append(_BLOCK)
        elif tag in FORMULAS or tag.startswith(MATHML):
            pieces.append(formula_text(child))
        elif tag == "break":
            pieces.append(" ")
        elif cited is not None and child in cited:
            pieces.append(CITE_OPEN)
            _walk(child, pieces, None)
            pieces.append(CITE_CLOSE)
        elif len(child):
            _walk(child, pieces, cited)
        elif child.text:
            pieces.append(child.text)
        if child.tail:
            pieces.append(child.tail)


def _shifted(
    element: Element, pieces: list[str], cited: dict[Element, int] | None, tag: str
) -> None:
    inner: list[str] = []
    _walk(element, inner, cited)
    text = "".join(inner)
    pieces.append(shifted(text, SUPERSCRIPTS if tag == "sup" else SUBSCRIPTS) or text)


def formula_text(element: Element) -> str:
    """A formula once: its MathML in one line, else its TeX, else whatever text it has."""
    math = element if element.tag == f"{MATHML}math" else element.find(f".//{MATHML}math")
    if math is not None and (text := linear_math(math)):
        return f" {text} " if element.tag == "disp-formula" else text
    if element.tag == f"{MATHML}math":
        return ""
    tex = element if element.tag == "tex-math" else element.find(".//tex-math")
    if tex is not None:
        return plain_tex("".join(str(piece) for piece in tex.itertext()))
    pieces: list[str] = []
    _walk(element, pieces, None)
    return "".join(pieces)
