"""How near the CLIP scorer comes to the bare forward pass, and whether its numbers are the same.

    python -m benchmarks.clip [--model tiny,ViT-B-32] [--pictures 128] [--batch 32] [--rounds 3]
                              [--device auto] [--precision auto] [--threads N] [--json] [--data DIR]

A model is an architecture of open_clip, `tiny`, or what a recipe may name; the first two get random
weights. Pictures and captions are real ones below DIR. `bare_s` is the time in which the network
takes the same pictures and windows of texts as ready tensors; `decoded_s` that of the scorer on
decoded pictures, which is how the score stage hands them over; `files_s` with decoding JPEG and PNG
from memory. Each is the best of the rounds, which take turns. `efficiency` is bare_s / decoded_s,
`efficiency_files` bare_s / files_s, `cpu_efficiency` the first in CPU seconds, which other work on
the machine changes less. `difference` is the largest of any score or embedding from a plain loop of
open_clip, one picture and one text at a time; `kb_per_row` what each further row adds to memory.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.data import arguments
from filters.clip.loading import load
from filters.clip.model import Model
from filters.clip.scorer import ClipRow, ClipScorer
from filters.options import Clip

TINY = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
_FOLDERS = (
    "labelled/medpix2/images",
    "labelled/vqa_rad/images",
    "compound/conceptclip_pmc_figures/images",
    "labelled/bccd/JPEGImages",
)
_CAPTIONS = "concepts/roco/validation/radiology/captions.txt"
_COMPARED = 24


def read_pictures(data: Path, count: int) -> list[bytes]:
    """The files of `count` real pictures, of all folders by turns; some again where too few."""
    folders = [sorted(p for p in (data / f).glob("*.[jp][pn]g")) for f in _FOLDERS]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*folders))
    files = [path.read_bytes() for path in turns if path]
    if not files:
        raise SystemExit(f"no pictures below {data}")
    return list(itertools.islice(itertools.cycle(files), count))


def read_captions(data: Path, count: int) -> list[str]:
    """`count` real captions."""
    lines = (data / _CAPTIONS).read_text(encoding="utf-8").splitlines()
    captions = [line.partition("\t")[2].strip() or line for line in lines]
    return list(itertools.islice(itertools.cycle(captions), count))


def rows_of(files: Sequence[bytes], captions: Sequence[str], decoded: bool) -> list[ClipRow]:
    """Rows of one document each; `decoded`: with pictures that are decoded already."""
    rows = []
    for i, (file, caption) in enumerate(zip(files, captions, strict=True)):
        picture = opened(file)
        get = (lambda p=picture: p) if decoded else (lambda f=file: opened(f))
        rows.append(ClipRow(f"s{i}", f"d{i}", get, {"caption": [caption]}))
    return rows


def opened(file: bytes) -> Image.Image:
    """The decoded picture."""
    with Image.open(io.BytesIO(file)) as image:
        image.load()
        return image


@contextmanager
def model_named(name: str) -> Iterator[str]:
    """What a recipe would say for it: a folder with random weights for an architecture."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    config = TINY if name == "tiny" else open_clip.get_model_config(name)
    if config is None:
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        network = open_clip.CLIP(**config)
        save_file(
            {key: value.contiguous() for key, value in network.state_dict().items()},
            f"{folder}/open_clip_model.safetensors",
        )
        (Path(folder) / "open_clip_config.json").write_text(
            json.dumps({"model_cfg": config, "preprocess_cfg": {}})
        )
        yield f"local-dir:{folder}"


