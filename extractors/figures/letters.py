"""Panel letters: what is painted into a figure to name its parts, read without any OCR engine.

Everything that reads like a letter is gathered (`letter_scene`) and judged together
(`letter_votes`): a panel letter stands alone and is one of a set.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from extractors.figures.glyphs import letter_odds
from extractors.figures.letter_scene import Scene, look, original_box, scene_features
from extractors.figures.letter_votes import with_company
from extractors.figures.records import Box, Letter

cv2.setNumThreads(1)  # the cores are for processes

_SHOWN = 0.1


def read_letters(
    pixels: np.ndarray, wanted: Sequence[str] = (), panels: Sequence[Box] = ()
) -> list[Letter]:
    """Candidate panel letters of a (height, width, 3) uint8 figure, the most likely first.

    `wanted` are the letters that the caption uses, `panels` the boxes of the panels; both help and
    may be empty. A candidate's score is about the probability that it is a panel letter with that
    text; what is less likely than 0.1 is left out.
    """
    scene = look(pixels, wanted)
    rows = scene_features(scene, wanted, panels)
    first = letter_odds(rows)
    odds = letter_odds(with_company(rows, scene.readings, wanted, first), again=True)
    letters = [_letter(scene, run, odds) for run in range(scene.runs)]
    shown = [letter for letter in letters if letter.score >= _SHOWN]
    return sorted(shown, key=lambda letter: -letter.score)


def choose_letters(found: Sequence[Letter], wanted: Sequence[str]) -> list[Letter]:
    """The most consistent set: at most one box for each wanted text, in the order wanted.

    Around each likely candidate the best set of about its height is tried; the best sum wins.
    """
    best: list[Letter] = []
    best_sum = 0.0
    for seed in sorted(found, key=lambda letter: -letter.score)[:12]:
        chosen, total = _set_around(seed, found, wanted)
        if total > best_sum:
            best, best_sum = chosen, total
    return best


def _set_around(
    seed: Letter, found: Sequence[Letter], wanted: Sequence[str]
) -> tuple[list[Letter], float]:
    chosen: list[Letter] = []
    total = 0.0
    for text in wanted:
        ranked = [
            (letter.score * _likeness(seed, letter), letter)
            for letter in found
            if letter.text.lower() == text.lower() and letter.box not in [c.box for c in chosen]
        ]
        if ranked:
            value, letter = max(ranked, key=lambda pair: pair[0])
            if value >= 0.05:
                chosen.append(letter)
                total += value
    return chosen, total


def _likeness(a: Letter, b: Letter) -> float:
    """1 for boxes of one height, 0.4 for ones of very different heights; cases differ by 0.3."""
    apart = abs(math.log((a.box[3] - a.box[1]) / (b.box[3] - b.box[1])))
    return 0.4 + 0.6 * math.exp(-0.5 * (apart / 0.35) ** 2)


def _letter(scene: Scene, run: int, odds: np.ndarray) -> Letter:
    """The run as a letter: its best reading, the rest as `others`."""
    own = [i for i, r in enumerate(scene.run_of) if r == run]
    own.sort(key=lambda i: -odds[i])
    best, *rest = [(scene.readings[i].text, round(float(odds[i]), 4)) for i in own]
    box = original_box(scene, scene.readings[own[0]].box)
    return Letter(best[0], box, best[1], tuple(rest))
