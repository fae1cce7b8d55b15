"""The contrastive loss, where equal texts are no negatives, and its gradient in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import log_softmax


def positives(texts: Tensor, rows: Tensor, equal_texts: bool) -> Tensor:
    """Which picture goes with which text, (B, B) bool: its own, those of the same row, and those
    that say the same (as in UniCL, Yang et al. 2022)."""
    same = rows[:, None] == rows[None, :]
    return same | (texts[:, None] == texts[None, :]) if equal_texts else same


def contrastive(pictures: Tensor, texts: Tensor, scale: Tensor, same: Tensor) -> Tensor:
    """CLIP's symmetric cross-entropy (Radford et al. 2021) over unit vectors (B, width), with the
    mass of each row spread evenly over its positives; `same` is (B, B) bool and symmetric."""
    logits = scale * pictures @ texts.T
    target = same.float() / same.sum(1, keepdim=True)
    to_text = (target * log_softmax(logits, dim=1)).sum(1)
    to_picture = (target * log_softmax(logits.T, dim=1)).sum(1)
    return -(to_text.mean() + to_picture.mean()) / 2


Encode = Callable[[Any], tuple[Tensor, Tensor]]
Loss = Callable[[Tensor, Tensor], Tensor]


def backward_in_parts(
    parts: Sequence[Any], encode: Encode, loss: Loss, factor: Callable[[Tensor], Tensor]
) -> Tensor:
    """The gradient of the loss over all parts as one batch, with memory for one (Gao et al. 2021,
    GradCache): vectors without gradients, the loss on them, then each part again. Returns the loss.

    `encode` gives pictures and texts of a part, (b, width) each; `factor` is a scaler's, else as is.
    """
    if len(parts) == 1:
        value = loss(*encode(parts[0]))
        factor(value).backward()
        return value.detach()
    with torch.no_grad():
        found = [encode(part) for part in parts]
    leaves = [torch.cat([pair[side] for pair in found]).float().requires_grad_() for side in (0, 1)]
    value = loss(*leaves)
    factor(value).backward()
    wanted = [leaf.grad for leaf in leaves]
    start = 0
    for part in parts:
        pictures, texts = encode(part)
        end = start + len(pictures)
        learned = [
            (vectors, gradient[start:end].to(vectors.dtype))
            for vectors, gradient in zip((pictures, texts), wanted, strict=True)
            if vectors.requires_grad and gradient is not None  # a frozen tower has none
        ]
        if learned:
            torch.autograd.backward([v for v, _ in learned], [g for _, g in learned])
        start = end
    return value.detach()
