"""Opposites, each bound to its noun: a text may not say "left kidney" where the source says right.

A `Group` holds words of which one excludes the other (left, right; mild, severe). Each mention is
bound to the words that it goes with; a mention of the text is held against those of the source.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import key, keys_of
from llm_rewrite.checks.terms import listed

_MOST_MENTIONS = 60
_REACH = 6
_LINKING = keys_of("become became remain get have now slightly markedly")
_ARTICLES = listed("the a an his her their its")
_BE = listed("is are was were be been as")
_LAYOUT = listed("panel panels image images row rows column columns corner quadrant")
_JOINS = frozenset({"and", "or", "&", "-", "/", ",", "to"})
_GENERIC = keys_of(
    """
    side sides aspect part portion half region area end hand sided type form size amount
    number degree extent
    """
)
_VERBS = keys_of("""
    show demonstrate reveal depict indicate see note identify display illustrate find present
    appear measure contain include suggest represent confirm observe exhibit visualize involve
    extend cause arise follow obtain perform mark denote highlight compare
    """)


@dataclass(frozen=True)
class Group:
    """Words that exclude one another. `poles` maps a word to its pole, `added` are words that
    a text may not bring where the source says nothing of the group. After a word of `unless_next`
    or `unless_before` (before it, after it) a word of the group means something else; one of
    `before_noun` counts only where a word of content follows. `bound`: only mentions of the same
    noun exclude one another. `added` lists words.
    """

    reason: str
    poles: Mapping[str, str]
    added: frozenset[str] = frozenset()
    unless_next: frozenset[str] = frozenset()
    unless_before: frozenset[str] = frozenset()
    before_noun: frozenset[str] = frozenset()
    bound: bool = False

    @functools.cached_property
    def words(self) -> frozenset[str]:
        """All its words."""
        return frozenset(self.poles)

    @functools.cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all its words."""
        return frozenset(map(key, self.poles))


@dataclass(frozen=True)
class Mention:
    """A word of a group in a text: its pole, its place, what it is bound to, what stands near."""

    pole: str
    token: int
    heads: frozenset[str]
    near: frozenset[str]


def poles(**words: str) -> dict[str, str]:
    """Word to pole, of `pole="word word"`."""
    return {word: pole for pole, listed in words.items() for word in listed.split()}


def mentions(reading: Reading, group: Group) -> list[Mention]:
    """The words of a group in a text, with what they are bound to."""
    if group.words.isdisjoint(reading.known):
        return []
    found: list[Mention] = []
    words = reading.words
    for i, word in enumerate(words):
        pole = group.poles.get(word)
        if pole is None or _means_other(reading, i, group):
            continue
        if _coordinated(reading, i, group.poles):
            found.append(Mention(pole, i, _heads(reading, i, group.poles), frozenset()))
            continue
        found.append(
            Mention(pole, i, _heads(reading, i, group.poles), reading.near(i) - group.keys)
        )
        if len(found) == _MOST_MENTIONS:
            break
    return found


def _tells(reading: Reading, j: int) -> bool:
    return bool(reading.keys[j]) and reading.words[j] != "well"


def _coordinated(reading: Reading, i: int, own: Mapping[str, str]) -> bool:
    """`left and right kidneys`, `axial (a), coronal (b)`: what stands near tells nothing of either."""
    for step in (1, -1):
        for j in range(i + step, i + 7 * step, step):
            if not 0 <= j < len(reading.words) or _tells(reading, j) or reading.words[j] in ".;:":
                break
        if 0 <= j < len(reading.words) and reading.words[j] in own:
            return True
    return False


def _means_other(reading: Reading, i: int, group: Group) -> bool:
    words = reading.words
    after = words[i + 1] if i + 1 < len(words) else ""
    before = words[i - 1] if i else ""
    if after in group.unless_next or before in group.unless_before:
        return True
    if words[i] in group.before_noun:
        return not any(reading.keys[i + 1 : i + 2]) or before in _BE
    if after in ("left", "right") and i + 2 < len(words):
        return words[i + 2] in _LAYOUT or not reading.keys[i + 2]
    return False


def _heads(reading: Reading, i: int, own: Mapping[str, str]) -> frozenset[str]:
    """The words of content that follow in its noun phrase, else those just before."""
    heads = _forward(reading, i + 1, own)
    if not heads - _GENERIC:
        heads = heads | _backward(reading, i - 1, own)
    return heads


