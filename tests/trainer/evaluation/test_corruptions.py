from __future__ import annotations

import numpy as np
import pytest

from trainer.evaluation.corruptions import CORRUPTIONS, SEVERITIES, STRENGTHS

COLOURED = {"saturation"}  # leave a grey picture as it is


def _pictures(side: int, count: int = 3) -> np.ndarray:
    """Discs on a slope of brightness, coloured, unlike each other."""
    y, x = np.mgrid[:side, :side] / side
    made = []
    for number in range(count):
        disc = np.hypot(x - 0.3 - 0.2 * number, y - 0.5) < 0.2
        light = 0.25 + 0.4 * x + 0.25 * disc
        made.append(np.stack([light, 0.8 * light, 0.5 * light + 0.1 * number], axis=-1))
    return np.rint(np.clip(np.stack(made), 0, 1) * 255).astype(np.uint8)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("side", [20, 64, 130, 224, 256])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_change_keeps_shape_and_type_and_the_given_pictures(name: str, side: int) -> None:
    pictures = _pictures(side)
    before = pictures.copy()
    for severity in SEVERITIES:
        changed = CORRUPTIONS[name](pictures, severity, 0)
        assert changed.shape == pictures.shape
        assert changed.dtype == np.uint8
        assert _apart(changed, pictures) > 0.1
    np.testing.assert_array_equal(pictures, before)


@pytest.mark.parametrize("side", [64, 224])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_severity_changes_more_than_the_one_before(name: str, side: int) -> None:
    pictures = _pictures(side)
    apart = [_apart(CORRUPTIONS[name](pictures, each, 0), pictures) for each in SEVERITIES]
    assert apart == sorted(apart)
    assert apart[4] > 1.5 * apart[0]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_change_depends_on_the_picture_and_the_seed_alone(name: str) -> None:
    pictures = _pictures(64)
    whole = CORRUPTIONS[name](pictures, 3, 0)
    np.testing.assert_array_equal(CORRUPTIONS[name](pictures[::-1], 3, 0)[::-1], whole)
    np.testing.assert_array_equal(CORRUPTIONS[name](pictures[1:2], 3, 0), whole[1:2])
    by_chance = name.endswith("noise") or name == "motion blur"
    assert np.array_equal(CORRUPTIONS[name](pictures, 3, 1), whole) != by_chance


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_grey_picture_stays_grey(name: str) -> None:
    grey = np.repeat(_pictures(64)[..., :1], 3, axis=-1)
    changed = CORRUPTIONS[name](grey, 3, 0)
    # JPEG and the weights of grey round.
    assert np.ptp(changed.astype(int), axis=-1).max() <= 1
    assert (_apart(changed, grey) < 0.01) == (name in COLOURED)


def test_each_change_does_what_its_name_says() -> None:
    pictures = _pictures(64)

    def after(name: str, severity: int = 3) -> np.ndarray:
        return CORRUPTIONS[name](pictures, severity, 0).astype(float)

    def rough(some: np.ndarray) -> float:
        return float(np.abs(np.diff(some.astype(float), axis=2)).mean())

    assert after("brightness up").mean() > pictures.mean() > after("brightness down").mean()
    assert after("gamma").mean() < pictures.mean()
    assert after("contrast down").std() < 0.7 * pictures.std()
    assert after("contrast down").mean() == pytest.approx(pictures.mean(), abs=3)
    assert np.ptp(after("saturation"), axis=-1).mean() > 1.3 * np.ptp(pictures, axis=-1).mean()
    for name in ("gaussian noise", "shot noise", "speckle noise"):
        assert rough(after(name)) > 2 * rough(pictures)
        assert after(name).mean() == pytest.approx(pictures.mean(), abs=2)
    for name in ("defocus", "motion blur"):
        assert np.abs(np.diff(after(name), n=2, axis=2)).max() < 60
        assert np.abs(np.diff(pictures.astype(float), n=2, axis=2)).max() > 60
        assert after(name).mean() == pytest.approx(pictures.mean(), abs=1)
    assert len(np.unique(after("pixelate", 5)[0, :, :, 0])) < 300
    flat = np.full((1, 64, 64, 3), 100, np.uint8)
    for name in ("defocus", "motion blur", "pixelate", "contrast down"):
        np.testing.assert_array_equal(CORRUPTIONS[name](flat, 5, 0), flat)


def test_noise_is_as_strong_as_the_table_says() -> None:
    flat = np.full((4, 64, 64, 3), 128, np.uint8)
    noisy = CORRUPTIONS["gaussian noise"](flat, 2, 0) / 255
    assert noisy.std() == pytest.approx(STRENGTHS["gaussian noise"].at_64[1], rel=0.05)


def test_strength_between_and_beyond_the_two_sides() -> None:
    quality, radius, factor = (STRENGTHS[name] for name in ("jpeg", "defocus", "gamma"))
    assert quality.of(1, 32) == quality.of(1, 64) == 50
    assert quality.of(5, 224) == quality.of(5, 512) == 5
    assert 22 > quality.of(3, 128) > 12
    assert radius.of(3, 32) == 1.5
    assert radius.of(3, 448) == pytest.approx(2 * radius.of(3, 224)) == pytest.approx(9)
    assert factor.of(4, 64) == factor.of(4, 150) == factor.of(4, 300) == 2


def test_no_pictures_and_no_such_severity() -> None:
    none = np.zeros((0, 64, 64, 3), np.uint8)
    assert CORRUPTIONS["jpeg"](none, 3, 0).shape == none.shape
    for severity in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            CORRUPTIONS["jpeg"](none, severity, 0)
