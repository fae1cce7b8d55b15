"""The loss against plain cross-entropy, and its gradient in parts against the whole."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from trainer.loss import backward_in_parts, contrastive, positives


def _unit(rows: int, seed: int) -> torch.Tensor:
    return normalize(torch.randn(rows, 16, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_without_equal_texts_it_is_clips_loss() -> None:
    pictures, texts, scale = _unit(9, 0), _unit(9, 1), torch.tensor(12.0)
    logits, own = scale * pictures @ texts.T, torch.arange(9)
    expected = (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
    same = positives(torch.arange(9), torch.arange(9), True)
    assert contrastive(pictures, texts, scale, same) == pytest.approx(float(expected), rel=1e-5)


def test_equal_texts_and_equal_rows_are_positives() -> None:
    texts, rows = torch.tensor([5, 7, 5, 8]), torch.tensor([1, 2, 3, 2])
    same = positives(texts, rows, True)
    assert same.tolist() == [
        [True, False, True, False],
        [False, True, False, True],
        [True, False, True, False],
        [False, True, False, True],
    ]
    assert positives(texts, rows, False).sum() == 6
    # Two pairs that say the same: the best there is is to share the mass between them.
    vectors = torch.eye(4)[[0, 1, 0, 1]]
    assert contrastive(vectors, vectors, torch.tensor(100.0), same) == pytest.approx(
        float(torch.log(torch.tensor(2.0))), rel=1e-4
    )


def _towers() -> tuple[torch.nn.Linear, torch.nn.Linear]:
    torch.manual_seed(3)
    return torch.nn.Linear(6, 16), torch.nn.Linear(6, 16)


@pytest.mark.parametrize("frozen", [False, True])
def test_the_gradient_in_parts_is_that_of_the_whole(frozen: bool) -> None:
    data = torch.randn(12, 6, generator=torch.Generator().manual_seed(0))
    same = positives(torch.arange(12) % 5, torch.arange(12), True)
    gradients = []
    for parts in ([data], list(data.split(4))):
        image, text = _towers()
        scale = torch.nn.Parameter(torch.tensor(2.0))
        image.requires_grad_(not frozen)

        def encode(part, image=image, text=text):
            return normalize(image(part), dim=-1), normalize(text(part), dim=-1)

        def loss(pictures, texts, scale=scale):
            return contrastive(pictures, texts, scale.exp(), same)

        value = backward_in_parts(parts, encode, loss, lambda value: value)
        gradients.append((value, text.weight.grad, scale.grad, image.weight.grad))
    (value, text_one, scale_one, image_one), (other, text_two, scale_two, image_two) = gradients
    torch.testing.assert_close(value, other)
    torch.testing.assert_close(text_one, text_two)
    torch.testing.assert_close(scale_one, scale_two)
    if frozen:
        assert image_one is None
        assert image_two is None
    else:
        torch.testing.assert_close(image_one, image_two)
