"""How well the kind of a picture is told: medical or not, and which leaf of the tree.

    python -m benchmarks.modality [--json] [--data DIR] [--labels FILE] [--part dev|aside|all]
                                  [--picture FILE.png] [--fit]

Truth: pictures below DIR labelled by eye (`tests/extractors/modality/labels.tsv`, or FILE: TSV,
CSV or JSON with `id` or `path` below DIR, `kind` or `modality`, and optionally `medical`, `part`,
`body_part`, `view`, `caption`). A DIR with a `labels.tsv` of its own is judged by that. Of our own
data the half kept aside is judged unless told otherwise. Compound figures of several kinds
(`mixed`) count for medical or not alone.

`modality_accuracy` is over pictures that come with a caption, from texts and pixels together;
`modality_accuracy_all` also over those without, `modality_pixels_accuracy` over all from pixels
alone. Baselines in the same run: the commonest answer, and a search for keywords in the caption.
`--fit` prints the weights of the pool that suit the development half best.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from PIL import Image

from benchmarks.confusion_picture import draw_confusion
from benchmarks.data import DEFAULT, arguments
from benchmarks.modality_cases import PictureCase, open_picture, picture_cases
from extractors.modality.judge import Judgement, judge_modality, weighted
from extractors.modality.text import text_scores
from extractors.modality.tree import KIND_OF, KINDS

LABELS = Path(__file__).resolve().parents[1] / "tests" / "extractors" / "modality" / "labels.tsv"
MIXED = "mixed"
PixelScores = Callable[[Image.Image], dict[str, float]]

_BINS = 5
_SAME_AS = {"path": "id", "image": "id", "modality": "kind", "label": "kind"}
_KEYWORDS = {
    "ct": ("computed tomogra", " ct "),
    "mri": ("mri", "magnetic resonance"),
    "radiography": ("x-ray", "radiograph"),
    "ultrasound": ("ultraso", "echocardio"),
    "endoscopy": ("endoscop",),
    "histopathology": ("histolog", "hematoxylin", "h&e"),
    "fluorescence_microscopy": ("fluorescen", "confocal"),
    "electron_microscopy": ("electron micro",),
    "gel_blot": ("blot", "gel"),
    "clinical_photo": ("photograph",),
    "diagram": ("schematic", "diagram", "flow chart", "map"),
    "chart": ("plot", "curve", "graph", "mean"),
}


class Label(msgspec.Struct, frozen=True):
    """The truth of one picture; `medical` is None where it is not said."""

    id: str
    kind: str
    medical: bool | None = None
    part: str = ""
    body_part: str = ""
    view: str = ""
    caption: str = ""


class Answered(msgspec.Struct, frozen=True):
    """One picture with its truth, what each source says and the judgements."""

    label: Label
    case: PictureCase
    pixels: dict[str, float]
    both: Judgement
    from_pixels: Judgement
    from_text: Judgement

    @property
    def captioned(self) -> bool:
        return any(kind == "caption" for kind, _ in self.case.texts)


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--labels", type=Path, help="labels of another folder")
    parser.add_argument("--part", choices=("dev", "aside", "all"), help="which half of the labels")
    parser.add_argument("--picture", type=Path, help="write the confusion matrix here (PNG)")
    parser.add_argument("--fit", action="store_true", help="print weights fitted on this part")
    options = parser.parse_args()
    own = options.data / "labels.tsv"
    labels = read_labels(options.labels or (own if own.is_file() else LABELS))
    ours = options.data.resolve() == DEFAULT.resolve() and not options.labels
    part = options.part or ("aside" if ours else "all")
    labels = [label for label in labels if part == "all" or label.part == part]
    answers, seconds = answer_all(options.data, labels, pixel_scorer())
    found = summary(answers) | {"images_per_s": len(answers) / max(seconds, 1e-9)}
    if options.picture:
        pairs = [(a.label.kind, a.both.modality) for a in answers if a.label.kind in KIND_OF]
        seen = {name for pair in pairs for name in pair}
        draw_confusion(pairs, [k.name for k in KINDS if k.name in seen], options.picture)
    if options.json:
        print(json.dumps(found))
        return
    print(f"part: {part}")
    for name, value in found.items():
        print(f"{name:36} {'-' if value is None else f'{value:,.4f}'}")
    print_kinds(answers)
    print_reliability(answers)
    if options.fit:
        fit(answers)


# --- truth --------------------------------------------------------------------------------------


def read_labels(path: Path) -> list[Label]:
    """The labels of a TSV, CSV or JSON file. Raises ValueError for a kind that is no leaf."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        rows = json.loads(text)
    else:
        delimiter = "\t" if "\t" in text.split("\n", 1)[0] else ","
        rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    labels = [_label(row) for row in rows]
    if unknown := sorted({x.kind for x in labels if x.kind not in KIND_OF and x.kind != MIXED}):
        raise ValueError(f"{path}: no leaf of the tree: {', '.join(unknown)}")
    return labels


