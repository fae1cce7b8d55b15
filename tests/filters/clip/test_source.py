"""How models are named, what is missing, and when a model counts as changed; no torch needed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from filters.clip.scorer import ClipUnavailable, model_state
from filters.clip.source import description, source_of

CONFIG = {"model_cfg": {"embed_dim": 8, "vision_cfg": {}, "text_cfg": {}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "open_clip_config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "open_clip_model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_forms_of_names(folder: Path) -> None:
    weights = str(folder / "open_clip_model.safetensors")
    for name in (f"local-dir:{folder}", str(folder)):
        source = source_of(name)
        assert (source.kind, source.architecture, source.weights) == (
            "folder",
            str(folder),
            weights,
        )
    assert source_of("hf-hub:timm/x").kind == "hub"
    named = source_of("ViT-B/32/openai")
    assert (named.kind, named.architecture, named.weights) == ("list", "ViT-B/32", "openai")
    checkpoint = source_of(f"ViT-B-32@{weights}")
    assert (checkpoint.kind, checkpoint.architecture) == ("file", "ViT-B-32")
    config = folder / "open_clip_config.json"
    assert source_of(f"{config}@{weights}").files == (config, Path(weights))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ViT-B-32", "names no weights"),
        ("", "names no weights"),
        ("local-dir:", "is no folder"),
        ("local-dir:{}/none", "is no folder"),
        ("/none/here", "is no folder"),
        ("hf-hub:", "no name after"),
        ("ViT-B-32@{}/none.pt", "is no file"),
        ("ViT-B-32@{}/none.onnx", "a checkpoint ends in"),
        ("@{}/none.pt", "give an architecture"),
        ("{}/none.json@{}/open_clip_model.safetensors", "is no file"),
    ],
)
def test_what_is_missing_is_said_on_one_line(folder: Path, name: str, says: str) -> None:
    for ask in (source_of, model_state):
        with pytest.raises(ClipUnavailable, match=says) as error:
            ask(name.replace("{}", str(folder)))
        assert "\n" not in str(error.value)


def test_a_folder_needs_a_description_and_weights(tmp_path: Path) -> None:
    with pytest.raises(ClipUnavailable, match=r"has no open_clip_config\.json"):
        source_of(f"local-dir:{tmp_path}")
    (tmp_path / "open_clip_config.json").write_text("{}")
    with pytest.raises(ClipUnavailable, match="has no weights"):
        source_of(str(tmp_path))


def test_safetensors_come_before_pickles(folder: Path) -> None:
    (folder / "a.bin").write_bytes(b"")
    (folder / "b.safetensors").write_bytes(b"")
    assert source_of(str(folder)).weights.endswith("open_clip_model.safetensors")
    (folder / "open_clip_model.safetensors").unlink()
    assert source_of(str(folder)).weights.endswith("b.safetensors")


def test_the_state_changes_with_what_the_model_is_made_of(folder: Path) -> None:
    first = model_state(str(folder))
    assert first == model_state(f"local-dir:{folder}")
    (folder / "README.md").write_text("a note")
    assert model_state(str(folder)) == first
    (folder / "tokenizer.json").write_text("{}")
    second = model_state(str(folder))
    assert second != first
    weights = folder / "open_clip_model.safetensors"
    before = weights.stat()
    weights.write_bytes(b"WEIGHTS")  # as long as before
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert model_state(str(folder)) not in (first, second)


def test_the_state_of_a_checkpoint_is_of_its_architecture_too(folder: Path) -> None:
    weights = folder / "open_clip_model.safetensors"
    assert model_state(f"ViT-B-32@{weights}") != model_state(f"ViT-B-16@{weights}")
    config = folder / "open_clip_config.json"
    first = model_state(f"{config}@{weights}")
    config.write_text(json.dumps(CONFIG | {"preprocess_cfg": {"size": 8}}))
    assert model_state(f"{config}@{weights}") != first


def test_a_model_that_is_elsewhere_is_known_by_its_name() -> None:
    assert model_state("hf-hub:timm/x") == "hf-hub:timm/x"
    assert model_state("ViT-B-32/openai") == "ViT-B-32/openai"


def test_descriptions(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    for text in ("{", "[1]", "{}", '{"model_cfg": 3}', '{"embed_dim": 8}', "\xff"):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(ClipUnavailable, match=r"model\.json"):
            description(path)
    path.write_text(json.dumps(CONFIG["model_cfg"]))
    assert description(path) == CONFIG | {"preprocess_cfg": {}}
