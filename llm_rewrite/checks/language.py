"""Whether a text is in the language asked for: by its script, by its small words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from llm_rewrite.checks.terms import listed

# Scripts by the first word of Unicode's character names.
_SCRIPTS: dict[str, frozenset[str]] = {
    "zh": frozenset({"CJK"}), "ja": frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    "ko": frozenset({"HANGUL"}), "ar": frozenset({"ARABIC"}), "fa": frozenset({"ARABIC"}),
    "ur": frozenset({"ARABIC"}), "ru": frozenset({"CYRILLIC"}), "uk": frozenset({"CYRILLIC"}),
    "bg": frozenset({"CYRILLIC"}), "el": frozenset({"GREEK"}), "he": frozenset({"HEBREW"}),
    "hi": frozenset({"DEVANAGARI"}), "mr": frozenset({"DEVANAGARI"}), "bn": frozenset({"BENGALI"}),
    "ta": frozenset({"TAMIL"}), "te": frozenset({"TELUGU"}), "th": frozenset({"THAI"}),
    "ka": frozenset({"GEORGIAN"}), "hy": frozenset({"ARMENIAN"}), "gu": frozenset({"GUJARATI"}),
    "kn": frozenset({"KANNADA"}), "ml": frozenset({"MALAYALAM"}), "pa": frozenset({"GURMUKHI"}),
    "am": frozenset({"ETHIOPIC"}), "my": frozenset({"MYANMAR"}), "km": frozenset({"KHMER"}),
}  # fmt: skip
_SMALL: dict[str, frozenset[str]] = {
    "en": listed("""
    the of and with in is a showing shows are to at by on from this that was were no an as there
    for has seen which without
    """),
    "de": listed("""
    der die das und mit in ist ein eine des den dem im von zu auf bei zeigt sich nicht sind wird
    einer eines einen am zur ohne
    """),
    "fr": listed("""
    le la les de des du et en un une dans est avec sur par au aux qui montre sans pas ce cette
    sont d l à
    """),
    "es": listed("""
    el la los las de del y en un una con es se por que muestra sin al no su lo son para como
    está
    """),
    "pt": listed("""
    o a os as de do da dos das e em um uma com é no na se por que mostra sem ao não são para nos
    nas
    """),
    "it": listed("""
    il lo la i gli le di del della e in un una con è nel nella si che mostra senza al non per
    sono dei dello
    """),
    "nl": listed("""
    de het een en van in met is op te zijn door bij toont niet aan uit geen deze dat wordt
    zonder
    """),
}
_WORD = re.compile(r"[^\W\d_]+")
_ALL = dict(_SMALL)
_ALL["it"] |= {"a", "in", "o", "e"}
for _code in _SMALL:
    if _code != "en":
        _SMALL[_code] = frozenset(w for w in _SMALL[_code] - _SMALL["en"] if len(w) > 1 or w == "à")
# Letters that one language has and its neighbours have not.
_TELLING = {
    "pt": re.compile(r"\w[ãõ]\w|\w+ções?\b|\w+ção\b"),
    "es": re.compile(r"\w+ciones?\b|\w+ción\b|\w*ñ\w|[¿¡]"),
}
_TELLING_SIGNS = re.compile(r"[ãõçóñ¿¡]|cione")
# The small words of other languages that a language has not.
_OTHERS = {code: frozenset[str]().union(*_SMALL.values()) - own for code, own in _SMALL.items()}
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n")
_MOST = 4000


def language(text: str, wanted: str) -> Iterator[tuple[str, str]]:
    """Where a text is in another language than the one asked for (a code such as `en`, `zh-CN`)."""
    code = wanted.lower().replace("_", "-").partition("-")[0]
    letters = _scripts(text[:_MOST])
    total = sum(letters.values())
    if total < 8:
        return
    scripts = _SCRIPTS.get(code)
    if scripts is not None:
        share = sum(letters[s] for s in scripts) / total
        if share < 0.3 or (
            code == "ja" and not letters["HIRAGANA"] + letters["KATAKANA"] and total > 30
        ):
            yield "language_wrong", f"asked for {wanted}, {share:.0%} of its script: '{text[:40]}'"
        elif code == "zh" and (letters["HIRAGANA"] + letters["KATAKANA"]) / total > 0.1:
            yield "language_wrong", f"asked for {wanted}, Japanese: '{text[:40]}'"
        return
    foreign = total - letters["LATIN"] - letters["GREEK"]
    if foreign / total > 0.3:
        yield "language_wrong", f"asked for {wanted}, another script: '{text[:40]}'"
    elif code in _SMALL:
        pieces = _SENTENCE.split(text[:_MOST])
        pieces = [text[:_MOST], *(pieces if len(pieces) > 1 else ())]
        for piece in pieces:
            if other := _other_language(piece, code):
                yield "language_wrong", f"asked for {code}, looks like {other}: '{piece[:40]}'"
                return


def _other_language(text: str, code: str) -> str:
    """The language whose small words a text has and not those of `code`; "" where none."""
    if text.isascii() or not _TELLING_SIGNS.search(text):
        found = [w.lower() for w in _WORD.findall(text)]
        if len(found) < 5 or _OTHERS[code].isdisjoint(found):
            return ""
    words = Counter(w.lower() for w in _WORD.findall(text))
    count = words.total()
    if count < 5:
        return ""
    for other, small in _SMALL.items():
        if other == code:
            continue
        theirs = sum(words[w] for w in small & words.keys() if w not in _SMALL[code])
        if not text.isascii() and other in _TELLING:
            theirs += 2 * len(_TELLING[other].findall(text))
        ours = sum(words[w] for w in _SMALL[code] & words.keys() if w not in _ALL[other])
        if theirs >= 2 * ours + 2 and theirs * 8 >= count:
            return other
    return ""


def _scripts(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if character.isalpha():
            name = unicodedata.name(character, "OTHER").partition(" ")[0].partition("-")[0]
            found["LATIN" if name == "FULLWIDTH" else name] += times
    return found
