"""Findings denied in one text and stated in the other; certain in one and open in the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llm_rewrite.checks.assertions import Assertions, assertions
from llm_rewrite.checks.broader import same
from llm_rewrite.checks.clinical import ANATOMY, is_clinical
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import key, keys_of
from schemas.sample import Concept

_PLAIN = keys_of(
    """
    arrow image scan figure panel view patient case year old area part side left right level
    change show study examination time section phase line protein gene signal region level
    sample group number value
    """
)
_SOFT_OF_FINDINGS = frozenset({"consistent", "compatible", "keeping", "suspicious", "may", "might"})
_ABSENCE = keys_of(
    """
    resolved resolution disappeared disappearance cleared clear intact normal unremarkable
    absent absence lack negative preserved spared sparing excluded missing removed resected
    unable fail
    """
)


_DENYING = ("un", "non", "in", "im", "ir", "dis", "an", "a-")
_ABSENT_IN_ANY_WAY = _ABSENCE | keys_of(
    """
    only limited few rare less poor loss lost little least decreased reduced spare without empty
    blank isolated single alone otherwise remain stop block prevent avoid
    """
)


def negation(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Words that the text denies and the source only states, and the other way round."""
    own, theirs = assertions(text), assertions(source)
    for denied, at in own.denied.items():
        if denied in theirs.denied or not _is_finding(denied) or denied not in theirs.stated:
            continue
        if _denied_by_prefix(denied, source):
            continue
        there = theirs.stated[denied]
        if not _tells_absence(source, theirs, denied):
            yield "negation_flipped", _both(text, at, source, there)
    for denied, at in theirs.denied.items():
        if denied in own.denied or not _is_finding(denied):
            continue
        if denied not in own.stated:
            if (here := _said_otherwise(denied, text, own, source, theirs)) is not None:
                yield "negation_flipped", _both(text, here, source, at)
            continue
        if _denied_by_prefix(denied, text):
            continue
        here = own.stated[denied]
        if denied in theirs.stated or _tells_absence(text, own, denied):
            continue
        yield "negation_flipped", _both(text, here, source, at)


def _said_otherwise(
    denied: str, text: Reading, own: Assertions, source: Reading, theirs: Assertions
) -> int | None:
    """Where the text states by another word what the source denies: "takes up contrast"."""
    for k, at in own.stated.items():
        if not k or k in theirs.stated or not same(denied, frozenset({k})):
            continue
        if text.sentences[at] not in own.marked and not _tells_absence(text, own, k):
            return at
    return None


