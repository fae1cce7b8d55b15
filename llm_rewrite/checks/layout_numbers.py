"""Numbers that say where something is, not how much: figure 3, panel 2, reference 12; and brackets."""

from __future__ import annotations

from llm_rewrite.checks.terms import listed
from llm_rewrite.checks.units import UNITS, WORDS

DIGITS = frozenset("0123456789")
_LAYOUT = listed(
    """
    fig figs figure figures panel panels table tables ref refs reference references
    supplement supplementary section video movie scheme box appendix equation eq chapter
    page pages row volume vol issue no nos number case patient subject lane image lanes
    """
)


def is_layout(words: tuple[str, ...], i: int) -> bool:
    """`Figure 3`, `panel 2`, `[12]`, `Figs 1-4`, `patient 7`."""
    before = words[i - 1] if i else ""
    if words[i + 1 : i + 2] and words[i + 1] in UNITS and len(words[i + 1]) > 1:
        return False
    if before in _LAYOUT or (before == "." and i > 1 and words[i - 2] in _LAYOUT):
        return True
    if before == "[":
        return True
    if before in ("-", ",", "and", "&") and i > 1 and words[i - 2][0] in DIGITS:
        for j in range(i - 2, max(-1, i - 12), -1):
            if words[j] in _LAYOUT or words[j] == "[":
                return True
            if not (words[j][0] in DIGITS or words[j] in ("-", ",", "and", "&", ".")):
                return False
    return False


def list_after(words: tuple[str, ...], opened: int) -> bool:
    """Whether a short bracket is followed by "and" and another number."""
    for j in range(opened + 1, min(len(words) - 2, opened + 6)):
        if words[j] == ")":
            return words[j + 1] in ("and", "or", ",", "to") and (
                words[j + 2] in WORDS or words[j + 2][0] in DIGITS
            )
    return False
