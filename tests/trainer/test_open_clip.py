"""Our shards in open_clip's own training script, and our checkpoints in open_clip's loader."""

from __future__ import annotations

import io
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.trainer.corpora import colour_corpus, picture

open_clip = pytest.importorskip("open_clip")
torch = pytest.importorskip("torch")

from filters.clip.loading import load, parts  # noqa: E402
from filters.clip.scorer import ClipRow, ClipScorer  # noqa: E402
from filters.options import Clip  # noqa: E402
from trainer.checkpoint import export  # noqa: E402
from trainer.encoder import NetworkEncoder  # noqa: E402
from trainer.network import Learner, fresh, learner, running  # noqa: E402
from trainer.pictures import square  # noqa: E402
from trainer.rows import shard_urls  # noqa: E402
from trainer.settings import Settings  # noqa: E402
from trainer.training import Job, train  # noqa: E402

BATCH = 8
TEXTS = ["A red square, number 0.", "Chest radiograph: no pneumothorax.", "zwölf µm, H&E ×40"]


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus of colours."""
    return colour_corpus(tmp_path_factory.mktemp("colours"), {"train": 24})


def learn(corpus: Path, one: Learner, out: Path, **chosen: object) -> Path:
    """The checkpoint of a brief training."""
    settings = Settings.model_validate(
        {"samples": 2 * BATCH, "batch": BATCH, "device": "cpu", "threads": 1, **chosen}
    )
    train(Job(str(corpus), shard_urls(str(corpus), "train"), 24, 0, settings, "test"), one, out)
    return out / "checkpoint"


@pytest.fixture(scope="module", params=["fresh", "trained"])
def made(
    request: pytest.FixtureRequest, colours: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Learner]:
    """A checkpoint folder and the learner that it was made of."""
    out = tmp_path_factory.mktemp(request.param)
    one = fresh("tiny", 0)
    if request.param == "fresh":
        return export(one, one.network.state_dict(), out), one
    return learn(colours, one, out), one


def waves(width: int, height: int) -> Image.Image:
    """A picture without noise: nothing in it is finer than 16 pixels."""
    y, x = np.mgrid[:height, :width]
    planes = [np.sin(x / 11 + phase) * np.cos(y / 13 - phase) for phase in (0, 1, 2)]
    return Image.fromarray((127.5 + 120 * np.stack(planes, 2)).astype(np.uint8))


def encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


# --- our shards, their script -----------------------------------------------------------------


def test_their_script_learns_from_our_shards(labelled_corpus: Path, tmp_path: Path) -> None:
    """It starts from our checkpoint, ends well, and reads each row that has one picture."""
    pytest.importorskip("open_clip_train")
    one = fresh("tiny", 0)
    start = export(one, one.network.state_dict(), tmp_path)
    rows = pq.read_table(labelled_corpus / "manifest", columns=["kept", "split", "images"])
    pictures = [
        len(row["images"]) for row in rows.to_pylist() if row["kept"] and row["split"] == "train"
    ]
    assert max(pictures) > 1  # of several pictures none is called KEY.jpg or KEY.png
    shards = sorted(str(path) for path in (labelled_corpus / "shards").glob("train-*.tar"))
    named = {
        "model": f"local-dir:{start}",
        "dataset-type": "webdataset",
        "train-data": "::".join(shards),
        "train-num-samples": 4 * BATCH,
        "val-data": "::".join(shards),
        "batch-size": BATCH,
        "epochs": 1,
        "workers": 0,
        "device": "cpu",
        "precision": "fp32",
        "lr": 1e-3,
        "warmup": 1,
        "log-every-n-steps": 1,
        "logs": tmp_path,
        "name": "run",
    }
    given = [part for name, value in named.items() for part in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.train_open_clip", *given],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    log = (tmp_path / "run" / "out.log").read_text()
    losses = [float(loss) for loss in re.findall(r"Train Epoch.* Loss: (\S+) \(", log)]
    assert len(losses) == 4
    assert all(math.isfinite(loss) and 0 < loss < 20 for loss in losses)
    assert "WARNING" not in log  # they log what they cannot read, and go on
    read = json.loads((tmp_path / "run" / "checkpoints" / "results.jsonl").read_text())
    assert read["num_samples"] == pictures.count(1) < len(pictures)
    state = torch.load(tmp_path / "run" / "checkpoints" / "epoch_1.pt", weights_only=True)
    changed = state["state_dict"]["text_projection"] - one.network.text_projection.detach()
    assert 0 < float(changed.abs().max()) < 0.01  # four steps from where ours stood


# --- our checkpoints, their loader ------------------------------------------------------------


def test_their_loader_gives_the_same_vectors(made: tuple[Path, Learner]) -> None:
    folder, one = made
    ours = NetworkEncoder(one, running("cpu", "fp32"))
    network, _, transform = open_clip.create_model_and_transforms(
        f"local-dir:{folder}", require_pretrained=True
    )
    network.eval()
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(TEXTS)
    assert torch.equal(tokens, torch.as_tensor(one.tokenize(TEXTS)))
    names = [("red", 0), ("green", 1), ("blue", 2)]
    pixels = np.stack([square(picture(*name), one.look.side, one.look) for name in names])
    with torch.inference_mode():
        planes = torch.stack([transform(Image.fromarray(each)) for each in pixels])
        theirs = network.encode_image(planes, normalize=True).numpy()
        read = network.encode_text(tokens, normalize=True).numpy()
    assert np.abs(theirs - ours.pictures(pixels)).max() < 1e-5
    assert np.abs(read - ours.texts(TEXTS)).max() < 1e-5
    assert float(network.logit_scale.detach().exp()) == pytest.approx(ours.scale, rel=1e-6)
    assert np.abs(theirs[0] - theirs[1]).max() > 1e-3  # not all alike


# Pictures of up to three times the side come out the same. Of larger ones ours averages whole pixels
# first (Pillow's `reducing_gap`, JPEG's own smaller sizes), which is several times faster.
@pytest.mark.parametrize(
    ("size", "kind", "most", "mean"),
    [
        ((64, 64), "PNG", 0, 0),
        ((48, 30), "PNG", 0, 0),
        ((190, 180), "PNG", 0, 0),
        ((190, 180), "JPEG", 0, 0),
        ((640, 480), "PNG", 6, 0.4),
        ((640, 480), "JPEG", 6, 0.4),
        ((1600, 1200), "JPEG", 16, 4),
    ],
)
def test_their_transform_sees_what_we_see(
    made: tuple[Path, Learner], size: tuple[int, int], kind: str, most: int, mean: float
) -> None:
    folder, one = made
    _, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    data = encoded(waves(*size), kind)
    spread, middle = (np.array(v)[:, None, None] for v in (one.look.std, one.look.mean))
    theirs = 255 * (transform(Image.open(io.BytesIO(data))).numpy() * spread + middle)
    ours = square(data, one.look.side, one.look).transpose(2, 0, 1).astype(float)
    off = np.abs(theirs - ours)
    assert off.max() <= most + 0.01  # of 255
    assert off.mean() <= mean + 0.01
    assert ours.std() > 40


# --- our checkpoints in `score` ---------------------------------------------------------------


def test_score_takes_it_and_gives_the_same_similarity(made: tuple[Path, Learner]) -> None:
    folder, one = made
    side = one.look.side
    image = waves(side, side)
    ours = NetworkEncoder(one, running("cpu", "fp32"))
    pictures, texts = ours.pictures(np.array(image)[None]), ours.texts(TEXTS)
    scorer = ClipScorer(Clip(model=f"local-dir:{folder}"))
    rows = [ClipRow(str(i), str(i), lambda: image, {"caption": [t]}) for i, t in enumerate(TEXTS)]
    found = [result.scores["clip"] for result in scorer.score(rows)]
    assert found == pytest.approx((texts @ pictures[0]).tolist(), abs=1e-5)
    assert len(set(found)) == len(TEXTS)
    assert load(str(folder)).scale == pytest.approx(ours.scale, rel=1e-6)  # a bare folder as well


# --- further training from a checkpoint -------------------------------------------------------


def started(folder: Path) -> Learner:
    made = parts(f"local-dir:{folder}")
    return learner(made.network, made.tokenize, made.model_cfg, made.preprocess_cfg)


def test_a_checkpoint_learns_further(
    made: tuple[Path, Learner], colours: Path, tmp_path: Path
) -> None:
    folder, one = made
    again = started(folder)
    assert again.look == one.look
    before = {name: value.clone() for name, value in again.network.state_dict().items()}
    for name, value in one.network.state_dict().items():
        assert torch.equal(value, before[name])
    out = learn(colours, again, tmp_path, samples=BATCH)
    after = again.network.state_dict()
    for name in ("visual.conv1.weight", "text_projection", "visual.bn1.running_mean"):
        assert not torch.equal(before[name], after[name])
    assert json.loads((out / "open_clip_config.json").read_text())["model_cfg"] == one.model_cfg


@pytest.mark.parametrize("tower", ["image", "text"])
def test_a_frozen_tower_stays_bit_for_bit(tower: str, colours: Path, tmp_path: Path) -> None:
    """With its statistics of BatchNorm; the other learns, and open_clip loads what came of it."""
    one = fresh("tiny", 0)
    again = started(export(one, one.network.state_dict(), tmp_path / "start"))
    folder = learn(colours, again, tmp_path / "run", freeze=[tower])
    network = open_clip.create_model(f"local-dir:{folder}", require_pretrained=True).eval()
    before, after = one.network.state_dict(), network.state_dict()
    changed = {
        "image" if name.startswith("visual.") else "text"
        for name in before
        if not torch.equal(before[name], after[name])
        # how many batches a running mean is made of, which a frozen one does not count
        and not name.endswith("num_batches_tracked")
        and name != "logit_scale"
    }
    assert changed == {"image", "text"} - {tower}
    ours = NetworkEncoder(again, running("cpu", "fp32"))
    with torch.inference_mode():
        read = network.encode_text(torch.as_tensor(again.tokenize(TEXTS)), normalize=True).numpy()
        planes = torch.rand(2, 3, again.look.side, again.look.side)
        seen = network.encode_image(planes).numpy()
        assert np.abs(seen - again.network.encode_image(planes).numpy()).max() < 1e-5
    assert np.abs(read - ours.texts(TEXTS)).max() < 1e-5
