"""Pictures of an export: where they lie in the corpus' shards, or taken out into a folder.

A picture in a shard is `shards/train-000000.tar#KEY.jpg`: the tar and the member. In a folder it is
`train-000000/KEY.jpg`. Names are shard keys, which are safe everywhere.
"""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np
from PIL import Image as Pillow

from extractors.labelled.files import BadData
from extractors.labelled.regions.masks import mask_of
from pipelines.errors import UserError
from pipelines.sharding import read_range
from pipelines.storage import Store
from schemas.identifiers import shard_key, short_hash
from schemas.sample import Image, Region, Sample

_NOISE = 96.0  # standard deviation, of 255
_QUALITY = 95


def members(sample: Sample) -> list[str]:
    """The names of a row's pictures in its shard."""
    key, images = shard_key(sample.sample_id), sample.images
    if len(images) == 1:
        return [f"{key}.{images[0].format}"]
    return [f"{key}.{i}.{image.format}" for i, image in enumerate(images)]


def references(sample: Sample) -> list[str]:
    """Where a row's pictures lie in the corpus, as `tar#member`."""
    return [f"{i.path}#{name}" for i, name in zip(sample.images, members(sample), strict=True)]


class Pictures:
    """The pictures of a corpus, written to a folder as rows come by; a tar is opened once in a row.

    Each file appears whole or not at all.
    """

    def __init__(self, corpus: Store, folder: str) -> None:
        self._corpus, self._folder = corpus, Store(folder)
        self._open: tuple[str, BinaryIO] | None = None
        self._files = ExitStack()
        self.written = 0

    def __enter__(self) -> Pictures:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def names(self, sample: Sample) -> list[str]:
        """What a row's pictures are called below the folder."""
        return [
            f"{image.path.rpartition('/')[2].removesuffix('.tar')}/{name}"
            for image, name in zip(sample.images, members(sample), strict=True)
        ]

    def take(self, sample: Sample) -> None:
        """Write a row's pictures. Raises `UserError` where a shard is not as the manifest says."""
        for image, name in zip(sample.images, self.names(sample), strict=True):
            self._write(name, self._read(image))

    def take_noised(self, sample: Sample) -> list[str]:
        """Write the row's pictures with its regions under noise; their names, the plain picture's
        where nothing in it is outlined or it cannot be decoded."""
        names = []
        for place, (image, name) in enumerate(zip(sample.images, self.names(sample), strict=True)):
            regions = [region for region in sample.regions if region.image == place]
            seed = int(short_hash(f"{sample.sample_id}#image:{place}"), 16)
            data = noised(self._read(image), regions, image.format, seed) if regions else None
            if data is not None:
                stem, _, ending = name.rpartition(".")
                name = f"{stem}.noised.{ending}"
                self._write(name, data)
            names.append(name)
        return names

    def _read(self, image: Image) -> bytes:
        if self._open is None or self._open[0] != image.path:
            self._files.close()
            try:
                file = self._files.enter_context(self._corpus.opened(image.path))
            except FileNotFoundError:
                raise UserError(f"{self._corpus.address(image.path)}: no such shard") from None
            self._open = (image.path, file)
        try:
            return read_range(self._open[1], image)
        except ValueError as error:
            raise UserError(f"{self._corpus.address(image.path)}: {error}") from None

    def _write(self, name: str, data: bytes) -> None:
        self._folder.write(name, data)
        self.written += 1


def noised(data: bytes, regions: list[Region], form: str, seed: int) -> bytes | None:
    """The picture with Gaussian noise on its regions (masks, else boxes), as in MMedPO.

    The same `seed` gives the same noise. None where no region covers a pixel or the picture cannot
    be decoded.
    """
    try:
        with Pillow.open(io.BytesIO(data)) as opened:
            picture = opened if opened.mode in ("L", "RGB") else _eight_bits(opened)
            pixels = np.array(picture, dtype=np.float32)
    except (OSError, ValueError, Pillow.DecompressionBombError):
        return None
    covered = _covered(regions, (pixels.shape[1], pixels.shape[0]))
    if not covered.any():
        return None
    noise = np.random.default_rng(seed).normal(0.0, _NOISE, pixels.shape)
    pixels[covered] += noise[covered]
    out = io.BytesIO()
    result = Pillow.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    if form == "png":
        result.save(out, "PNG")
    else:
        result.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _eight_bits(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith("I"):
        values = np.array(picture, dtype=np.float64)
        return Pillow.fromarray(np.clip(values / 257, 0, 255).astype(np.uint8))
    return picture.convert("RGB")


def _covered(regions: list[Region], size: tuple[int, int]) -> np.ndarray:
    """Which pixels, (height, width), any of the regions covers; a broken mask counts as its box."""
    width, height = size
    covered = np.zeros((height, width), dtype=bool)
    for region in regions:
        if region.rle:
            try:
                covered |= mask_of(region.rle, size)
                continue
            except BadData:
                pass
        if len(region.box) == 4:
            x0, y0, x1, y1 = (max(0, round(value)) for value in region.box)
            covered[y0:y1, x0:x1] = True
    return covered
