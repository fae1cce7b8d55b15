"""Where a CLIP model comes from, as a recipe names it, and the state of its files; needs no torch.

`local-dir:FOLDER` or a bare folder (with open_clip_config.json and weights beside it, as open_clip
and Fabrica's trainer write them), `hf-hub:NAME`, `NAME/WEIGHTS` of open_clip's list, or `NAME@FILE`:
an architecture of that list, or a JSON file that describes one, and a checkpoint.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

CONFIG = "open_clip_config.json"
WEIGHTS = (".safetensors", ".bin", ".pth", ".pt")
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
_LOCAL, _HUB = "local-dir:", "hf-hub:"
_FORMS = "local-dir:FOLDER, hf-hub:NAME, NAME/WEIGHTS or NAME@FILE"


class ClipUnavailable(Exception):
    """The model cannot be used; the message says what is missing and where to get it."""


@dataclass(frozen=True)
class Source:
    """A model as it was named.

    `architecture` is a folder, a name on the hub, a name of open_clip's list, or a JSON file;
    `weights` a tag of that list or a file. `files` are those the model is made of, where they are
    here.
    """

    kind: Literal["folder", "hub", "list", "file"]
    architecture: str
    weights: str = ""
    files: tuple[Path, ...] = ()


def source_of(model: str) -> Source:
    """What a recipe's `model` names. Raises `ClipUnavailable` where files of it are missing."""
    if model.startswith(_HUB):
        if not model.removeprefix(_HUB):
            raise ClipUnavailable(f"{model!r}: no name after {_HUB}")
        return Source("hub", model)
    if model.startswith(_LOCAL):
        return _folder(model.removeprefix(_LOCAL))
    if "@" in model and not Path(model).expanduser().is_dir():
        return _checkpoint(*model.split("@", 1))
    if model.startswith(("/", "./", "../", "~")) or (Path(model) / CONFIG).is_file():
        return _folder(model)
    name, _, tag = model.rpartition("/")
    if not name or not tag:
        raise ClipUnavailable(f"{model!r} names no weights: {_FORMS}")
    return Source("list", name, tag)


def model_state(model: str) -> str:
    """What changes when the model does: a digest of its files, or its name where they are not here.

    Files are read again when their size or time has changed. Raises `ClipUnavailable`.
    """
    source = source_of(model)
    if not source.files:
        return model
    digest = hashlib.sha256()
    for path in source.files:
        try:
            state = path.stat()
            own = _file_digest(str(path), state.st_size, state.st_mtime_ns)
        except OSError as error:
            raise ClipUnavailable(f"{path}: {error.strerror}") from None
        digest.update(f"{path.name}\0{own}\0".encode())
    if source.kind == "file" and not _is_json(source.architecture):
        digest.update(source.architecture.encode())
    return digest.hexdigest()


def description(path: Path) -> dict[str, Any]:
    """The `model_cfg` and `preprocess_cfg` of a JSON file, which may hold the former alone.

    Raises `ClipUnavailable`.
    """
    try:
        config = json.loads(path.read_bytes())
    except OSError as error:
        raise ClipUnavailable(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ClipUnavailable(f"{path} is no JSON: {str(error)[:100]}") from None
    if isinstance(config, dict) and "model_cfg" not in config:
        config = {"model_cfg": config}
    model = config.get("model_cfg") if isinstance(config, dict) else None
    if not isinstance(model, dict) or not {"embed_dim", "vision_cfg", "text_cfg"} <= set(model):
        raise ClipUnavailable(f"{path} describes no model: embed_dim, vision_cfg, text_cfg")
    return {"model_cfg": model, "preprocess_cfg": config.get("preprocess_cfg") or {}}


def _folder(path: str) -> Source:
    folder = Path(path).expanduser()
    if not path or not folder.is_dir():
        raise ClipUnavailable(f"{path or _LOCAL!r} is no folder")
    if not (folder / CONFIG).is_file():
        raise ClipUnavailable(f"{folder} has no {CONFIG}")
    weights = sorted(p for p in folder.iterdir() if p.suffix in WEIGHTS and p.is_file())
    if not weights:
        raise ClipUnavailable(f"{folder} has no weights ({', '.join(WEIGHTS)})")
    chosen = min(weights, key=_preference)
    return Source("folder", str(folder), str(chosen), _with_tokenizer(folder / CONFIG, chosen))


def _preference(path: Path) -> tuple[bool, int, str]:
    """Safe formats first, then names that open_clip gives, then any other."""
    stems = ("open_clip_model", "open_clip_pytorch_model", "model", "pytorch_model")
    known = stems.index(path.stem) if path.stem in stems else len(stems)
    return path.suffix != ".safetensors", known, path.name


def _checkpoint(name: str, file: str) -> Source:
    weights = Path(file).expanduser()
    if not name or not file:
        raise ClipUnavailable(f"'{name}@{file}': give an architecture and a file, as NAME@FILE")
    if weights.suffix not in WEIGHTS:
        raise ClipUnavailable(f"{weights}: a checkpoint ends in {', '.join(WEIGHTS)}")
    if not weights.is_file():
        raise ClipUnavailable(f"{weights} is no file")
    if not _is_json(name):
        return Source("file", name, str(weights), (weights,))
    config = Path(name).expanduser()
    if not config.is_file():
        raise ClipUnavailable(f"{config} is no file")
    return Source("file", str(config), str(weights), _with_tokenizer(config, weights))


def _with_tokenizer(config: Path, weights: Path) -> tuple[Path, ...]:
    """The files of a model whose tokenizer, if it has one of its own, lies beside its config."""
    beside = [config.parent / name for name in TOKENIZER_FILES]
    return config, weights, *(path for path in beside if path.is_file() and path != config)


def _is_json(name: str) -> bool:
    return name.endswith(".json")


@functools.lru_cache(maxsize=64)
def _file_digest(path: str, size: int, changed_ns: int) -> str:
    """SHA-256 of a file, read again when its size or time has changed."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
