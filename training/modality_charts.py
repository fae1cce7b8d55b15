"""Charts as articles have them, drawn by matplotlib in many styles and by `extractors.rendered`."""

from __future__ import annotations

import io
import random
import warnings

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from extractors.rendered.charts import WORDS
from extractors.rendered.charts import chart as plain_chart
from training.modality_scans import Rng, canvas

mpl.use("Agg")
_STYLES = ("default", "classic", "ggplot", "seaborn-v0_8-whitegrid", "bmh", "grayscale",
           "seaborn-v0_8-ticks", "fivethirtyeight", "default", "default")  # fmt: skip
_MAPS = ("viridis", "jet", "coolwarm", "Reds", "RdBu_r", "hot", "Blues", "gray", "RdYlGn")


def _plain(rng: Rng) -> random.Random:
    return random.Random(int(rng.integers(2**31)))


def _words(rng: Rng, count: int) -> list[str]:
    return [WORDS[int(rng.integers(len(WORDS)))] for _ in range(count)]


def chart(rng: Rng) -> np.ndarray:
    """One chart, or a page of up to 30."""
    if rng.random() < 0.3:
        image = plain_chart(_plain(rng), *canvas(rng, 200, 480), (255, 255, 255))
        return np.asarray(image.convert("RGB"))
    with plt.style.context(_STYLES[rng.integers(len(_STYLES))]):
        return _page(rng)


