"""How well compound figures are split, on figures that nothing was learned or written on.

    python -m benchmarks.figures [--json] [--data DIR] [--figures 400] [--page FILE.html]

Four kinds of truth below DIR/compound: real layouts without pixels (`zou_panelseg/train.csv`),
which are rendered; such layouts with the captions people split (`eval_with_captions.json`); real
figures with boxes drawn by hand (`panels_manual.json`); captions split by people. Of our own data
only the part kept aside is used; another folder is judged whole.

A panel is right at IoU 0.5, one to one. A pair is right when box and label are and the words agree
with the truth (token F1 0.5 or more). Rendered figures come with a caption that names their
letters, as real ones do; `picture_only` is the same without it. Baselines: a gutter cut with
labels in row-major order; our boxes with labels in row-major order.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from benchmarks.caption_scores import TruthCaption, caption_truth, score_captions, token_f1
from benchmarks.data import DEFAULT, arguments
from benchmarks.figure_page import write_page
from benchmarks.panel_scores import PanelScore, matches
from extractors.figures.align import in_reading_order
from extractors.figures.captions import split_caption
from extractors.figures.gutters import gutter_panels
from extractors.figures.records import Box, FigurePanel, FigureSplit, Panel, Span
from extractors.figures.split import split_figure
from extractors.rendered.figure import render_figure
from extractors.rendered.layouts import Layout, read_layouts
from extractors.rendered.pictures import Pictures

_SEED = 7
_AGREES = 0.5
_PARTS = ("dev", "aside")


class Case(msgspec.Struct, frozen=True):
    """A figure with its truth: boxes, and label, letter box and words where they are known."""

    name: str
    pixels: np.ndarray
    caption: str
    boxes: list[Box]
    labels: list[str]
    letter_boxes: list[Box | None]
    texts: list[str]


class Answer(msgspec.Struct, frozen=True):
    """What was found in a case."""

    panels: list[FigurePanel]
    shared: tuple[Span, ...]
    compound: float
    confidence: float = 1.0


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--figures", type=int, default=400, help="rendered figures at most")
    parser.add_argument("--page", type=Path, help="write figures with their boxes here")
    parser.add_argument("--dev", action="store_true", help="the part that was looked at")
    options = parser.parse_args()
    part = "all"
    if options.data.resolve() == DEFAULT.resolve():
        part = "dev" if options.dev else "aside"
    cases = {
        "rendered": rendered_cases(options.data, "train.csv", options.figures, part),
        "captioned": rendered_cases(options.data, "eval_with_captions.json", 10**6, part),
        "drawn": drawn_cases(options.data, part),
    }
    captions = [c for c in caption_truth(options.data) if part in ("all", _PARTS[c.aside])]
    answers, seconds, peak_mb = in_child(cases)
    found = summary(cases, answers) | caption_summary(captions)
    count = sum(len(v) for v in cases.values())
    found |= {"figures_per_s": count / max(seconds, 1e-9), "peak_mb": peak_mb}
    found |= baselines(cases)
    if options.page:
        write_page(
            options.page, [(c, a) for k in cases for c, a in zip(cases[k], answers[k], strict=True)]
        )
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        shown = "-" if value is None else f"{value:,.4f}"
        print(f"{name:44} {shown}")


# --- truth --------------------------------------------------------------------------------------


def _hash(name: str) -> int:
    return int(hashlib.sha256(name.rsplit("/", 1)[-1].encode()).hexdigest(), 16)


def rendered_cases(data: Path, file: str, most: int, part: str) -> list[Case]:
    """Layouts of a file, rendered; of the CSV a fifth is aside, of the JSON a half."""
    path = data / "compound" / "zou_panelseg" / file
    layouts = [x for x in read_layouts(path) if x.slots] if path.is_file() else []
    if part != "all":
        is_aside = _fifth if path.suffix == ".csv" else _half
        layouts = [x for x in layouts if _PARTS[is_aside(x.name)] == part]
    layouts = sorted(layouts, key=lambda x: _hash(x.name))[:most]
    pictures = Pictures(data / "labelled" if (data / "labelled").is_dir() else "")
    return [_rendered(layout, pictures) for layout in layouts]


def _rendered(layout: Layout, pictures: Pictures) -> Case:
    figure = render_figure(layout, pictures, _SEED)
    return Case(
        layout.name,
        np.asarray(figure.picture),
        figure.caption,
        [p.box for p in figure.panels],
        [p.label for p in figure.panels],
        [p.letter_box for p in figure.panels],
        [p.text for p in figure.panels],
    )


def _fifth(name: str) -> bool:
    return _hash(name) % 5 == 0


def _half(name: str) -> bool:
    return _hash(name) % 2 == 1


def drawn_cases(data: Path, part: str) -> list[Case]:
    """Real figures with boxes drawn by hand; every second one of each kind is aside."""
    root = data / "compound"
    file = root / "panels_manual.json"
    figures = json.loads(file.read_text("utf-8"))["figures"] if file.is_file() else []
    if part != "all":
        kinds = [[f for f in figures if f["compound"] == kind] for kind in (True, False)]
        figures = [f for kind in kinds for f in sorted(kind, key=_by_digest)[part == "aside" :: 2]]
    captions = _captions(root / "conceptclip_pmc_figures" / "meta.jsonl")
    cases = []
    for figure in figures:
        picture = next(p for p in (root / figure["image"], data / figure["image"]) if p.exists())
        pixels = np.asarray(Image.open(picture).convert("RGB"))
        whole = (0, 0, pixels.shape[1], pixels.shape[0])
        boxes = [tuple(p["box"]) if p["box"] else whole for p in figure["panels"]]
        labels = [p["label"] or "" for p in figure["panels"]]
        caption = captions.get(Path(figure["image"]).name, "")
        cases.append(Case(figure["image"], pixels, caption, boxes, labels, [None] * len(boxes), []))
    return cases


def _by_digest(figure: dict[str, str]) -> str:
    return hashlib.sha256(figure["image"].encode()).hexdigest()


def _captions(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    rows = [json.loads(line) for line in lines if line.strip()]
    return {row["image"]: row["caption"] for row in rows}


# --- answers ------------------------------------------------------------------------------------


def answer(case: Case, caption: str) -> Answer:
    """What the splitter says; a figure it leaves alone is one panel, the whole picture."""
    picture = Image.fromarray(case.pixels)
    return _answer(picture.size, split_figure(picture, caption))


def _answer(size: tuple[int, int], split: FigureSplit) -> Answer:
    whole = FigurePanel(box=(0, 0, *size))
    panels = list(split.panels) or [whole]
    return Answer(panels, split.shared, split.compound, split.confidence)


def _work(folder: str, captions: dict[str, list[str]], pipe: Connection) -> None:
    """Child: each picture is read, split and let go, as in a run."""
    load = {k: partial(_stored, Path(folder), k) for k in captions}
    kind = next(iter(captions))
    split_figure(load[kind](0), captions[kind][0])  # loads the weights, which is not what is timed
    seconds, found = 0.0, {}
    for kind, texts in captions.items():
        found[kind] = []
        for i, caption in enumerate(texts):
            picture = load[kind](i)
            start = time.process_time()
            split = split_figure(picture, caption)
            seconds += time.process_time() - start
            found[kind].append(_answer(picture.size, split))
    peak_mb = _peak_mb()
    pipe.send((msgspec.msgpack.encode(found), seconds, peak_mb))


def _peak_mb() -> float:
    """Most memory of this process; `ru_maxrss` would begin with that of the parent."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    held = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return (held or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0] / 1024


