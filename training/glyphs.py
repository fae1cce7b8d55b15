"""Learn to read glyphs from drawn ones: `python -m training.glyphs --out FILE.npz [--data DIR]`.

Sheets of single glyphs, words and shapes are drawn over pictures of `DIR/labelled` in all fonts
of this system, squashed, blurred and stored as JPEG. What `extractors.figures.letter_marks` finds
on them is what the two networks of `extractors.figures.glyphs` learn from: a coarse one that only
tells glyphs from other marks, and a fine one that reads. Then two votes are learned on what these
read in rendered figures; for them `--out` must be the file that the package loads. Seeded: the
same fonts, pictures and seed give the same file. `glyph_sheets.FONTS_ASIDE` are for measuring.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from extractors.figures.glyphs import CHARACTERS, NONE, forward, network
from extractors.figures.letter_marks import COARSE, MEASURES, cut_out, find_marks, join_dots
from extractors.figures.letter_scene import Scene, look, original_box, scene_features
from extractors.figures.letter_votes import FEATURES, with_company
from extractors.figures.records import Box
from extractors.rendered.figure import Rendered, render_figure
from extractors.rendered.layouts import Layout, invented_layout, read_layouts
from extractors.rendered.pictures import Pictures
from training.glyph_sheets import Sheets, font_files


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of (N, 4) with (M, 4) boxes: (N, M)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    sizes = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    others_sizes = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return both / np.maximum(sizes[:, None] + others_sizes[None] - both, 1e-6)


def taught(sheets: Sheets, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fine cells, coarse cells and classes of one sheet's marks; not too many that are none."""
    pixels, glyphs, skipped = sheets.draw()
    parts = []
    for plane, marks in find_marks(pixels):
        coarse = cut_out(plane, marks, COARSE)
        marks = join_dots(plane, marks)
        classes, keep = _classes(marks.boxes, glyphs, skipped)
        none = np.flatnonzero(keep & (classes == NONE))
        many = max(15, int(1.3 * (keep & (classes != NONE)).sum()))
        if len(none) > many:
            keep[rng.choice(none, len(none) - many, replace=False)] = False
        fine = cut_out(plane, marks.take(keep))
        parts.append((fine.astype(np.float16), coarse[keep].astype(np.float16), classes[keep]))
    fine, coarse, classes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return fine, coarse, classes


def _classes(
    boxes: np.ndarray, glyphs: list[tuple[str, Box]], skipped: list[Box]
) -> tuple[np.ndarray, np.ndarray]:
    """The class of each box, and whether it is clear enough to learn from."""
    classes = np.full(len(boxes), NONE)
    keep = np.ones(len(boxes), bool)
    if glyphs:
        # A pixel of slack all around: whole pixels are much of the width of an "l".
        slack = np.array([-1, -1, 1, 1])
        truth = np.array([box for _, box in glyphs])
        shared = overlaps(boxes + slack, truth + slack)
        best, value = shared.argmax(axis=1), shared.max(axis=1)
        names = np.array([CHARACTERS.index(c) for c, _ in glyphs])
        classes = np.where(value >= 0.66, names[best], NONE)
        keep &= (value >= 0.66) | (value < 0.55)
    if skipped:
        keep &= overlaps(boxes, np.array(skipped)).max(axis=1) == 0
    return classes, keep