def _page(rng: Rng) -> np.ndarray:
    rows, columns = (
        (1, 1),
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
        (3, 2),
        (2, 3),
        (3, 3),
        (4, 4),
        (3, 1),
        (5, 6),
    )[rng.integers(11)]
    mono = rng.random() < 0.35
    if mono:
        mpl.rcParams["axes.prop_cycle"] = mpl.cycler(color=["black", "0.5", "0.75", "0.3", "0.9"])
    size = rng.uniform(5, 11)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size, size * rng.uniform(0.5, 1.4)), squeeze=False
    )
    makers = [_CHARTS[rng.integers(len(_CHARTS))] for _ in range(int(rng.integers(1, 3)))]
    for axis in axes.ravel():
        try:
            makers[rng.integers(len(makers))](rng, axis)
        except ValueError:
            axis.plot(rng.normal(size=20))
        if rng.random() < 0.7:
            for side in ("top", "right"):
                axis.spines[side].set_visible(False)
        if rng.random() < 0.8:
            axis.set_xlabel(_words(rng, 1)[0])
            axis.set_ylabel(_words(rng, 1)[0])
        if rng.random() < 0.4:
            axis.set_title(_words(rng, 1)[0])
        if rng.random() < 0.25:
            axis.grid(visible=True, alpha=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure.tight_layout()
    return _raster(figure, int(rng.integers(45, 90)))


def _raster(figure: plt.Figure, dpi: int) -> np.ndarray:
    data = io.BytesIO()
    figure.savefig(data, dpi=dpi, format="png")
    plt.close(figure)
    return np.asarray(Image.open(data).convert("RGB"))


def _lines(rng: Rng, axis: plt.Axes) -> None:
    x = np.arange(int(rng.integers(4, 40)))
    for k in range(int(rng.integers(1, 7))):
        y = np.cumsum(rng.normal(rng.normal(), 1, len(x)))
        if rng.random() < 0.5:
            axis.errorbar(
                x,
                y,
                rng.uniform(0.2, 1, len(x)),
                marker="osD^v"[k % 5],
                capsize=2,
                lw=rng.uniform(0.6, 2),
            )
        else:
            axis.plot(x, y, rng.choice(("-", "--", ":", "o-")), label=f"series {k}")
    if rng.random() < 0.4:
        axis.legend(_words(rng, 4))
    for _ in range(int(rng.integers(1, 6)) if rng.random() < 0.2 else 0):
        axis.text(rng.uniform(0, len(x)), rng.normal(0, 3), _words(rng, 1)[0], fontsize=8)


def _bars(rng: Rng, axis: plt.Axes) -> None:
    groups, series = int(rng.integers(2, 12)), int(rng.integers(1, 5))
    lying, signed = rng.random() < 0.25, rng.random() < 0.3
    for k in range(series):
        values, x = rng.uniform(0.2, 1, groups), np.arange(groups) + k * 0.8 / series
        fill = (
            {}
            if rng.random() < 0.7
            else {"color": ["white", "0.6", "0.2"][k % 3], "edgecolor": "black"}
        )
        if lying:
            start = 0.5 if signed else 0.0
            axis.barh(x, values - start, 0.8 / series, **fill)
            axis.set_yticks(np.arange(groups), _words(rng, groups), fontsize=8)
        else:
            axis.bar(
                x,
                values,
                0.8 / series,
                yerr=rng.uniform(0.02, 0.2, groups) if rng.random() < 0.7 else None,
                capsize=2,
                **fill,
            )


def _dots(rng: Rng, axis: plt.Axes) -> None:
    n = int(10 ** rng.uniform(1, 3.5))
    x = rng.normal(size=n)
    y = x * rng.normal() + rng.normal(size=n) * rng.uniform(0.1, 1)
    shades = {"c": rng.uniform(0, 1, n), "cmap": "jet"} if rng.random() < 0.3 else {}
    axis.scatter(x, y, s=rng.uniform(1, 25), alpha=rng.uniform(0.3, 1), **shades)
    if rng.random() < 0.5:
        axis.plot([-2, 2], [-2, 2], "k--", lw=1)


def _boxes(rng: Rng, axis: plt.Axes) -> None:
    data = [rng.normal(rng.normal(), 1, 40) for _ in range(int(rng.integers(2, 9)))]
    if rng.random() < 0.3:
        axis.violinplot(data)
    else:
        axis.boxplot(data, patch_artist=bool(rng.random() < 0.5))
    if rng.random() < 0.5:
        for k, column in enumerate(data):
            axis.plot(k + 1 + rng.normal(0, 0.06, len(column)), column, ".", ms=3)


def _heat(rng: Rng, axis: plt.Axes) -> None:
    shape = rng.integers(3, 30, 2)
    picture = axis.imshow(
        rng.normal(size=shape) + rng.normal(size=(shape[0], 1)),
        cmap=rng.choice(_MAPS),
        aspect="auto",
    )
    if rng.random() < 0.5:
        plt.colorbar(picture, ax=axis)


def _history(rng: Rng, axis: plt.Axes) -> None:
    axis.hist(
        rng.gamma(2, 1, 500),
        int(rng.integers(8, 60)),
        edgecolor="black" if rng.random() < 0.5 else None,
    )


def _survival(rng: Rng, axis: plt.Axes) -> None:
    for _ in range(int(rng.integers(2, 5))):
        axis.step(np.sort(rng.uniform(0, 60, 30)), np.linspace(1, rng.uniform(0, 0.8), 30))
    axis.set_ylim(0, 1.05)


def _forest(rng: Rng, axis: plt.Axes) -> None:
    n = int(rng.integers(4, 20))
    axis.errorbar(
        rng.normal(1, 0.4, n),
        np.arange(n),
        xerr=rng.uniform(0.1, 0.6, n),
        fmt="s",
        color="black",
        ms=4,
    )
    axis.axvline(1, ls="--", c="0.4")
    axis.set_yticks(np.arange(n), _words(rng, n))


def _spectrum_lines(rng: Rng, axis: plt.Axes) -> None:
    x = np.linspace(0, 100, 600)
    y = sum(
        rng.uniform(0.1, 1) * np.exp(-(((x - rng.uniform(0, 100)) / rng.uniform(0.2, 4)) ** 2))
        for _ in range(20)
    )
    axis.plot(x, y + rng.normal(0, 0.01, 600), lw=0.7)


def _contours(rng: Rng, axis: plt.Axes) -> None:
    x = rng.normal(size=(2, 3000))
    axis.hexbin(
        x[0], x[1], gridsize=30, cmap=rng.choice(_MAPS)
    ) if rng.random() < 0.4 else axis.plot(*x, ".", ms=0.8)
    if rng.random() < 0.6:
        axis.axhline(0.5, c="k", lw=0.8)
        axis.axvline(0.5, c="k", lw=0.8)


def _pie(rng: Rng, axis: plt.Axes) -> None:
    n = int(rng.integers(2, 8))
    axis.pie(rng.uniform(0.1, 1, n), labels=_words(rng, n), textprops={"fontsize": 7})


_CHARTS = (_lines, _lines, _lines, _bars, _bars, _bars, _dots, _dots, _boxes, _boxes, _heat, _history,
           _survival, _forest, _spectrum_lines, _contours, _pie)  # fmt: skip
