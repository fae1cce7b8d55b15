"""Panels that a caption names by their place: "Left: ...", "(right)", "upper row", "top left".

In: a caption without panel letters. Out: a marker system like that of letters, or none; words of
one place alone are anatomy, so a place and its opposite must both occur in one form.
"""

from __future__ import annotations

import re

from extractors.figures.caption_markers import Marker, placed
from extractors.figures.caption_sequence import System

_CENTRE = r"cent(?:er|re|ral)"
_PLACE = (
    rf"(?:(?:top|upper|bottom|lower|middle|{_CENTRE})(?:[ -](?:left|right|middle|{_CENTRE}))?"
    r"|(?:left|right)(?:[ -](?:top|upper|bottom|lower))?)"
)
_NOUN = r"(?:panels?|rows?|columns?|images?|pictures?|photographs?|photos?|micrographs?|figures?)"
_WORDS = re.compile(
    rf"[(\[](?:on (?:the )?)?(?P<bracket>{_PLACE})(?:\s+{_NOUN})?[)\]]"
    rf"|(?:(?<=\A)|(?<=[.;,:]\s))(?:the\s+)?(?P<colon>{_PLACE})(?:\s+{_NOUN}\)?[.:]|\s?:)"
    rf"|(?:(?<=\A)|(?<=[.;]\s))(?P<comma>{_PLACE})(?:\s+{_NOUN})?,"
    rf"|\b(?P<panel>{_PLACE})\s+{_NOUN}\b[:,]?",
    re.IGNORECASE,
)
_CONTRAST = re.compile(r"right|bottom|lower", re.IGNORECASE)  # a place whose opposite is near
_FORMS = ("bracket", "colon", "comma", "panel")
_OPPOSITES = (("left", "right"), ("top", "bottom"), ("upper", "lower"))
_MOST = 9


def choose_places(caption: str) -> System | None:
    """The system of place words of `caption`; None where no place meets its opposite."""
    if _CONTRAST.search(caption) is None:
        return None
    found = [marker for match in _WORDS.finditer(caption) if (marker := _marker(caption, match))]
    for form in _FORMS:
        markers = tuple(m for m in found if m.form == form)
        labels = tuple(dict.fromkeys(label for m in markers for label in m.labels))
        if 2 <= len(labels) <= _MOST and _contrast(labels):
            return System("words", form, labels, markers, 0, 0)
    return None


def _marker(caption: str, match: re.Match[str]) -> Marker:
    form = match.lastgroup or ""
    label = " ".join(match[form].lower().replace("-", " ").split())
    return placed(caption, match.start(), match.end(), form, "words", (label,))


def _contrast(labels: tuple[str, ...]) -> bool:
    words = {word for label in labels for word in label.split()}
    return any(words.issuperset(pair) for pair in _OPPOSITES)
