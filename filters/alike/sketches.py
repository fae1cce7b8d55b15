"""Signatures of texts: hashes of runs of words, and keys under which near duplicates meet.

A text is normalised (NFKC, case folded, a figure's label at its start and all punctuation taken
off; numbers stay, as captions of two patients often differ in nothing else), cut into words
(single characters in scripts without spaces), and each run of `SHINGLE_WORDS` words hashed to 32
bits. MinHash (Broder 1997, "On the resemblance and containment of documents") in `BANDS` bands of
`ROWS` finds two texts of Jaccard similarity 0.8 with probability 0.998, 0.7 with 0.95, 0.6 with
0.73, 0.5 with 0.40, 0.2 with 0.005. Hashes depend on nothing but the text: they are the same on
every machine.

Three words are few enough that a changed word leaves most of a caption's runs alone, and many
enough that captions of different articles share next to none (`python -m benchmarks.texts`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from hashlib import blake2b
from zlib import crc32

import msgspec
import numpy as np

from filters.texts.words import OWN_LABEL, words_of

SHINGLE_WORDS = 3
BANDS = 16
ROWS = 5
MOST_SHINGLES = 512

_UNSEEN = dict.fromkeys([0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF])

_SEED = 0x9E3779B97F4A7C15
_WEIGHTS = np.array(
    [(_SEED * (2 * i + 1)) % 2**64 | 1 for i in range(1, SHINGLE_WORDS + 1)], dtype=np.uint64
)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Murmur3's finaliser: every bit of a uint64 comes to depend on every other."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def _constants(start: int, count: int) -> np.ndarray:
    """`count` odd numbers of 64 random-looking bits, the same everywhere."""
    return _mixed(np.arange(start, start + count, dtype=np.uint64)) | np.uint64(1)


_FACTORS = _constants(1_000, BANDS * ROWS)[:, None]  # (80, 1): one hash function each
_OFFSETS = _constants(2_000, BANDS * ROWS)[:, None]
_ROW_FACTORS = _constants(3_000, ROWS)
_BAND_OFFSETS = _constants(4_000, BANDS)


class TextSignature(msgspec.Struct, frozen=True):
    """What a text is compared by.

    `exact` (64 bits) is the same for texts that are the same when normalised. `bands` has `BANDS`
    keys of 32 bits, none where there is no word. `shingles` are sorted different numbers of 32
    bits: of a long text the `MOST_SHINGLES` smallest, which are a random sample of them.
    """

    words: int
    exact: int
    bands: list[int]
    shingles: list[int]


def normalised(text: str) -> list[str]:
    """The words that a text is compared by."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_UNSEEN)).casefold()
    text = text.lower()
    label = OWN_LABEL.match(text)
    return words_of(text, label.end() if label else 0)


def text_signature(text: str) -> TextSignature:
    """The signature of a text of any length and language; never raises."""
    words = normalised(text)
    whole = " ".join(words).encode("utf-8", "surrogatepass")
    exact = int.from_bytes(blake2b(whole, digest_size=8).digest(), "big")
    if not words:
        return TextSignature(0, exact, [], [])
    shingles = _shingles(words)
    return TextSignature(len(words), exact, _bands(shingles).tolist(), shingles.tolist())


def _shingles(words: Sequence[str]) -> np.ndarray:
    """Sorted different hashes (uint32) of the runs of words; of a shorter text, of all of it."""
    codes = [crc32(word.encode("utf-8", "surrogatepass")) for word in words]
    hashes = np.array(codes, dtype=np.uint64)
    width = min(SHINGLE_WORDS, len(words))
    count = len(words) - width + 1
    sums = hashes[:count] * _WEIGHTS[0]
    for i in range(1, width):
        sums = _mixed(sums) + hashes[i : i + count] * _WEIGHTS[i]
    return np.unique((_mixed(sums) >> np.uint64(32)).astype(np.uint32))[:MOST_SHINGLES]


def _bands(shingles: np.ndarray) -> np.ndarray:
    """The MinHash keys (uint32) of a text's shingles, `BANDS` of them."""
    hashed = shingles.astype(np.uint64) * _FACTORS + _OFFSETS  # (80, shingles)
    least = hashed.min(axis=1)
    rows = least.reshape(BANDS, ROWS) * _ROW_FACTORS
    keys = _mixed(rows.sum(axis=1, dtype=np.uint64) + _BAND_OFFSETS)
    return (keys >> np.uint64(32)).astype(np.uint32)


def _common(a: Sequence[int], b: Sequence[int]) -> tuple[int, int, int]:
    """How many shingles two texts share, and have, as far as both samples reach."""
    reach = min(
        a[-1] if len(a) >= MOST_SHINGLES else 2**32, b[-1] if len(b) >= MOST_SHINGLES else 2**32
    )
    mine, theirs = ({x for x in values if x <= reach} for values in (a, b))
    return len(mine & theirs), len(mine), len(theirs)


def jaccard(a: Sequence[int], b: Sequence[int]) -> float:
    """The share of common shingles in all shingles of two texts (an estimate for long texts)."""
    both, mine, theirs = _common(a, b)
    return both / (mine + theirs - both) if mine + theirs else 0.0


def containment(evaluation: Sequence[int], ours: Sequence[int]) -> float:
    """The share of an evaluation text's shingles that a text of ours has."""
    both, theirs, _ = _common(evaluation, ours)
    return both / theirs if theirs else 0.0
