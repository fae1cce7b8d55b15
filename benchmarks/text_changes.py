"""Small changes of captions, as other copies of the same figure have them; all seeded by the text."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

Change = Callable[[str, random.Random], str]

_LOOK_ALIKE = {"l": "1", "o": "0", "e": "c", "i": "l", "n": "u", "s": "5", "a": "o", "t": "f"}
_OTHER_WORDS = ("large", "small", "lateral", "upper", "image", "seen", "before", "right", "case")


def words_replaced(share: float) -> Change:
    """Another word in place of this share of the words, at least of one."""

    def change(text: str, chance: random.Random) -> str:
        words = text.split()
        for i in chance.sample(range(len(words)), max(1, round(share * len(words)))):
            words[i] = chance.choice(_OTHER_WORDS)
        return " ".join(words)

    return change


def misread(share: float) -> Change:
    """One letter read as another in this share of the words, at least in one."""

    def change(text: str, chance: random.Random) -> str:
        words = text.split()
        for i in chance.sample(range(len(words)), max(1, round(share * len(words)))):
            place = chance.randrange(len(words[i]))
            letter = words[i][place]
            words[i] = words[i][:place] + _LOOK_ALIKE.get(letter, "r") + words[i][place + 1 :]
        return " ".join(words)

    return change


def cut(share: float) -> Change:
    """The first words only."""

    def change(text: str, _: random.Random) -> str:
        words = text.split()
        return " ".join(words[: max(1, round(share * len(words)))])

    return change


def _punctuation(text: str, _: random.Random) -> str:
    return "".join(c if c.isalnum() or c.isspace() else " " for c in text).lower()


def _label(text: str, chance: random.Random) -> str:
    return chance.choice(["Figure 2: ", "Fig. 3. ", "FIGURE 4 | ", "Fig 1A - "]) + text


def _sentence(text: str, _: random.Random) -> str:
    return text.rstrip(". ") + ". Scale bar = 10 µm."


CHANGES: dict[str, Change] = {
    "a label before it": _label,
    "no punctuation, lower case": _punctuation,
    "a sentence after it": _sentence,
    "one word replaced": words_replaced(0.0),
    "5 % of the words replaced": words_replaced(0.05),
    "10 % of the words replaced": words_replaced(0.1),
    "one word misread": misread(0.0),
    "5 % of the words misread": misread(0.05),
    "the first 95 %": cut(0.95),
    "the first 90 %": cut(0.9),
    "the first 80 %": cut(0.8),
}


def changed(text: str, name: str) -> str:
    """The text after a change of `CHANGES`; the same each time."""
    seed = zlib.crc32(f"{name}\n{text}".encode("utf-8", "surrogatepass"))
    return CHANGES[name](text, random.Random(seed))
