"""Learns the net that finds burnt-in text: `python -m training.burnt_in --lines FILE --out ONNX`.

Needs torch and onnx; `--read`, which writes FILE once, needs rapidocr-onnxruntime (the lines that
it reads in real pictures are learned from too). Crops are drawn while the net learns, and each is
seen about twice. `training.glyph_sheets.FONTS_ASIDE`, `burnt_in_crops.BITMAPS_ASIDE` and the half
of the pictures with an odd hash are kept for measuring.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere
from torch.utils.data import DataLoader, IterableDataset

from training.burnt_in_crops import Crops
from training.burnt_in_grounds import read_lines

_READ = ("labelled/vqa_rad/images", "labelled/medpix2/images", "labelled/kvasir_seg/images",
         "labelled/cxr_images", "labelled/drive/images", "formats/unimed_clip",
         "compound/conceptclip_pmc_figures/images", "compound/medicat_sample/figures",
         "compound/exsclaim_expected/images", "jats/jats_with_images")  # fmt: skip
_BATCH = 16
_KEPT = 150  # batches that may be seen again
_RATE = 4e-3


def _conv(before: int, after: int, step: int = 1, side: int = 3, groups: int = 1,
          active: bool = True) -> nn.Sequential:  # fmt: skip
    parts: list[nn.Module] = [
        nn.Conv2d(before, after, side, step, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
    ]
    return nn.Sequential(*parts, nn.ReLU()) if active else nn.Sequential(*parts)


class _Block(nn.Module):
    """What is here, and what a depthwise and a pointwise convolution add."""

    def __init__(self, width: int, side: int = 3) -> None:
        super().__init__()
        self.deep = _conv(width, width, 1, side, width, False)
        self.across = _conv(width, width, 1, 1, 1, False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.across(self.deep(x)))


class TextNet(nn.Module):
    """A small U-Net. In: (B, 3, H, W) RGB of -0.5 to 0.5. Out: (B, 2, H/4, W/4) logits."""

    def __init__(self, widths: tuple[int, int, int, int] = (8, 16, 32, 48)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.half = _conv(3, a, 2)
        self.fourth = nn.Sequential(_conv(a, b, 2), _Block(b))
        self.eighth = nn.Sequential(_conv(b, b, 2, 3, b, False), _conv(b, c, 1, 1), _Block(c, 5),
                                    _Block(c, 5))  # fmt: skip
        self.last = nn.Sequential(_conv(c, c, 2, 3, c, False), _conv(c, d, 1, 1), _Block(d, 5),
                                  _Block(d, 5))  # fmt: skip
        self.up_eighth, self.to_eighth = _conv(d, c, 1, 1, 1, False), _Block(c, 5)
        self.up_fourth, self.to_fourth = _conv(c, b, 1, 1, 1, False), _Block(b)
        self.head = nn.Conv2d(b, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        fourth = self.fourth(self.half(x))
        eighth = self.eighth(fourth)
        y = F.interpolate(self.up_eighth(self.last(eighth)), scale_factor=2)
        y = self.to_eighth(F.relu(eighth + y))
        y = F.interpolate(self.up_fourth(y), scale_factor=2)
        return self.head(self.to_fourth(F.relu(fourth + y)))


def loss_of(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy, the hardest of the ground weighing most, and the Dice loss of both maps."""
    text, words, weight = truth[:, 0], truth[:, 1], truth[:, 2]
    first = F.binary_cross_entropy_with_logits(logits[:, 0], text, reduction="none")
    second = F.binary_cross_entropy_with_logits(logits[:, 1], words, reduction="none")
    here = (text > 0.3).float()
    weight_of = here * 2 + (1 - here) * ((first.detach() > 0.1).float() * 2 + 0.5)
    odds, dice = torch.sigmoid(logits), torch.zeros(())
    for n, goal in enumerate((text, words)):
        both = (odds[:, n] * goal * weight).sum()
        dice = dice + 1 - (2 * both + 1) / (((odds[:, n] + goal) * weight).sum() + 1)
    return ((first + second) * weight * weight_of).mean() * 3 + dice * 0.5


