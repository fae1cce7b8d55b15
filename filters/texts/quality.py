"""Signals of a text's quality: what it is made of, what it says, which language it is in.

Each is a number that a rule can be written about; none is a verdict. All are cheap (rules and word
lists, no model) and look at the first `MOST` characters. "Share" is from 0 to 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from filters.texts.language import language_probabilities
from filters.texts.words import (
    EMPTY,
    FUNCTION,
    OWN_LABEL,
    REFERENCE,
    REFERRING,
    UNFINISHED,
    VERBS,
    listed,
    mojibake,
    words_of,
)

SCORES = (
    "text_words",
    "text_letters",
    "text_digits",
    "text_symbols",
    "text_capitals",
    "text_repetition",
    "text_stop_words",
    "text_sentence",
    "text_refers_only",
    "text_references",
    "text_truncated",
    "text_markup",
    "text_mojibake",
    "text_urls",
    "text_copyright",
    "text_language",
    "text_english",
)
MOST = 20_000

_NOT_LETTERS = bytes(b for b in range(256) if not chr(b).isalpha() or b > 127)
_NOT_DIGITS = bytes(b for b in range(256) if not 48 <= b <= 57)
_NOT_CAPITALS = bytes(b for b in range(256) if not 65 <= b <= 90)
_SPACES = b" \t\n\r\x0b\x0c"
# Punctuation of plain sentences.
_PLAIN = b".,;:!?'\"()-"
_PLAIN_ODD = "’‘“”–—‐‑"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

_END = re.compile(r"[.!?。！？][\"'”’»)\]]{0,2}\Z")
_CUT = re.compile(r"(?:\.\.\.|…|[,(\[{]|\w-)\Z")
_LAST_WORD = re.compile(r"[^\W\d_]{1,12}\Z")
_OPEN = re.compile(r"[(\[][^()\[\]]{0,80}\Z")
_MARKUP = re.compile(
    r"</?[a-zA-Z][\w:.-]{0,30}(?:\s[^<>]{0,200})?/?>|&(?:[a-zA-Z]{2,8}|#\d{2,5}|#x[0-9a-fA-F]{2,5});"
    r"|\\[a-zA-Z]{2,30}\*?(?:\{[^{}]{0,80}\})?|\$[^$\n]{0,80}[\\^_{][^$\n]{0,80}\$|[_^]\{[^{}]{0,40}\}"
    r"|\{\{|\}\}|\[\[|\]\]|\*\*[A-Za-z][^*\n]{0,80}\*\*"
)
_URL = re.compile(r"(?i:https?://|\bwww\.|\bftp://|\bdoi\.org/)[^\s]{1,300}")
_COPYRIGHT = re.compile(
    r"(?i:\(c\) ?(?=(?:19|20)\d\d)|\bcopyright\b|\ball rights reserved\b|\bcreative commons\b"
    r"|\bcc[ -]by\b|\breproduced (?:with|by|from)\b|\breprinted (?:with|by|from)\b"
    r"|\b(?:with|by) (?:kind )?permission (?:of|from)\b(?! (?:our|the) patient))"
)
_OWNING = listed("c copyright rights creative cc reproduced reprinted permission")


def text_scores(text: str, language: str = "en") -> dict[str, float]:
    """The `SCORES` of a text that is said to be in `language` (a code, as `en` or `zh-CN`).

    * `text_words`: how many; each character of Chinese, Japanese and Thai counts as one
    * `text_letters`, `text_digits`, `text_symbols` (neither, nor plain punctuation): shares of the
      characters that are no space
    * `text_capitals`: share of the letters
    * `text_repetition`: share of the runs of three words that stood in the text before
    * `text_stop_words`: share of the words that are an English text's small words
    * `text_sentence`: thirds for a capital at its start, an English verb, a full stop at its end
    * `text_refers_only`: 1 where it says nothing but "see text" or "Figure 2, continued"
    * `text_references`: share of the words that refer to figures, tables or the text
    * `text_truncated`: 1 where it breaks off, as after "the", a comma or an open bracket
    * `text_markup`: share of the characters that are left over from HTML, XML or LaTeX
    * `text_mojibake`: share of the characters that a wrong encoding made ("Ã©")
    * `text_urls`: how many web addresses
    * `text_copyright`: 1 where there is a copyright line or a permission to reprint
    * `text_language`, `text_english`: probability that it is in `language`, in English
    """
    text = text[:MOST].strip()
    small = text.lower()
    words = words_of(small)
    tongues = language_probabilities(words, text, language)
    code = language.lower().replace("_", "-").partition("-")[0]
    return {
        **_characters(text),
        **_wording(text, words),
        **_references(text, small, words),
        "text_truncated": float(_truncated(text)),
        "text_markup": _markup(text),
        "text_mojibake": mojibake(text),
        "text_urls": float(_urls(text)),
        "text_copyright": float(_copyright(text, words)),
        "text_language": tongues.get(code, 0.0),
        "text_english": tongues.get("en", 0.0),
    }


def _characters(text: str) -> dict[str, float]:
    """Of which characters a text is made."""
    raw = text.encode("ascii", "ignore").translate(None, _SPACES)
    odd = "" if text.isascii() else "".join(_NOT_ASCII.findall(text))
    size = max(1, len(raw) + len(odd) - sum(map(str.isspace, odd)))
    letters = len(raw.translate(None, _NOT_LETTERS)) + sum(map(str.isalpha, odd))
    digits = len(raw.translate(None, _NOT_DIGITS)) + sum(map(str.isdigit, odd))
    capitals = len(raw.translate(None, _NOT_CAPITALS)) + sum(map(str.isupper, odd))
    plain = len(raw) - len(raw.translate(None, _PLAIN)) + sum(map(odd.count, _PLAIN_ODD))
    return {
        "text_letters": letters / size,
        "text_digits": digits / size,
        "text_symbols": max(0, size - letters - digits - plain) / size,
        "text_capitals": min(1.0, capitals / max(1, letters)),
    }


def _wording(text: str, words: Sequence[str]) -> dict[str, float]:
    """How a text is worded."""
    runs = list(zip(words, words[1:], words[2:], strict=False))
    small = sum(word in FUNCTION for word in words)
    sentence = (
        text[:1].isupper() + (not VERBS.isdisjoint(words)) + (_END.search(text[-4:]) is not None)
    )
    return {
        "text_words": float(len(words)),
        "text_repetition": 1 - len(set(runs)) / len(runs) if runs else 0.0,
        "text_stop_words": small / max(1, len(words)),
        "text_sentence": sentence / 3,
    }


def _references(text: str, small: str, words: Sequence[str]) -> dict[str, float]:
    """How much of a text refers elsewhere."""
    says = any(
        (len(word) > 1 or not word.isascii()) and word not in EMPTY and not _is_number(word)
        for word in words
    )
    referring = 0
    if not REFERRING.isdisjoint(words):
        label = OWN_LABEL.match(small)
        start = label.end() if label else 0
        referring = sum(len(words_of(found[0])) for found in REFERENCE.finditer(small, start))
    return {
        "text_refers_only": float(bool(words) and not says),
        "text_references": min(1.0, referring / max(1, len(words))),
    }


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word[-1].isdigit()


def _truncated(text: str) -> bool:
    """Whether a text breaks off."""
    if _CUT.search(text[-3:]):
        return True
    if _END.search(text[-4:]):
        return False
    last = _LAST_WORD.search(text[-20:])
    return bool(last and last[0] in UNFINISHED) or _OPEN.search(text[-100:]) is not None


def _urls(text: str) -> int:
    """How many web addresses."""
    small = text.lower()
    if "://" in small or "www." in small or "doi.org/" in small:
        return len(_URL.findall(text))
    return 0


def _copyright(text: str, words: Sequence[str]) -> bool:
    """Whether a text says who owns it, or that it is reprinted."""
    if "©" in text:
        return True
    return not _OWNING.isdisjoint(words) and _COPYRIGHT.search(text) is not None


def _markup(text: str) -> float:
    """The share of a text that is markup."""
    if not any(sign in text for sign in ("<", "&", "\\", "$", "{", "[[", "**")):
        return 0.0
    return sum(len(found[0]) for found in _MARKUP.finditer(text)) / len(text)
