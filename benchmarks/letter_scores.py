"""How many panel letters are read right on rendered figures, how many false ones, how fast.

    python -m benchmarks.letter_scores [--figures 200] [--dev] [--json] [--data DIR]

Figures are rendered on the annotated layouts that training never sees (`--dev`: on those it
sees). A letter is right when its text (case folded) is and its box shares half of the smaller of
the two; false is what scores 0.5 or more and is not. Four lines: with and without the caption's
letters, with and without panel boxes; `chosen` is what `choose_letters` keeps.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.data import arguments
from extractors.figures.letters import choose_letters, read_letters
from extractors.figures.records import Letter
from extractors.rendered.figure import Rendered, render_figure
from extractors.rendered.layouts import read_layouts
from extractors.rendered.pictures import Pictures
from training.glyphs import is_aside, same_place

_SURE = 0.5


def rendered(data: Path, count: int, dev: bool, seed: int = 5) -> list[Rendered]:
    """Figures on layouts that have letters, as drawn with this seed."""
    layouts = read_layouts(data / "compound" / "zou_panelseg" / "train.csv")
    layouts = [x for x in layouts if is_aside(x.name) != dev]
    pictures = Pictures(data / "labelled")
    chosen = random.Random(seed).sample(layouts, count)
    return [render_figure(layout, pictures, seed) for layout in chosen]


def truth(figure: Rendered) -> list[Letter]:
    """The drawn letters."""
    return [Letter(p.label, p.letter_box, 1.0) for p in figure.panels if p.label and p.letter_box]


def hits(found: Sequence[Letter], true: Sequence[Letter]) -> int:
    """How many of the true letters were found."""
    return sum(any(_same(f, t) for f in found) for t in true)


def _same(a: Letter, b: Letter) -> bool:
    return a.text.lower() == b.text.lower() and same_place(a.box, b.box)


def measure(figures: Sequence[Rendered], wanted: bool, panels: bool) -> dict[str, float]:
    """Shares and counts over all figures."""
    true = listed = sure = false = chosen = wrong = 0
    spent = 0.0
    for figure in figures:
        letters = truth(figure)
        texts = list(dict.fromkeys(letter.text for letter in letters)) if wanted else []
        boxes = [p.box for p in figure.panels] if panels else []
        pixels = np.asarray(figure.picture)
        start = time.process_time()
        found = read_letters(pixels, texts, boxes)
        spent += time.process_time() - start
        likely = [f for f in found if f.score >= _SURE]
        true += len(letters)
        listed += hits(found, letters)
        sure += hits(likely, letters)
        false += sum(not any(_same(f, t) for t in letters) for f in likely)
        if wanted:
            picked = choose_letters(found, texts)
            chosen += hits(picked, letters)
            wrong += sum(not any(_same(f, t) for t in letters) for f in picked)
    out = {
        "letters": true, "listed": listed / true, "sure": sure / true,
        "false_per_figure": false / len(figures), "ms": spent / len(figures) * 1000,
    }  # fmt: skip
    return out | ({"chosen": chosen / true, "chosen_wrong": wrong / true} if wanted else {})


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--figures", type=int, default=200)
    parser.add_argument("--dev", action="store_true", help="layouts that training sees")
    options = parser.parse_args()
    figures = rendered(options.data, options.figures, options.dev)
    rows = {
        f"wanted={wanted} panels={panels}": measure(figures, wanted, panels)
        for wanted in (True, False)
        for panels in (True, False)
    }
    if options.json:
        print(json.dumps(rows))
        return
    for name, row in rows.items():
        print(name, ", ".join(f"{key} {value:.3f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