def _stored(folder: Path, kind: str, i: int) -> Image.Image:
    return Image.fromarray(np.load(folder / f"{kind}-{i}.npy"))


def in_child(cases: dict[str, list[Case]]) -> tuple[dict[str, list[Answer]], float, float]:
    """All answers, CPU seconds and peak memory of a fresh process that does nothing else."""
    nothing: dict[str, list[Answer]] = {kind: [] for kind in cases}
    given = {kind: [c.caption for c in group] for kind, group in cases.items() if group}
    if not given:
        return nothing, 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for kind in given:
            for i, case in enumerate(cases[kind]):
                np.save(Path(folder) / f"{kind}-{i}.npy", case.pixels)
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a run's workers
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        child = context.Process(target=_work, args=(folder, given, theirs))
        child.start()
        theirs.close()
        encoded, seconds, peak_mb = ours.recv()
        child.join()
    return nothing | msgspec.msgpack.decode(encoded, type=dict[str, list[Answer]]), seconds, peak_mb


# --- figures ------------------------------------------------------------------------------------


def summary(
    cases: dict[str, list[Case]], answers: dict[str, list[Answer]]
) -> dict[str, float | None]:
    """The figures of the issue, by kind of truth."""
    scores = {kind: panel_score(cases[kind], answers[kind]) for kind in cases}
    both = [scores["rendered"], scores["drawn"]]
    figures = sum(s.figures for s in both)
    return {
        "panel_f1_rendered": _known(scores["rendered"].f1, cases["rendered"]),
        "panel_f1_drawn": _known(scores["drawn"].f1, cases["drawn"]),
        "panel_f1_captioned": _known(scores["captioned"].f1, cases["captioned"]),
        "all_panels_right": _known(
            sum(s.all_right for s in both) / max(1, figures), cases["rendered"] + cases["drawn"]
        ),
        "compound_accuracy": _known(
            sum(s.compound_right for s in both) / max(1, figures),
            cases["rendered"] + cases["drawn"],
        ),
        "letters_right": letters_right(cases["rendered"], answers["rendered"]),
        "labels_on_panels_right": labels_right(cases["rendered"], answers["rendered"]),
        "labels_on_panels_right_drawn": labels_right(cases["drawn"], answers["drawn"]),
        "pairs_right": pairs_right(cases["captioned"], answers["captioned"]),
        "pairs_right_invented_captions": pairs_right(cases["rendered"], answers["rendered"]),
        **{f"figures_{kind}": len(group) for kind, group in cases.items()},
    }


