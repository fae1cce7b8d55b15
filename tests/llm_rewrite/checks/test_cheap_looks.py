"""The cheap looks that spare most texts the long patterns: none hides a match from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_rewrite.checks import identifiers, language, wording
from llm_rewrite.checks.reading import Reading, read


def _talks(reading: Reading) -> bool:
    return wording.may_talk(reading)


def _has(words: frozenset[str]) -> Callable[[Reading], bool]:
    return lambda reading: wording.may_have(words, reading)


LOOKS: dict[str, tuple[re.Pattern[str], Callable[[Reading], bool]]] = {
    "talk": (wording.TALK, _talks),
    "mention": (wording.MENTION, _has(wording.MENTION_WORDS)),
    "injection": (wording.INJECTION, _has(wording.INJECTION_WORDS)),
    "always": (identifiers.ALWAYS, identifiers.may_be_marked),
    "where": (identifiers.WHERE_NEW, identifiers.may_be_placed),
}


def alternatives(pattern: str) -> Iterator[str]:
    """The parts of a pattern between its outermost bars."""
    depth, begin, place, in_class = 0, 0, 0, False
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\":
            place += 1
        elif in_class:
            in_class = letter != "]"
        elif letter == "[":
            in_class = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and not depth:
            yield pattern[begin:place]
            begin = place + 1
        place += 1
    yield pattern[begin:]


CASES = [
    (name, part) for name, (pattern, _) in LOOKS.items() for part in alternatives(pattern.pattern)
]


@pytest.mark.parametrize(
    ("name", "part"), CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CASES)]
)
def test_no_match_is_hidden(name: str, part: str) -> None:
    pattern, look = LOOKS[name]
    matched = 0

    @settings(
        max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.sampled_from(["", "Axial CT. ", "A\n", "x-ray, 3 "]),
        st.from_regex(re.compile(part, pattern.flags)),
        st.sampled_from(["", " is shown.", " 5", "'s"]),
    )
    def holds(before: str, middle: str, after: str) -> None:
        nonlocal matched
        reading = read(before + middle + after)
        if pattern.search(reading.plain):
            matched += 1
            assert look(reading)

    holds()
    assert matched or "`" in part  # which no plain text has


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="adeilnorstuv çãóñ¿.", max_size=120), st.sampled_from(["en", "de", "fr"]))
def test_the_first_look_at_a_language_hides_no_other(text: str, code: str) -> None:
    found = language._other_language(text, code)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "_OTHERS", {code: frozenset(text.lower().split())})
        patch.setattr(language, "_TELLING_SIGNS", re.compile(""))
        assert language._other_language(text, code) == found
