"""How a model is trained: every choice, its default and its bounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from schemas.options import Options, first_problem

Share = Annotated[float, Field(ge=0, le=1)]
Tower = Literal["image", "text"]

# What says what a picture shows; a title, an abstract or a paragraph says more or less than that.
CAPTION_KINDS = (
    "caption",
    "subcaption",
    "label_caption",
    "region_caption",
    "report",
    "rewritten",
)


class Settings(Options):
    """One training run, apart from its corpus and its seed.

    `samples` is the budget: how many pictures are seen, however large the corpus is (DataComp,
    Gadre et al. 2023), so that corpora are compared at equal cost. An update is made of
    `batch` x `accumulate` pairs, all of them contrasted with one another.

    `texts`: the kinds of text that captions are drawn from, one for each picture seen, beside the
    training caption. `equal_texts`: pairs of equal text are no negatives to one another, as label
    captions repeat. `crop` is the least share of a picture that is seen at a time.

    `precision`: auto is bf16 on a GPU that has it, else fp16 there, and fp32 on a CPU.
    `ema`: decay of a running mean of the weights, which is then what is kept; 0 is off.
    """

    model: str = Field("tiny", min_length=1)
    samples: int = Field(8_192, ge=1)
    batch: int = Field(32, ge=2)
    accumulate: int = Field(1, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    warmup: Share = 0.1
    weight_decay: float = Field(0.1, ge=0)
    beta2: float = Field(0.98, gt=0, lt=1)
    clip_gradients: float = Field(1.0, ge=0)
    ema: float = Field(0.0, ge=0, lt=1)
    freeze: tuple[Tower, ...] = ()
    texts: tuple[str, ...] = CAPTION_KINDS
    equal_texts: bool = True
    crop: float = Field(0.6, gt=0, le=1)
    shuffle: int = Field(2_000, ge=1)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    threads: int = Field(0, ge=0)
    keep_pictures_mb: int = Field(1_024, ge=0)
    checkpoint_every: int = Field(0, ge=0)

    @property
    def step_samples(self) -> int:
        """Pairs in one update."""
        return self.batch * self.accumulate

    @property
    def steps(self) -> int:
        """Updates within the budget: at least one, and never more than it allows."""
        return max(1, self.samples // self.step_samples)


# What suits each size; a user's own choices come after. From a checkpoint the rate is lower, or
# what it knows is lost (Goyal et al. 2023).
_DEFAULTS: dict[str, dict[str, Any]] = {
    "tiny": {},
    "small": {"samples": 12_800_000, "batch": 512, "learning_rate": 5e-4, "weight_decay": 0.2},
    "base": {"samples": 12_800_000, "batch": 512, "learning_rate": 5e-4, "weight_decay": 0.2},
    "checkpoint": {"samples": 1_280_000, "batch": 256, "learning_rate": 1e-5, "crop": 0.8},
}


def settings_for(model: str, from_checkpoint: bool, chosen: dict[str, Any]) -> Settings:
    """Settings of a model: `chosen` before what suits its size. Raises `ValueError` in one line."""
    size = "checkpoint" if from_checkpoint else "tiny" if model == "tiny" else "base"
    try:
        return Settings.model_validate({**_DEFAULTS[size], **chosen, "model": model})
    except ValidationError as error:
        raise ValueError(first_problem(error, Settings)) from None
