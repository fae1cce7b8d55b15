"""Learns the panel net on rendered figures: `python -m training.panels --layouts CSV --out ONNX`.

Needs torch and onnx, which nothing else here does. Two steps: figures are rendered once to grids
(`extractors.figures.grid`) and boxes in a folder, then the net is trained on them. Each cell of
the net's 64 x 64 output says whether it lies in a panel, how good its own guess of that panel's
box is, and the distances to the four sides (as in FCOS, Tian et al. 2019).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere

from extractors.figures.grid import CELLS, CHANNELS, grid_features
from extractors.rendered.figure import render_figure
from extractors.rendered.layouts import Layout, invented_layout, read_layouts
from extractors.rendered.pictures import Pictures

OUT_CELLS = 64
MOST_PANELS = 32
HINTS = 2  # letters the caption names (as a share of 12), and "it names none"


class PanelNet(nn.Module):
    """A small U-Net. In: (B, CHANNELS + HINTS, 128, 128) of 0 to 1. Out: (B, 5, 64, 64) and (B,)."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96, 128)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.e1 = nn.Sequential(_conv(CHANNELS + HINTS, a, 2), _conv(a, a))
        self.e2 = nn.Sequential(_conv(a, b, 2), _conv(b, b))
        self.e3 = nn.Sequential(_conv(b, c, 2), _conv(c, c), _conv(c, c))
        self.e4 = nn.Sequential(_conv(c, d, 2), _conv(d, d), _conv(d, d))
        self.all = nn.Linear(d, d)
        self.d3 = nn.Sequential(_conv(d + c, c, 1, 1), _conv(c, c))
        self.d2 = nn.Sequential(_conv(c + b, b, 1, 1), _conv(b, b))
        self.d1 = nn.Sequential(_conv(b + a, a, 1, 1), _conv(a, 32))
        self.head = nn.Conv2d(32, 5, 1)
        self.compound = nn.Sequential(nn.Linear(d + HINTS, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        f1 = self.e1(x)
        f2 = self.e2(f1)
        f3 = self.e3(f2)
        f4 = self.e4(f3)
        pooled = f4.mean(dim=(2, 3))
        f4 = f4 + self.all(pooled)[:, :, None, None]
        y = self.d3(torch.cat((_up(f4), f3), 1))
        y = self.d2(torch.cat((_up(y), f2), 1))
        y = self.d1(torch.cat((_up(y), f1), 1))
        hints = x[:, CHANNELS:, 0, 0]
        compound = self.compound(torch.cat((pooled, hints), 1))[:, 0]
        out = self.head(y).float()
        return torch.cat((out[:, :1], F.softplus(out[:, 1:] - 2)), 1), compound.float()


def _conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def is_aside(name: str) -> bool:
    """The fifth of the layouts that is never trained on."""
    digest = hashlib.sha256(name.rsplit("/", 1)[-1].encode()).hexdigest()
    return int(digest, 16) % 5 == 0


# --- step 1: figures to grids -------------------------------------------------------------------


def render_all(layouts: list[Layout], pictures: str, folder: Path, count: int, seed: int) -> None:
    """`count` figures as `grids.npy` and `boxes.npy` (x0, y0, x1, y1 of 0 to 1, -1 for none)."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (count, CHANNELS, CELLS, CELLS)
    grids = np.lib.format.open_memmap(folder / "grids.npy", "w+", np.uint8, shape)
    boxes = np.full((count, MOST_PANELS, 4), -1, np.float32)
    letters = np.zeros(count, np.int16)
    rng = random.Random(seed)
    singles = [x for x in layouts if len(x.slots) == 1]
    several = [x for x in layouts if 1 < len(x.slots) <= MOST_PANELS]
    jobs = []
    for i in range(count):
        u = rng.random()
        if u < 0.22:
            jobs.append((rng.choice(singles), rng.getrandbits(30)))
        elif u < 0.38:
            jobs.append((invented_layout(rng, f"invented-{i}"), rng.getrandbits(30)))
        else:
            jobs.append((rng.choice(several), rng.getrandbits(30)))
    start = time.time()
    with ProcessPoolExecutor(2) as pool:
        work = partial(_grid, pictures)
        for i, (grid, found, lettered) in enumerate(pool.map(work, jobs, chunksize=32)):
            grids[i], boxes[i, : len(found)], letters[i] = grid, found, lettered
            if i % 1000 == 0:
                print(f"{i:,} figures, {time.time() - start:.0f} s", flush=True)
    grids.flush()
    np.save(folder / "boxes.npy", boxes)
    np.save(folder / "letters.npy", letters)


_pool: dict[str, Pictures] = {}


def _grid(pictures: str, job: tuple[Layout, int]) -> tuple[np.ndarray, np.ndarray, int]:
    if pictures not in _pool:
        _pool[pictures] = Pictures(pictures)
    layout, seed = job
    figure = render_figure(layout, _pool[pictures], seed)
    size = np.array([*figure.picture.size, *figure.picture.size], np.float32)
    boxes = np.array([p.box for p in figure.panels[:MOST_PANELS]], np.float32) / size
    lettered = sum(bool(p.label) for p in figure.panels)
    return grid_features(np.asarray(figure.picture)), np.clip(boxes, 0, 1), lettered


# --- step 2: the net ----------------------------------------------------------------------------


def batch_of(
    grids: np.ndarray, boxes: np.ndarray, letters: np.ndarray, rng: np.random.Generator | None
) -> tuple[Tensor, Tensor]:
    """Inputs (B, C, 128, 128) and boxes (B, MOST_PANELS, 4); with `rng`, changed at random."""
    x = torch.from_numpy(grids).float() / 255
    y = torch.from_numpy(boxes)
    n = len(grids)
    hints = torch.zeros(n, HINTS, 1, 1)
    for i in range(n):
        known = rng is None or rng.random() < 0.5
        if known and letters[i] >= 2:
            said = letters[i] + (rng.choice((-2, -1, 1, 2)) if rng and rng.random() < 0.06 else 0)
            hints[i, 0] = max(2, min(12, said)) / 12
        elif known and letters[i] == 0:
            hints[i, 1] = 1.0
    if rng is not None:
        x, y = _changed(x, y, rng)
    return torch.cat((x, hints.expand(-1, -1, CELLS, CELLS)), 1), y


def _changed(x: Tensor, y: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mirrored, turned over, other colours: one choice for the whole batch."""
    there = y[..., :1] >= 0
    if rng.random() < 0.4:
        x = x.flip(3)
        y = torch.where(
            there, torch.stack((1 - y[..., 2], y[..., 1], 1 - y[..., 0], y[..., 3]), -1), y
        )
    if rng.random() < 0.3:
        x = x.flip(2)
        y = torch.where(
            there, torch.stack((y[..., 0], 1 - y[..., 3], y[..., 2], 1 - y[..., 1]), -1), y
        )
    if rng.random() < 0.3:
        x = x.transpose(2, 3)[:, [0, 1, 2, 3, 4, 6, 5]]
        y = y[..., [1, 0, 3, 2]]
    if rng.random() < 0.3:
        x = x[:, [*rng.permutation(3), 3, 4, 5, 6]]
    if rng.random() < 0.12:
        x = torch.cat((1 - x[:, :3], 1 - x[:, 4:5], 1 - x[:, 3:4], x[:, 5:]), 1)
    if rng.random() < 0.3:
        x = (x * float(rng.uniform(0.8, 1.15))).clamp(0, 1)
    return x, y


def targets(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Which box each cell belongs to, (B, 64, 64, 4), and whether it does; the smallest wins."""
    n = len(boxes)
    centre = (torch.arange(OUT_CELLS) + 0.5) / OUT_CELLS
    cy, cx = torch.meshgrid(centre, centre, indexing="ij")
    x0, y0, x1, y1 = (boxes[..., k][:, :, None, None] for k in range(4))
    inside = (cx >= x0) & (cx < x1) & (cy >= y0) & (cy < y1)
    area = ((x1 - x0) * (y1 - y0)).expand_as(inside).clone()
    area[~inside] = 9.0
    best, owner = area.min(dim=1)
    chosen = torch.gather(boxes, 1, owner.reshape(n, -1)[..., None].expand(-1, -1, 4))
    return chosen.reshape(n, OUT_CELLS, OUT_CELLS, 4), best < 9.0


def loss_of(out: Tensor, compound: Tensor, boxes: Tensor) -> tuple[Tensor, float]:
    """Box loss (GIoU) on cells in panels, quality (IoU) everywhere, compound or not."""
    wanted, inside = targets(boxes)
    quality, sides = out[:, 0], out[:, 1:]
    centre = (torch.arange(OUT_CELLS) + 0.5) / OUT_CELLS
    cy, cx = torch.meshgrid(centre, centre, indexing="ij")
    got = torch.stack((cx - sides[:, 0], cy - sides[:, 1], cx + sides[:, 2], cy + sides[:, 3]), -1)
    # Each panel counts alike, however many cells it has.
    area = ((wanted[..., 2] - wanted[..., 0]) * (wanted[..., 3] - wanted[..., 1])).clamp(min=1e-4)
    weight = inside / area.sqrt()
    iou, giou = _overlap(got, wanted)
    box_loss = ((1 - giou) * weight).sum() / weight.sum()
    goal = torch.where(inside, iou.detach().clamp(0, 1), torch.zeros_like(iou))
    weight = torch.where(inside, weight, torch.ones_like(weight))
    focal = (goal - quality.sigmoid()).abs().detach() ** 1.5
    entropy = F.binary_cross_entropy_with_logits(quality, goal, reduction="none")
    quality_loss = (entropy * focal * weight).sum() / weight.sum()
    is_compound = ((boxes[..., 0] >= 0).sum(1) > 1).float()
    compound_loss = F.binary_cross_entropy_with_logits(compound, is_compound)
    mean_iou = float((iou.detach() * inside).sum() / inside.sum())
    return 2 * box_loss + 4 * quality_loss + 0.3 * compound_loss, mean_iou


def _overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(c[..., 2:] - c[..., :2]).clamp(min=0).prod(-1) for c in (a, b)]
    union = areas[0] + areas[1] - shared
    low, high = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    hull = (high - low).prod(-1).clamp(min=1e-6)
    iou = shared / union.clamp(min=1e-6)
    return iou, iou - (hull - union) / hull


def train(folder: Path, out: Path, steps: int, seed: int, batch: int = 32) -> None:
    """Train for so many batches (one cycle of the learning rate) and write the ONNX file."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    grids = np.load(folder / "grids.npy")
    boxes, letters = np.load(folder / "boxes.npy"), np.load(folder / "letters.npy")
    net = PanelNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=_slowly, use_buffers=True)
    start, losses, ious = time.time(), [], []
    for step in range(steps):
        spent = step / steps
        warm = min(1.0, (step + 1) / 200)
        optimiser.param_groups[0]["lr"] = 2e-3 * warm * (0.5 * (1 + np.cos(np.pi * spent)) + 0.01)
        chosen = np.sort(rng.choice(len(grids), batch, replace=False))
        x, y = batch_of(grids[chosen], boxes[chosen], letters[chosen], rng)
        with torch.autocast("cpu", torch.bfloat16):
            result, compound = net(x.contiguous(memory_format=torch.channels_last))
        loss, iou = loss_of(result, compound, y)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(net)
        losses.append(float(loss.detach()))
        ious.append(iou)
        if step % 100 == 99:
            print(f"step {step + 1:,}  {time.time() - start:.0f} s  loss {np.mean(losses[-100:]):.4f}  "
                  f"iou {np.mean(ious[-100:]):.4f}", flush=True)  # fmt: skip
        if step % 1000 == 999:
            export(average.module, out)
    export(average.module, out)


def _slowly(average: Tensor, new: Tensor, step: Tensor) -> Tensor:
    """A moving average that forgets its beginnings."""
    keep = min(0.998, (1 + float(step)) / (10 + float(step)))
    return average * keep + new * (1 - keep) if average.is_floating_point() else new


def export(net: nn.Module, out: Path) -> None:
    """The net as ONNX: input `grid`, outputs `cells` (quality as 0 to 1) and `compound`."""

    class Ready(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, grid: Tensor) -> tuple[Tensor, Tensor]:
            cells, compound = self.net(grid)
            return torch.cat((cells[:, :1].sigmoid(), cells[:, 1:]), 1), compound.sigmoid()

    was = net.training
    net.eval()
    sample = torch.zeros(1, CHANNELS + HINTS, CELLS, CELLS)
    torch.onnx.export(
        Ready(), (sample,), str(out), input_names=["grid"], output_names=["cells", "compound"],
        opset_version=17, dynamo=False,
    )  # fmt: skip
    net.train(was)


def main() -> None:
    """Render where that is not done, then train."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--layouts", required=True, help="CSV or JSON of real layouts")
    parser.add_argument("--pictures", default="", help="folder of pictures to fill panels with")
    parser.add_argument("--work", default="panel-training", help="folder for rendered grids")
    parser.add_argument("--out", default="extractors/figures/panels.onnx")
    parser.add_argument("--figures", type=int, default=24_000)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    csv.field_size_limit(10**6)
    layouts = [x for x in read_layouts(chosen.layouts) if not is_aside(x.name) and x.slots]
    work = Path(chosen.work)
    if not (work / "letters.npy").exists():
        render_all(layouts, chosen.pictures, work, chosen.figures, chosen.seed)
    train(work, Path(chosen.out), chosen.steps, chosen.seed)


if __name__ == "__main__":
    main()
