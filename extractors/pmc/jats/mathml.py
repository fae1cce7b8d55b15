"""MathML and LaTeX to one readable line: `a/b`, `x^2`, `sqrt(n)`. After the MathML 3 elements."""

from __future__ import annotations

import re
from collections.abc import Callable

from extractors.pmc.jats.parse import Element

MATHML = "{http://www.w3.org/1998/Math/MathML}"
_MAX_DEPTH = 100

_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_TEX_PREAMBLE = re.compile(r"\\(?:documentclass|usepackage|setlength)(?:\[[^\]]*\])?(?:\{[^}]*\})*")


SUPERSCRIPTS = str.maketrans("0123456789+-−–=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾")
SUBSCRIPTS = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_SHIFTABLE = re.compile(r"[0-9+\-−–=(),.\s]*[0-9+\-−–=][0-9+\-−–=(),.\s]*\Z")


def shifted(text: str, table: dict[int, int]) -> str:
    """Digits and signs as super- or subscript characters; `""` where the text has letters."""
    return text.translate(table) if _SHIFTABLE.match(text) else ""


def plain_tex(source: str) -> str:
    """The formula of a `tex-math` element without the LaTeX document around it."""
    match = _TEX_DOCUMENT.search(source)
    body = match[1] if match else _TEX_PREAMBLE.sub("", source)
    return re.sub(r"\s+", " ", body.strip().strip("$")).strip()


def linear_math(element: Element, depth: int = 0) -> str:
    """A MathML element as one line of text."""
    if not isinstance(element.tag, str) or depth > _MAX_DEPTH:
        return ""
    name = element.tag.removeprefix(MATHML)
    if name in ("annotation", "annotation-xml", "maligngroup", "malignmark"):
        return ""
    parts = [linear_math(child, depth + 1) for child in element if isinstance(child.tag, str)]
    if not parts:
        text = re.sub(r"\s+", " ", element.text or "").strip()
        return f" {text} " if name == "mtext" and text else text
    if layout := _LAYOUTS.get(name):
        return layout(parts)
    return "".join(parts)


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"-?\w+|[^\w\s]", text) else f"({text})"


def _fraction(parts: list[str]) -> str:
    return "/".join(_grouped(part) for part in parts)


def _superscript(parts: list[str]) -> str:
    return parts[0] + "".join(shifted(p, SUPERSCRIPTS) or f"^{_grouped(p)}" for p in parts[1:])


def _subscript(parts: list[str]) -> str:
    return parts[0] + "".join(shifted(p, SUBSCRIPTS) or f"_{_grouped(p)}" for p in parts[1:])


def _both_scripts(parts: list[str]) -> str:
    if len(parts) < 3:
        return "".join(parts)
    return _superscript([_subscript(parts[:2]), parts[2]])


def _table(parts: list[str]) -> str:
    return "; ".join(part.strip() for part in parts)


_LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    "mfrac": _fraction,
    "msup": _superscript,
    "msub": _subscript,
    "msubsup": _both_scripts,
    "munderover": _both_scripts,
    "munder": _subscript,
    "msqrt": lambda parts: f"sqrt({''.join(parts)})",
    "mroot": lambda parts: f"root({', '.join(reversed(parts))})",
    "mfenced": lambda parts: f"({', '.join(parts)})",
    "mtable": _table,
    "mtr": lambda parts: " ".join(parts),
}
