"""What is denied of a name: "does not co-localize with PfRH2" told as "co-localizes with PfRH2".

For names that no vocabulary knows (capitals, digits). A denial ties the words between it and the
name to the name; the other text must not tie them without any word of denial or exception.
"""

from __future__ import annotations

from collections.abc import Iterator

from llm_rewrite.checks.assertions import assertions
from llm_rewrite.checks.denial_words import LIGHT, NO
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed

_ENDS = listed("but however although though while whereas which who . , ; : ( )")
_EXCEPTING = listed(
    """
    only alone except unlike unchanged unaffected unlabelled free devoid spared rather instead
    whereas confined restricted exclusively less loss little hardly barely
    """
)
_FAR = 14
_MOST = 12
_WEAK = LIGHT | keys_of("effect influence change show cell protein human anti antibody")


def relations(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Denied ties of a name that the other text states; the first one."""
    for one, other in ((source, text), (text, source)):
        for name, tied, at in _denied_ties(one):
            if _stated(name, tied, one) is not None:
                continue
            there = _stated(name, tied, other)
            if there is not None:
                here, there_too = one.around(at, 4, 2), other.around(there, 3, 2)
                own, theirs = (there_too, here) if one is source else (here, there_too)
                yield "negation_flipped", f"'{own}', source '{theirs}'"
                return


def _denied_ties(reading: Reading) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Each name after a word of denial, with the words between the two."""
    told = 0
    for cue in sorted(assertions(reading).cue_tokens):
        if reading.words[cue] not in NO and not reading.words[cue].endswith("n't"):
            continue
        tied: list[str] = []
        for j in range(cue + 1, min(len(reading.words), cue + _FAR)):
            if reading.sentences[j] != reading.sentences[cue] or reading.words[j] in _ENDS:
                break
            # "absence of HER2 staining": what is denied of the name may follow it
            after = () if tied else reading.keys[j + 1 : j + 2]
            telling = tuple(k for k in (*tied, *after) if k and k not in _WEAK)
            if telling and _is_name(reading, j):
                yield reading.keys[j], telling, j
                told += 1
            elif reading.keys[j]:
                tied.append(reading.keys[j])
        if told > _MOST:
            return


def _is_name(reading: Reading, i: int) -> bool:
    """`PfRH2`, `EBA`: capitals behind the first letter, in a text that is not all capitals."""
    form = reading.forms[i]
    if i and reading.words[i - 1][0].isdigit():
        return False  # a unit
    return len(form) > 1 and bool(reading.keys[i]) and any(c.isupper() for c in form[1:])


def _stated(name: str, tied: tuple[str, ...], reading: Reading) -> int | None:
    """Where a name stands with most of the words and the first, in a clause without denial."""
    marked = {reading.clauses[i] for i in assertions(reading).cue_tokens}
    for i, k in enumerate(reading.keys):
        if k != name or not _is_name(reading, i) or reading.clauses[i] in marked:
            continue
        inside = [j for j in reading.sentence_words(i) if reading.clauses[j] == reading.clauses[i]]
        keys = {reading.keys[j] for j in inside}
        words = {reading.words[j] for j in inside}
        denied = any(w.startswith(("un", "non")) and len(w) > 6 for w in words)
        if (
            tied[0] in keys
            and 3 * len(keys.intersection(tied)) >= 2 * len(tied)
            and _EXCEPTING.isdisjoint(words)
            and not denied
        ):
            return i
    return None
