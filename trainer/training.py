"""One training run on a fixed budget; killed anywhere and begun again, it ends in the same weights."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from trainer.batches import Batch, KeptPictures, ahead, batches
from trainer.checkpoint import STATE, export, load_state, save_state
from trainer.draws import NothingToLearn, Place, draws
from trainer.loss import backward_in_parts, contrastive, positives
from trainer.network import Learner, Normalize, Running, freeze, limit_scale, running
from trainer.pictures import cropped
from trainer.results import Run
from trainer.rows import Faults, Wanted
from trainer.settings import Settings

__all__ = ["Job", "NothingToLearn", "train"]

RUN = "run.json"
_LOGS = 100  # entries of the loss curve


@dataclass(frozen=True)
class Job:
    """What is trained on what. `fingerprint` says which corpus and rows, so that a folder of other
    work is not gone on with; `wanted` tells which rows of the shards `urls` are learned from."""

    corpus: str
    urls: Sequence[str]
    rows: int
    seed: int
    settings: Settings
    fingerprint: str
    wanted: Wanted = lambda record: True


@dataclass
class _Progress:
    """How far a run is. `losses` are (samples, mean loss since the last)."""

    step: int = 0
    place: Place = field(default_factory=Place)
    seconds: float = 0.0
    waited: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)


Tell = Callable[[int, int, float], None]  # samples seen, of how many, loss


def train(job: Job, learner: Learner, folder: Path, tell: Tell = lambda *_: None) -> Run:
    """Train, or finish, or find finished; the folder then has `checkpoint/`, `run.json`,
    `losses.jsonl` and TensorBoard's files. The learner ends with the weights that were kept.

    Raises `NothingToLearn` where no row can be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    print_of_job = _fingerprint(job)
    if (done := finished(folder, print_of_job)) is not None:
        _restore_final(learner, folder)
        return done
    work = _Work(job, learner, print_of_job)
    work.restore(load_state(folder))
    faults = Faults()
    work.learn(folder, faults, tell)
    weights = work.average or learner.network.state_dict()
    export(learner, weights, folder)
    learner.network.load_state_dict(weights)
    run = work.result(str(folder), faults)
    (folder / RUN).write_bytes(msgspec.json.encode({"fingerprint": print_of_job, "run": run}))
    (folder / STATE).unlink(missing_ok=True)
    return run


def finished(folder: Path, fingerprint: str) -> Run | None:
    """The run of a folder, where it is done and of this work."""
    try:
        found = msgspec.json.decode((folder / RUN).read_bytes(), type=_Finished)
    except (OSError, msgspec.MsgspecError):
        return None
    moved = msgspec.structs.replace(found.run, folder=str(folder))
    return moved if found.fingerprint == fingerprint else None


class _Finished(msgspec.Struct):
    fingerprint: str
    run: Run


