"""A model so small that a run of it takes a second, and settings for it."""

from __future__ import annotations

import copy

import pytest

from trainer import network
from trainer.settings import Settings

SMALLER = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "patch_size": 16, "layers": 1, "width": 32, "head_width": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "layers": 1, "width": 16, "heads": 2},
}
# Four patches of a picture and one layer: enough to tell colours.
SETTINGS = Settings(
    samples=320, batch=32, learning_rate=5e-3, shuffle=50, device="cpu", checkpoint_every=2
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `tiny` is in a test."""
    monkeypatch.setattr(network, "TINY", copy.deepcopy(SMALLER))