def _label(row: Mapping[str, object]) -> Label:
    told = str(row.get("medical", "")).strip().lower()
    row = {_SAME_AS.get(name, name): value for name, value in row.items()}
    names = ("id", "kind", "part", "body_part", "view", "caption")
    texts = {name: str(row.get(name) or "").strip() for name in names}
    known = told in ("yes", "no", "true", "false", "1", "0")
    return Label(**texts, medical=told in ("yes", "true", "1") if known else None)


def pixel_scorer() -> PixelScores | None:
    """The classifier of pixels, None where this installation has none."""
    try:
        from extractors.modality.pixels import pixel_scores
    except ImportError:
        return None
    scorer: PixelScores = pixel_scores
    return scorer


# --- answers ------------------------------------------------------------------------------------


def answer_all(
    data: Path, labels: Sequence[Label], scorer: PixelScores | None
) -> tuple[list[Answered], float]:
    """All labelled pictures that can be read, and the seconds that decoding and judging took."""
    cases = picture_cases(data)
    answers, seconds = [], 0.0
    for label in labels:
        case = cases.get(label.id, PictureCase(label.id))
        if label.caption:
            case = PictureCase(label.id, (("caption", label.caption),))
        start = time.perf_counter()
        try:
            image = open_picture(data, label.id)
        except (OSError, KeyError) as error:
            print(f"left out: {label.id}: {error}", file=sys.stderr)
            continue
        pixels = scorer(image) if scorer else {}
        both = judge_modality(case.texts, pixels)
        seconds += time.perf_counter() - start
        alone = judge_modality((), pixels)
        answers.append(Answered(label, case, pixels, both, alone, judge_modality(case.texts, None)))
    return answers, seconds


def summary(answers: Sequence[Answered]) -> dict[str, float | None]:
    """The figures, None where there is nothing to count."""
    kinds = [a for a in answers if a.label.kind != MIXED]
    told = [a for a in kinds if a.captioned]
    truths = [(a, _is_medical(a.label)) for a in answers]
    medical = [(a, truth) for a, truth in truths if truth is not None]
    most = Counter(a.label.kind for a in kinds).most_common(1)
    commonest = most[0][0] if most else ""
    yes = sum(truth for _, truth in medical)
    return {
        "medical_accuracy": _share([(a.both.medical >= 0.5) == t for a, t in medical]),
        "modality_accuracy": _share([a.both.modality == a.label.kind for a in told]),
        "modality_accuracy_all": _share([a.both.modality == a.label.kind for a in kinds]),
        "modality_pixels_accuracy": _share([a.from_pixels.modality == a.label.kind for a in kinds]),
        "modality_pixels_accuracy_captioned": _share(
            [a.from_pixels.modality == a.label.kind for a in told]
        ),
        "modality_text_accuracy": _share([a.from_text.modality == a.label.kind for a in told]),
        "baseline_commonest": _share([commonest == a.label.kind for a in kinds]),
        "baseline_keywords": _share([keyword_kind(a.case) == a.label.kind for a in told]),
        "baseline_medical": max(yes, len(medical) - yes) / len(medical) if medical else None,
        "calibration_error": calibration_error(kinds),
        **_place_figures(answers),
        "pictures": len(answers),
        "pictures_with_caption": len(told),
    }


