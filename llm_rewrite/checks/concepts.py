"""Clinical things that a text adds to its source or leaves out.

By the linker's concepts where there is one, and by words with a clinical ending or meaning that
occur nowhere in the other text. Words of the source in any order add nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llm_rewrite.checks.abbreviations import ABBREVIATIONS
from llm_rewrite.checks.broader import implied, same, spelled_out
from llm_rewrite.checks.clinical import ANATOMY, is_clinical
from llm_rewrite.checks.english import is_medical, is_plain, narrower_in, said_in
from llm_rewrite.checks.modalities import PICTURE_WORDS
from llm_rewrite.checks.quantities import quantities
from llm_rewrite.checks.reading import Reading, read
from llm_rewrite.checks.stems import key, keys_of
from llm_rewrite.checks.terms import listed
from schemas.sample import Concept

_PREFIXES = tuple(
    sorted(
        listed(
            """
            post pre non intra peri sub supra infra retro trans para extra inter multi bi uni un
            re pseudo circum micro macro endo epi poly mono hemi pan neo anti juxta mid over
            """
        )
    )
)
_SPINE = keys_of("vertebra lumbar cervical thoracic sacral level")
# Semantic types of what a picture may show or a patient have.
_KEPT_TYPES = listed(
    """
    T019 T020 T023 T029 T030 T033 T037 T046 T047 T048 T060 T061 T074 T184 T190 T191
    """
)
_EMPTY = keys_of(
    """
    lesion appearance gross finding patient examination study image case view histology tissue
    clinical radiograph specimen disease film photograph micrograph scan material method
    """
)
_ALSO_PLAIN = listed("back hand head face body")
_MOST = 12
# Words that a text may leave out where it names the thing itself, or that are of the method.
_NEVER_LOST = keys_of(
    """
    lesion mass structure disease disorder finding patient surgery treatment follow-up
    operative examination administration diagnosis biopsy contrast tissue area region foot
    head examination back face film photograph micrograph radiograph clinical injection
    histology artery vessel shift growth pain drug follow blood oral plasma material medium
    agent scan study image method technique wound
    """
)


def added(
    text: Reading,
    source: Reading,
    knowledge: Reading,
    own: Sequence[Concept],
    theirs: Sequence[Concept],
) -> Iterator[tuple[str, str]]:
    """Concepts and clinical words of a text that neither source nor knowledge has."""
    known = source.known | knowledge.known
    cuis = {concept.cui for concept in theirs}
    told: set[str] = set()
    for concept in own:
        if concept.cui in cuis:
            told |= {k for k in read(text.text[concept.start : concept.end]).keys if k}
            continue
        if concept.cui in told:
            continue
        if text.text[concept.start : concept.end].lower() in _ALSO_PLAIN:
            continue
        inside = read(text.text[concept.start : concept.end])
        missing = [
            k
            for w, k in _content(inside)
            if w not in PICTURE_WORDS
            and (is_clinical(w) or not is_plain(w))
            and not _is_known(w, k, known, text, source)
        ]
        named = [k for k in read(concept.name).keys if k]
        if missing and not (named and all(k in known for k in named)):
            told |= {concept.cui, *missing}
            yield "concept_added", f"'{inside.text[:60]}' not in the source"
    for i, word in enumerate(text.words):
        k = text.keys[i]
        if not k or k in told or k in known or word in PICTURE_WORDS:
            continue
        if not is_clinical(word) and not is_medical(word):
            continue
        told.add(k)
        if not _is_known(word, k, known, text, source):
            yield "concept_added", f"'{text.around(i, 1, 1)}' not in the source"
        if len(told) > _MOST:
            return


def _content(reading: Reading) -> list[tuple[str, str]]:
    return [(w, k) for w, k in zip(reading.words, reading.keys, strict=True) if k]


def _is_known(word: str, k: str, known: frozenset[str], text: Reading, source: Reading) -> bool:
    """Whether a word is known: itself, what it is short for, something narrower, its parts."""
    if k in known or implied(k, known):
        return True
    expansion = [e for e in text.expansions.get(word, ()) if e not in ABBREVIATIONS]
    if expansion and all(e in known or implied(e, known) for e in expansion):
        return True
    if any(k in keys and short in known for short, keys in text.expansions.items()):
        return True
    if word.upper() in text.forms and word.upper() in source.plain:
        return True
    if spelled_out(word, known) or _compound(word, known) or _misspelt(word, source):
        return True
    if _is_longer(k, source):
        return True
    return said_in(word, known) or narrower_in(word, source.words)


def _is_longer(k: str, source: Reading) -> bool:
    """ "Pupil" and "pupillary": one key goes on where the other ends, not into -oma or -itis."""
    if len(k) < 5 or not k.isalpha():
        return False
    return any(
        len(other) > 4 and other.isalpha() and (other.startswith(k) or k.startswith(other))
        for other in source.keys
        if abs(len(other) - len(k)) < 5
    )


def _misspelt(word: str, source: Reading) -> bool:
    """Whether the source has the word with one letter wrong, which the text puts right."""
    if len(word) < 6:
        return False
    return any(
        abs(len(other) - len(word)) < 2 and other[:2] == word[:2] and _one_letter(word, other)
        for other in set(source.words)
        if len(other) > 4 and not is_clinical(other)
    )


def _one_letter(one: str, two: str) -> bool:
    """Whether two words differ by one letter, put in, left out or changed."""
    if len(one) < len(two):
        one, two = two, one
    at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(two))
    return one[at + 1 :] == two[at + (len(one) == len(two)) :]


def _compound(word: str, known: frozenset[str]) -> bool:
    """Whether a word is a known word with a prefix, or two known words as one."""
    for prefix in _PREFIXES:
        rest = word[len(prefix) :]
        if word.startswith(prefix) and len(rest) >= 4 and key(rest) in known:
            return True
    cuts = range(4, len(word) - 3)
    return any(key(word[cut:]) in known and _has_stem(word[:cut], known) for cut in cuts)


def _has_stem(start: str, known: frozenset[str]) -> bool:
    return start in known or key(start) in known or key(start.rstrip("o")) in known


def lost(
    text: Reading,
    source: Reading,
    own: Sequence[Concept],
    theirs: Sequence[Concept],
) -> Iterator[tuple[str, str]]:
    """Concepts and clinical words of the source that the text has in no form."""
    cuis = {concept.cui for concept in own}
    told: set[str] = set()
    for concept in theirs:
        if concept.cui in cuis:
            told |= {k for k in read(source.text[concept.start : concept.end]).keys if k}
            continue
        if concept.cui in told:
            continue
        inside = read(source.text[concept.start : concept.end])
        words = _content(inside)
        told.add(concept.cui)
        if source.text[concept.end : concept.end + 4] in (" et ", "-han"):
            continue  # an author
        named = [k for k in read(concept.name).keys if k]
        if not words or (named and all(k in text.known for k in named)):
            continue
        if not _KEPT_TYPES.intersection(concept.types or _KEPT_TYPES):
            continue
        telling = [(w, k) for w, k in words if k not in _NEVER_LOST] or words
        if not any(_is_kept(w, k, text, source) for w, k in telling[-1:]):
            told |= {k for _, k in words}
            yield "concept_lost", f"'{inside.text[:60]}'"
    for i, word in enumerate(source.words):
        k = source.keys[i]
        if not k or k in told or k in text.known or not is_clinical(word):
            continue
        if source.words[i + 1 : i + 2] == ("et",):
            continue
        told.add(k)
        if not _is_kept(word, k, text, source):
            yield "concept_lost", f"'{source.around(i, 1, 1)}'"
        if len(told) > 60:
            return
    yield from _whole_segments_lost(text, source)


def _whole_segments_lost(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Parts between commas, one of them clinical, of which the text has no word."""
    numbers, bracketed = source.segments
    parts: dict[int, list[int]] = {}
    for i, k in enumerate(source.keys):
        if k and numbers[i] not in bracketed:
            parts.setdefault(numbers[i], []).append(i)
    for part in parts.values():
        telling = any(is_clinical(source.words[i]) and source.keys[i] not in _EMPTY for i in part)
        if len(part) < 2 or not telling:
            continue
        if not any(_is_there(source.words[i], source.keys[i], text, source) for i in part):
            yield "concept_lost", f"'{source.quote(part[0], part[-1])[:60]}'"


def _is_there(word: str, k: str, text: Reading, source: Reading) -> bool:
    return k in text.known or (k not in _NEVER_LOST and _is_kept(word, k, text, source))


def _is_kept(word: str, k: str, text: Reading, source: Reading) -> bool:
    """Whether a word of the source is in the text: itself, its abbreviation, what that is short for."""
    known = text.known
    if k in known or k in _NEVER_LOST or same(k, known):
        return True
    if k in ANATOMY and implied(k, known):
        return True
    if k in _SPINE and any(q.name[:1] in "ctls" and q.kind == "name" for q in quantities(text)):
        return True
    expansion = [e for e in source.expansions.get(word, ()) if e not in ABBREVIATIONS]
    if expansion and sum(e in known for e in expansion) * 2 >= len(expansion):
        return True
    if any(k in keys and short in known for short, keys in source.expansions.items()):
        return True
    return spelled_out(word, known) or _compound(word, known) or said_in(word, known)
