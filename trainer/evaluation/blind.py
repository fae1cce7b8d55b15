"""Blind checks: figures that must be at chance, or else something other than the picture is scored.

`no picture`: every row has the vector of one mid-grey picture, so only what the texts alone say can
score. `shuffled pairs`: every row has the picture of another, drawn from all rows.

Permutations are uniform, and may leave a picture where it was: if none could, a good model would be
below chance, not at it. The mean over several is taken unit by unit. That makes the figure steady;
is its interval still right? A unit's value nears its mean over all pictures, which still differs
from unit to unit (some captions are near to every picture), and it is that spread, by groups, which
the bootstrap draws from. The figure itself varies less than this, because each permutation hands
out every picture once, and what one unit gains another loses. So the interval is at worst too wide.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trainer.evaluation.averages import as_role, averaged
from trainer.evaluation.measured import Encoder, Measured

NO_PICTURE = "no picture"
SHUFFLED = "shuffled pairs"
_MID_GREY = 128

# Vectors of the pictures (N, width) to figures, with the same units each time.
Tasks = Callable[[np.ndarray], list[Measured]]


def blind_checks(
    encoder: Encoder, side: int, pictures: np.ndarray, tasks: Tasks, permutations: int, seed: int
) -> list[Measured]:
    """Both checks of what `tasks` measures, with role `blind`; `side` is that of a picture, in
    pixels. No permutations leave the second out."""
    grey = np.full((1, side, side, 3), _MID_GREY, np.uint8)
    blank = np.repeat(encoder.pictures(grey), len(pictures), axis=0)
    found = as_role(tasks(blank), "blind", NO_PICTURE)
    chance = np.random.default_rng(seed)
    times = [tasks(pictures[chance.permutation(len(pictures))]) for _ in range(permutations)]
    return found + as_role(averaged(times), "blind", SHUFFLED)
