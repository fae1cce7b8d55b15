"""Laterality: every side of a text with its structure, as the source has it.

"Left panel" and "(left)" are layout, not the body; "right after" is no side. Bilateral is both
sides, "both" only before what comes in pairs. LAD, RUL and the like say their side.
"""

from __future__ import annotations

from collections.abc import Iterator

from llm_rewrite.checks.poles import Group, Mention, crossed, mentions, poles
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed

_REASON = "laterality_changed"
_LAYOUT = listed("""
    panel panels image images picture pictures photo photograph photographs column columns row
    rows figure figures fig plot plots graph graphs y-axis axis insert inset side-by-side half
    corner top bottom upper lower middle center centre : ; )
    """)
_NO_SIDE_AFTER = listed(
    """
    after before at angle angled angles away above below here now the a an his her no out
    behind over unchanged untreated
    """
)
_NO_SIDE_BEFORE = listed("was were is are been be being has have had been")
_PAIRED = keys_of("""
    lung kidney eye ear breast ovary testis adrenal hip knee ankle shoulder elbow wrist hand
    foot arm leg thigh calf femur tibia fibula humerus radius ulna lobe hemisphere ventricle
    atrium side ureter orbit maxilla mandible parotid tonsil cheek eyelid limb extremity
    thalamus hilum hemithorax lower upper pleura optic carotid iliac renal subclavian vertebral
    jugular frontal temporal parietal occipital lateral cerebellar hippocampus clavicle scapula
    lid acetabulum sacroiliac nipple axilla groin retina cornea lens macula fundus
    """)
_PLAIN = Group(
    _REASON,
    poles(
        left="left leftward leftwards leftsided lt",
        right="right rightward rightwards rightsided rt",
        both="bilateral bilaterally",
        one="unilateral unilaterally",
    ),
)
_SIDED_ABBREVIATIONS = {
    "left": listed("lv la lad lca lcx lmca lvot lul lll luq llq lica lmb os"),
    "right": listed("rv ra rca rvot rul rml rll ruq rlq rica rmb od"),
}


def sides(text: Reading, source: Reading, must_keep: bool) -> Iterator[tuple[str, str]]:
    """Sides of the text that the source has otherwise, or, where all is to be kept, lost ones."""
    own = _sides(text)
    theirs = _sides(source)
    if not own and not (must_keep and theirs):
        return
    known = _known_sides(theirs, source)
    for mention in own:
        detail = _against(mention, own, theirs, known, text, source)
        if detail:
            yield _REASON, detail
    plain = [m for m in own if m.pole in ("left", "right") and m.pole in known]
    for mention, other in crossed(plain, [m for m in theirs if m.pole != "one"]):
        if other.pole == "both" and {m.pole for m in plain} == {"left", "right"}:
            continue
        yield _REASON, f"'{text.around(mention.token)}', source '{source.around(other.token)}'"
    if must_keep:
        yield from _lost(own, theirs, text, source)


def _sides(reading: Reading) -> list[Mention]:
    found = [m for m in mentions(reading, _PLAIN) if not _is_layout(reading, m.token)]
    for i, word in enumerate(reading.words):
        if word == "both" and _goes_with_pair(reading, i):
            heads = frozenset(k for k in reading.keys[i + 1 : i + 4] if k)
            found.append(Mention("both", i, heads, heads))
        elif reading.forms[i] in ("L", "R") and _is_initial(reading, i):
            heads = frozenset(k for k in reading.keys[i + 1 : i + 4] if k)
            found.append(Mention("left" if word == "l" else "right", i, heads, heads))
    found += _abbreviated(reading)
    return found


def _abbreviated(reading: Reading) -> list[Mention]:
    """RCA is a right coronary artery."""
    found = []
    for short, keys in reading.expansions.items():
        side = next((s for s in ("left", "right") if s in keys), "")
        if side:
            at = reading.words.index(short)
            found.append(Mention(side, at, frozenset(keys) - {side}, reading.near(at)))
    return found


def _goes_with_pair(reading: Reading, i: int) -> bool:
    return any(k in _PAIRED for k in reading.keys[i + 1 : i + 4] if k)


def _is_initial(reading: Reading, i: int) -> bool:
    """`L kidney`, `R lung`: a capital right before a part of the body that has two sides."""
    after = reading.keys[i + 1] if i + 1 < len(reading.words) else ""
    return after in _PAIRED and reading.forms[i + 1].islower()


def _is_layout(reading: Reading, i: int) -> bool:
    """`(left)`, `left panel`, `Left: ...`, `top left`, `right after`, `was left`."""
    words = reading.words
    before = words[i - 1] if i else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    if words[i] not in ("left", "right", "lt", "rt") or words[i + 1 : i + 3] == ("-", "sided"):
        return False
    if (after in _NO_SIDE_AFTER and before not in ("the", "on")) or (
        after == "-" and words[i + 2 : i + 3] == ("angled",)
    ):
        return True
    if words[i] == "left" and before in _NO_SIDE_BEFORE and not _body_follows(reading, i):
        return True
    if words[i] == "left" and after in (".", "") and i and any(reading.keys[i - 1 : i]):
        return True  # "no tumor left."
    if before in ("top", "bottom", "far"):
        return True
    if after in _LAYOUT and after not in ("upper", "lower", "middle", ";", "half"):
        return not (after == ")" and before not in ("(", ",", "", "and", "/"))
    return before in ("(", "\n", "") and after in (",", "-", "/")


def _body_follows(reading: Reading, i: int) -> bool:
    return any(reading.keys[i + 1 : i + 3])


def _known_sides(theirs: list[Mention], source: Reading) -> set[str]:
    known = {m.pole for m in theirs}
    known |= {
        side for side, short in _SIDED_ABBREVIATIONS.items() if not short.isdisjoint(source.known)
    }
    return known


def _against(
    mention: Mention,
    own: list[Mention],
    theirs: list[Mention],
    known: set[str],
    text: Reading,
    source: Reading,
) -> str:
    """What is wrong with one side, "" where nothing is."""
    here = text.around(mention.token)
    pole = mention.pole
    if pole == "one":
        return f"'{here}', source has both sides" if known == {"both"} else ""
    if pole == "both":
        if "both" in known or {"left", "right"} <= known or not known:
            return "" if known or "both" in source.known else f"'{here}': no side in the source"
        return f"'{here}', source '{_quoted(theirs, source)}'"
    if pole not in known and pole not in source.known:  # there it may be layout
        if "both" in known:
            twins = [m for m in own if m.pole in ("left", "right") and m.pole != pole]
            if any(m.heads & mention.heads for m in twins):
                return ""
        return f"'{here}', source " + (
            f"'{_quoted(theirs, source)}'" if theirs else "names no side"
        )
    return ""


def _lost(
    own: list[Mention], theirs: list[Mention], text: Reading, source: Reading
) -> Iterator[tuple[str, str]]:
    """A side of the source of which the text has nothing, where it speaks of the structure."""
    said = _known_sides(own, text) | ({"both"} & set(text.words))
    if {"left", "right"} <= said or "both" in said:
        said |= {"left", "right", "both", "one"}
    if said & {"left", "right"}:
        said.add("one")
    for mention in theirs:
        if mention.pole not in said:
            said.add(mention.pole)
            yield _REASON, f"lost: '{source.around(mention.token)}'"


def _quoted(theirs: list[Mention], source: Reading) -> str:
    return source.around(theirs[0].token) if theirs else ""
