"""What a text denies and what it leaves open, word by word, without a vocabulary.

Cues and their reach follow NegEx (Chapman et al. 2001) in small: a cue reaches on through its
noun phrase and lists, or back where it follows ("is absent"). Only the heads of what is denied
count: "no evidence of tumour recurrence" denies the recurrence.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from llm_rewrite.checks.denial_words import (
    BACKWARD,
    CONTRASTED,
    FORWARD,
    FORWARD_OF,
    HEDGES,
    LIGHT,
    MEANS,
    MOST,
    NO,
    OBJECTS,
    PLACES,
    SEEMS,
    SHOWS,
    SOFT,
    STOPS,
    SURE,
    SURELY_NOT,
    WEAK,
)
from llm_rewrite.checks.reading import Reading

_OR = frozenset({"and", "or", "/", "vs", "versus"})
_EITHER = {
    "without": ("with",), "absence": ("presence",), "absent": ("present",), "not": ("whether",),
    "no": ("yes",), "negative": ("positive",),
}  # fmt: skip


@dataclass(frozen=True)
class Assertions:
    """Keys that a text denies, doubts and states, each with a token.

    `plain` are keys that it does not doubt, `marked` the sentences that hold any word of denial,
    `hedged` those that hold any of doubt; `wide` those with
    one that reaches back; `phrase` the tokens of denied phrases, `phrased`
    their keys; `cue_tokens` the
    words of denial, `cues` the words
    of doubt, `soft` the weaker ones ("consistent with", "may"), `sure` those of proof.
    """

    denied: dict[str, int]
    doubted: dict[str, int]
    stated: dict[str, int]
    plain: dict[str, int]
    marked: frozenset[int]
    hedged: frozenset[int]
    wide: frozenset[int]
    phrase: frozenset[int]
    phrased: frozenset[str]
    cue_tokens: frozenset[int]
    cues: tuple[int, ...]
    soft: tuple[int, ...]
    sure: tuple[int, ...]


@functools.lru_cache(maxsize=512)
def assertions(reading: Reading) -> Assertions:
    """What a text denies, doubts and states."""
    denied_at: set[int] = set()
    phrase_at: set[int] = set()
    doubted_at: set[int] = set()
    marked: set[int] = set()
    denying: set[int] = set()
    hedged: set[int] = set()
    cues: list[int] = []
    soft: list[int] = []
    sure: list[int] = []
    for i, word in enumerate(reading.words):
        if (
            word in NO
            or word.endswith("n't")
            or word in FORWARD_OF
            or word in BACKWARD
            or _is_not(reading, i)
        ):
            if _is_either(reading, i):
                continue
            heads, phrase = _denied(reading, i)
            denied_at |= heads
            phrase_at |= phrase
            if heads or word in NO or word in BACKWARD:
                marked.add(reading.sentences[i])
                denying.add(i)
        if word == "concerning" and reading.words[i + 1 : i + 2] != ("for",):
            continue
        if (word in HEDGES and not _is_able(reading, i)) or _is_soft(reading, i) or word == "?":
            heads, _ = _reach(reading, i + 1)
            doubted_at |= heads or (_behind(reading, i) if _ends_clause(reading, i) else set())
            hedged.add(reading.sentences[i])
            (cues if word in HEDGES and word not in WEAK else soft).append(i)
        if word in SURE:
            sure.append(i)
    return Assertions(
        denied=_first(reading, sorted(denied_at)),
        doubted=_first(reading, sorted(doubted_at)),
        stated=_first(reading, (i for i in range(len(reading.keys)) if i not in phrase_at)),
        plain=_first(reading, (i for i in range(len(reading.keys)) if i not in doubted_at)),
        marked=frozenset(marked),
        hedged=frozenset(hedged),
        wide=frozenset(reading.sentences[i] for i in denying if reading.words[i] in BACKWARD),
        phrase=frozenset(phrase_at | denied_at),
        phrased=frozenset(reading.keys[i] for i in phrase_at | denied_at),
        cue_tokens=frozenset(denying),
        cues=tuple(cues),
        soft=tuple(soft),
        sure=tuple(sure),
    )


def _first(reading: Reading, tokens: Iterator[int] | list[int]) -> dict[str, int]:
    """Key to its first token."""
    found: dict[str, int] = {}
    for i in tokens:
        if reading.keys[i]:
            found.setdefault(reading.keys[i], i)
    return found


def _is_able(reading: Reading, i: int) -> bool:
    """`may be summarized`, `could reach`: what can be, not what is in doubt."""
    if reading.words[i] not in ("may", "might", "could"):
        return False
    after = [w for w in reading.words[i + 1 : i + 4] if w not in ("also", "well")]
    if after[:1] and after[0] in MEANS:
        return False
    return after[:1] == ["be"] and len(after) > 1 and after[1].endswith("ed")


def _ends_clause(reading: Reading, i: int) -> bool:
    """`X is suspected`: the word of doubt stands after what it doubts."""
    return bool(i) and reading.words[i - 1] in ("is", "are", "was", "were", "be", "been", "highly")


def _is_either(reading: Reading, i: int) -> bool:
    """`with and without`, `presence or absence`, `whether or not`, `Neg.: negative`: no denial."""
    words, other = reading.words, _EITHER.get(reading.words[i], ())
    before, after = words[max(0, i - 2) : i], words[i + 1 : i + 3]
    if len(before) == 2 and before[0] in other and before[1] in _OR:
        return True
    if len(after) == 2 and after[1] in other and after[0] in _OR:
        return True
    return words[i] == "negative" and bool(before) and before[-1] in (":", "=")


def _is_not(reading: Reading, i: int) -> bool:
    return reading.words[i] == "non" and reading.words[i + 1 : i + 2] == ("-",)


def _is_soft(reading: Reading, i: int) -> bool:
    return reading.words[i + 1 : i + 2] == (SOFT.get(reading.words[i], ""),)


def _denied(reading: Reading, i: int) -> tuple[set[int], set[int]]:
    """The tokens that the cue at a token denies: heads of noun phrases, and all in them."""
    words = reading.words
    word = words[i]
    if word == "not" and words[i + 1 : i + 2] and words[i + 1] in SURELY_NOT:
        return set(), set()
    if word in FORWARD or word.endswith("n't") or _is_not(reading, i):
        if word in ("not", "never", "cannot") or word.endswith("n't"):
            return _denied_verb(reading, i)
        heads, phrase = _reach(reading, i + 1, word in ("without", "lack", "lacks", "lacking"))
        return heads, phrase | heads
    if word in FORWARD_OF:
        after = words[i + 1] if i + 1 < len(words) else ""
        if after in FORWARD_OF[word]:
            return _reach(reading, i + 2, True)
        if word == "free" and i and words[i - 1] == "-":
            heads = _behind(reading, i - 1)
            return heads, heads
    if word in BACKWARD:
        heads = _behind(reading, i)
        if not heads and word == "absent":
            return _reach(reading, i + 1)
        return heads, heads
    return set(), set()


def _denied_verb(reading: Reading, i: int) -> tuple[set[int], set[int]]:
    """`is not enlarged` denies the word after; `X was not seen` what stands before."""
    for j in range(i + 1, min(len(reading.words), i + 8)):
        word, k = reading.words[j], reading.keys[j]
        if reading.sentences[j] != reading.sentences[i] or word in ",;:()":
            break
        if k in SHOWS:
            heads, phrase = _reach(reading, j + 1)
            return heads, phrase | heads
        if k and k not in LIGHT and k not in SEEMS and not word.endswith("ly"):
            return {j}, {j}
        if word in CONTRASTED:
            return set(), set()  # "here and not in the liver"
        if word in PLACES and word != "to":
            break
    heads = _behind(reading, i)
    return heads, heads


def _reach(reading: Reading, start: int, all_of: bool = False) -> tuple[set[int], set[int]]:
    """Heads and all words from a token on, through lists, up to a verb, a place or a new clause."""
    words, keys, sentences = reading.words, reading.keys, reading.sentences
    heads: set[int] = set()
    phrase: set[int] = set()
    last, count, in_place = -1, 0, False
    for j in range(start, min(len(words), start + 24)):
        if sentences[j] != sentences[start - 1] or words[j] in STOPS or words[j] in ";:()[]":
            break
        if keys[j]:
            if keys[j] in LIGHT:
                continue
            if (
                last >= 0
                and words[j].endswith(("s", "ed"))
                and words[j + 1 : j + 2][:1]
                and (words[j + 1] in OBJECTS)
            ):
                break  # a verb with its object
            if not in_place:
                last, count = j, count + 1
                phrase.add(j)
            if count > MOST:
                break
        elif words[j] == "of" and last < 0:
            continue
        elif words[j] in PLACES:
            in_place = in_place or last >= 0
        elif words[j] in ("or", "nor", "and", ","):
            if last >= 0:
                heads.add(last)
                last = -1
            if words[j] != "or" and words[j] != "nor" and not _list_goes_on(reading, j, all_of):
                break
            in_place = False
    if last >= 0:
        heads.add(last)
    return heads, phrase


def _list_goes_on(reading: Reading, comma: int, all_of: bool) -> bool:
    """Whether a list of denied things goes on after a comma: an `or` follows before any verb.

    `all_of`: an `and` does too, and the comma may be one ("absence of A, B and C").
    """
    if all_of and reading.words[comma] == "and":
        return not any(w in STOPS for w in reading.words[comma + 1 : comma + 5])
    for j in range(comma + 1, min(len(reading.words), comma + 12)):
        word = reading.words[j]
        if word in ("or", "nor"):
            return True
        if all_of and word == "and":  # not of the list where a verb follows
            return not any(w in STOPS for w in reading.words[j + 1 : j + 6])
        if word in STOPS or word in ".;:" or word in FORWARD:
            return False
    return False


def _behind(reading: Reading, i: int) -> set[int]:
    """The head of the noun phrase before a token, past `is`, `was`, `be`."""
    sentence = reading.sentences[i]
    head: int | None = None
    for j in range(i - 1, max(-1, i - 14), -1):
        if reading.sentences[j] != sentence or reading.words[j] in ";:":
            break
        word = reading.words[j]
        if word in ("is", "are", "was", "were", "be", "been", "has", "have", "had", "as", "to",
                    "can", "could") and head is None:  # fmt: skip
            continue
        if reading.keys[j]:
            if reading.keys[j] not in LIGHT and head is None:
                head = j
            continue
        if word in PLACES and head is not None:
            head = None
            continue
        if head is not None:
            break
    return set() if head is None else {head}
