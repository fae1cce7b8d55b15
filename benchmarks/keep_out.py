"""An evaluation set as keep-out: half of VQA-RAD planted, changed, into a corpus of other pictures.

Prints, by change, how many of the planted pictures select kept out through the real pipeline, and
which of the others it did (false, unless they are the same picture). VQA-RAD is given as a file of
`fabrica fingerprint`, so without its pictures; its questions with their answers as texts, some of
which are hidden in captions.
"""

from __future__ import annotations

import csv
import io
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from PIL import Image

from benchmarks.data import arguments

SET = "vqa_rad"
_LEAST_WORDS_HIDDEN = 10
_HIDDEN = 25
_MOST_OF_A_KIND = 420
_OTHERS = (
    ("dermamnist28/images", "A dermatoscopic image of a skin lesion."),
    ("bccd/JPEGImages", "A blood smear under the microscope."),
    ("medpix2/images", "A radiological image."),
    ("drive/images", "A retinal fundus image."),
    ("kvasir_seg/images", "A colonoscopic image."),
    ("cxr_images", "A frontal chest radiograph."),
)
_FIGURES = ("compound/conceptclip_pmc_figures/images", "jats/jats_with_images")

_CARD = """name: planted
title: Other pictures and planted ones
family: pairs
licence: CC0-1.0
attribution: for a benchmark
where: benchmarks/keep_out.py
task: captioning
reading: {files: [captions.csv], image: image, images: images,
  texts: [{column: caption, kind: caption}]}
"""


@dataclass(frozen=True)
class Planted:
    """A picture of the set as it was put into the corpus: what was done to it, and its name there."""

    item: str
    change: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """What select kept out. `pairs` are the others that were, with the item and the distance."""

    planted: dict[str, tuple[int, int]]
    texts: tuple[int, int]
    wrong_item: int
    others: int
    pairs: list[tuple[str, str, str, float, str]]


# Every planted picture is recompressed; what else happens goes round.
CHANGES = (
    "recompressed",
    "resized",
    "cropped",
    "resized, cropped",
    "cropped, mirrored",
    "resized, turned",
)


def changed(image: Image.Image, change: str, seed: str) -> bytes:
    """A picture as JPEG of quality 40 to 90: resized to 0.4 to 1.6 of its sides, each of its edges
    cut by up to 5 %, mirrored, turned by a quarter, as `change` says."""
    chance = random.Random(seed)
    picture = image.convert("RGB")
    if "cropped" in change:
        w, h = picture.size
        left, top, right, bottom = (chance.uniform(0, 0.05) for _ in range(4))
        box = (round(left * w), round(top * h), w - round(right * w), h - round(bottom * h))
        picture = picture.crop(box)
    if "mirrored" in change:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if "turned" in change:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    if "resized" in change:
        factor = chance.uniform(0.4, 1.6)
        size = (round(picture.width * factor), round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=chance.randint(40, 90))
    return out.getvalue()


def build(
    evaluation: Path, questions: Path | None, others: Sequence[tuple[Path, str]], folder: Path
) -> tuple[list[Planted], list[str]]:
    """A labelled dataset in `folder` of other pictures and half of those of the set; returns the
    planted ones, and the names of the others whose caption hides a question."""
    images = folder / "images"
    images.mkdir(parents=True)
    (folder / "card.yaml").write_text(_CARD, encoding="utf-8")
    rows: list[tuple[str, str]] = []
    items = sorted(evaluation.iterdir(), key=lambda p: sha256(p.name.encode()).digest())
    planted = []
    for i, path in enumerate(items[: len(items) // 2]):
        change = CHANGES[i % len(CHANGES)]
        name = f"planted-{i:04d}.jpg"
        with Image.open(path) as image:
            (images / name).write_bytes(changed(image, change, path.name))
        planted.append(Planted(path.name, change, name))
        rows.append((name, "A picture of an examination."))
    texts = iter(_long_texts(questions))
    hidden = []
    for i, (path, caption) in enumerate(others):
        name = f"other-{i:04d}-{path.stem}{path.suffix.lower()}"
        (images / name).write_bytes(path.read_bytes())
        if i % 7 == 3 and (text := next(texts, "")):
            caption = f"{caption} {text} This was seen at follow-up, too."
            hidden.append(name)
        rows.append((name, caption))
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "caption"), *rows])
    return planted, hidden


