"""Zero-shot classes by a CLIP model of open_clip; needs the extra `[clip]`.

A class is the mean of the embeddings of its sentences (Radford et al. 2021). Weights are never
random without being asked for: open_clip only warns where a local folder has none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image


class ClipUnavailable(Exception):
    """The model cannot be used; the message says what is missing and where to get it."""


def zero_shot(
    model: str, sentences: Mapping[str, Sequence[str]]
) -> Callable[[Image], dict[str, float]]:
    """A function from a picture to a probability for each class (they sum to 1).

    `model` is what open_clip takes: `local-dir:PATH`, `hf-hub:NAME`, or `NAME/WEIGHTS` of its list;
    `sentences` has those of each class. Raises `ClipUnavailable`.
    """
    torch, network, transform, tokenize = _loaded(model)
    with torch.no_grad():
        classes = torch.stack(
            [_unit(network.encode_text(tokenize(list(own)))).mean(0) for own in sentences.values()]
        )
        classes = _unit(classes)
        scale = network.logit_scale.exp()

    def scores(image: Image) -> dict[str, float]:
        with torch.no_grad():
            seen = _unit(network.encode_image(transform(image.convert("RGB")).unsqueeze(0)))
            shares = (scale * seen @ classes.T).softmax(-1)[0].tolist()
        return dict(zip(sentences, shares, strict=True))

    return scores


def _unit(vectors: Any) -> Any:
    return vectors / vectors.norm(dim=-1, keepdim=True)


@functools.lru_cache(maxsize=2)
def _loaded(model: str) -> tuple[Any, Any, Any, Any]:
    """torch, the network in evaluation mode, its picture transform and its tokenizer."""
    try:
        import open_clip
        import torch
    except ImportError:
        raise ClipUnavailable("needs open_clip: pip install 'fabrica-corpus[clip]'") from None
    name, _, weights = model.partition("/") if ":" not in model else (model, "", "")
    try:
        network, _, transform = open_clip.create_model_and_transforms(
            name, pretrained=weights or None, require_pretrained=True
        )
        tokenize = open_clip.get_tokenizer(name)
    except Exception as error:  # open_clip, hub and torch each raise their own kinds
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ClipUnavailable(f"{model!r} cannot be loaded: {reason}") from None
    return torch, network.eval(), transform, tokenize
