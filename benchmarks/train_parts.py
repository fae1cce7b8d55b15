"""Where the time of a training step goes, by clocks around the functions that `trainer` is made of.

A clock inside another stops it, so that the parts add up. With a GPU each clock waits for it, which
takes away what would have run side by side.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch

from benchmarks.train_timing import Watched
from trainer import batches, training
from trainer.draws import draws
from trainer.network import Normalize
from trainer.pictures import square


class Clocks:
    """Seconds by part in the training thread, and CPU seconds in the threads that load."""

    def __init__(self, device: str) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.loading_cpu: defaultdict[str, float] = defaultdict(float)
        self._device = device
        self._inner: list[float] = []

    def start(self) -> None:
        """Count from here."""
        self.seconds.clear()
        self.loading_cpu.clear()

    def clocked(self, part: str, function: Callable) -> Callable:
        """The same function, whose time is counted as of `part`, without clocks inside it."""

        def run(*given: Any, **named: Any) -> Any:
            begun = self._now()
            self._inner.append(0.0)
            try:
                return function(*given, **named)
            finally:
                spent = self._now() - begun
                self.seconds[part] += spent - self._inner.pop()
                if self._inner:
                    self._inner[-1] += spent

        return run

    def loading(self, part: str, function: Callable) -> Callable:
        """The same function, whose CPU time in its thread is counted."""

        def run(*given: Any, **named: Any) -> Any:
            begun = time.thread_time()
            try:
                return function(*given, **named)
            finally:
                self.loading_cpu[part] += time.thread_time() - begun

        return run

    def loading_items(self, part: str, function: Callable) -> Callable:
        """The same of a function that gives an iterator: the time it takes for each item."""

        def run(*given: Any, **named: Any) -> Iterator[Any]:
            following = self.loading(part, function(*given, **named).__next__)
            with contextlib.suppress(StopIteration):
                while True:
                    yield following()

        return run

    def _now(self) -> float:
        if self._device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter()


@contextlib.contextmanager
def clocks_around_training(network: Any, clocks: Clocks) -> Iterator[None]:
    """Within, training runs with clocks around its parts."""
    optimizer_of = training._optimizer

    def optimizer(*given: Any) -> Any:
        made = optimizer_of(*given)
        for name in ("step", "zero_grad"):
            setattr(made, name, clocks.clocked("optimizer", getattr(made, name)))
        return made

    clip = torch.nn.utils.clip_grad_norm_
    with contextlib.ExitStack() as stack:
        for owner, name, part in (
            (training, "cropped", "crops"),
            (Normalize, "__call__", "crops"),
            (network, "encode_image", "pictures forward"),
            (network, "encode_text", "texts forward"),
            (training, "contrastive", "loss"),
            (training, "positives", "loss"),
            (training, "backward_in_parts", "backward"),
            (training._Work, "_log", "loss curve"),
        ):
            clocked = clocks.clocked(part, getattr(owner, name))
            stack.enter_context(mock.patch.object(owner, name, clocked))
        for owner, name, changed in (
            (training, "_optimizer", optimizer),
            (torch.nn.utils, "clip_grad_norm_", clocks.clocked("clipping gradients", clip)),
            (training, "draws", clocks.loading_items("reading and drawing", draws)),
            (batches, "square", clocks.loading("decoding pictures", square)),
            (batches, "_batch", clocks.loading("tokens and batches", batches._batch)),
        ):
            stack.enter_context(mock.patch.object(owner, name, changed))
        yield


class Clocked(Watched):
    """Watched batches whose waiting is a part as well; the clocks start when the steps count."""

    def __init__(self, made: Any, device: str, clocks: Clocks) -> None:
        super().__init__(made, device)
        self._clocks = clocks
        self._following = clocks.clocked("waiting for batches", super().__next__)

    def __next__(self) -> Any:
        if self.steps == 1:
            self._clocks.start()
        return self._following()