def _long_texts(questions: Path | None) -> list[str]:
    """Some questions with their answers that are long enough to be told from chance."""
    if questions is None:
        return []
    entries = json.loads(questions.read_text(encoding="utf-8"))
    texts = sorted({f"{e['question']} {e['answer']}" for e in entries})
    long = [text for text in texts if len(text.split()) >= _LEAST_WORDS_HIDDEN]
    return long[:: max(1, len(long) // _HIDDEN)][:_HIDDEN]


def run(evaluation: Path, questions: Path | None, dataset: Path, folder: Path) -> Path:
    """Fingerprint the set, then the whole pipeline; returns the corpus."""
    from pipelines import cli

    hashes, corpus, recipe = folder / "hashes.parquet", folder / "corpus", folder / "recipe.yaml"
    asked = ["fingerprint", str(evaluation), "--out", str(hashes), "--json"]
    _quietly(cli.main, [*asked, *(["--texts", str(questions)] if questions else [])])
    recipe.write_text(
        f"""name: planted
sources:
  - labelled: {{dataset: {json.dumps(str(dataset / "card.yaml"))}, root: {json.dumps(str(dataset))}}}
caption: [caption]
select:
  exact_duplicates: keep
  keep_out: [{{path: {json.dumps(str(hashes))}, name: {SET}}}]
run: {{documents_per_partition: 200}}
""",
        encoding="utf-8",
    )
    _quietly(cli.main, ["run", str(recipe), "--out", str(corpus), "--json"])
    return corpus


def _quietly(main, command: list[str]) -> None:
    """A command whose answer nobody reads; its errors are ours."""
    from contextlib import redirect_stdout

    with redirect_stdout(io.StringIO()):
        code = main(command)
    if code:
        raise SystemExit(f"fabrica {command[0]} ended with {code}")


def judged(corpus: Path, planted: Sequence[Planted], hidden: Sequence[str]) -> Outcome:
    """The leaks of a corpus against what was planted."""
    import duckdb

    connection = duckdb.connect()
    manifest = corpus / "manifest" / "part-*.parquet"
    names = dict(
        connection.execute(
            """SELECT regexp_extract(sample_id, '[^/]+$'), sample_id FROM read_parquet(?)
            WHERE len(images) > 0""",
            [str(manifest)],
        ).fetchall()
    )
    leaks = connection.execute(
        "SELECT sample_id, item, kind, distance, how FROM read_parquet(?) WHERE direct",
        [str(corpus / "selection" / "leaks.parquet")],
    ).fetchall()
    dropped = {
        sample
        for (sample,) in connection.execute(
            """SELECT sample_id FROM read_parquet(?)
            WHERE len(list_filter(drops, lambda d: d.reason = 'keep_out')) > 0""",
            [str(manifest)],
        ).fetchall()
    }
    by_picture = {row[0]: row for row in leaks if row[2] == "picture"}
    by_text = {row[0] for row in leaks if row[2] == "text"}
    counts = {change: [0, 0] for change in CHANGES}
    wrong, own = 0, set()
    for one in planted:
        sample = names[Path(one.name).stem]
        own.add(sample)
        found = sample in by_picture and sample in dropped
        counts[one.change][0] += found
        counts[one.change][1] += 1
        wrong += found and by_picture[sample][1].rpartition("/")[2] != one.item
    questioned = {names[Path(name).stem] for name in hidden}
    pairs = sorted(row for row in leaks if row[0] not in own and row[2] == "picture")
    pairs += sorted(row for row in leaks if row[0] not in questioned and row[2] == "text")
    return Outcome(
        {change: (n, of) for change, (n, of) in counts.items() if of},
        (len(questioned & by_text & dropped), len(questioned)),
        wrong,
        len(names) - len(own),
        pairs,
    )


def _others(data: Path) -> list[tuple[Path, str]]:
    """Real pictures of other collections, with a caption each."""
    found = []
    described = _medpix_captions(data)
    for folder, caption in _OTHERS:
        paths = [p for p in sorted((data / "labelled" / folder).glob("*")) if _is_picture(p)]
        found += [(p, described.get(p.stem) or caption) for p in paths[:_MOST_OF_A_KIND]]
    for folder in _FIGURES:
        paths = [p for p in sorted((data / folder).rglob("*")) if _is_picture(p)]
        found += [(p, "A figure of an article.") for p in paths]
    return found


def _medpix_captions(data: Path) -> dict[str, str]:
    path = data / "labelled" / "medpix2" / "Descriptions.json"
    if not path.is_file():
        return {}
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {entry["image"]: entry["Description"].get("Caption") or "" for entry in entries}


def _is_picture(path: Path) -> bool:
    endings = (".jpg", ".jpeg", ".png", ".tif", ".gif")
    return path.suffix.lower() in endings and path.stat().st_size > 200


def main() -> int:
    """Run the benchmark; 1 where a planted picture was not found."""
    options = arguments(__doc__.splitlines()[0]).parse_args()
    evaluation = options.data / "labelled" / "vqa_rad" / "images"
    questions = options.data / "labelled" / "vqa_rad" / "VQA_RAD_Dataset_Public.json"
    if not evaluation.is_dir():
        print(f"no VQA-RAD at {evaluation} (see --data)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="fabrica-keep-out-") as name:
        folder = Path(name)
        planted, hidden = build(evaluation, questions, _others(options.data), folder / "dataset")
        corpus = run(evaluation, questions, folder / "dataset", folder)
        outcome = judged(corpus, planted, hidden)
    found, of = (sum(pair[i] for pair in outcome.planted.values()) for i in (0, 1))
    if options.json:
        print(json.dumps({"found": found, "planted": of, **vars(outcome)}))
    else:
        _show(outcome, found, of)
    return 0 if found == of else 1


def _show(outcome: Outcome, found: int, of: int) -> None:
    print(f"{'change (all recompressed, JPEG 40-90)':40} planted  found")
    for change, (n, planted) in outcome.planted.items():
        print(f"{change:40} {planted:7,}  {n:5,}")
    print(f"{'all':40} {of:7,}  {found:5,}   ({outcome.wrong_item} by another item of the set)")
    print(f"{'questions hidden in captions':40} {outcome.texts[1]:7,}  {outcome.texts[0]:5,}")
    print(f"{'other pictures':40} {outcome.others:7,}  {len(outcome.pairs):5,}   false or the same")
    for sample, item, kind, distance, how in outcome.pairs:
        print(f"  {sample} is near {item} ({kind}, {distance:g}{', ' + how if how else ''})")


if __name__ == "__main__":
    sys.exit(main())