def _fingerprint(job: Job) -> str:
    chosen = job.settings.model_dump(exclude={"threads", "checkpoint_every", "keep_pictures_mb"})
    said = json.dumps([job.fingerprint, job.seed, chosen, torch.__version__], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _restore_final(learner: Learner, folder: Path) -> None:
    from safetensors.torch import load_file

    learner.network.load_state_dict(load_file(folder / "checkpoint/open_clip_model.safetensors"))


class _Work:
    """The network, its optimizer and how far they are."""

    def __init__(self, job: Job, learner: Learner, fingerprint: str) -> None:
        self.job, self.settings, self.learner = job, job.settings, learner
        self._fingerprint = fingerprint
        self._running: Running = running(self.settings.device, self.settings.precision)
        device = self._running.device
        if device != "cpu":
            torch.backends.cudnn.deterministic = True
        freeze(learner.network, self.settings.freeze)
        self.network = learner.network.to(device).train()
        self._normalize = Normalize(learner.look, device)
        self.optimizer = _optimizer(self.network, self.settings)
        lower = self._running.dtype == torch.float16
        self._scaler = torch.amp.GradScaler(device.split(":")[0], enabled=lower)
        self.average: dict[str, torch.Tensor] | None = None
        if self.settings.ema:
            self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.progress = _Progress()

    def restore(self, state: dict[str, Any] | None) -> None:
        """Go on from a state of this very work."""
        if state is None or state.get("fingerprint") != self._fingerprint:
            return
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])
        if self.average is not None:
            self.average = {k: v.to(self._running.device) for k, v in state["average"].items()}
        p = state["progress"]
        losses = [(int(n), float(loss)) for n, loss in p["losses"]]
        self.progress = _Progress(p["step"], Place(*p["place"]), p["seconds"], p["waited"], losses)

    def save(self, folder: Path) -> None:
        """Put down all that `restore` needs."""
        p = self.progress
        save_state(
            folder,
            {
                "fingerprint": self._fingerprint,
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scaler": self._scaler.state_dict(),
                "average": self.average or {},
                "progress": {
                    "step": p.step,
                    "place": list(p.place),
                    "seconds": p.seconds,
                    "waited": p.waited,
                    "losses": [list(entry) for entry in p.losses],
                },
            },
        )

    def learn(self, folder: Path, faults: Faults, tell: Tell) -> None:
        """All steps that are left."""
        settings, progress = self.settings, self.progress
        every = settings.checkpoint_every or max(1, settings.steps // 10)
        log_every = max(1, settings.steps // _LOGS)
        losses: list[torch.Tensor] = []
        with _tensorboard(folder, progress) as note, self._stream(faults) as stream:
            while progress.step < settings.steps:
                begun = time.perf_counter()
                parts = [next(stream) for _ in range(settings.accumulate)]
                progress.waited += time.perf_counter() - begun
                losses.append(self._step(parts))
                progress.step += 1
                progress.place = parts[-1].after
                last = progress.step == settings.steps
                if progress.step % log_every == 0 or last:
                    self._log(losses, note, tell)
                    losses = []
                progress.seconds += time.perf_counter() - begun
                # A state is only saved where the log is whole, so that it is the same after a kill.
                if progress.step % every == 0 and not last and not losses:
                    self.save(folder)

    @contextlib.contextmanager
    def _stream(self, faults: Faults) -> Iterator[Iterator[Batch]]:
        job, settings = self.job, self.settings
        drawn = draws(job.urls, settings, job.seed, faults, job.wanted, self.progress.place)
        kept = KeptPictures(settings.keep_pictures_mb * 2**20)
        made = batches(drawn, self.learner.look, self.learner.tokenize, settings, faults, kept)
        stream = ahead(made)
        try:
            yield stream
        finally:
            stream.close()  # type: ignore[attr-defined]

    def _step(self, parts: Sequence[Batch]) -> torch.Tensor:
        """One update; returns its loss, which may not be computed yet."""
        settings, network = self.settings, self.network
        torch.manual_seed(self.job.seed * 1_000_003 + self.progress.step)  # of dropout, if any
        rate = learning_rate(self.progress.step, settings)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        same = self._same(parts)
        loss = backward_in_parts(
            [self._moved(part) for part in parts],
            self._encode,
            lambda pictures, texts: contrastive(
                pictures.float(), texts.float(), network.logit_scale.exp(), same
            ),
            self._scaler.scale,
        )
        self._scaler.unscale_(self.optimizer)
        if settings.clip_gradients:
            torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip_gradients)
        self._scaler.step(self.optimizer)
        self._scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        limit_scale(network)
        self._note_average()
        return loss

    def _same(self, parts: Sequence[Batch]) -> torch.Tensor:
        texts, rows = (
            torch.from_numpy(np.concatenate(numbers)).to(self._running.device)
            for numbers in ([p.texts for p in parts], [p.rows for p in parts])
        )
        return positives(texts, rows, self.settings.equal_texts)

    def _moved(self, part: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        device = self._running.device
        pixels, crops, tokens = (
            torch.from_numpy(a).to(device) for a in (part.pixels, part.crops, part.tokens)
        )
        planes = self._normalize(cropped(torch, pixels, crops, self.learner.look.side))
        # Convolutions are a sixth faster so, on CPUs and GPUs.
        return planes.contiguous(memory_format=torch.channels_last), tokens

    def _encode(self, part: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        with self._running.autocast():
            planes, tokens = part
            pictures = self.network.encode_image(planes, normalize=True)
            return pictures, self.network.encode_text(tokens, normalize=True)

    def _note_average(self) -> None:
        if self.average is None:
            return
        decay = min(self.settings.ema, (1 + self.progress.step) / (10 + self.progress.step))
        for name, value in self.network.state_dict().items():
            mean = self.average[name]
            if mean.is_floating_point():
                mean.lerp_(value.detach(), 1 - decay)
            else:
                mean.copy_(value)

    def _log(self, losses: list[torch.Tensor], note: Callable, tell: Tell) -> None:
        progress, settings = self.progress, self.settings
        samples = progress.step * settings.step_samples
        mean = float(torch.stack(losses).mean())
        if not math.isfinite(mean):
            raise FloatingPointError(
                f"the loss is {mean} after {samples:,} samples; try a lower learning_rate or "
                "precision: fp32"
            )
        progress.losses.append((samples, round(mean, 6)))
        note(samples, mean, learning_rate(progress.step, settings), self.network)
        tell(samples, settings.steps * settings.step_samples, mean)

    def result(self, folder: str, faults: Faults) -> Run:
        """What the run was."""
        p, samples = self.progress, self.progress.step * self.settings.step_samples
        return Run(
            corpus=self.job.corpus,
            seed=self.job.seed,
            rows=self.job.rows,
            samples=samples,
            seconds=round(p.seconds, 3),
            samples_per_s=round(samples / max(p.seconds, 1e-9), 1),
            loading_share=round(p.waited / max(p.seconds, 1e-9), 4),
            losses=p.losses,
            faults=dict(faults.reasons),
            folder=folder,
        )


def learning_rate(step: int, settings: Settings) -> float:
    """A linear rise over the warm-up, then half a cosine down to nothing."""
    warmup = max(1, round(settings.warmup * settings.steps))
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, settings.steps - warmup)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def _optimizer(network: Any, settings: Settings) -> torch.optim.Optimizer:
    """AdamW; gains, biases and the temperature do not decay."""
    learned = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
    plain = [p for n, p in learned if p.ndim < 2 or "logit_scale" in n]
    decaying = [p for n, p in learned if not (p.ndim < 2 or "logit_scale" in n)]
    return torch.optim.AdamW(
        [
            {"params": plain, "weight_decay": 0.0},
            {"params": decaying, "weight_decay": settings.weight_decay},
        ],
        lr=settings.learning_rate,
        betas=(0.9, settings.beta2),
        eps=1e-6,
        fused=True,
    )


@contextlib.contextmanager
def _tensorboard(folder: Path, progress: _Progress) -> Iterator[Callable]:
    """Notes a step into TensorBoard's files and into losses.jsonl."""
    from torch.utils.tensorboard import SummaryWriter

    samples = progress.losses[-1][0] if progress.losses else 0
    lines = (folder / "losses.jsonl").open("w")
    for seen, loss in progress.losses:
        lines.write(json.dumps({"samples": seen, "loss": loss}) + "\n")
    writer = SummaryWriter(str(folder / "tensorboard"), purge_step=samples + 1)

    def note(seen: int, loss: float, rate: float, network: Any) -> None:
        scale = float(network.logit_scale.detach().exp())
        lines.write(json.dumps({"samples": seen, "loss": round(loss, 6)}) + "\n")
        lines.flush()
        for name, value in (("loss", loss), ("learning_rate", rate), ("scale", scale)):
            writer.add_scalar(name, value, seen)

    try:
        yield note
    finally:
        writer.close()
        lines.close()
