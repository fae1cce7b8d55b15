"""Every name of a vocabulary in a text: tokens, their codes, the automaton's matches.

An abbreviation that the document defines is read as the words it stands for, so that "VHL
disease" is the "von Hippel-Lindau disease" of the vocabulary; a name never ends within it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from extractors.concepts.abbreviations import singular
from extractors.concepts.index import CODE_LENGTH, UNKNOWN, Index
from extractors.concepts.names import ARTICLES, name_words
from extractors.concepts.normalise import WORD, word_form
from extractors.concepts.spelling import NearWords

TOKEN = re.compile(rf"{WORD.pattern}|[^\w\s]")
START, END = "^", "$"

# What a sentence or a bracket parts is no name; a full stop in "E. coli" or "St. Louis" may be.
_BREAK = re.compile(r"(?<!\b\w)(?<!\bSt)[.]\s|[;:!?]\s|\s[(\[]|[)\]]\s")
_MARKS = frozenset(".;:!?()[]")
_TIES = frozenset("-–/")
_SEEN_WORDS_LIMIT = 300_000
_FUNCTION_WORDS = frozenset(
    """
    about above after all also among an and any are as at be been before being below between both
    but by can could did do does done due during each either few for from had has have he her here
    him his how if in into is it its last least less like made many may might more most much must
    no nor not of off on one only or other our out over own per same several she should so some
    such than that the their them then there these they this those through thus to too two under
    until up upon us use used using very via was we were what when where which while who whose will
    with within without would yet you your left right upper lower first second third new old
    """.split()  # noqa: SIM905 - a list of quoted words is no easier to read
)

# What the abbreviations of a document stand for: by first token, all tokens and the codes.
Expansions = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]


class Candidate(NamedTuple):
    """A name in a text: tokens `first` to `last` (excluded), its key, how like it is written.

    `before` and `after` are the tokens beside it; a hyphen or slash that ties it to the next word
    ("CT-guided") is `~-` or `~/`.
    """

    first: int
    last: int
    key: int
    likeness: float
    before: str
    after: str


class Reading(NamedTuple):
    """The candidates of a text, and the spans of its tokens (none where no candidate is)."""

    found: list[Candidate]
    spans: list[tuple[int, int]]


class Reader:
    """Reads texts for one index. `every_word`: function words, numbers, letters are names too."""

    def __init__(self, index: Index, approximate: bool, every_word: bool) -> None:
        self.index, self.every_word = index, every_word
        self._codes = _Codes(index, approximate)

    def expansions(self, definitions: Mapping[str, str]) -> Expansions:
        """Abbreviations (and what each stands for) as `read` takes them; plurals are read too."""
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for short, long in definitions.items():
            tokens = tuple(TOKEN.findall(short))
            forms = name_words(long)
            if tokens and forms:
                code = "".join(self.index.codes.get(form, UNKNOWN) for form in forms)
                found.setdefault(tokens[0], []).append((tokens, code))
        return found

    def read(self, text: str, expansions: Expansions | None = None) -> Reading:
        """Every name in `text`, longer than others or not."""
        self._codes.forget_beyond(_SEEN_WORDS_LIMIT)
        tokens = TOKEN.findall(text)
        codes = list(map(self._codes.__getitem__, tokens))
        firsts = [i for i, code in enumerate(codes) if code]
        lasts, written_out = firsts, frozenset[int]()
        if expansions and not expansions.keys().isdisjoint(map(singular, tokens)):
            codes, firsts, lasts, written_out = _expanded(tokens, codes, expansions)
        matches = list(self.index.automaton.iter("".join(codes)))
        if not matches:
            return Reading([], [])
        spans = [match.span() for match in TOKEN.finditer(text)]
        mixed, words = not (text.islower() or text.isupper()), self.index.words
        near = self._codes.likeness
        if near and near.keys().isdisjoint(tokens):
            near = {}
        found = []
        for end, key in matches:
            stop = (end + 1) // CODE_LENGTH
            first, last = firsts[stop - words[key]], lasts[stop - 1]
            if first < 0 or last < 0:
                continue
            if last > first:
                if not _MARKS.isdisjoint(tokens[first:last]) and _BREAK.search(
                    text, spans[first][0], spans[last][1]
                ):
                    continue
            elif first not in written_out and not self._is_name(tokens[first], key, mixed):
                continue
            before, after = _beside(tokens, spans, first, last)
            like = min([near.get(t, 1.0) for t in tokens[first : last + 1]]) if near else 1.0
            found.append(Candidate(first, last + 1, key, like, before, after))
        return Reading(found, spans)

    def _is_name(self, token: str, key: int, mixed: bool) -> bool:
        """Whether a single word can be this name: it says something, and its capitals agree.

        Those say nothing in a text that is not of `mixed` case.
        """
        shouted = mixed and 1 < len(token) <= 4 and token.isupper()
        if shouted and not self.index.has_acronym[key]:
            return False
        if not (self.every_word or (shouted and len(token) > 2) or _says_something(token)):
            return False
        if mixed and len(token) <= 6 and self.index.only_acronym[key]:
            return sum(map(str.isupper, token)) >= 2
        return True


class _Codes(dict[str, str]):
    """The code of each token met so far; empty for what the automaton does not read."""

    def __init__(self, index: Index, approximate: bool) -> None:
        super().__init__()
        self._codes = index.codes
        self._near = NearWords(index.codes) if approximate else None
        self.likeness: dict[str, float] = {}

    def forget_beyond(self, limit: int) -> None:
        """Forget all tokens if they are more; between texts, of which a part would be lost."""
        if len(self) > limit:
            self.clear()
            self.likeness.clear()

    def __missing__(self, token: str) -> str:
        self[token] = code = self._code(token)
        return code

    def _code(self, token: str) -> str:
        if not token[0].isalnum():
            return ""
        form = word_form(token)
        if form in ARTICLES:
            return ""
        if code := self._codes.get(form):
            return code
        if self._near and (found := self._near.nearest(form)):
            self.likeness[token] = found[1]
            return self._codes[found[0]]
        return UNKNOWN


def _says_something(token: str) -> bool:
    return len(token) > 1 and not token.isdigit() and token.lower() not in _FUNCTION_WORDS


def _beside(
    tokens: Sequence[str], spans: Sequence[tuple[int, int]], first: int, last: int
) -> tuple[str, str]:
    """The tokens before `first` and after `last`, with ties marked."""
    before = tokens[first - 1] if first else START
    if before in _TIES and first > 1 and spans[first - 2][1] + 1 == spans[first][0]:
        before = "~" + before
    last += 1
    after = tokens[last] if last < len(tokens) else END
    if after in _TIES and last + 1 < len(tokens) and spans[last - 1][1] + 1 == spans[last + 1][0]:
        after = "~" + after
    return before, after


def _expanded(
    tokens: Sequence[str], codes: Sequence[str], expansions: Expansions
) -> tuple[list[str], list[int], list[int], frozenset[int]]:
    """Codes with abbreviations written out, and for each word the token it begins and ends.

    A word within an abbreviation begins no token (-1) or ends none. Last: which tokens begin one.
    """
    written: list[str] = []
    written_out: set[int] = set()
    firsts: list[int] = []
    lasts: list[int] = []
    at = 0
    while at < len(tokens):
        if found := _expansion_at(tokens, at, expansions):
            written_out.add(at)
        length, code = found or (1, codes[at])
        if words := len(code) // CODE_LENGTH:
            written.append(code)
            firsts += [at] + [-1] * (words - 1)
            lasts += [-1] * (words - 1) + [at + length - 1]
        at += length
    return written, firsts, lasts, frozenset(written_out)


def _expansion_at(tokens: Sequence[str], at: int, expansions: Expansions) -> tuple[int, str] | None:
    """How many tokens at a place are an abbreviation, the longest one, and the codes it means."""
    found: list[tuple[int, str]] = []
    for token in {tokens[at], singular(tokens[at])}:
        for short, code in expansions.get(token, ()):
            own = tokens[at : at + len(short)]
            if [*own[:-1], singular(own[-1])] == list(short) or tuple(own) == short:
                found.append((len(short), code))
    return max(found, default=None)
