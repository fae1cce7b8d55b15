"""Choices drawn from a hash: the same for ever, even, and always of what there is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.labelled.words.draws import Draw
from filters.questions.evenness import chi_squared_p


def test_a_text_gives_the_same_choices_for_ever() -> None:
    draw = Draw("dermamnist28/ISIC_0024306")
    assert [draw.randrange(10) for _ in range(12)] == [2, 1, 8, 0, 5, 4, 5, 8, 6, 3, 9, 0]
    assert draw.sample("abcdef", 4) == ["c", "d", "a", "b"]
    assert 0 <= draw.random() < 1
    assert -3 <= draw.uniform(-3, 2) < 2


@pytest.mark.parametrize("count", [2, 3, 7, 12])
def test_every_choice_is_as_likely(count: int) -> None:
    found = Counter(Draw(f"sample {i}").randrange(count) for i in range(4000))
    found.update(Counter(draws.randrange(count) for draws in [Draw("one")] for _ in range(4000)))
    statistic = sum((found[i] - 8000 / count) ** 2 / (8000 / count) for i in range(count))
    assert chi_squared_p(statistic, count - 1) > 0.001


def test_every_order_is_as_likely() -> None:
    found: Counter[str] = Counter()
    for i in range(6000):
        letters = list("abc")
        Draw(f"order {i}").shuffle(letters)
        found["".join(letters)] += 1
    assert len(found) == 6
    assert chi_squared_p(sum((n - 1000) ** 2 / 1000 for n in found.values()), 5) > 0.001


@given(st.text(), st.lists(st.integers(), max_size=400), st.data())
def test_a_sample_is_some_of_the_items_and_an_order_all(
    text: str, items: list[int], data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, len(items)))
    sample = Draw(text).sample(items, count)
    assert len(sample) == count
    assert not Counter(sample) - Counter(items)
    mixed = list(items)
    Draw(text).shuffle(mixed)
    assert Counter(mixed) == Counter(items)


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(IndexError):
        Draw("").choice([])
    with pytest.raises(ValueError, match="3 of 2"):
        Draw("").sample([1, 2], 3)
