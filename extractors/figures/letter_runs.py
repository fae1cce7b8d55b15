"""Glyphs that stand together on a line, and what such a run reads as if it is a panel letter."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

import msgspec
import numpy as np

from extractors.figures.glyphs import CHARACTERS

_LABEL = re.compile(
    r"[A-Za-z]|[1-9]\d?|[A-Za-z]\d{1,2}|\d[a-z]"
    r"|(?=[ivx]{2,5}$)x{0,2}(?:ix|iv|v?i{0,3})|(?=[IVX]{2,5}$)X{0,2}(?:IX|IV|V?I{0,3})"
)
_LONGEST = 5
_LINKED = 0.45
_CLEAR = 0.8
_MAYBE, _SURELY = 0.15, 0.4
_OPEN, _CLOSE = CHARACTERS.index("("), CHARACTERS.index(")")
_CLASS = {c: i for i, c in enumerate(CHARACTERS)}
# Shapes that many fonts draw alike; which one is meant, only the other letters can tell.
_ALIKE = {"i": "Il1i", "l": "Il1", "1": "1Il", "o": "oO0", "0": "0oO", "j": "jJ"}


class Run(msgspec.Struct, frozen=True):
    """Neighbouring glyphs: indices from left to right, brackets apart, and all with brackets.

    `sure` is how sure it is that what was taken for brackets is.
    """

    core: tuple[int, ...]
    all: tuple[int, ...]
    sure: float = 1.0

    @property
    def bracketed(self) -> bool:
        return len(self.all) > len(self.core)


def lines(boxes: np.ndarray, sure: np.ndarray) -> list[list[int]]:
    """Glyphs (N, 4) that stand as closely as in a word, each group from left to right.

    `sure` (N,) is how likely each is a glyph: specks beside a letter make no word of it.
    """
    x0, y0, x1, y1 = boxes.T.astype(np.float32)
    width, height = x1 - x0, y1 - y0
    gap = np.maximum(x0[None] - x1[:, None], x0[:, None] - x1[None])
    shared = np.minimum(y1[:, None], y1[None]) - np.maximum(y0[:, None], y0[None])
    lower, taller = np.minimum.outer(height, height), np.maximum.outer(height, height)
    size = np.maximum(np.maximum.outer(width, width), 0.4 * taller)
    linked = (gap <= 0.55 * size) & (gap > -0.5 * size)
    linked &= np.minimum.outer(sure, sure) >= _LINKED
    linked &= (shared >= 0.5 * lower) & (lower >= 0.4 * taller)
    return [sorted(group, key=lambda i: float(x0[i])) for group in _groups(linked)]


def _groups(linked: np.ndarray) -> list[list[int]]:
    """Connected groups of a symmetric (N, N) relation."""
    left, groups = set(range(len(linked))), []
    while left:
        front = [left.pop()]
        group = list(front)
        while front:
            near = [j for j in np.flatnonzero(linked[front.pop()]).tolist() if j in left]
            left.difference_update(near)
            front += near
            group += near
        groups.append(group)
    return groups


def as_runs(line: Sequence[int], odds: np.ndarray) -> list[Run]:
    """What of a line may be the label: all of it, or what is left without brackets."""
    whole = tuple(line)
    if len(whole) > _LONGEST + 2:
        return []
    brackets = odds[list(whole)][:, [_OPEN, _CLOSE]].sum(axis=1)
    runs = []
    for start in (0, 1) if brackets[0] >= _MAYBE else (0,):
        for end in (0, 1) if brackets[-1] >= _MAYBE else (0,):
            core = whole[start : len(whole) - end]
            if core and len(core) <= _LONGEST and (brackets[start : len(whole) - end] < 0.6).all():
                sure = (brackets[0] if start else 1) * (brackets[-1] if end else 1)
                runs.append(Run(core, whole, float(min(1, sure / _SURELY))))
    if 1 < len(whole) <= 3:  # the others may be specks, or the number of an axis
        clear = [(glyph,) for glyph in whole if odds[glyph, :_OPEN].max() >= _CLEAR]
        known = [run.core for run in runs]
        runs += [Run(core, core) for core in clear if core not in known]
    return runs


def free_readings(run: Run, odds: np.ndarray) -> list[tuple[str, float]]:
    """Texts of the form of a label and their probabilities, best first."""
    count = 4 if len(run.core) == 1 else 2
    found = {}
    for letters in itertools.product(*(_folded(odds[glyph])[:count] for glyph in run.core)):
        text = "".join(c for c, _ in letters)
        if _LABEL.fullmatch(text):
            found[text] = run.sure * math.prod(p for _, p in letters)
    return sorted(found.items(), key=lambda pair: -pair[1])


def _folded(odds: np.ndarray) -> list[tuple[str, float]]:
    """The likeliest characters; "c" and "C" are one, in the likelier case, with their sum."""
    found: dict[str, tuple[str, float]] = {}
    for place in np.argsort(-odds[:-1])[:8].tolist():
        character = CHARACTERS[place]
        first, chance = found.get(character.lower(), (character, 0.0))
        found[character.lower()] = (first, chance + float(odds[place]))
    return sorted(found.values(), key=lambda pair: -pair[1])


def wanted_readings(run: Run, odds: np.ndarray, wanted: Sequence[str]) -> list[tuple[str, float]]:
    """The wanted texts of this length and their probabilities, best first, case folded."""
    found = []
    for text in wanted:
        if len(text) == len(run.core):
            places = zip(run.core, text, strict=True)
            chance = math.prod(_chance(odds[glyph], c) for glyph, c in places)
            found.append((text, run.sure * chance))
    return sorted(found, key=lambda pair: -pair[1])


def _chance(odds: np.ndarray, character: str) -> float:
    alike = set(_ALIKE.get(character.lower(), "")) | {character.lower(), character.upper()}
    return min(1.0, sum(float(odds[_CLASS[c]]) for c in alike if c in _CLASS))
