"""A text as words with keys, sentences and clauses: read once, asked by every check.

Everything is linear in the length of the text; no pattern can run away on hostile input.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from llm_rewrite.checks.abbreviations import ABBREVIATIONS
from llm_rewrite.checks.stems import key
from llm_rewrite.checks.terms import FUNCTION, listed

# Each maps to one character, so that places in the text stay what they are.
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣-", "-"),
        **dict.fromkeys("‘’ʼ`´", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("       　​\t\v\f\x1c\x1d\x1e\x1f", " "),
        "µ": "μ", "×": "x", "✕": "x", "∼": "~", "⩽": "≤", "≦": "≤", "⩾": "≥", "≧": "≥", "º": "°",
        "，": ",", "。": ".", "；": ";", "：": ":", "（": "(", "）": ")", "％": "%", "•": ";", "·": ".",
    }
)  # fmt: skip
_TOKEN = re.compile(
    r"x[- ]?rays?(?!\w)"
    r"|h\s?&\s?e(?!\w)"
    r"|arrow[- ]heads?(?!\w)|(?:left|right)-hand(?= (?:side|panel|column|image|row|graph|plot|part))"
    r"|\d+(?:[.,]\d+)*(?:(?!x\d)[^\W\d_]+(?:\d{1,2}(?!\d))?)?"
    r"|x(?=\d)"
    r"|[^\W\d_]+n't(?!\w)"
    r"|[^\W\d_]+(?:\d[^\W_]*)?(?:'s(?!\w))?"
    r"|[^\w\s]|_|\n",
    re.IGNORECASE,
)
_ABBREVIATED = listed("fig figs dr mr mrs ms prof vs approx ca no st cf al e.g i.e etc resp")
_CLAUSE_ENDS = frozenset(".;:!?\n()[]")
_SEGMENT_ENDS = frozenset([*",;:()[]", "and", "but", "while", "whereas", "or", "whose", "which"])
_FARTHEST = 16
_LONGEST_DEFINITION = 8
_ODD_LETTERS = re.compile("[\u0130\u0131\u017f\u212a]")  # i, i, s and k
_PREFIXED = re.compile(
    r"(?:peri|un|per|circum|post|pre|intra|retro|trans|para|extra|inter|multi|non|sub|supra|infra"
    r"|pseudo|over|endo|hemi|micro|macro|neuro|cardio|osteo|immuno)(\w{4,})\Z"
)


@dataclass(frozen=True, eq=False)
class Reading:
    """A text and its tokens; `keys` are "" where a token is no word of content.

    `plain` is the text in simple characters, at the same places. `sentences[i]` and `clauses[i]`
    number the sentence and clause of token i. `known` are the keys of all words and of what
    abbreviations stand for; `expansions` are those of this text, by abbreviation.
    """

    text: str
    plain: str
    forms: tuple[str, ...]
    words: tuple[str, ...]
    keys: tuple[str, ...]
    starts: tuple[int, ...]
    sentences: tuple[int, ...]
    clauses: tuple[int, ...]
    known: frozenset[str]
    expansions: dict[str, tuple[str, ...]]

    def sentence_words(self, token: int) -> range:
        """The tokens of the sentence that holds a token."""
        return self.sentence_ranges[self.sentences[token]]

    @functools.cached_property
    def sentence_ranges(self) -> list[range]:
        """The tokens of each sentence."""
        ranges: list[range] = []
        start = 0
        for i, number in enumerate(self.sentences):
            if i and number != self.sentences[i - 1]:
                ranges.append(range(start, i))
                start = i
        return [*ranges, range(start, len(self.words))]

    @functools.cached_property
    def segments(self) -> tuple[tuple[int, ...], frozenset[int]]:
        """The number of each token's segment, cut at commas, brackets and "and"; which of them
        stand in brackets and so speak of the one before.
        """
        numbers: list[int] = []
        bracketed: set[int] = set()
        number = depth = 0
        for i, word in enumerate(self.words):
            new = i and self.sentences[i] != self.sentences[i - 1]
            depth = 0 if new else depth
            if new or word in _SEGMENT_ENDS:
                number += 1
                depth = max(0, depth + (word in "([") - (word in ")]")) if len(word) == 1 else depth
                if depth:
                    bracketed.add(number)
            numbers.append(number)
        return tuple(numbers), frozenset(bracketed)

    def near(self, token: int) -> frozenset[str]:
        """The keys of a token's segment; in brackets, those of the segment before too."""
        numbers, bracketed = self.segments
        wanted = {numbers[token]}
        if numbers[token] in bracketed:
            wanted.add(numbers[token] - 1)
        found = set()
        for step in (-1, 1):
            j = token if step < 0 else token + 1
            while 0 <= j < len(numbers) and numbers[j] in wanted and abs(j - token) < _FARTHEST:
                found.add(self.keys[j])
                j += step
        return frozenset(found - {""})

    def quote(self, first: int, last: int) -> str:
        """The text from one token to another, short."""
        end = self.starts[last] + len(self.forms[last])
        return " ".join(self.text[self.starts[first] : end].split())[:80]

    def around(self, token: int, before: int = 2, after: int = 3) -> str:
        """A token with some words of its sentence, for a finding's detail."""
        inside = self.sentence_words(token)
        return self.quote(max(inside.start, token - before), min(inside.stop - 1, token + after))


def read_all(texts: tuple[str, ...]) -> Reading:
    """Several texts as one, each its own sentences."""
    return read("\n".join(texts))