def _is_medical(label: Label) -> bool | None:
    if label.medical is None and label.kind in KIND_OF:
        return KIND_OF[label.kind].medical
    return label.medical


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def _place_figures(answers: Sequence[Answered]) -> dict[str, float | None]:
    """How often a body part or view that was told is the true one, among those with a truth."""
    parts = [(a.both.body_part, a.label.body_part) for a in answers if a.label.body_part]
    views = [(a.both.view, a.label.view) for a in answers if a.label.view]
    found: dict[str, float | None] = {}
    for name, pairs in (("body_part", parts), ("view", views)):
        told = [answer == truth for answer, truth in pairs if answer]
        found[f"{name}_precision"] = _share(told)
        found[f"{name}_told"] = len(told) / len(pairs) if pairs else None
    return found


def keyword_kind(case: PictureCase) -> str:
    """Baseline: the first kind one of whose keywords is in the caption, else a chart."""
    caption = next((f" {text.lower()} " for kind, text in case.texts if kind == "caption"), "")
    for kind, keywords in _KEYWORDS.items():
        if any(keyword in caption for keyword in keywords):
            return kind
    return "chart"


# --- calibration --------------------------------------------------------------------------------


def _reliability(answers: Sequence[Answered]) -> list[tuple[int, float, float]]:
    """Per bin of the score: how many, the mean score, the share that is right."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for a in answers:
        at = min(_BINS - 1, int(a.both.score * _BINS))
        bins.setdefault(at, []).append((a.both.score, a.both.modality == a.label.kind))
    return [
        (len(b), sum(s for s, _ in b) / len(b), sum(r for _, r in b) / len(b))
        for _, b in sorted(bins.items())
    ]


def calibration_error(answers: Sequence[Answered]) -> float | None:
    """The expected calibration error (Naeini et al. 2015) of `score` in equal bins."""
    if not answers:
        return None
    return sum(n * abs(s - right) for n, s, right in _reliability(answers)) / len(answers)


def print_reliability(answers: Sequence[Answered]) -> None:
    """One line per bin of the score."""
    print("\nscore: pictures, mean score, share right")
    for count, score, right in _reliability([a for a in answers if a.label.kind != MIXED]):
        print(f"{count:6} {score:8.3f} {right:8.3f}")


def print_kinds(answers: Sequence[Answered]) -> None:
    """Precision and recall per kind, from texts and pixels together."""
    pairs = [(a.label.kind, a.both.modality) for a in answers if a.label.kind != MIXED]
    print(f"\n{'kind':26} {'true':>5} {'told':>5} {'right':>5} {'precision':>9} {'recall':>7}")
    for kind in KINDS:
        true = sum(t == kind.name for t, _ in pairs)
        told = sum(a == kind.name for _, a in pairs)
        right = sum(t == a == kind.name for t, a in pairs)
        if true or told:
            precision = f"{right / told:.2f}" if told else "-"
            recall = f"{right / true:.2f}" if true else "-"
            print(f"{kind.name:26} {true:5} {told:5} {right:5} {precision:>9} {recall:>7}")


def fit(answers: Sequence[Answered]) -> None:
    """The weights with the least mean negative log likelihood, on a grid."""
    grid = [x / 10 for x in range(2, 21)]
    rows = [(text_scores(a.case.texts), a.pixels, a.label.kind) for a in answers]
    rows = [row for row in rows if row[2] != MIXED]
    both = [row for row in rows if row[0] and row[1]]
    texts = [row for row in rows if row[0]]
    pixels = [row for row in rows if row[1]]
    print("\nfitted on this part:")
    if texts:
        print("text alone", min(grid, key=lambda w: _loss([([(t, w)], k) for t, _, k in texts])))
    if pixels:
        print("pixels alone", min(grid, key=lambda w: _loss([([(p, w)], k) for _, p, k in pixels])))
    if both:
        pairs = itertools.product(grid, grid)
        best = min(pairs, key=lambda w: _loss([([(t, w[0]), (p, w[1])], k) for t, p, k in both]))
        print("text, pixels", best)


def _loss(cases: Sequence[tuple[list[tuple[dict[str, float], float]], str]]) -> float:
    return -sum(math.log(max(weighted(sources)[kind], 1e-9)) for sources, kind in cases)


if __name__ == "__main__":
    main()