def gather(sheets: Sheets, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`taught` of many sheets, one below the other."""
    rng = np.random.default_rng(sheets.rng.getrandbits(32))
    parts = list(zip(*(taught(sheets, rng) for _ in range(count)), strict=True))
    fine, coarse, classes = (np.concatenate(part) for part in parts)
    return fine, coarse, classes


def learn(
    cells: np.ndarray,
    classes: np.ndarray,
    sizes: tuple[int, int],
    epochs: int = 12,
    shifted: bool = False,
) -> dict[str, np.ndarray]:
    """Weights of a network of these hidden sizes, by Adam on the cross entropy."""
    rng = np.random.default_rng(1)
    widths = (cells.shape[1], *sizes, int(classes.max()) + 1)
    learned = {}
    for i, (a, b) in enumerate(itertools.pairwise(widths), 1):
        learned[f"w{i}"] = rng.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32)
        learned[f"b{i}"] = np.zeros(b, np.float32)
    first = {k: np.zeros_like(v) for k, v in learned.items()}
    second = {k: np.zeros_like(v) for k, v in learned.items()}
    step, total = 0, epochs * (len(cells) // 256)
    for _ in range(epochs):
        for batch in _batches(rng, len(cells), 256):
            step += 1
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * step / (total + 1)))
            noisy = cells[batch].astype(np.float32)
            noisy = _shifted(rng, noisy) if shifted else noisy
            slopes = _slopes(learned, noisy, classes[batch])
            for name, slope in slopes.items():
                first[name] += 0.1 * (slope - first[name])
                second[name] += 0.001 * (slope * slope - second[name])
                mean = first[name] / (1 - 0.9**step)
                scale = np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8
                learned[name] -= rate * (mean / scale + 1e-2 * learned[name])
    return learned


def _batches(rng: np.random.Generator, count: int, size: int) -> Iterator[np.ndarray]:
    order = rng.permutation(count)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]


def _shifted(rng: np.random.Generator, cells: np.ndarray) -> np.ndarray:
    """Half of the batches moved by a cell, as thresholds and boxes are never quite the same."""
    if rng.random() < 0.5:
        return cells
    side = int(((cells.shape[1] - MEASURES) // 2) ** 0.5)
    pictures = cells[:, :-MEASURES].reshape(-1, 2, side, side)
    across, down = rng.integers(-1, 2, 2)
    moved = np.roll(pictures, (down, across), axis=(2, 3)).reshape(len(cells), -1)
    return np.concatenate([moved, cells[:, -MEASURES:]], axis=1)


def _slopes(
    learned: dict[str, np.ndarray], x: np.ndarray, classes: np.ndarray
) -> dict[str, np.ndarray]:
    """The gradient of the cross entropy for one batch."""
    one = np.maximum(x @ learned["w1"] + learned["b1"], 0)
    two = np.maximum(one @ learned["w2"] + learned["b2"], 0)
    scores = two @ learned["w3"] + learned["b3"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = odds / odds.sum(axis=1, keepdims=True)
    error[np.arange(len(x)), classes] -= 1
    error /= len(x)
    back2 = (error @ learned["w3"].T) * (two > 0)
    back1 = (back2 @ learned["w2"].T) * (one > 0)
    return {
        "w3": two.T @ error, "b3": error.sum(0), "w2": one.T @ back2, "b2": back2.sum(0),
        "w1": x.T @ back1, "b1": back1.sum(0),
    }  # fmt: skip


class Figures:
    """Rendered figures from one seed; aside are the layouts whose hash is a multiple of 5."""

    def __init__(self, data: Path, seed: int, aside: bool = False) -> None:
        self.rng = random.Random(seed)
        self.pictures = Pictures(data / "labelled")
        layouts = read_layouts(data / "compound" / "zou_panelseg" / "train.csv")
        self.layouts = [x for x in layouts if is_aside(x.name) == aside]

    def draw(self) -> tuple[np.ndarray, Rendered]:
        """Pixels (height, width, 3) and truth of the next figure."""
        rng = self.rng
        layout = rng.choice(self.layouts)
        if rng.random() < 0.15:
            layout = invented_layout(rng, f"invented {rng.random()}")
        figure = render_figure(relabelled(rng, layout), self.pictures, rng.getrandbits(30))
        return np.asarray(figure.picture), figure


def is_aside(name: str) -> bool:
    """Whether a figure of the annotated layouts is kept for measuring only."""
    return int(hashlib.sha256(Path(name).name.encode()).hexdigest(), 16) % 5 == 0


def relabelled(rng: random.Random, layout: Layout) -> Layout:
    """Labels of one case, which the annotations are not, and of rarer kinds for some figures."""
    labels = [slot.label for slot in layout.slots]
    upper = sum(label.isupper() for label in labels) * 2 >= sum(map(bool, labels))
    new = [label.upper() if upper else label.lower() for label in labels]
    if len(set(labels)) == len(labels) and rng.random() < 0.15:
        kinds = (lambda i: ROMAN[i], lambda i: str(i + 1), lambda i: f"{'ABCD'[i // 3]}{i % 3 + 1}")
        kind = rng.choice(kinds)
        new = [kind(i) if i < len(ROMAN) and label else label for i, label in enumerate(new)]
    slots = zip(layout.slots, new, strict=True)
    replaced = tuple(msgspec.structs.replace(slot, label=label) for slot, label in slots)
    return msgspec.structs.replace(layout, slots=replaced)


ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


def right(scene: Scene, figure: Rendered) -> np.ndarray:
    """Which readings of a scene are true panel letters: (N,) of 0 and 1."""
    out = np.zeros(len(scene.readings), int)
    truth = [(p.label.lower(), p.letter_box) for p in figure.panels if p.label and p.letter_box]
    for i, reading in enumerate(scene.readings):
        box = original_box(scene, reading.core)
        out[i] = any(reading.text.lower() == t and same_place(box, b) for t, b in truth)
    return out


def same_place(a: Box, b: Box) -> bool:
    """Whether two boxes share at least half of the smaller one."""
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    least = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return across > 0 and down > 0 and across * down >= 0.5 * least


def hints(rng: random.Random, figure: Rendered) -> tuple[list[str], list[Box]]:
    """What a caption and a panel finder would tell: letters, boxes, both or nothing."""
    labels = list(dict.fromkeys(p.label for p in figure.panels if p.label))
    if rng.random() < 0.2:  # the caption names more than the picture shows
        more = rng.choice(("ABCD", "abc", "AB", "abcdef"))
        labels += [t for t in more if t.lower() not in {label.lower() for label in labels}]
    boxes = []
    for panel in figure.panels:
        x0, y0, x1, y1 = (v + rng.randint(-3, 3) for v in panel.box)
        boxes.append((x0, y0, x1, y1))
    return (labels if rng.random() < 0.6 else []), (boxes if rng.random() < 0.5 else [])


Seen = tuple[Scene, list[str], list[Box]]


def gather_scenes(figures: Figures, count: int) -> tuple[list[Seen], np.ndarray]:
    """What is seen in rendered figures, each with two sets of hints, and which readings are true."""
    seen: list[Seen] = []
    classes = []
    for _ in range(count):
        pixels, figure = figures.draw()
        for _ in range(2):
            wanted, panels = hints(figures.rng, figure)
            scene = look(pixels, wanted)
            seen.append((scene, wanted, panels))
            classes.append(right(scene, figure))
    return seen, np.concatenate(classes)


def accuracy(learned: dict[str, np.ndarray], cells: np.ndarray, classes: np.ndarray) -> str:
    """Shares read right, in words: case folded, and glyph or not."""
    odds = forward(learned, cells.astype(np.float32))
    guess = odds.argmax(axis=1)
    fold = np.array([CHARACTERS.index(c.lower()) for c in CHARACTERS] + [NONE])
    real = classes != NONE
    right = (fold[guess] == fold[classes])[real].mean()
    found = (guess != NONE)[real].mean()
    return f"read {right:.3f}, found {found:.3f}, none kept out {(guess == NONE)[~real].mean():.3f}"


def learn_reader(data: Path, sheets: int, seed: int) -> dict[str, np.ndarray]:
    """The coarse and the fine network, learned and measured on sheets."""
    pictures = Pictures(data / "labelled")
    fine, coarse, classes = gather(Sheets(pictures, font_files(), seed), sheets)
    print(f"{len(classes)} marks, {(classes != NONE).sum()} glyphs")
    quick = learn(coarse, (classes != NONE).astype(int), (24, 8), epochs=6)
    reader = learn(fine, classes, (224, 112), shifted=True)
    tested = gather(Sheets(pictures, font_files(aside=True), seed + 1), 60)
    print("fonts aside:", accuracy(reader, tested[0], tested[2]))
    kept = forward(quick, tested[1].astype(np.float32))[:, 1] >= 0.05
    glyphs = tested[2] != NONE
    print(f"coarse: {kept[glyphs].mean():.4f} of glyphs, {kept[~glyphs].mean():.3f} of others pass")
    return {f"fine_{k}": v for k, v in reader.items()} | {
        f"coarse_{k}": v for k, v in quick.items()
    }


def jittered(
    features: np.ndarray, classes: np.ndarray, seed: int, copies: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """The readings and noisy copies: real figures are not quite like rendered ones."""
    spread = np.full(FEATURES, 0.08, np.float32)
    spread[[2, 3, 4, 5, 6, 7, 8, 27]] = 0  # yes or no
    spread[[10, 11, 19]] = 0.4  # heights, and how many glyphs are on its line
    spread[[13, 14]] = 0.2  # contrast and roughness
    noise = np.random.default_rng(seed).normal(size=(copies, *features.shape)).astype(np.float32)
    parts = [features, *(features + one * spread for one in noise)]
    return np.concatenate(parts), np.tile(classes, copies + 1)


def learn_votes(data: Path, figures: int, seed: int) -> dict[str, np.ndarray]:
    """The networks that vote, learned on what the stored ones read in rendered figures."""
    seen, classes = gather_scenes(Figures(data, seed + 2), figures)
    print(f"{len(classes)} readings, {classes.sum()} letters")
    first = [scene_features(*one) for one in seen]
    vote = learn(*jittered(np.concatenate(first), classes, seed), (24, 12), epochs=8)
    later = np.concatenate(
        [
            with_company(rows, scene.readings, wanted, forward(vote, rows)[:, 1])
            for rows, (scene, wanted, _) in zip(first, seen, strict=True)
        ]
    )
    again = learn(*jittered(later, classes, seed), (24, 12), epochs=8)
    return {f"vote_{k}": v for k, v in vote.items()} | {f"again_{k}": v for k, v in again.items()}


def store(path: Path, learned: dict[str, np.ndarray]) -> None:
    """Write the numbers, beside those that the file already has under other names."""
    old = dict(np.load(path, allow_pickle=False)) if path.exists() else {}
    halves = {name: value.astype(np.float16) for name, value in learned.items()}
    np.savez_compressed(path, **{**old, **halves})


def main() -> None:
    """Draw, learn, measure on the fonts held aside, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sheets", type=int, default=1200, help="0 keeps the stored readers")
    parser.add_argument("--figures", type=int, default=800)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.sheets:
        store(options.out, learn_reader(options.data, options.sheets, options.seed))
        network.cache_clear()
    store(options.out, learn_votes(options.data, options.figures, options.seed))


if __name__ == "__main__":
    main()
