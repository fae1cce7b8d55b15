"""Which of the runs of glyphs in a figure are its panel letters: what speaks for each.

A panel letter stands alone; the others of its figure look like it, continue its row of the
alphabet and stand in line with it; the caption wants it; a panel's corner is near.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from extractors.figures.records import Box

FEATURES = 30
_COMPANY = slice(20, 27)
_TALL = set("bdfhkltij")
_LOW = set("acemnorsuvwxz")
_SAME = set("coszvwxkpuijmy")
_FAR = 4.0  # in heights: what is farther is not near


class Reading(msgspec.Struct, frozen=True):
    """A run with one reading. `box` of all, `core` without brackets, in pixels; `ink` its colour.

    `chance` is the probability of the text, `glyph` that all of its marks are glyphs at all;
    `contrast`, `rough` as in `letter_marks.cut_out`.
    """

    text: str
    box: Box
    core: Box
    chance: float
    glyph: float
    bracketed: bool
    wanted: bool
    ink: tuple[float, float, float]
    contrast: float
    rough: float


def features(
    readings: Sequence[Reading],
    glyphs: np.ndarray,
    shape: tuple[int, int],
    wanted: Sequence[str] = (),
    panels: Sequence[Box] = (),
) -> np.ndarray:
    """What speaks for each reading, (N, FEATURES) float32.

    `glyphs` (M, 4) are the boxes of all glyphs in the picture, `shape` its height and width.
    """
    if not readings:
        return np.zeros((0, FEATURES), np.float32)
    weight = np.array([r.chance * (1.0 if r.wanted or not wanted else 0.2) for r in readings])
    columns = [
        *_own(readings, shape, wanted),
        *_alone(readings, glyphs),
        *_company(readings, wanted, weight),
        *_place(readings, shape, panels),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def with_company(
    first: np.ndarray, readings: Sequence[Reading], wanted: Sequence[str], odds: np.ndarray
) -> np.ndarray:
    """The features, with each reading counting as company by its odds (N,) of an earlier vote.

    So the letters of words, which stood beside everything in the first vote, no longer count.
    """
    if not readings:
        return first
    second = first.copy()
    second[:, _COMPANY] = np.stack(_company(readings, wanted, odds), axis=1)
    return second


def _own(
    readings: Sequence[Reading], shape: tuple[int, int], wanted: Sequence[str]
) -> list[np.ndarray]:
    """The reading by itself: how sure, of which kind, how large, how clean."""
    texts = [r.text for r in readings]
    height = np.array([r.core[3] - r.core[1] for r in readings], float)
    width = np.array([r.core[2] - r.core[0] for r in readings], float)
    chance = np.array([r.chance for r in readings])
    return [
        _logit(chance),
        _logit(np.array([r.glyph for r in readings])),
        np.array([r.bracketed for r in readings], float),
        np.array([r.wanted for r in readings], float),
        np.full(len(readings), float(bool(wanted))),
        np.array([t.isdigit() for t in texts], float),
        np.array([len(t) > 1 and not t.isdigit() for t in texts], float),
        np.array([t[0].isupper() for t in texts], float),
        np.array([t.lower() in ("i", "l", "1", "o", "0") for t in texts], float),
        np.array([_rank(t) for t in texts]),
        np.log(height / 16),
        np.log(height / max(shape) * 30),
        np.log(width / height),
        np.array([r.contrast for r in readings]),
        np.array([r.rough for r in readings]),
    ]


def _logit(values: np.ndarray) -> np.ndarray:
    clipped = np.clip(values, 1e-3, 1 - 1e-3)
    return np.log(clipped / (1 - clipped)) / 4


def _rank(text: str) -> float:
    """How early in its alphabet: A, a, i and 1 are 1, and so on down to 0."""
    if text.isdigit():
        return 1 / float(text)
    return max(0.0, 1 - (ord(text[0].lower()) - ord("a")) / 12)


def _alone(readings: Sequence[Reading], glyphs: np.ndarray) -> list[np.ndarray]:
    """Distances to the nearest other glyph left, right, above and below; how many on its line."""
    own = np.array([r.box for r in readings], float)
    height = (own[:, 3] - own[:, 1])[:, None]
    x0, y0, x1, y1 = (own[:, i : i + 1] for i in range(4))
    gx0, gy0, gx1, gy1 = (glyphs[None, :, i] for i in range(4))
    inside = ((gx0 + gx1) / 2 >= x0) & ((gx0 + gx1) / 2 <= x1)
    inside &= ((gy0 + gy1) / 2 >= y0) & ((gy0 + gy1) / 2 <= y1)
    size = gy1 - gy0
    like = ~inside & (size > 0.4 * height) & (size < 2 * height)
    level = like & (np.minimum(gy1, y1) - np.maximum(gy0, y0) > 0.3 * height)
    stacked = like & (np.minimum(gx1, x1) - np.maximum(gx0, x0) > 0)
    gaps = []
    for near, gap in (
        (level, x0 - gx1),
        (level, gx0 - x1),
        (stacked, y0 - gy1),
        (stacked, gy0 - y1),
    ):
        distance = np.where(near & (gap > -0.5 * height), gap / height, _FAR)
        gaps.append(np.clip(distance.min(axis=1, initial=_FAR), 0, _FAR) / _FAR)
    close = level & (np.maximum(x0 - gx1, gx0 - x1) < 6 * height)
    return [*gaps, np.log1p(close.sum(axis=1))]


def _alike(readings: Sequence[Reading]) -> np.ndarray:
    """(N, N): 0 to 1, how much two readings look like letters of one hand; 0 for itself."""
    capital, own = np.log([_letter_heights(r) for r in readings]).T
    apart = np.abs(capital[:, None] - capital[None])
    for a, b in ((own, own), (own, capital), (capital, own)):
        np.minimum(apart, np.abs(a[:, None] - b[None]), out=apart)
    colours = np.zeros(apart.shape)
    for ink in np.array([r.ink for r in readings]).T:
        np.maximum(colours, np.abs(ink[:, None] - ink[None]), out=colours)
    bracketed = np.array([r.bracketed for r in readings])
    out = np.exp(-0.5 * ((apart / 0.12) ** 2 + (colours / 70) ** 2))
    out = out * np.where(bracketed[:, None] == bracketed[None], 1, 0.5)
    np.fill_diagonal(out, 0)
    return out


def _letter_heights(reading: Reading) -> tuple[float, float]:
    """The height a capital would have beside this glyph, and its own.

    Some figures have all letters of one height, whatever their shape.
    """
    height = float(reading.core[3] - reading.core[1])
    text = reading.text.lower()
    if len(text) > 1 or not text.isalpha() or not (reading.text.islower() or text in _SAME):
        return height, height
    return height / (1.0 if text in _TALL else 0.72 if text in _LOW else 0.97), height


def _company(
    readings: Sequence[Reading], wanted: Sequence[str], weight: np.ndarray
) -> list[np.ndarray]:
    """Support by the others: of other texts, of the neighbours in the alphabet, by rivals."""
    alike = _alike(readings)
    folded = [r.text.lower() for r in readings]
    texts = sorted(set(folded))
    same = np.array([[float(t == f) for f in folded] for t in texts])  # (T, N)
    by_text = np.stack([(alike * weight[None] * row[None]).max(axis=1) for row in same], axis=1)
    own = np.array([texts.index(f) for f in folded])
    rows = np.arange(len(readings))
    rival = (weight[None] * same[own] * (1 - np.eye(len(readings)))).max(axis=1)
    twin = by_text[rows, own]
    by_text[rows, own] = 0
    lookup = {t: i for i, t in enumerate(texts)}
    before = [_support(by_text, lookup, i, _step(f, -1)) for i, f in enumerate(folded)]
    after = [_support(by_text, lookup, i, _step(f, 1)) for i, f in enumerate(folded)]
    hoped = {w.lower() for w in wanted} & set(lookup)
    columns = [lookup[w] for w in hoped]
    share = by_text[:, columns].sum(axis=1) / max(1, len(wanted) - 1)
    aligned = _aligned(readings, alike * weight[None] * (own[:, None] != own[None]))
    return [by_text.sum(axis=1) / 4, np.array(before), np.array(after), share, rival, twin, aligned]


def _support(by_text: np.ndarray, lookup: dict[str, int], row: int, texts: set[str]) -> float:
    return max((float(by_text[row, lookup[text]]) for text in texts if text in lookup), default=0.0)


_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


def _step(text: str, by: int) -> set[str]:
    """The labels that may come before (-1) or after (1) this one."""
    found = set()
    if text.isdigit():
        found.add(str(int(text) + by))
    elif len(text) == 1:
        found.add(chr(ord(text) + by))
    elif text[1:].isdigit():
        found.add(text[0] + str(int(text[1:]) + by))
    if text in _ROMAN and 0 <= _ROMAN.index(text) + by < len(_ROMAN):
        found.add(_ROMAN[_ROMAN.index(text) + by])
    return found


def _aligned(readings: Sequence[Reading], support: np.ndarray) -> np.ndarray:
    """The strongest support by a reading that starts at the same x or y."""
    core = np.array([r.core for r in readings], float)
    height = core[:, 3] - core[:, 1]
    near = np.zeros(support.shape, bool)
    for side in range(4):
        near |= np.abs(core[:, None, side] - core[None, :, side]) <= 0.25 * height[:, None]
    return (support * near).max(axis=1)


def _place(
    readings: Sequence[Reading], shape: tuple[int, int], panels: Sequence[Box]
) -> list[np.ndarray]:
    """Whether panels are known, and how near a corner of one is, in heights and panel sizes."""
    if not len(panels):
        zeros = np.zeros(len(readings))
        return [zeros, zeros, zeros]
    corners = np.array([(x, y) for x0, y0, x1, y1 in panels for x in (x0, x1) for y in (y0, y1)])
    sizes = np.array([max(1, min(p[2] - p[0], p[3] - p[1])) for p in panels]).repeat(4)
    own = np.array([r.core for r in readings], float)
    ends = np.stack([own[:, list(pair)] for pair in ((0, 1), (0, 3), (2, 1), (2, 3))], axis=1)
    apart = np.abs(ends[:, :, None] - corners[None, None]).max(axis=3).min(axis=(1, 2))
    height = own[:, 3] - own[:, 1]
    return [
        np.ones(len(readings)),
        np.exp(-apart / (2 * height)),
        np.minimum(1.0, apart / float(np.median(sizes))),
    ]