class _Stream(IterableDataset):
    """Crops without end."""

    def __init__(self, data: Path, lines: Path, seed: int) -> None:
        self.data, self.lines, self.seed = data, lines, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(1)
        crops = Crops(self.data, read_lines(self.lines), self.seed)
        while True:
            pixels, truth = crops.draw()
            planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
            yield torch.from_numpy(planes), torch.from_numpy(truth)


def batches(data: Path, lines: Path, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """New batches, each second one of those seen lately."""
    rng = random.Random(seed)
    kept: list[tuple[Tensor, Tensor]] = []
    stream = _Stream(data, lines, seed)
    for batch in DataLoader(stream, batch_size=_BATCH, num_workers=1, prefetch_factor=6):
        kept = [*kept[-_KEPT:], tuple(batch)]
        yield kept[-1]
        yield rng.choice(kept)


def learn(data: Path, lines: Path, steps: int, seed: int, start: Path | None) -> TextNet:
    """A net after so many steps."""
    torch.manual_seed(seed)
    net = TextNet()
    if start:
        net.load_state_dict(torch.load(start, weights_only=True))
    net = net.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=1e-3)
    begun, mean = time.monotonic(), 0.0
    for step, (pixels, truth) in enumerate(batches(data, lines, seed)):
        if step == steps:
            break
        share = 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.005
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1, (step + 1) / 100) * share
        seen = (pixels.float() / 255 - 0.5).to(memory_format=torch.channels_last)
        loss = loss_of(net(seen), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        mean = 0.98 * mean + 0.02 * float(loss.detach()) if step else float(loss.detach())
        if step % 100 == 0:
            print(f"{step} {mean:.4f} {time.monotonic() - begun:.0f} s", flush=True)
    return net.eval()


def write(net: TextNet, path: Path) -> None:
    """The net with its sigmoid as ONNX, for pictures of any size."""
    whole = nn.Sequential(net, nn.Sigmoid())
    axes = {"pixels": {2: "height", 3: "width"}, "maps": {2: "rows", 3: "columns"}}
    torch.onnx.export(whole, (torch.zeros(1, 3, 256, 256),), str(path), input_names=["pixels"],
                      output_names=["maps"], dynamic_axes=axes, opset_version=17, dynamo=False)  # fmt: skip


def read(data: Path, path: Path) -> None:
    """Write the lines that RapidOCR reads in real pictures, one JSON object a picture."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
    with path.open("w", encoding="utf-8") as file:
        for folder in _READ:
            for picture in sorted((data / folder).rglob("*")):
                if picture.suffix not in (".jpg", ".png", ".tif"):
                    continue
                image = Image.open(picture).convert("RGB")
                if max(image.size) > 2600:
                    continue
                rows, _ = engine(np.asarray(image)[:, :, ::-1], text_score=0.0)
                found = [[np.asarray(at).tolist(), text, float(s)] for at, text, s in rows or []]
                name = picture.relative_to(data).as_posix()
                file.write(json.dumps({"id": name, "size": image.size, "rows": found}) + "\n")


def main() -> None:
    """Read, or learn and write the net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--lines", type=Path, required=True, help="what --read writes")
    parser.add_argument("--read", action="store_true", help="write --lines and stop")
    parser.add_argument("--out", type=Path, help="the ONNX file; weights are kept beside it")
    parser.add_argument("--start", type=Path, help="weights (.pt) to begin with")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.read:
        read(options.data, options.lines)
        return
    net = learn(options.data, options.lines, options.steps, options.seed, options.start)
    torch.save(net.state_dict(), options.out.with_suffix(".pt"))
    write(net, options.out)


if __name__ == "__main__":
    main()
