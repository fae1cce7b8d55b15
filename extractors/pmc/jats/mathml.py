"""MathML and LaTeX to one readable line: `a/b`, `x^2`, `sqrt(n)`. After the MathML 3 elements."""

from __future__ import annotations

import re
from collections.abc import Callable

from extractors.pmc.jats.parse import Element

MATHML = "{http://www.w3.org/1998/Math/MathML}"
_MAX_DEPTH = 100

_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_TEX_PREAMBLE = re.compile(r"\\(?:documentclass|usepackage|setlength)(?:\[[^\]]*\])?(?:\{[^}]*\})*")


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


def _script(mark: str) -> Callable[[list[str]], str]:
    return lambda parts: parts[0] + "".join(f"{mark}{_grouped(part)}" for part in parts[1:])


def _both_scripts(parts: list[str]) -> str:
    if len(parts) < 3:
        return "".join(parts)
    return f"{parts[0]}_{_grouped(parts[1])}^{_grouped(parts[2])}"


def _table(parts: list[str]) -> str:
    return "; ".join(part.strip() for part in parts)


_LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    "mfrac": _fraction,
    "msup": _script("^"),
    "msub": _script("_"),
    "msubsup": _both_scripts,
    "munderover": _both_scripts,
    "munder": _script("_"),
    "msqrt": lambda parts: f"sqrt({''.join(parts)})",
    "mroot": lambda parts: f"root({', '.join(reversed(parts))})",
    "mfenced": lambda parts: f"({', '.join(parts)})",
    "mtable": _table,
    "mtr": lambda parts: " ".join(parts),
}
