"""Learns the kinds of pictures: `python -m training.modality --data DIR --packages DIR`.

Needs torch, matplotlib, pydicom and nibabel, which nothing else at run time does. Two steps:
figures of every kind are made from real open pictures (`modality_sources.tsv`) and imitations
(`modality_scans`, `modality_tissue`, `modality_drawn` and their like) and measured by
`extractors.modality.pixel_features`; then small nets are trained on the numbers, and their
temperature (Guo et al. 2017) is set on groups (patients, sources) that no net has seen.

Real pictures are many for radiography, CT, MR and blood films, a handful for ultrasound, nuclear,
fundus, tissue, fluorescence and photographs, and none for mammography, angiography, OCT, endoscopy,
dermoscopy, electron microscopy, gels, traces, charts, diagrams and renderings: those are imitated.
Sets for non-commercial use only (DermaMNIST, DRIVE, Kvasir-SEG, MedPix) are left out.

A convolutional net of 0.3 M weights on 64 x 64 pixels of the same figures got 0.55 of the leaves of
real pictures right where the features got 0.79 then, and did not help them; so there is none. With the
defaults measuring takes half an hour of one core, training two minutes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere

from extractors.modality.pixel_features import FEATURES, pixel_features
from extractors.modality.tree import KINDS
from training import (
    modality_charts,
    modality_diagrams,
    modality_drawn,
    modality_other,
    modality_scans,
    modality_tissue,
)
from training.modality_changes import changed, figure
from training.modality_real import real_pictures
from training.modality_scans import Rng

NAMES = [kind.name for kind in KINDS]
DRAWN: dict[str, Callable[[Rng], np.ndarray]] = {
    "radiography": modality_scans.radiography,
    "mammography": modality_scans.mammography,
    "ct": modality_scans.ct,
    "mri": modality_scans.mri,
    "ultrasound": modality_scans.ultrasound,
    "nuclear": modality_scans.nuclear,
    "angiography": modality_scans.angiography,
    "fundus": modality_tissue.fundus,
    "oct": modality_scans.oct_scan,
    "endoscopy": modality_tissue.endoscopy,
    "dermoscopy": modality_tissue.dermoscopy,
    "clinical_photo": modality_tissue.clinical_photo,
    "histopathology": modality_tissue.histopathology,
    "cytology": modality_tissue.cytology,
    "light_microscopy": modality_tissue.light_microscopy,
    "fluorescence_microscopy": modality_tissue.fluorescence_microscopy,
    "electron_microscopy": modality_tissue.electron_microscopy,
    "gel_blot": modality_drawn.gel_blot,
    "signal": modality_drawn.signal,
    "chart": modality_charts.chart,
    "diagram": modality_diagrams.diagram,
    "render_3d": modality_drawn.render_3d,
    "table_or_screen": modality_drawn.table_or_screen,
    "other": modality_other.other,
}
# Share of real pictures where there are some; the more there are, the larger.
REAL_SHARE = {"radiography": 0.6, "ct": 0.7, "mri": 0.6, "cytology": 0.6, "other": 0.45,
              "ultrasound": 0.3, "histopathology": 0.25, "fundus": 0.2}  # fmt: skip
_REAL_ELSE = 0.15
MORE = {"chart": 2.0, "diagram": 2.0, "table_or_screen": 1.5, "other": 1.5}  # most varied
_POOL = 130  # drawn pictures of a kind that figures are put together from
_FOLDS = 5
_BESIDE = 0.2  # share of figures of three and more pictures with one of another kind

# --- step 1: figures to numbers -----------------------------------------------------------------


def measure_all(
    data: Path, packages: Path, judged: set[str], out: Path, count: int, seed: int
) -> None:
    """`count` figures of every kind as `x` (N, FEATURES), `y` (N,) kinds and `group` (N,) in `out`."""
    cv2.setNumThreads(1)
    real: dict[str, dict[str, list[np.ndarray]]] = {name: {} for name in NAMES}
    for kind, group, pixels in real_pictures(data, packages, judged):
        real[kind].setdefault(group, []).append(pixels)
    start, rng = time.time(), np.random.default_rng(seed)
    pools = {name: [DRAWN[name](rng) for _ in range(_POOL)] for name in NAMES}
    rows, kinds, groups = [], [], []
    for index, name in enumerate(NAMES):
        for _ in range(round(count * MORE.get(name, 1))):
            group, parts = _parts(rng, name, pools[name], real[name])
            parts = [changed(rng, part, name) for part in parts]
            if len(parts) > 2 and rng.random() < _BESIDE:
                beside = str(rng.choice(("chart", "diagram", *NAMES)))
                parts[rng.integers(len(parts))] = pools[beside][rng.integers(_POOL)]
            rows.append(pixel_features(figure(rng, parts, name)))
            kinds.append(index)
            groups.append(group)
        pictures = sum(map(len, real[name].values()))
        print(
            f"{name}: {pictures} real in {len(real[name])} groups, {time.time() - start:.0f} s",
            flush=True,
        )
    np.savez(out, x=np.array(rows, np.float32), y=np.array(kinds), group=np.array(groups))


def _parts(
    rng: Rng, name: str, pool: list[np.ndarray], real: dict[str, list[np.ndarray]]
) -> tuple[str, list[np.ndarray]]:
    """The group and the pictures of one figure: one, or two to nine."""
    many = 1 if rng.random() < 0.6 else int(rng.choice((2, 2, 3, 4, 4, 6, 6, 9)))
    if real and rng.random() < REAL_SHARE.get(name, _REAL_ELSE):
        group = sorted(real)[rng.integers(len(real))]
        own = real[group]
        if len(own) < many and len(real) > 20:  # one picture a patient: others of the same fold
            fold = _fold(group)
            own = [p for g, ps in real.items() if _fold(g) == fold for p in ps]
        return group, [own[rng.integers(len(own))] for _ in range(many)]
    first = int(rng.integers(len(pool)))
    near = [(first + k * _FOLDS) % len(pool) for k in range(many)]
    return f"drawn/{name}/{first % _FOLDS}", [pool[k] for k in near]


def _fold(group: str) -> int:
    if group.startswith("drawn/"):
        return int(group.rsplit("/", 1)[-1])
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % _FOLDS


# --- step 2: the nets ---------------------------------------------------------------------------


class KindNet(nn.Module):
    """One hidden layer. In: (B, FEATURES), standardised. Out: (B, kinds) logits."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(FEATURES, hidden)
        self.last = nn.Linear(hidden, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        x = F.dropout(x, 0.2, self.training)
        return self.last(F.dropout(F.relu(self.first(x)), 0.4, self.training))


def train_net(x: Tensor, y: Tensor, steps: int, seed: int, hidden: int) -> KindNet:
    """One net, trained for so many batches with noise on the numbers and soft labels."""
    torch.manual_seed(seed)
    net = KindNet(hidden)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps)
    for _ in range(steps):
        chosen = torch.randint(len(x), (256,))
        noisy = x[chosen] + torch.randn(256, FEATURES) * 0.25
        loss = F.cross_entropy(net(noisy), y[chosen], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
    return net.eval()


def train(numbers: Path, out: Path, steps: int, seed: int, hidden: int, nets: int) -> None:
    """Nets for all folds but one each, a temperature on what each has not seen; one npz file."""
    torch.set_num_threads(1)
    stored = np.load(numbers)
    mean, spread = stored["x"].mean(0), stored["x"].std(0) + 1e-3
    x = torch.from_numpy(np.clip((stored["x"] - mean) / spread, -5, 5).astype(np.float32))
    y = torch.from_numpy(stored["y"])
    folds = np.array([_fold(g) for g in stored["group"]])
    trained, unseen, truth = [], [], []
    for k in range(nets):
        rest = torch.from_numpy(folds == k % _FOLDS)
        net = train_net(x[~rest], y[~rest], steps, seed + k, hidden)
        trained.append(net)
        with torch.no_grad():
            unseen.append(net(x[rest]))
        truth.append(y[rest])
        _say(k, unseen[-1], truth[-1], stored["group"][rest.numpy()])
    temperature = best_temperature(torch.cat(unseen), torch.cat(truth))
    print(f"temperature {temperature:.2f}")
    _save(out, trained, mean, spread, temperature)


def _say(k: int, logits: Tensor, y: Tensor, groups: np.ndarray) -> None:
    right = (logits.argmax(1) == y).numpy()
    real = np.array([not g.startswith("drawn/") for g in groups])
    print(
        f"net {k}: unseen groups {right.mean():.3f}, of real pictures {right[real].mean():.3f}",
        flush=True,
    )


def best_temperature(logits: Tensor, y: Tensor) -> float:
    """What the logits are to be divided by so that the log loss is least."""
    tried = np.arange(0.6, 4.0, 0.05)
    return float(tried[np.argmin([float(F.cross_entropy(logits / t, y)) for t in tried])])


def _save(
    out: Path, nets: list[KindNet], mean: np.ndarray, spread: np.ndarray, temperature: float
) -> None:
    """Arrays that `extractors.modality.pixels` reads, half precision where that is enough."""

    def stacked(layer: str, part: str) -> np.ndarray:
        values = [getattr(getattr(n, layer), part).detach().numpy().T for n in nets]
        return np.stack(values).astype(np.float16)

    np.savez_compressed(
        out, kinds=np.array(NAMES), mean=mean.astype(np.float32), spread=spread.astype(np.float32),
        first=stacked("first", "weight"), first_bias=stacked("first", "bias"),
        last=stacked("last", "weight"), last_bias=stacked("last", "bias"),
        temperature=np.float32(temperature),
    )  # fmt: skip


def main() -> None:
    """Measure where that is not done, then train."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", required=True, help="folder with labelled/ (see the sources)")
    parser.add_argument("--packages", required=True, help="folder of unpacked packages by name")
    parser.add_argument("--judged", default="tests/extractors/modality/labels.tsv")
    parser.add_argument("--numbers", default="modality-training.npz")
    parser.add_argument("--out", default="extractors/modality/pixels.npz")
    parser.add_argument("--figures", type=int, default=800, help="of most kinds")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--nets", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2)
    chosen = parser.parse_args()
    numbers = Path(chosen.numbers)
    if not numbers.exists():
        with Path(chosen.judged).open(encoding="utf-8", newline="") as lines:
            judged = {row["id"] for row in csv.DictReader(lines, delimiter="\t")}
        measure_all(
            Path(chosen.data), Path(chosen.packages), judged, numbers, chosen.figures, chosen.seed
        )
    train(numbers, Path(chosen.out), chosen.steps, chosen.seed, chosen.hidden, chosen.nets)


if __name__ == "__main__":
    main()
