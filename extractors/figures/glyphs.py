"""What was learned on drawn figures (`training/glyphs.py`): four small networks, numpy only.

The coarse one tells glyphs from other marks, the fine one reads the characters in `CHARACTERS`
(its last class is: none of them), two votes tell panel letters from other text.
"""

from __future__ import annotations

import functools
import string
from importlib import resources

import numpy as np

CHARACTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "()"
NONE = len(CHARACTERS)
WEIGHTS = "glyphs.npz"


@functools.cache
def network(name: str) -> dict[str, np.ndarray]:
    """The learned numbers of one network: "fine", "coarse", "vote" or "again"; float32."""
    file = resources.files(__package__).joinpath(WEIGHTS)
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        start = f"{name}_"
        chosen = [key for key in stored.files if key.startswith(start)]
        return {key.removeprefix(start): stored[key].astype(np.float32) for key in chosen}


def glyph_odds(cells: np.ndarray) -> np.ndarray:
    """(N, COARSE_INPUTS) of `letter_marks.cut_out` to (N,): a quick look whether it is a glyph."""
    return forward(network("coarse"), cells)[:, 1]


def character_odds(cells: np.ndarray) -> np.ndarray:
    """(N, INPUTS) of `letter_marks.cut_out` to (N, len(CHARACTERS) + 1), rows sum to 1."""
    return forward(network("fine"), cells)


def letter_odds(features: np.ndarray, again: bool = False) -> np.ndarray:
    """(N, FEATURES) of `letter_votes.features` to (N,): how likely each is a panel letter.

    `again` for the second vote, whose features know the outcome of the first.
    """
    return forward(network("again" if again else "vote"), features)[:, 1]


def forward(learned: dict[str, np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """Class probabilities (N, classes) of a network of two hidden layers with these weights."""
    hidden = np.maximum(inputs @ learned["w1"] + learned["b1"], 0)
    hidden = np.maximum(hidden @ learned["w2"] + learned["b2"], 0)
    scores = hidden @ learned["w3"] + learned["b3"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-1e9))
    return odds / odds.sum(axis=1, keepdims=True)