def alone(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """A denial where the source speaks of no absence in any way."""
    own, theirs = assertions(text), assertions(source)
    if not own.denied or theirs.cue_tokens or not _ABSENT_IN_ANY_WAY.isdisjoint(source.keys):
        return
    if any(word.startswith(_DENYING) and len(word) > 5 for word in source.words):
        return
    at = next((i for i in own.denied.values() if is_clinical(text.words[i])), None)
    if at is not None and _is_finding(text.keys[at]):
        yield "negation_flipped", f"'{text.around(at, 3, 1)}': the source denies nothing"


def _denied_by_prefix(k: str, other: Reading) -> bool:
    """Whether the other text has "nonossified" for "not ossified"."""
    if any(
        other.keys[i][:6] == k[:6] and other.words[i - 2 : i] == ("non", "-")
        for i in range(2, len(other.words))
    ):
        return True
    return any(
        word.startswith(prefix) and key(word[len(prefix) :]) == k
        for word in other.words
        if len(word) > 6
        for prefix in ("non", "un", "in")
    )


def _is_finding(word: str) -> bool:
    return word not in ANATOMY and word not in _PLAIN and len(word) > 2


def _tells_absence(reading: Reading, told: Assertions, word: str) -> bool:
    """Whether a sentence that holds the word speaks of absence in some way of its own."""
    segments, _ = reading.segments
    cues = [i for i in told.cue_tokens if reading.keys[i] != word]
    for i, k in enumerate(reading.keys):
        if k != word:
            continue
        if reading.sentences[i] in told.wide and told.denied.get(word) is None:
            return True
        here = {segments[i] - 1, segments[i]}
        marked = {segments[j] for j in cues if ";" not in reading.words[min(i, j) : max(i, j)]}
        near = reading.near(i) - {word}
        if any(k.startswith(("non", "unid", "unav", "undet", "unre", "unaff")) for k in near):
            return True
        if "=height" in near:  # high resolution is no absence
            near -= {"=resolution"}
        if not here.isdisjoint(marked) or not near.isdisjoint(_ABSENCE):
            return True
    return False


def _both(text: Reading, here: int, source: Reading, there: int) -> str:
    return f"'{text.around(here, 3, 1)}', source '{source.around(there, 3, 1)}'"


def certainty(text: Reading, source: Reading, must_keep: bool) -> Iterator[tuple[str, str]]:
    """Doubts of the source that the text states, or leaves out; doubts and proofs of its own."""
    own, theirs = assertions(text), assertions(source)
    found = [*_of_words(text, own, source, theirs), *_of_words(source, theirs, text, own)]
    yield from (("certainty_changed", detail) for detail in found)
    if found:
        return
    doubts, said = theirs.cues + theirs.soft, own.cues + own.soft
    if own.cues and not doubts:
        yield "certainty_changed", f"'{text.around(own.cues[0], 1, 4)}': the source has no doubt"
    elif own.sure and doubts and not theirs.sure and len(said) < len(doubts):
        here, there = text.around(own.sure[0], 1, 4), source.around(doubts[0], 1, 4)
        yield "certainty_changed", f"'{here}', source '{there}'"
    elif must_keep and doubts and not said and _matters(source, theirs):
        yield "certainty_changed", f"lost: '{source.around(doubts[0], 1, 4)}'"


def _matters(source: Reading, told: Assertions) -> bool:
    """Whether a doubt is of the picture: more than a `may` somewhere in a long caption."""
    return bool(told.cues) or any(source.words[i] in _SOFT_OF_FINDINGS for i in told.soft)


def _of_words(one: Reading, own: Assertions, other: Reading, theirs: Assertions) -> Iterator[str]:
    """Words that one text only doubts and the other only states."""
    for word, here in own.doubted.items():
        there = theirs.plain.get(word)
        if there is None or word in theirs.doubted or word in own.plain or not _is_finding(word):
            continue
        if not _doubted_near(other, theirs, there) and theirs.stated.get(word) is not None:
            yield f"'{one.around(here, 3, 1)}' and '{other.around(there, 3, 1)}'"


def _doubted_near(reading: Reading, told: Assertions, token: int) -> bool:
    """Whether a word of doubt stands in a token's part of the sentence or the one before."""
    numbers, _ = reading.segments
    return any(numbers[i] in (numbers[token], numbers[token] - 1) for i in told.cues + told.soft)


def flagged(
    text: Reading,
    own: Sequence[Concept],
    source: Reading,
    theirs: Sequence[Concept],
) -> Iterator[tuple[str, str]]:
    """Concepts that one text only denies (or leaves open) and the other only states."""
    for cui in dict.fromkeys(c.cui for c in own):
        mine = [c for c in own if c.cui == cui]
        yours = [c for c in theirs if c.cui == cui]
        if not yours:
            continue
        names = f"'{mine[0].name}'"
        if {c.negated for c in mine}.isdisjoint({c.negated for c in yours}):
            stating, concepts = (source, yours) if mine[0].negated else (text, mine)
            if not any(_near_absence(stating, c) for c in concepts):
                yield "negation_flipped", f"{names} {_word(mine[0])}, source {_word(yours[0])}"
        elif {c.uncertain for c in mine}.isdisjoint({c.uncertain for c in yours}):
            sure, concepts = (source, yours) if mine[0].uncertain else (text, mine)
            if not any(_in_doubt(sure, c) for c in concepts):
                yield "certainty_changed", f"{names} {_word(mine[0])}, source {_word(yours[0])}"


def _word(concept: Concept) -> str:
    if concept.negated:
        return "denied"
    return "left open" if concept.uncertain else "stated"


def _sentence(reading: Reading, concept: Concept) -> int:
    for i, start in enumerate(reading.starts):
        if start >= concept.start:
            return i
    return max(0, len(reading.starts) - 1)


def _near_absence(reading: Reading, concept: Concept) -> bool:
    if not reading.words:
        return False
    token = _sentence(reading, concept)
    if reading.sentences[token] in assertions(reading).marked:
        return True
    return any(reading.keys[j] in _ABSENCE for j in reading.sentence_words(token))


def _in_doubt(reading: Reading, concept: Concept) -> bool:
    if not reading.words:
        return False
    at = _sentence(reading, concept)
    if any(reading.words[j] == "whether" for j in reading.sentence_words(at)):
        return True
    return reading.sentences[at] in assertions(reading).hedged
