"""Plain English that a grammar needs: articles by sound, plurals, lists, numbers, sentences.

The rules follow English spelling and the Latin and Greek plurals that medical English keeps.
Lists have the comma before "and". Numbers are words up to twelve, and where a sentence begins.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from schemas.wording import article

_KEPT = 8192  # phrases of which what is said of them is remembered
_WORDS = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_NUMBERS = tuple(_WORDS.split())
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LAST_WORD = 12
_ORDER = "first second third fourth fifth sixth seventh eighth ninth tenth"
_ORDINALS = tuple(_ORDER.split())
_FIRST_NUMBER = re.compile(r"\d+(?= [a-z]{3})")
_LATIN = (
    "alveolus alveoli, bacillus bacilli, bronchus bronchi, calculus calculi, embolus emboli, "
    "focus foci, fundus fundi, fungus fungi, locus loci, naevus naevi, nevus nevi, nucleus nuclei, "
    "sulcus sulci, thrombus thrombi, villus villi, "
    "bulla bullae, macula maculae, papilla papillae, petechia petechiae, stria striae, "
    "vertebra vertebrae, atrium atria, bacterium bacteria, diverticulum diverticula, ovum ova, "
    "septum septa, ganglion ganglia, apex apices, appendix appendices, cortex cortices, "
    "thorax thoraces, pneumothorax pneumothoraces, hydropneumothorax hydropneumothoraces, "
    "hydrothorax hydrothoraces, haemothorax haemothoraces, hemothorax hemothoraces, "
    "pelvis pelves, foot feet, tooth teeth, drusen drusen"
)
_IRREGULAR = dict(pair.split() for pair in _LATIN.split(", "))
_PLURALS = frozenset(_IRREGULAR.values()) | {"forceps", "scissors", "comedones"}
_ENDING_IN_S = (
    "ascites atlas biceps caries chaos diabetes facies gas herpes iliopsoas lens lues measles mumps "
    "pancreas psoas pus quadriceps rabies rickets scabies series shingles species tabes triceps"
)
_SINGULARS = frozenset(_ENDING_IN_S.split())
_SINGULAR_ENDINGS = ("ss", "us", "is", "'s", "’s")
# British spellings and what they are compared as.
_AMERICAN = {
    "oedema": "edema",
    "oesoph": "esoph",
    "aem": "em",
    "caec": "cec",
    "tumour": "tumor",
    "naev": "nev",
    "fibre": "fiber",
    "colour": "color",
    "grey": "gray",
    "nonprolif": "non prolif",
}
_BRITISH = re.compile("|".join(_AMERICAN))
_BLANKS = re.compile(r"[\s_/-]+")
_MARKS = re.compile(r"[.,;:]")
_NUMBERED = re.compile(r"[A-Z]|[IVX]+|.*\d.*")  # "category B", "grade III", "1.5"
_HEAD_ENDS = re.compile(r" (?:of|in|on|with|without|from|at|after|due|by|to)\b| \(|,")


def with_article(phrase: str) -> str:
    """The phrase with `a` or `an` before it."""
    return f"{article(phrase)} {phrase}"


@functools.lru_cache(maxsize=_KEPT)
def head_of(phrase: str) -> str:
    """The noun that rules the phrase: `tail` of "tail of the pancreas"."""
    front = _HEAD_ENDS.split(phrase, maxsplit=1)[0].strip()
    return front.split()[-1] if front else phrase


@functools.lru_cache(maxsize=_KEPT)
def is_plural(phrase: str) -> bool:
    """Whether a verb after the phrase is in the plural."""
    return _is_plural_word(head_of(phrase).lower()) or (
        " and " in phrase and " with " not in phrase
    )


def _is_plural_word(head: str) -> bool:
    if head in _PLURALS or head in _SINGULARS:
        return head in _PLURALS
    return head.endswith("s") and not head.endswith(_SINGULAR_ENDINGS) and len(head) > 3


@functools.lru_cache(maxsize=_KEPT)
def plural(phrase: str) -> str:
    """The phrase with its head in the plural; one that is already is left alone."""
    head = head_of(phrase)
    if _is_plural_word(head.lower()) or _NUMBERED.fullmatch(head):
        return phrase
    start = _HEAD_ENDS.split(phrase, maxsplit=1)[0].rstrip()
    return f"{start[: len(start) - len(head)]}{_plural_word(head)}{phrase[len(start) :]}"


def _plural_word(word: str) -> str:
    low = word.lower()
    if low in _IRREGULAR:
        return word[:1] + _IRREGULAR[low][1:]
    if low.endswith("y") and low[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    if low.endswith("sis"):
        return word[:-2] + "es"
    return word + ("es" if low.endswith(("s", "x", "ch", "sh", "z")) else "s")


def be(many: bool) -> str:
    """`are` or `is`."""
    return "are" if many else "is"


def do(many: bool) -> str:
    """`do` or `does`."""
    return "do" if many else "does"


def listed(items: Sequence[str], word: str = "and") -> str:
    """a; a and b; a, b, and c."""
    if len(items) < 3:
        return f" {word} ".join(items)
    return f"{', '.join(items[:-1])}, {word} {items[-1]}"


def upper_first(text: str) -> str:
    """The text with a capital first; words such as pTis or pH keep theirs."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text if first[:1].islower() and first != first.lower() else text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: blanks tidied, a capital or a number in words first, a full stop."""
    tidy = " ".join(text.split()).rstrip(" ,;:")
    if number_first := _FIRST_NUMBER.match(tidy):
        tidy = spelt(int(number_first[0])) + tidy[number_first.end() :]
    return upper_first(tidy) + ("" if tidy.endswith((".", "?", "!")) else ".") if tidy else ""


def number(count: int) -> str:
    """Up to twelve in words ("no" for nought), figures above, with commas for thousands."""
    return _NUMBERS[count] if 0 <= count <= _LAST_WORD else f"{count:,}"


def spelt(count: int) -> str:
    """A number below a hundred in words, as a sentence begins; figures above."""
    if not 0 < count < 100:
        return f"{count:,}"
    if count < len(_NUMBERS):
        return _NUMBERS[count]
    tens, ones = divmod(count, 10)
    return _TENS[tens - 2] + (f"-{_NUMBERS[ones]}" if ones else "")


def ordinal(place: int) -> str:
    """first, second, ..., tenth, 11th."""
    if 0 < place <= len(_ORDINALS):
        return _ORDINALS[place - 1]
    ending = "th" if 10 < place % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


@functools.lru_cache(maxsize=_KEPT)
def folded(name: str) -> str:
    """A name for comparison: lower case, hyphens as blanks, American spelling, in the plural."""
    words = _MARKS.sub("", _BLANKS.sub(" ", name.strip().lower()))
    return plural(_BRITISH.sub(lambda found: _AMERICAN[found[0]], words))