def bare_pass(model: Model, files: Sequence[bytes], captions: Sequence[str], batch: int) -> Any:
    """A function that runs the network on ready tensors of all pictures and windows of texts."""
    torch = model.torch
    windows = [w for text in dict.fromkeys(captions) for w in model.reader.windows(text)]
    buffers = []
    for at in range(0, len(files), batch):
        buffer = model.buffer(min(batch, len(files) - at))
        for place, file in enumerate(files[at : at + batch]):
            model.prepare(opened(file), buffer.numpy()[place])
        with torch.inference_mode():
            buffers.append(model.prepare.finish(buffer.to(model.device)).contiguous())
    tokens = [
        model.tokenize(windows[at : at + batch]).to(model.device)
        for at in range(0, len(windows), batch)
    ]
    lower = model.dtype != torch.float32
    kind = model.device.split(":")[0]

    def run() -> None:
        with torch.inference_mode(), torch.autocast(kind, model.dtype, enabled=lower):
            for pixels in buffers:
                last = model.network.encode_image(pixels)
            for some in tokens:
                last = model.network.encode_text(some)
            last.float().cpu()  # waits for a GPU

    return run


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of the CPU."""
    start, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - start, time.process_time() - cpu


def difference(place: str, scorer: ClipScorer, rows: Sequence[ClipRow]) -> float:
    """The largest difference of any embedding or similarity from a plain loop of open_clip."""
    import open_clip
    import torch

    network, _, transform = open_clip.create_model_and_transforms(place)
    tokenize = open_clip.get_tokenizer(place)
    network.eval()
    most = 0.0
    for row, result in zip(rows, scorer.score(rows), strict=True):
        assert row.picture is not None
        with torch.no_grad():
            pixels = transform(row.picture().convert("RGB"))[None]
            seen = network.encode_image(pixels, normalize=True)[0].numpy()
            read = network.encode_text(tokenize(row.texts["caption"]), normalize=True)[0].numpy()
        pairs = [(result.picture, seen), (result.text, read), (result.scores["clip"], seen @ read)]
        most = max(most, *(float(np.abs(np.subtract(a, b)).max()) for a, b in pairs))
    return most


def resident_kb() -> int:
    """What this process has in memory now, where /proc tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def kb_per_row(scorer: ClipScorer, rows: Sequence[ClipRow]) -> float:
    """Memory that 4000 rows take beyond what 1000 take, before any result is read."""
    most = []
    for count in (1000, 4000):
        many = (
            ClipRow(f"s{i}", f"d{i}", row.picture, {"caption": [f"{i} {row.texts['caption'][0]}"]})
            for i, row in enumerate(itertools.islice(itertools.cycle(rows), count))
        )
        results = scorer.score(many)
        next(results)
        most.append(resident_kb())
        del results
    return (most[1] - most[0]) / 3000


def measure(name: str, options: argparse.Namespace) -> dict[str, object]:
    """All figures of one model."""
    files = read_pictures(options.data, options.pictures)
    captions = read_captions(options.data, options.pictures)
    with model_named(name) as place:
        chosen = {"device": options.device, "precision": options.precision, "batch": options.batch}
        scorer = ClipScorer(Clip(model=place, **chosen))
        model = load(place, options.device, options.precision)
        decoded, encoded = (rows_of(files, captions, ready) for ready in (True, False))
        runs: dict[str, Callable[[], object]] = {
            "bare": bare_pass(model, files, captions, options.batch),
            "decoded": lambda: list(scorer.score(decoded)),
            "files": lambda: list(scorer.score(encoded)),
        }
        for run in runs.values():
            run()
        times = [{key: timed(run) for key, run in runs.items()} for _ in range(options.rounds)]
        wall, cpu = ({key: min(t[key][i] for t in times) for key in runs} for i in (0, 1))
        first = ClipScorer(Clip(model=place, **chosen | {"device": "cpu"}, long_texts="first"))
        return {
            "model": name,
            "device": model.device,
            "precision": str(model.dtype).removeprefix("torch."),
            "pictures": len(files),
            "samples_per_s": len(files) / wall["decoded"],
            "bare_samples_per_s": len(files) / wall["bare"],
            **{f"{key}_s": value for key, value in wall.items()},
            "efficiency": wall["bare"] / wall["decoded"],
            "efficiency_files": wall["bare"] / wall["files"],
            "cpu_efficiency": cpu["bare"] / cpu["decoded"],
            "difference": difference(place, first, encoded[:_COMPARED]),
            **({"kb_per_row": kb_per_row(scorer, decoded)} if name == "tiny" else {}),
        }


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--model", default="tiny,ViT-B-32", help="names, parted by commas")
    parser.add_argument("--pictures", type=int, default=128)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int, default=0, help="of the network and of decoding")
    options = parser.parse_args()
    if options.threads:
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    results = [measure(name, options) for name in options.model.split(",")]
    if options.json:
        print(json.dumps(results))
        return
    for result in results:
        print(*(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
