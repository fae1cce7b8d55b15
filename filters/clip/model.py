"""A CLIP network on its device: batches of pictures and texts to unit vectors."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from filters.clip.pictures import Preparation
from filters.clip.texts import Reader

_SENTENCES_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Model:
    """A network on its device. Batches on a GPU are always filled up to `batch`, so that every row
    is computed by the same kernels."""

    torch: Any
    network: Any
    tokenize: Callable[[list[str]], Any]
    prepare: Preparation
    reader: Reader
    device: str
    dtype: Any
    scale: float

    @property
    def on_gpu(self) -> bool:
        return self.device != "cpu"

    def buffer(self, rows: int) -> Any:
        """Room for the prepared pictures of a batch, pinned where a GPU will fetch it."""
        kind = self.torch.uint8 if self.prepare.dtype == np.uint8 else self.torch.float32
        shape = (rows, *self.prepare.shape)
        return self.torch.zeros(shape, dtype=kind, pin_memory=self.on_gpu)

    def encode_pictures(self, buffer: Any) -> Any:
        """Unit vectors, (B, width) float32, of prepared pictures (B, ...); may not be done yet."""
        with self._running():
            pixels = self.prepare.finish(buffer.to(self.device, non_blocking=True))
            return self.unit(self.network.encode_image(pixels))

    def encode_texts(self, texts: Sequence[str], batch: int = 0) -> Any:
        """Unit vectors, (B, width) float32, of texts that are cut where the context ends."""
        filled = [*texts, *[""] * (batch - len(texts))] if self.on_gpu else list(texts)
        tokens = self.tokenize(filled)
        with self._running():
            if self.on_gpu:
                tokens = tokens.pin_memory().to(self.device, non_blocking=True)
            return self.unit(self.network.encode_text(tokens))[: len(texts)]

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        lower = self.dtype != self.torch.float32
        kind = self.device.split(":")[0]
        with self.torch.inference_mode(), self.torch.autocast(kind, self.dtype, enabled=lower):
            yield

    def unit(self, vectors: Any) -> Any:
        """Vectors (N, width) of length 1, in fp32."""
        return self.torch.nn.functional.normalize(vectors.float(), dim=-1)


def picture_vector(model: Model, image: Image.Image) -> np.ndarray:
    """The unit vector, (width,) float32, of one picture."""
    buffer = model.buffer(1)
    model.prepare(image, buffer.numpy()[0])
    vector: np.ndarray = model.encode_pictures(buffer)[0].cpu().numpy()
    return vector


@functools.lru_cache(maxsize=4)
def class_vectors(model: Model, sentences: tuple[tuple[str, ...], ...]) -> np.ndarray:
    """A unit vector for each class: the mean of those of its sentences (Radford et al. 2021)."""
    n, means = _SENTENCES_AT_ONCE, []
    for own in sentences:
        parts = [own[at : at + n] for at in range(0, len(own), n)]
        means.append(model.torch.cat([model.encode_texts(part, n) for part in parts]).mean(0))
    if not means:
        return np.zeros((0, 0), np.float32)
    vectors: np.ndarray = model.unit(model.torch.stack(means)).cpu().numpy()
    return vectors
