"""Do the signals of a picture follow what was done to it? `python -m benchmarks.pictures`.

Real pictures of the data are blurred, recompressed, enlarged, made noisy and given margins, and each
signal is read before and after. Then: which blank and nearly blank pictures are told from real ones,
drawn from taken on labels given by people (`picture_kinds.tsv`, its half kept aside from learning),
which signals say the same (Spearman), faces found and false alarms, and milliseconds a picture.
`--sheets DIR` writes the 20 highest and lowest pictures of each signal, to be looked at.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFilter

from benchmarks.data import arguments
from benchmarks.face_scenes import face_figures
from benchmarks.picture_sheet import draw_sheet
from filters.pictures.quality import SCORES, image_scores

LABELS = Path(__file__).with_name("picture_kinds.tsv")
_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".webp")
_FOLDERS = (
    "labelled/vqa_rad/images",
    "labelled/medpix2/images",
    "labelled/bccd/JPEGImages",
    "labelled/drive/images",
    "labelled/kvasir_seg/images",
    "labelled/cxr_images",
    "compound",
    "jats",
)
_FROM_EACH = 5  # pictures of a folder that are changed
_AT_MOST = 384  # px a side of what is changed: eight times that is enough
_LEAST_SIDE = 200  # px, of what is changed: thumbnails have nothing to lose
FLAT, FAINT = 0.985, 0.04  # a picture is blank above this flatness or below this contrast
Change = Callable[[Image.Image], Image.Image]


def blurred(sigma: float) -> Change:
    """A Gaussian blur of `sigma` px."""
    return lambda image: image.filter(ImageFilter.GaussianBlur(sigma)) if sigma else image


def saved(quality: int) -> Change:
    """Saved as JPEG once more."""

    def change(image: Image.Image) -> Image.Image:
        held = io.BytesIO()
        image.save(held, "JPEG", quality=quality)
        return Image.open(held)

    return change


def enlarged(times: int) -> Change:
    """Made larger by a bicubic filter, which adds nothing."""
    return lambda image: image.resize(
        (image.width * times, image.height * times), Image.Resampling.BICUBIC
    )


def noisy(sigma: float) -> Change:
    """White noise of `sigma` grey levels, the same each time."""

    def change(image: Image.Image) -> Image.Image:
        pixels = np.asarray(image).astype(np.float32)
        noise = np.random.default_rng(7).normal(0, sigma, pixels.shape) if sigma else 0
        return Image.fromarray(np.clip(np.round(pixels + noise), 0, 255).astype(np.uint8))

    return change


def framed(share: float) -> Change:
    """A white frame, each side `share` of the picture's."""

    def change(image: Image.Image) -> Image.Image:
        x, y = round(image.width * share), round(image.height * share)
        page = Image.new("RGB", (image.width + 2 * x, image.height + 2 * y), (255, 255, 255))
        page.paste(image, (x, y))
        return page

    return change


# signal, whether it should rise, what is done, with which strengths
PLANS: tuple[tuple[str, str, bool, Callable[[Any], Change], tuple[float, ...]], ...] = (
    ("blur", "image_blur", True, blurred, (0, 1, 2, 4)),
    ("blur", "image_detail", False, blurred, (0, 1, 2, 4)),
    ("JPEG", "image_jpeg_blocking", True, saved, (95, 75, 50, 30, 10)),
    ("enlarged", "image_blur", True, enlarged, (1, 2, 4, 8)),
    ("noise", "image_noise", True, noisy, (0, 3, 6, 12)),
    ("frame", "image_border", True, framed, (0, 0.1, 0.2, 0.3)),
)


def picture_files(data: Path) -> Iterator[Path]:
    """Every picture that decodes."""
    for folder in _FOLDERS:
        for path in sorted((data / folder).rglob("*")):
            if path.suffix.lower() in _ENDINGS:
                try:
                    with Image.open(path) as image:
                        image.load()
                except (OSError, SyntaxError, ValueError):
                    continue
                yield path