def _forward(reading: Reading, start: int, own: Mapping[str, str]) -> frozenset[str]:
    words, keys = reading.words, reading.keys
    found: list[str] = []
    j, stop = start, min(len(words), start + _REACH)
    while j < stop:
        word = words[j]
        if word == "(" and words[j + 2 : j + 3] == (")",):  # the letter of a panel
            j, stop = j + 2, min(len(words), stop + 3)
        elif word in own and found:
            break
        elif word in own or (word in _JOINS and _goes_on(words, j, start, own, found)):
            pass
        elif keys[j] and keys[j] not in _VERBS:
            found.append(keys[j])
        elif word in ("of", "in", "to", "for") and set(found) <= _GENERIC:
            stop = min(len(words), j + 5)
        elif word not in _ARTICLES or not set(found) <= _GENERIC:
            break
        j += 1
    return frozenset(found)


def _opens(words: Sequence[str], i: int) -> bool:
    """`Red, tumor; blue, bone`: the word opens a legend and goes with what follows its comma."""
    at = i - 1 if i and words[i - 1] in ("in", "on") else i
    return not at or words[at - 1] in ";:.(\n"


def _goes_on(
    words: Sequence[str], j: int, start: int, own: Mapping[str, str], found: Sequence[str]
) -> bool:
    """`upper and lower lobes`: nothing is bound yet, or another word of the group follows."""
    if not found and words[j] in ("-", "to"):
        return True
    if words[j] == "," and j == start and _opens(words, start - 1):
        return True
    return words[j + 1 : j + 2] == ("(",) or any(w in own for w in words[j + 1 : j + 2])


def _backward(reading: Reading, start: int, own: Mapping[str, str]) -> frozenset[str]:
    words, keys, sentence = reading.words, reading.keys, reading.sentences
    found: list[str] = []
    skip = False
    for j in range(start, max(-1, start - _REACH - 4), -1):
        skip = (skip or words[j] == ")") and words[j] != "("
        if skip or words[j] == "(" or keys[j] in _LINKING:
            continue
        if sentence[j] != sentence[start] or keys[j] in _VERBS or len(found) == 2:
            break
        if words[j] in own or words[j] == ";" or (words[j] == "," and found):
            break
        if keys[j]:
            found.append(keys[j])
    return frozenset(found)


def changed(
    text: Reading, source: Reading, group: Group, saw_pictures: bool = False
) -> Iterator[tuple[str, str]]:
    """Where a text has another pole than its source."""
    own = mentions(text, group)
    if not own:
        return
    theirs = mentions(source, group)
    if not theirs:
        for mention in own:
            word = text.words[mention.token]
            if word in group.added and not saw_pictures and word not in source.known:
                yield group.reason, f"'{text.around(mention.token)}': not in the source"
        return
    for mention, other in crossed(own, theirs, group.bound):
        here, there = text.around(mention.token), source.around(other.token)
        yield group.reason, f"'{here}', source '{there}'"


def crossed(
    own: Sequence[Mention], theirs: Sequence[Mention], bound: bool = False
) -> list[tuple[Mention, Mention]]:
    """Mentions of a text whose noun has another pole in the source, each with the source's.

    A mention leans where its noun has both poles and its other words stand by the other one; two
    that lean opposite ways have been changed about.
    """
    wrong: list[tuple[Mention, Mention]] = []
    leaning: list[tuple[Mention, Mention]] = []
    said = {mention.pole for mention in own}
    for mention in own:
        same = [m for m in theirs if m.pole == mention.pole]
        other = [m for m in theirs if m.pole != mention.pole]
        if not other:
            continue
        rival = max(other, key=lambda m: _score(mention, m))
        if not same:
            replaced = not bound and rival.pole not in said
            if replaced or _score(mention, rival) > ((0, 99) if bound else (0, 0)):
                wrong.append((mention, rival))
            continue
        heads, near = _score(mention, max(same, key=lambda m: _score(mention, m)))
        rival_heads, rival_near = _score(mention, rival)
        if rival_heads > heads:
            if rival_near >= near:
                wrong.append((mention, rival))
        elif rival_heads == heads and rival_heads and rival_near > near:
            (wrong if rival_near >= near + 2 and near <= 1 else leaning).append((mention, rival))
    if len({mention.pole for mention, _ in leaning}) > 1:
        wrong += leaning
    return wrong


def _score(one: Mention, two: Mention) -> tuple[int, int]:
    """Words that both are bound to, and words that stand near both."""
    return len((one.heads & two.heads) - _GENERIC), len((one.near & two.near) - _GENERIC)
