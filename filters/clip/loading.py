"""Loads a CLIP model of open_clip onto a device; needs the extra `[clip]`.

Weights are never random without being asked for (open_clip only warns), and checkpoints are read
with `weights_only`: no code in them runs.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filters.clip.model import Model
from filters.clip.pictures import preparation
from filters.clip.source import (
    CONFIG,
    TOKENIZER_FILES,
    ClipUnavailable,
    Source,
    description,
    model_state,
    source_of,
)
from filters.clip.texts import Count, Reader

_LEAST_TORCH = (2, 6)  # before, some ways of loading a checkpoint could run its code
_LEAST_OPEN_CLIP = (3, 0)  # before, no local-dir: and no require_pretrained


def load(model: str, device: str = "cpu", precision: str = "auto") -> Model:
    """The model that a recipe names, ready to run; the last two are kept. Raises `ClipUnavailable`.

    `device`: auto, cpu, cuda or cuda:N. `precision`: fp32, bf16, fp16, or auto (bf16 on a GPU that
    has it, else fp16 there, and fp32 on a CPU).
    """
    source = source_of(model)
    torch, _ = _packages()
    place = _device(device)
    return _loaded(model, model_state(model), source, place, _dtype(torch, place, precision))


@dataclass(frozen=True)
class Parts:
    """A loaded model in the parts that training needs: the network on the CPU in fp32, its
    tokenizer, and what open_clip builds it from again."""

    network: Any
    tokenize: Any
    model_cfg: dict[str, Any]
    preprocess_cfg: dict[str, Any]


def parts(model: str) -> Parts:
    """A model to learn further, named as in a recipe. Raises `ClipUnavailable`."""
    source = source_of(model)
    _, open_clip = _packages()
    network, _, tokenizer = _opened(open_clip, model, source)
    if getattr(tokenizer, "reduction_fn", None) is not None:
        tokenizer.reduction_fn = None  # drops tokens at random
    return Parts(
        network, tokenizer, _model_cfg(open_clip, source), dict(network.visual.preprocess_cfg)
    )


def _model_cfg(open_clip: Any, source: Source) -> dict[str, Any]:
    """What open_clip builds the network from."""
    if source.kind == "folder" or source.architecture.endswith(".json"):
        found: dict[str, Any] = description(source.files[0])["model_cfg"]
        return found
    if source.kind == "hub":
        hub = open_clip.factory.download_pretrained_from_hf(
            source.architecture.removeprefix("hf-hub:"), filename=CONFIG
        )
        return dict(description(Path(hub))["model_cfg"])
    return dict(open_clip.get_model_config(source.architecture.replace("/", "-")))


def _packages() -> tuple[Any, Any]:
    try:
        import open_clip
        import torch
    except ImportError:
        raise ClipUnavailable("needs open_clip: pip install 'fabrica-corpus[clip]'") from None
    for module, least in ((torch, _LEAST_TORCH), (open_clip, _LEAST_OPEN_CLIP)):
        version = str(getattr(module, "__version__", "0"))
        numbers = [int(part) for part in version.split("+")[0].split(".")[:2] if part.isdigit()]
        if tuple(numbers) < least:
            wanted = ".".join(map(str, least))
            raise ClipUnavailable(f"needs {module.__name__} {wanted} or later, not {version}")
    return torch, open_clip


def _device(device: str) -> str:
    """The device meant. Raises `ClipUnavailable` for a GPU that is not there."""
    count = 0 if device == "cpu" else cuda_devices()
    if device == "cpu" or (device == "auto" and not count):
        return "cpu"
    number = int(device.partition(":")[2] or 0)
    if number >= count:
        found = f"{count} GPUs here" if count else "no GPU that torch can use here"
        raise ClipUnavailable(f"device {device}: {found}")
    return f"cuda:{number}"


def cuda_devices() -> int:
    """How many GPUs torch can use here; 0 without torch."""
    try:
        import torch
    except ImportError:
        return 0
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0


def _dtype(torch: Any, device: str, precision: str) -> Any:
    if precision == "auto":
        if device == "cpu":
            return torch.float32
        has_bf16 = torch.cuda.get_device_capability(device)[0] >= 8
        return torch.bfloat16 if has_bf16 else torch.float16
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


@functools.lru_cache(maxsize=2)
def _loaded(model: str, state: str, source: Source, device: str, dtype: Any) -> Model:
    """`state` is part of the key: files that have changed are read again."""
    torch, open_clip = _packages()
    if device == "cpu" and (threads := threads_hint()) and threads != torch.get_num_threads():
        torch.set_num_threads(threads)
    network, transform, tokenizer = _opened(open_clip, model, source)
    try:
        return _ready(torch, network, transform, tokenizer, device, dtype)
    except ClipUnavailable:
        raise
    except Exception as error:
        raise ClipUnavailable(f"{model!r} cannot be used: {one_line(error)}") from None


def _opened(open_clip: Any, model: str, source: Source) -> tuple[Any, Any, Any]:
    """The network, transform and tokenizer of a source. Raises `ClipUnavailable`."""
    try:
        with _quiet():
            return _created(open_clip, source)
    except ClipUnavailable:
        raise
    except ModuleNotFoundError as error:  # some tokenizers and towers need more than open_clip
        raise ClipUnavailable(f"{model!r} needs {error.name}: pip install {error.name}") from None
    except Exception as error:  # open_clip, hub and torch each raise their own kinds
        remote = source.kind in ("hub", "list")
        hint = "; without a network use local-dir:FOLDER or NAME@FILE" if remote else ""
        raise ClipUnavailable(f"{model!r} cannot be loaded: {one_line(error)}{hint}") from None


def one_line(error: Exception) -> str:
    """The kind of an error and what it says, on one line of at most 300 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def threads_hint() -> int:
    """What OMP_NUM_THREADS allows this process, 0 where it says nothing."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdigit() else 0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without open_clip's log of a failure that is raised as well."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


def _created(open_clip: Any, source: Source) -> tuple[Any, Any, Any]:
    """The network on the CPU in fp32, the transform of pictures, and the tokenizer."""
    if source.kind == "folder" or source.architecture.endswith(".json"):
        with tempfile.TemporaryDirectory(prefix="fabrica-clip-") as folder:
            return _from_files(open_clip, source, Path(folder))
    name = source.architecture
    if source.kind in ("list", "file") and name.replace("/", "-") not in open_clip.list_models():
        raise ClipUnavailable(f"{name!r} is no architecture of open_clip.list_models()")
    network, _, transform = open_clip.create_model_and_transforms(
        name, pretrained=source.weights or None, require_pretrained=True, weights_only=True
    )
    return network, transform, open_clip.get_tokenizer(name.replace("/", "-", 1))


def _from_files(open_clip: Any, source: Source, folder: Path) -> tuple[Any, Any, Any]:
    """A model of a JSON file and a checkpoint, shown to open_clip as a folder that has just these.

    So it is the checkpoint that the digest is of, and a tokenizer that is not among the files is
    asked for by its name.
    """
    config, weights, *tokenizer = source.files
    described = description(config)
    (folder / CONFIG).write_text(json.dumps(described))
    suffix = ".safetensors" if weights.suffix == ".safetensors" else ".bin"
    (folder / f"open_clip_pytorch_model{suffix}").symlink_to(weights.resolve())
    for path in tokenizer:
        (folder / path.name).symlink_to(path.resolve())
    place = f"local-dir:{folder}"
    network, _, transform = open_clip.create_model_and_transforms(
        place, require_pretrained=True, weights_only=True
    )
    text = described["model_cfg"]["text_cfg"]
    if not text.get("hf_tokenizer_name") or {p.name for p in tokenizer} & set(TOKENIZER_FILES[:2]):
        return network, transform, open_clip.get_tokenizer(place)
    named = open_clip.tokenizer.HFTokenizer(
        text["hf_tokenizer_name"],
        context_length=text.get("context_length", open_clip.tokenizer.DEFAULT_CONTEXT_LENGTH),
        tokenizer_mode=text.get("tokenizer_mode"),
        **text.get("tokenizer_kwargs", {}),
    )
    return network, transform, named


def _ready(
    torch: Any, network: Any, transform: Any, tokenizer: Any, device: str, dtype: Any
) -> Model:
    """The model on its device, tried once. Raises `ClipUnavailable`."""
    if getattr(tokenizer, "reduction_fn", None) is not None:
        tokenizer.reduction_fn = None  # drops tokens at random, which is for training
    network = network.eval().requires_grad_(False).to(device)
    if device != "cpu":
        network = network.to(memory_format=torch.channels_last)
    count, specials = _counting(tokenizer)
    model = Model(
        torch=torch,
        network=network,
        tokenize=tokenizer,
        prepare=preparation(transform, torch, device),
        reader=Reader(count, max(tokenizer.context_length - specials, 1)),
        device=device,
        dtype=dtype,
        scale=float(network.logit_scale.exp()),
    )
    tokens = tokenizer(["0 a z ~"])
    known = getattr(network, "vocab_size", None) or getattr(network.text, "vocab_size", 0)
    if known and int(tokens.max()) >= known:
        raise ClipUnavailable(f"its tokenizer has more words than the model ({known})")
    if model.encode_texts(["a"], 1).shape != model.encode_pictures(model.buffer(1)).shape:
        raise ClipUnavailable("its pictures and texts have vectors of different lengths")
    return model


def _counting(tokenizer: Any) -> tuple[Count, int]:
    """How many tokens words take, and how many a tokenizer puts around a text."""
    inner = getattr(tokenizer, "tokenizer", None)
    if inner is None:  # open_clip's own, whose cache of words knows no end
        kept = dict(tokenizer.cache)

        def count(words: list[str]) -> list[int]:
            if len(tokenizer.cache) > 200_000:
                tokenizer.cache = dict(kept)
            return [len(tokenizer.encode(word)) for word in words]

        return count, 2
    clean = getattr(tokenizer, "clean_fn", str)

    def count_pieces(words: list[str]) -> list[int]:
        rows = inner([clean(word) for word in words], add_special_tokens=False)["input_ids"]
        return [len(row) for row in rows]

    specials = inner.num_special_tokens_to_add()
    return count_pieces, 3 if getattr(tokenizer, "tokenizer_mode", "") == "clips" else specials