def opened(path: Path) -> Image.Image:
    """The decoded picture in colours."""
    with Image.open(path) as image:
        return image.convert("RGB")


def follow(files: list[Path]) -> list[dict[str, object]]:
    """Each plan's medians by strength, and for how many pictures the signal follows at each step."""
    rows: list[dict[str, object]] = []
    for name, signal, rises, change, strengths in PLANS:
        table = np.array([_series(_cut(opened(f)), signal, change, strengths) for f in files])
        steps = np.diff(table, axis=1) * (1 if rises else -1)
        rows.append(
            {
                "what": name,
                "signal": signal,
                "strengths": strengths,
                "medians": np.median(table, axis=0).round(3).tolist(),
                "follow": float((steps >= -0.02 * np.abs(table[:, :-1])).all(axis=1).mean()),
                "ends_apart": float((steps.sum(axis=1) > 0).mean()),
            }
        )
    return rows


def _cut(image: Image.Image) -> Image.Image:
    """The middle of a large picture, its pixels as they are."""
    x, y = max(0, (image.width - _AT_MOST) // 2), max(0, (image.height - _AT_MOST) // 2)
    return image.crop((x, y, x + min(image.width, _AT_MOST), y + min(image.height, _AT_MOST)))


def _series(
    image: Image.Image, signal: str, change: Callable[[Any], Change], strengths: Iterable[float]
) -> list[float]:
    return [image_scores(change(s)(image))[signal] for s in strengths]


def changed_files(files: list[Path], data: Path) -> list[Path]:
    """An even choice of pictures that are large enough, of each folder."""
    chosen = []
    for folder in _FOLDERS:
        here = [f for f in files if f.is_relative_to(data / folder)]
        here = [f for f in here if min(Image.open(f).size) >= _LEAST_SIDE]
        chosen += here[:: max(1, len(here) // _FROM_EACH)][:_FROM_EACH]
    return chosen


def is_blank(scores: dict[str, float]) -> bool:
    """Whether nothing is to be seen."""
    return scores["image_flat"] >= FLAT or scores["image_contrast"] <= FAINT


def blanks() -> Iterator[tuple[str, Image.Image]]:
    """Pictures with nothing on them: one tone, noise, slow shading, one speck, a thin frame."""
    rng = np.random.default_rng(5)
    for tone in (0, 17, 128, 240, 255):
        yield f"tone {tone}", Image.new("RGB", (400, 300), (tone, tone, tone))
        grain = np.clip(rng.normal(tone, 1.5, (300, 400)), 0, 255).astype(np.uint8)
        yield f"tone {tone}, noise", Image.fromarray(grain)
        speck = Image.new("L", (400, 300), tone)
        speck.paste(255 - tone, (200, 150, 206, 156))
        yield f"tone {tone}, speck", speck
        yield f"tone {tone}, JPEG", saved(40)(Image.fromarray(grain))
    for shades in (4, 8, 16):
        ramp = np.linspace(100, 100 + shades, 400)[None].repeat(300, 0).astype(np.uint8)
        yield f"{shades} shades", Image.fromarray(ramp)


def kinds(data: Path, scores: dict[Path, dict[str, float]]) -> dict[str, object]:
    """How many drawn and taken pictures are told apart, by part of the labels and by folder."""
    found: dict[str, list[int]] = {}
    with LABELS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            here = scores.get(data / row["path"])
            if here and row["kind"] != "mixed":
                right = (here["image_chart"] >= 0.5) == (row["kind"] == "drawn")
                found.setdefault(f"{row['part']}, {row['kind']}", []).append(right)
    for path, here in scores.items():
        if path.is_relative_to(data / "labelled"):
            name = path.relative_to(data / "labelled").parts[0]
            found.setdefault(f"{name}, taken", []).append(here["image_chart"] < 0.5)
    return {name: [sum(rights), len(rights)] for name, rights in found.items()}


def agreement(scores: dict[Path, dict[str, float]]) -> list[tuple[str, str, float]]:
    """Pairs of signals whose ranks agree by more than 0.7, with Spearman's coefficient."""
    table = np.array([[s[name] for name in SCORES] for s in scores.values()])
    ranks = np.argsort(np.argsort(table, axis=0, kind="stable"), axis=0)
    matrix = np.corrcoef(ranks, rowvar=False)
    pairs = [(i, j) for i in range(len(SCORES)) for j in range(i)]
    pairs = [(i, j) for i, j in pairs if abs(matrix[i, j]) > 0.7]
    return [(SCORES[j], SCORES[i], round(float(matrix[i, j]), 2)) for i, j in pairs]


def milliseconds(files: list[Path], side: int = 1000) -> float:
    """Of one core for a picture of `side` x `side`: the median over pictures of the best of five."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    best = []
    for path in files[:: max(1, len(files) // 12)]:
        image = opened(path).resize((side, side))
        took = []
        for _ in range(5):
            start = time.process_time()
            image_scores(image)
            took.append(time.process_time() - start)
        best.append(min(took) * 1e3)
    cv2.setNumThreads(threads)
    return float(np.median(best))


def sheets(scores: dict[Path, dict[str, float]], folder: Path) -> None:
    """Write `SIGNAL-high.png` and `SIGNAL-low.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCORES:
        order = sorted(scores, key=lambda path: (scores[path][name], str(path)))
        for end, chosen in (("low", order[:20]), ("high", order[::-1][:20])):
            labelled = [(f"{scores[path][name]:.3g}", opened(path)) for path in chosen]
            draw_sheet(labelled, folder / f"{name}-{end}.png")


def measure(data: Path, sheet_folder: Path | None) -> dict[str, object]:
    """All figures."""
    files = list(picture_files(data))
    scores = {path: image_scores(Image.open(path)) for path in files}
    if sheet_folder:
        sheets(scores, sheet_folder)
    empty = [is_blank(image_scores(image)) for _, image in blanks()]
    return {
        "pictures": len(files),
        "follow": follow(changed_files(files, data)),
        "blank": [sum(empty), len(empty)],
        "blank_false_alarms": sorted(
            str(p.relative_to(data)) for p, here in scores.items() if is_blank(here)
        ),
        "kinds": kinds(data, scores),
        "agree": agreement(scores),
        "milliseconds": round(milliseconds(files), 2),
        "faces": face_figures([(str(p.relative_to(data)), p) for p in files], sheet_folder),
    }


def main() -> None:
    """Print the figures."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--sheets", type=Path, help="folder for pictures to look at")
    options = parser.parse_args()
    figures = measure(options.data, options.sheets)
    print(json.dumps(figures) if options.json else _told(figures))


def _told(figures: dict[str, Any]) -> str:
    lines = [f"{figures['pictures']} real pictures, {figures['milliseconds']} ms for 1000 x 1000"]
    for row in figures["follow"]:
        steps = ", ".join(
            f"{s:g}: {m:g}" for s, m in zip(row["strengths"], row["medians"], strict=True)
        )
        lines.append(
            f"{row['what']:9} {row['signal']:20} medians {steps}; follows at every step in"
            f" {row['follow']:.3f}, from end to end in {row['ends_apart']:.3f}"
        )
    lines.append(
        f"blank: {figures['blank'][0]} of {figures['blank'][1]} found; real pictures so called:"
    )
    lines += [f"  {name}" for name in figures["blank_false_alarms"]] or ["  none"]
    lines += [f"{name}: {right} of {n} right" for name, (right, n) in figures["kinds"].items()]
    lines += [f"{a} and {b} agree: {rho}" for a, b, rho in figures["agree"]]
    lines += [f"faces, {name}: {value}" for name, value in figures["faces"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
