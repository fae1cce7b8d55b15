"""What a run leaves: a state to go on from, and a folder that open_clip and `score` can load."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from trainer.network import Learner

STATE = "state.pt"
CHECKPOINT = "checkpoint"
_CONFIG = "open_clip_config.json"
_WEIGHTS = "open_clip_model.safetensors"


def save_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Put a state in place in one step, so that a kill leaves the one before."""
    temporary = folder / f"{STATE}.tmp"
    torch.save(dict(state), temporary)
    os.replace(temporary, folder / STATE)


def load_state(folder: Path) -> dict[str, Any] | None:
    """The last state, or None where there is none that can be read; no code in it is run."""
    try:
        state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except Exception:  # cut off or not ours: torch raises of many kinds
        return None
    return state if isinstance(state, dict) else None


def export(learner: Learner, weights: Mapping[str, torch.Tensor], folder: Path) -> Path:
    """Write `weights` as a folder for `local-dir:` of open_clip and of a recipe's `score`."""
    place = folder / CHECKPOINT
    place.mkdir(parents=True, exist_ok=True)
    plain = {name: each.detach().cpu().contiguous().clone() for name, each in weights.items()}
    temporary = place / f".{_WEIGHTS}.tmp"
    save_file(plain, temporary, metadata={"format": "pt"})
    os.replace(temporary, place / _WEIGHTS)
    config = {"model_cfg": learner.model_cfg, "preprocess_cfg": learner.preprocess_cfg}
    (place / _CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    return place
