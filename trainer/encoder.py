"""A learner as evaluation sees it: pictures and texts to unit vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from trainer.network import Learner, Normalize, Running

_AT_ONCE = 256


class NetworkEncoder:
    """An `Encoder` of `trainer.evaluation.measured` on a device."""

    def __init__(self, learner: Learner, running: Running) -> None:
        self._learner, self._running = learner, running
        self._network = learner.network.to(running.device).eval()
        self._normalize = Normalize(learner.look, running.device)

    @property
    def scale(self) -> float:
        return float(self._network.logit_scale.detach().exp())

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        """(N, side, side, 3) uint8 to (N, width) float32 of length 1."""

        def vectors() -> Iterator[torch.Tensor]:
            for at in range(0, len(pixels), _AT_ONCE):
                part = torch.from_numpy(pixels[at : at + _AT_ONCE]).to(self._running.device)
                planes = self._normalize(part.permute(0, 3, 1, 2).float())
                yield self._network.encode_image(planes, normalize=True)

        return self._collected(vectors())

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """N texts to (N, width) float32 of length 1."""

        def vectors() -> Iterator[torch.Tensor]:
            for at in range(0, len(texts), _AT_ONCE):
                tokens = self._learner.tokenize(list(texts[at : at + _AT_ONCE]))
                yield self._network.encode_text(
                    torch.as_tensor(tokens).to(self._running.device), normalize=True
                )

        return self._collected(vectors())

    def _collected(self, vectors: Iterator[torch.Tensor]) -> np.ndarray:
        with torch.inference_mode(), self._running.autocast():
            found = [each.float().cpu().numpy() for each in vectors]
        return np.concatenate(found) if found else np.zeros((0, 0), np.float32)