@functools.lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """The reading of a text."""
    plain = _plain(text)
    found = [(m.start(), m[0]) for m in _TOKEN.finditer(plain)]
    forms = tuple(form for _, form in found)
    words = tuple(map(_word, forms))
    starts = tuple(start for start, _ in found)
    keys = tuple(map(_key, words))
    sentences, clauses = _divided(plain, forms, words, starts)
    expansions = _expansions(forms, words, keys)
    known = frozenset(keys) | frozenset(k for keys in expansions.values() for k in keys)
    known |= frozenset(words)
    known |= {key(match[1]) for w in known if len(w) > 7 and (match := _PREFIXED.match(w))}
    return Reading(text, plain, forms, words, keys, starts, sentences, clauses, known, expansions)


def has_odd_letters(text: str) -> bool:
    """Whether a pattern that ignores case may take a letter of a text for an ASCII one."""
    return _ODD_LETTERS.search(text) is not None


def _plain(text: str) -> str:
    plain = text.translate(_CHARACTERS)
    if plain.isascii():
        return plain
    return "".join(c if c.isascii() else _plain_character(c) for c in plain)


@functools.lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    """A digit of any script as ASCII, full-width letters as such, an accent off; one character."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "₀" <= character <= "₉":
        return chr(ord(character) - ord("₀") + ord("0"))
    simple = unicodedata.normalize("NFKC", character)
    if len(simple) != 1 or simple.isdigit():  # a superscript is no digit of the number before it
        return character
    return simple


@functools.lru_cache(maxsize=65_536)
def _word(form: str) -> str:
    word = form.lower()
    if word.endswith("'s"):
        word = word[:-2]
    if word[:1] == "x" and word.rstrip("s").endswith("ray"):
        return "xray"
    if word.startswith("arrow"):
        return word.replace(" ", "").replace("-", "")
    return "h&e" if "&" in word and len(word) > 1 else word


@functools.lru_cache(maxsize=65_536)
def _key(word: str) -> str:
    """The key of a word of content; "" for a function word, a number or a mark."""
    if word in FUNCTION or word.endswith("n't") or len(word) == 1 or not word[0].isalpha():
        return ""
    return key(word)


def _divided(
    plain: str, forms: tuple[str, ...], words: tuple[str, ...], starts: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of sentence and clause for each token; a mark belongs to what it ends."""
    sentence = clause = 0
    sentences, clauses = [], []
    for i, form in enumerate(forms):
        sentences.append(sentence)
        clauses.append(clause)
        ends = form in _CLAUSE_ENDS
        if ends and (form != "." or _ends_sentence(plain, forms, words, starts, i)):
            clause += 1
            sentence += form in ".!?\n"
    return tuple(sentences), tuple(clauses)


def _ends_sentence(
    plain: str, forms: tuple[str, ...], words: tuple[str, ...], starts: tuple[int, ...], i: int
) -> bool:
    after = plain[starts[i] + 1 : starts[i] + 2]
    if after and not after.isspace() and after not in "\"')]":
        return False
    before = words[i - 1] if i else ""
    if before in _ABBREVIATED:
        return i + 1 >= len(forms) or forms[i + 1] == "\n"
    return not (len(before) == 1 and before.isalpha() and forms[i - 1].isupper() and i > 1)


def _expansions(
    forms: tuple[str, ...], words: tuple[str, ...], keys: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """What the abbreviations of a text stand for: as it says itself, else as is common."""
    found: dict[str, tuple[str, ...]] = {}
    for i, form in enumerate(forms):
        if len(form) > 8 or not _looks_short(form):
            continue
        own = _defined_before(forms, words, keys, i) or _defined_after(words, keys, i)
        if own:
            found[words[i]] = own
        elif words[i] in ABBREVIATIONS and words[i] not in found:
            found[words[i]] = _common_expansion(words[i])
    return found


@functools.cache
def _common_expansion(word: str) -> tuple[str, ...]:
    return tuple(_key(w) for w in ABBREVIATIONS[word].split() if _key(w))


@functools.lru_cache(maxsize=65_536)
def _looks_short(form: str) -> bool:
    return sum(c.isupper() for c in form) >= 2 or form.lower() in ("3d", "2d", "h&e")


def _defined_before(
    forms: tuple[str, ...], words: tuple[str, ...], keys: tuple[str, ...], i: int
) -> tuple[str, ...]:
    """Words before `(ABC)` whose first letters spell it."""
    if i < 2 or forms[i - 1] != "(":
        return ()
    letters = [c for c in words[i].rstrip("s") if c.isalpha()]
    at, used = i - 2, []
    for letter in reversed(letters):
        while at >= 0 and at > i - 2 - 2 * _LONGEST_DEFINITION and not words[at].startswith(letter):
            if words[at].isalpha() and len(words[at]) > 3:
                return ()
            at -= 1
        if at < 0 or not words[at].startswith(letter):
            return ()
        used.append(keys[at])
        at -= 1
    return tuple(k for k in used if k)


def _defined_after(words: tuple[str, ...], keys: tuple[str, ...], i: int) -> tuple[str, ...]:
    """Words after `ABC:`, `ABC,` or `ABC =` whose first letters spell it."""
    if i + 2 >= len(words) or words[i + 1] not in (":", ",", "=", "-", "("):
        return ()
    letters = [c for c in words[i].rstrip("s") if c.isalpha()]
    following = [
        (w, k) for w, k in zip(words[i + 2 : i + 14], keys[i + 2 : i + 14], strict=True) if k
    ][: len(letters)]
    spelled = [w[0] for w, _ in following]
    return tuple(k for _, k in following) if spelled == letters else ()