def _known(value: float, cases: Sequence[Case]) -> float | None:
    return value if cases else None


def panel_score(cases: Sequence[Case], answers: Sequence[Answer]) -> PanelScore:
    """Boxes against boxes."""
    score = PanelScore()
    for case, found in zip(cases, answers, strict=True):
        boxes = [p.box for p in found.panels]
        score.add(case.name, boxes, case.boxes, found.compound > 0.5)
    return score


def letters_right(cases: Sequence[Case], answers: Sequence[Answer]) -> float | None:
    """Share of drawn letters that were read where they stand."""
    right = total = 0
    for case, found in zip(cases, answers, strict=True):
        for label, place in zip(case.labels, case.letter_boxes, strict=True):
            if not label or place is None:
                continue
            total += 1
            right += any(
                p.letter_box and p.label.lower() == label.lower() and _touch(p.letter_box, place)
                for p in found.panels
            )
    return right / total if total else None


def _touch(a: Box, b: Box) -> bool:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return wide > 0 and high > 0 and 2 * wide * high >= min(areas)


def labels_right(cases: Sequence[Case], answers: Sequence[Answer]) -> float | None:
    """Share of labelled panels whose box and label are right."""
    right = total = 0
    for case, found in zip(cases, answers, strict=True):
        total += sum(bool(label) for label in case.labels)
        for i, j in matches([p.box for p in found.panels], case.boxes):
            same = found.panels[i].label.lower() == case.labels[j].lower()
            right += bool(case.labels[j]) and same
    return right / total if total else None


def pairs_right(cases: Sequence[Case], answers: Sequence[Answer]) -> float | None:
    """Share of panels that have words of their own whose box, label and words are right."""
    right = total = 0
    for case, found in zip(cases, answers, strict=True):
        wanted = {j for j, label in enumerate(case.labels) if label and case.texts[j]}
        total += len(wanted)
        for i, j in matches([p.box for p in found.panels], case.boxes):
            panel = found.panels[i]
            if j not in wanted or panel.label.lower() != case.labels[j].lower():
                continue
            spans = sorted([*found.shared, *panel.spans])
            words = " ".join(case.caption[a:b] for a, b in spans)
            right += token_f1(words, case.texts[j]) >= _AGREES
    return right / total if total else None


def caption_summary(captions: Sequence[TruthCaption]) -> dict[str, float | None]:
    """The figures of the caption splitter alone."""
    scores = score_captions(captions)
    names = (
        "caption_letters_exact",
        "subcaption_token_f1",
        "subcaption_token_f1_found_letters",
        "verbatim_share",
    )
    return {name: scores[name] if captions else None for name in names}


# --- what each part adds ------------------------------------------------------------------------


def baselines(cases: dict[str, list[Case]]) -> dict[str, float | None]:
    """The same figures without the caption, without letters, and with gutters alone."""
    found: dict[str, float | None] = {}
    ways: dict[str, Callable[[Case], Answer]] = {
        "picture_only": lambda case: answer(case, ""),
        "row_major": _row_major,
        "gutters": _gutters,
    }
    for name, way in ways.items():
        answers = {kind: [way(case) for case in group] for kind, group in cases.items()}
        for kind, group in cases.items():
            score = panel_score(group, answers[kind])
            found[f"{name} panel_f1_{kind}"] = _known(score.f1, group)
            found[f"{name} all_panels_right_{kind}"] = _known(score.summary()["all_panels_right"],
                                                              group)  # fmt: skip
            found[f"{name} compound_accuracy_{kind}"] = _known(
                score.summary()["compound_accuracy"], group
            )
        if name != "picture_only":
            found[f"{name} pairs_right"] = pairs_right(cases["captioned"], answers["captioned"])
    return found


def _row_major(case: Case) -> Answer:
    whole = answer(case, case.caption)
    return _named([Panel(p.box, p.score) for p in whole.panels], case.caption, whole.compound)


def _gutters(case: Case) -> Answer:
    panels = gutter_panels(case.pixels)
    return _named(panels, case.caption, float(len(panels) > 1))


def _named(panels: Sequence[Panel], caption: str, compound: float) -> Answer:
    """Labels of the caption given to panels row by row."""
    split = split_caption(caption)
    ordered = in_reading_order(panels)
    parts = [*split.parts, *[None] * len(ordered)][: len(ordered)]
    return Answer(
        [
            FigurePanel(box=p.box, label=part.label if part else "",
                        spans=part.spans if part else ())
            for p, part in zip(ordered, parts, strict=True)
        ],
        split.shared,
        compound,
    )  # fmt: skip


if __name__ == "__main__":
    main()
